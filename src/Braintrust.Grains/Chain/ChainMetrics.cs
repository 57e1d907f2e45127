using System.Collections.Concurrent;
using System.Diagnostics.Metrics;

namespace Braintrust.Chain;

/// <summary>
/// The meter "Braintrust.Chain": how far the ledger is as this process reads it, how far behind its node each chain is that
/// is followed from here, how long projections that run here lag behind the ledger, how deep reorganisations go, and what the
/// relayer that runs here has left. Every figure carries the chain's id.
/// </summary>
public sealed class ChainMetrics
{
    public const string MeterName = "Braintrust.Chain";

    private const string ChainTag = "braintrust.chain.id";
    private const string ProjectionTag = "braintrust.projection.name";

    private readonly ConcurrentDictionary<ulong, ChainCursor> _cursors = new();
    private readonly ConcurrentDictionary<ulong, long> _lags = new();
    private readonly ConcurrentDictionary<(ulong Chain, string Name), Progress> _projections = new();
    private readonly ConcurrentDictionary<ulong, (UInt128 Balance, int Waiting)> _relayers = new();
    private readonly ConcurrentDictionary<ulong, (int Differences, ulong Block)> _reconciled = new();
    private readonly TimeProvider _clock;
    private readonly Histogram<long> _depth;

    /// <param name="Done">The cursor whose entries are all in the rows, or null before the first.</param>
    /// <param name="Since">When the ledger was first seen to hold more than the rows, or null.</param>
    private sealed record Progress(ChainCursor? Done, DateTimeOffset? Since);

    public ChainMetrics(IMeterFactory meters, TimeProvider clock)
    {
        _clock = clock;
        var meter = meters.Create(MeterName);
        meter.CreateObservableGauge(
            "braintrust.chain.lag", () => Each(_lags, lag => lag), "{block}", "Blocks that the ledger is behind the node.");
        meter.CreateObservableGauge(
            "braintrust.ledger.position", () => Each(_cursors, cursor => cursor.Pos), "{entry}", "Newest ledger entry read.");
        meter.CreateObservableGauge(
            "braintrust.ledger.head", () => Each(_cursors, cursor => (long)cursor.HeadNo), "{block}", "Newest block in the ledger.");
        meter.CreateObservableGauge(
            "braintrust.ledger.final", () => Each(_cursors, cursor => (long)cursor.FinalNo), "{block}", "Newest final block.");
        meter.CreateObservableGauge(
            "braintrust.projection.lag", Lags, "s",
            "For how long the ledger has held what is not in the projection's rows; 0 when all of it is.");
        meter.CreateObservableGauge(
            "braintrust.reconciliation.differences", () => Each(_reconciled, seen => seen.Differences), "{difference}",
            "Agreements, credits and tokens about which the contracts and this system disagree, lifted ones included.");
        meter.CreateObservableGauge(
            "braintrust.reconciliation.block", () => Each(_reconciled, seen => (long)seen.Block), "{block}",
            "Final block at which all were compared last.");
        meter.CreateObservableGauge(
            "braintrust.relayer.balance", () => Each(_relayers, relayer => (long)(relayer.Balance / 1_000_000_000_000_000)), "{millicoin}",
            "The relayer's own balance in thousandths of the chain's coin, rounded down.");
        meter.CreateObservableGauge(
            "braintrust.relayer.waiting", () => Each(_relayers, relayer => relayer.Waiting), "{transaction}",
            "Transactions of the relayer that no final block has decided.");
        _depth = meter.CreateHistogram<long>("braintrust.chain.reorg.depth", "{block}", "Blocks that a reorganisation took back.");
    }

    /// <summary>What the ledger's tail read.</summary>
    internal void Read(ulong chain, ChainCursor cursor)
    {
        _cursors[chain] = cursor;
        foreach (var (key, progress) in _projections)
            if (key.Chain == chain)
                _projections.TryUpdate(
                    key, progress with { Since = cursor == progress.Done ? null : progress.Since ?? _clock.GetUtcNow() }, progress);
    }

    /// <summary>Everything up to this cursor is in the rows of a projection that runs here; null when that is not known.</summary>
    internal void Projected(ulong chain, string projection, ChainCursor? done) =>
        _projections[(chain, projection)] = new Progress(done, done is null ? _clock.GetUtcNow() : null);

    /// <summary>The projection goes on elsewhere, and its lag is told there.</summary>
    internal void Left(ulong chain, string projection) => _projections.TryRemove((chain, projection), out _);

    /// <summary>One step of the watcher that is active here; a head below the one before was taken back.</summary>
    internal void Followed(ulong chain, FollowReport report, ulong headBefore)
    {
        _lags[chain] = Math.Max(0, (long)report.NodeHeadNo - (long)report.Cursor.HeadNo);
        if (report.Cursor.HeadNo < headBefore)
            _depth.Record((long)(headBefore - report.Cursor.HeadNo), new KeyValuePair<string, object?>(ChainTag, (long)chain));
    }

    /// <param name="balance">Of the relayer that is active here, wei.</param>
    internal void Relaying(ulong chain, UInt128 balance, int waiting) => _relayers[chain] = (balance, waiting);

    /// <summary>One look of the reconciler that is active here.</summary>
    internal void Reconciled(ulong chain, int differences, ulong block) => _reconciled[chain] = (differences, block);

    /// <summary>The reconciler goes on elsewhere.</summary>
    internal void ReconcilerLeft(ulong chain) => _reconciled.TryRemove(chain, out _);

    /// <summary>The relayer goes on elsewhere.</summary>
    internal void RelayerLeft(ulong chain) => _relayers.TryRemove(chain, out _);

    /// <summary>The watcher goes on elsewhere, and its lag is told there.</summary>
    internal void Left(ulong chain) => _lags.TryRemove(chain, out _);

    private static IEnumerable<Measurement<long>> Each<T>(ConcurrentDictionary<ulong, T> values, Func<T, long> figure) =>
        values.Select(entry => new Measurement<long>(figure(entry.Value), new KeyValuePair<string, object?>(ChainTag, (long)entry.Key)));

    private IEnumerable<Measurement<double>> Lags() => _projections.Select(entry => new Measurement<double>(
        entry.Value.Since is { } since ? (_clock.GetUtcNow() - since).TotalSeconds : 0,
        new KeyValuePair<string, object?>(ChainTag, (long)entry.Key.Chain),
        new KeyValuePair<string, object?>(ProjectionTag, entry.Key.Name)));
}
