using System.Collections.Immutable;

namespace Braintrust.Watch;

/// <summary>What can be watched, and how it is opened.</summary>
/// <param name="Key">Names the shared source in this process.</param>
/// <param name="AtLeast">The version its reader has seen already: nothing older is told.</param>
/// <param name="Open">The present value and every newer one, conflated; may end or fail at any time.</param>
public sealed record WatchSource(string Key, ViewVersion AtLeast, Func<CancellationToken, IAsyncEnumerable<Published>> Open)
{
    /// <summary>On what the reader's right to see it rests, when that can end.</summary>
    public WatchGuard? Guard { get; init; }
}

/// <summary>Ends a stream when the reader loses the right to one of its subjects.</summary>
/// <param name="Source">Its values are watched, not told.</param>
/// <param name="Allows">Whether the reader still has the right by this value.</param>
public sealed record WatchGuard(WatchSource Source, Func<Published, bool> Allows);

/// <summary>
/// One source for each subject, shared by every client of this process: what is published is kept once, and clients hold
/// a bit that says "look". A source that ended (deactivation, a dead silo) is opened again until nobody watches it.
/// </summary>
public sealed class WatchHub(WatchOptions options, TimeProvider clock, ILogger<WatchHub> log)
{
    public static readonly TimeSpan ReopenDelayMax = TimeSpan.FromSeconds(2);

    private readonly Lock _lock = new();
    private readonly Dictionary<string, SharedSource> _sources = [];
    private readonly HashSet<Task> _pumps = [];

    /// <summary>Sources that are open for somebody.</summary>
    public int Count { get { lock (_lock) return _sources.Count; } }

    /// <param name="look">Called on every new value, from any thread; must not block.</param>
    public WatchSeat Join(WatchSource source, Action look)
    {
        lock (_lock)
        {
            if (!_sources.TryGetValue(source.Key, out var shared))
            {
                _sources.Add(source.Key, shared = new SharedSource());
                // The caller's context (its activity, its call) must not become that of everybody who joins later.
                using (ExecutionContext.SuppressFlow()) Track(Task.Run(() => Pump(source, shared)));
            }

            var seat = new WatchSeat(this, source.Key, shared, look);
            shared.Seats = shared.Seats.Add(seat);
            return seat;
        }
    }

    /// <summary>Completes when every source that nobody watches any more is closed, at the grain too.</summary>
    public Task Closed()
    {
        lock (_lock) return Task.WhenAll(_pumps);
    }

    internal void Leave(WatchSeat seat)
    {
        lock (_lock)
        {
            if (!seat.Shared.Seats.Contains(seat)) return;
            seat.Shared.Seats = seat.Shared.Seats.Remove(seat);
            if (!seat.Shared.Seats.IsEmpty) return;
            _sources.Remove(seat.Key);
        }

        seat.Shared.Closed.Cancel();
    }

    private void Track(Task pump)
    {
        _pumps.Add(pump);
        _ = pump.ContinueWith(
            done => { lock (_lock) _pumps.Remove(done); }, CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
    }

    private async Task Pump(WatchSource source, SharedSource shared)
    {
        var ct = shared.Closed.Token;
        var delay = TimeSpan.Zero;
        while (!ct.IsCancellationRequested)
        {
            try
            {
                if (delay > TimeSpan.Zero) await Task.Delay(delay, clock, ct);
                await foreach (var value in source.Open(ct).WithCancellation(ct))
                {
                    delay = TimeSpan.Zero;
                    Publish(shared, value);
                }
            }
            catch (Exception) when (ct.IsCancellationRequested)
            {
                return;
            }
            catch (Exception e) when (WorldTrouble.Is(e))
            {
                log.LogInformation("The source of {Subject} was lost ({Reason}); opening it again.", source.Key, e.Message);
            }
            catch (Exception e)
            {
                log.LogError(e, "A bug in the source of {Subject}; opening it again.", source.Key);
            }

            delay = delay == TimeSpan.Zero ? TimeSpan.FromMilliseconds(options.ReopenDelayMs) : delay * 2;
            if (delay > ReopenDelayMax) delay = ReopenDelayMax;
        }
    }

    private static void Publish(SharedSource shared, Published value)
    {
        // A source that was opened again starts with a value that may be told already, or be older than one that is.
        if (shared.Latest is { } latest && (latest.Told == value.Told || !value.Reaches(latest.Version))) return;
        shared.Latest = value;
        // Whoever takes a seat after this line finds the value by looking; nobody waits for a lock while all are told.
        foreach (var seat in shared.Seats) seat.Mark();
    }
}

internal sealed class SharedSource
{
    private Published? _latest;
    private ImmutableHashSet<WatchSeat> _seats = [];

    /// <summary>Replaced under the hub's lock, read without it.</summary>
    public ImmutableHashSet<WatchSeat> Seats { get => Volatile.Read(ref _seats); set => Volatile.Write(ref _seats, value); }

    public CancellationTokenSource Closed { get; } = new();

    public Published? Latest { get => Volatile.Read(ref _latest); set => Volatile.Write(ref _latest, value); }
}

/// <summary>One client's interest in one subject: a bit, not a queue.</summary>
public sealed class WatchSeat : IDisposable
{
    private readonly WatchHub _hub;
    private readonly Action _look;
    private int _dirty = 1;

    internal WatchSeat(WatchHub hub, string key, SharedSource shared, Action look) =>
        (_hub, Key, Shared, _look) = (hub, key, shared, look);

    internal string Key { get; }
    internal SharedSource Shared { get; }

    public bool Dirty => Volatile.Read(ref _dirty) == 1;

    /// <summary>The newest value if there may be one since the last call; clears the bit first, so nothing is missed.</summary>
    public Published? Take() => Interlocked.Exchange(ref _dirty, 0) == 1 ? Shared.Latest : null;

    public void Dispose() => _hub.Leave(this);

    internal void Mark()
    {
        if (Interlocked.Exchange(ref _dirty, 1) == 0) _look();
    }
}
