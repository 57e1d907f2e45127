using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace Braintrust.Chain;

/// <summary>
/// Each silo's own view of the ledger: it polls the cursors, reads which subjects new entries touched and tells the
/// grains active here (none on a gateway, which only shows the cursors). Bells are faster, but only this is the promise: nothing is missed for longer than one interval.
/// </summary>
public sealed class LedgerTail
    : ILifecycleParticipant<ISiloLifecycle>, ILifecycleParticipant<IClusterClientLifecycle>, IChainProgress
{
    /// <summary>Farther behind than this, every active grain of the chain looks instead of the touched ones.</summary>
    public const long PositionsBehindMax = 20_000;

    private const int PositionsAtOnce = 5_000;

    private readonly IChainLedger _ledger;
    private readonly ActiveGrains _active;
    private readonly ChainMetrics _metrics;
    private readonly TimeProvider _clock;
    private readonly ILogger<LedgerTail> _logger;
    private readonly SiloLoop _loop;
    private readonly Lazy<Dictionary<ulong, Tail>> _opened;

    public LedgerTail(
        IFollowedChains chains, IChainLedger ledger, ActiveGrains active, ChainMetrics metrics, GrainOptions options,
        TimeProvider clock, ILogger<LedgerTail> logger)
    {
        (_ledger, _active, _metrics, _clock, _logger) = (ledger, active, metrics, clock, logger);
        // The host makes everything first and opens the chains then.
        _opened = new(() => chains.All.ToDictionary(chain => chain.Settings.ChainId, _ => new Tail()));
        var interval = TimeSpan.FromMilliseconds(options.TailIntervalMs);
        _loop = new SiloLoop(nameof(LedgerTail), interval, clock, logger, Round);
    }

    private Dictionary<ulong, Tail> Tails => _opened.Value;

    public void Participate(ISiloLifecycle lifecycle) => Follow(lifecycle);

    public void Participate(IClusterClientLifecycle lifecycle) => Follow(lifecycle);

    private void Follow(ILifecycleObservable lifecycle) => _loop.Participate(lifecycle, () =>
    {
        foreach (var tail in Tails.Values) tail.Watchers.End();
    });

    public ChainCursor? Latest(ulong chainId) => Tails.GetValueOrDefault(chainId)?.Cursor;

    public DateTimeOffset ReadAt(ulong chainId) => Tails.GetValueOrDefault(chainId)?.ReadAt ?? DateTimeOffset.MinValue;

    public IAsyncEnumerable<ChainCursor> Watch(ulong chainId, CancellationToken ct) =>
        Tails.TryGetValue(chainId, out var tail)
            ? tail.Watchers.Watch(() => tail.Cursor, ct)
            : throw new ArgumentException($"Chain {chainId} is not followed here.", nameof(chainId));

    private async Task Round(CancellationToken ct)
    {
        foreach (var (chain, tail) in Tails) await Follow(chain, tail, ct);
    }

    private async Task Follow(ulong chain, Tail tail, CancellationToken ct)
    {
        var before = tail.Cursor;
        var cursor = await _ledger.ReadCursor(chain, ct);
        tail.Believe(cursor, _clock.GetUtcNow());
        _metrics.Read(chain, cursor);
        // A position that fell is another ledger.
        if (cursor.Pos < tail.ToldPos) tail.ToldPos = cursor.Pos;
        foreach (var (grain, _) in tail.Failed) Tell(tail, grain, cursor);
        // What was active before the first read has read the ledger itself, but maybe before what is there now.
        if (before is null || cursor.Pos - tail.ToldPos > PositionsBehindMax) TellAll(chain, tail, cursor);
        while (tail.ToldPos < cursor.Pos) await TellTouched(chain, tail, cursor, ct);
        // Also at a cursor that rests: who came after it moved has not looked at it.
        foreach (var grain in _active.Pending(chain))
            if (grain.Told != cursor) Tell(tail, grain, cursor);
    }

    private async Task TellTouched(ulong chain, Tail tail, ChainCursor cursor, CancellationToken ct)
    {
        var touches = await _ledger.ReadTouches(chain, tail.ToldPos, PositionsAtOnce, ct);
        if (touches.ReachedPos <= tail.ToldPos)
            throw new InvalidOperationException($"The ledger of chain {chain} has a gap after {tail.ToldPos}.");
        // The touches may reach beyond the cursor read before: later entries are told with the cursor they belong to.
        var newer = touches.Cursor.Pos > cursor.Pos ? touches.Cursor : cursor;
        foreach (var grain in _active.Touched(chain, touches.Subjects)) Tell(tail, grain, newer);
        tail.ToldPos = touches.ReachedPos;
    }

    private void TellAll(ulong chain, Tail tail, ChainCursor cursor)
    {
        foreach (var grain in _active.OfChain(chain)) Tell(tail, grain, cursor);
        tail.ToldPos = cursor.Pos;
    }

    private void Tell(Tail tail, ActiveGrain grain, ChainCursor cursor) => _ = Look(tail, grain, cursor);

    private async Task Look(Tail tail, ActiveGrain grain, ChainCursor cursor)
    {
        tail.Failed.TryRemove(grain, out _);
        try
        {
            if (!grain.IsGone) await grain.Look(cursor);
        }
        catch (Exception wrong)
        {
            // Kept for the next round: nobody else will tell this grain about these entries.
            _logger.LogDebug(wrong, "A grain could not look at position {Pos}; it will be told again", cursor.Pos);
            if (!grain.IsGone) tail.Failed[grain] = 0;
        }
    }

    private sealed class Tail
    {
        public Watchers<ChainCursor> Watchers { get; } = new();
        public ConcurrentDictionary<ActiveGrain, byte> Failed { get; } = new();
        public long ToldPos { get; set; }
        public ChainCursor? Cursor { get; private set; }
        public DateTimeOffset ReadAt { get; private set; }

        public void Believe(ChainCursor cursor, DateTimeOffset now)
        {
            ReadAt = now;
            if (cursor == Cursor) return;
            Cursor = cursor;
            Watchers.Publish(cursor);
        }
    }
}
