using System.Runtime.CompilerServices;

namespace Braintrust;

/// <summary>
/// Ends open watches before they hold anything up. A pending read of a watch is a running request, and a deactivation
/// waits for those up to half the response timeout; so the watches of a grain end at the moment its deactivation is
/// asked for, whoever asks, and all watches of the silo end in its first stop stage.
/// </summary>
public sealed class SiloWatchers : IActivationWorkingSetObserver, ILifecycleParticipant<ISiloLifecycle>
{
    // Weak: an activation that failed to begin is never announced as gone.
    private readonly ConditionalWeakTable<IGrainContext, IWatchers> _byActivation = [];
    private volatile bool _stopping;

    public Watchers<T> Of<T>(IGrainContext activation) where T : class
    {
        var watchers = new Watchers<T>();
        _byActivation.AddOrUpdate(activation, watchers);
        if (_stopping) watchers.End();
        return watchers;
    }

    public void Participate(ISiloLifecycle lifecycle) => lifecycle.Subscribe(
        nameof(SiloWatchers), ServiceLifecycleStage.Last, _ => Task.CompletedTask, _ => EndAll());

    public void OnDeactivating(IActivationWorkingSetMember member)
    {
        if (member is IGrainContext activation && _byActivation.TryGetValue(activation, out var watchers)) watchers.End();
    }

    public void OnAdded(IActivationWorkingSetMember member) { }

    public void OnActive(IActivationWorkingSetMember member) { }

    public void OnIdle(IActivationWorkingSetMember member) { }

    public void OnEvicted(IActivationWorkingSetMember member) { }

    public void OnDeactivated(IActivationWorkingSetMember member) { }

    private Task EndAll()
    {
        _stopping = true;
        foreach (var (_, watchers) in _byActivation) watchers.End();
        return Task.CompletedTask;
    }
}
