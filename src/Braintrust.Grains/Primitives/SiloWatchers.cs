using System.Collections.Concurrent;

namespace Braintrust;

/// <summary>
/// Ends open watches before they hold anything up. A pending read of a watch is a running request, and a deactivation
/// waits for those up to half the response timeout; so the watches of a grain end at the moment its deactivation is
/// asked for, whoever asks, and all watches of the silo end in its first stop stage.
/// </summary>
public sealed class SiloWatchers : IActivationWorkingSetObserver, ILifecycleParticipant<ISiloLifecycle>
{
    private readonly ConcurrentDictionary<GrainId, IWatchers> _byGrain = new();
    private volatile bool _stopping;

    public Watchers<T> Of<T>(IGrainContext grain) where T : class
    {
        var watchers = new Watchers<T>();
        _byGrain[grain.GrainId] = watchers;
        if (_stopping) watchers.End();
        return watchers;
    }

    public void Participate(ISiloLifecycle lifecycle) => lifecycle.Subscribe(
        nameof(SiloWatchers), ServiceLifecycleStage.Last, _ => Task.CompletedTask, _ => EndAll());

    public void OnDeactivating(IActivationWorkingSetMember member)
    {
        if (member is IGrainContext grain && _byGrain.TryGetValue(grain.GrainId, out var watchers)) watchers.End();
    }

    /// <summary>Only the grain's own watches: a new activation of the same grain may have made others meanwhile.</summary>
    public void Forget(IGrainContext grain, IWatchers watchers)
    {
        watchers.End();
        _byGrain.TryRemove(new KeyValuePair<GrainId, IWatchers>(grain.GrainId, watchers));
    }

    public void OnAdded(IActivationWorkingSetMember member) { }

    public void OnActive(IActivationWorkingSetMember member) { }

    public void OnIdle(IActivationWorkingSetMember member) { }

    public void OnEvicted(IActivationWorkingSetMember member) { }

    public void OnDeactivated(IActivationWorkingSetMember member) { }

    private Task EndAll()
    {
        _stopping = true;
        foreach (var watchers in _byGrain.Values) watchers.End();
        return Task.CompletedTask;
    }
}
