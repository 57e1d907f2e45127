using System.Collections.Concurrent;
using System.Collections.Immutable;
using Braintrust.Chain;

namespace Braintrust;

/// <summary>
/// The grains active on this silo that follow the ledger. Inactive grains need nothing: they read the ledger when they
/// activate. No bookkeeping outlives an activation.
/// </summary>
public sealed class ActiveGrains
{
    private readonly ConcurrentDictionary<(ulong Chain, ulong Subject), ImmutableArray<ActiveGrain>> _bySubject = new();
    private readonly ConcurrentDictionary<ActiveGrain, byte> _pending = new();

    /// <param name="subject">What it folds, or null when it only looks at the chain's head.</param>
    /// <param name="look">Calls the grain; a failure is tried again.</param>
    public ActiveGrain Add(ulong chain, ulong? subject, Func<ChainCursor, Task> look)
    {
        var grain = new ActiveGrain(chain, subject, look);
        if (subject is { } some) _bySubject.AddOrUpdate((chain, some), [grain], (_, others) => others.Add(grain));
        return grain;
    }

    public void Remove(ActiveGrain grain)
    {
        grain.IsGone = true;
        _pending.TryRemove(grain, out _);
        if (grain.Subject is not { } subject) return;
        var key = (grain.Chain, subject);
        var left = _bySubject.AddOrUpdate(key, [], (_, others) => others.Remove(grain));
        if (left.IsEmpty) _bySubject.TryRemove(KeyValuePair.Create(key, left));
    }

    /// <summary>Whether it shows what is not final yet: then it looks whenever the cursor moves.</summary>
    public void SetPending(ActiveGrain grain, bool pending)
    {
        if (pending) _pending[grain] = 0;
        // A request that outlives its activation may still say so: nobody would take the entry out again.
        if (!pending || grain.IsGone) _pending.TryRemove(grain, out _);
    }

    public IEnumerable<ActiveGrain> Touched(ulong chain, IEnumerable<ulong> subjects) =>
        subjects.SelectMany(subject => _bySubject.GetValueOrDefault((chain, subject), []));

    public IEnumerable<ActiveGrain> Pending(ulong chain) => _pending.Keys.Where(grain => grain.Chain == chain);

    public IEnumerable<ActiveGrain> OfChain(ulong chain) =>
        _bySubject.Where(entry => entry.Key.Chain == chain).SelectMany(entry => entry.Value);
}

/// <summary>One activation: two activations of one grain are two of these, and neither removes the other's.</summary>
public sealed class ActiveGrain(ulong chain, ulong? subject, Func<ChainCursor, Task> look)
{
    private volatile bool _gone;

    public ulong Chain { get; } = chain;
    public ulong? Subject { get; } = subject;

    public bool IsGone
    {
        get => _gone;
        set => _gone = value;
    }

    /// <summary>The cursor it was told last, or null.</summary>
    public ChainCursor? Told { get; private set; }

    public Task Look(ChainCursor cursor)
    {
        Told = cursor;
        return look(cursor);
    }
}
