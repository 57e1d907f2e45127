using System.Collections.Concurrent;
using System.Diagnostics.Metrics;

namespace Braintrust.Chain;

/// <summary>
/// The meter "Braintrust.Chain": how far the ledger is as this process reads it, how far behind its node each chain is that
/// is followed from here, and how deep reorganisations go. Every figure carries the chain's id.
/// </summary>
public sealed class ChainMetrics
{
    public const string MeterName = "Braintrust.Chain";

    private const string ChainTag = "braintrust.chain.id";

    private readonly ConcurrentDictionary<ulong, ChainCursor> _cursors = new();
    private readonly ConcurrentDictionary<ulong, long> _lags = new();
    private readonly Histogram<long> _depth;

    public ChainMetrics(IMeterFactory meters)
    {
        var meter = meters.Create(MeterName);
        meter.CreateObservableGauge(
            "braintrust.chain.lag", () => Each(_lags, lag => lag), "{block}", "Blocks that the ledger is behind the node.");
        meter.CreateObservableGauge(
            "braintrust.ledger.position", () => Each(_cursors, cursor => cursor.Pos), "{entry}", "Newest ledger entry read.");
        meter.CreateObservableGauge(
            "braintrust.ledger.head", () => Each(_cursors, cursor => (long)cursor.HeadNo), "{block}", "Newest block in the ledger.");
        meter.CreateObservableGauge(
            "braintrust.ledger.final", () => Each(_cursors, cursor => (long)cursor.FinalNo), "{block}", "Newest final block.");
        _depth = meter.CreateHistogram<long>("braintrust.chain.reorg.depth", "{block}", "Blocks that a reorganisation took back.");
    }

    /// <summary>What the ledger's tail read.</summary>
    internal void Read(ulong chain, ChainCursor cursor) => _cursors[chain] = cursor;

    /// <summary>One step of the watcher that is active here; a head below the one before was taken back.</summary>
    internal void Followed(ulong chain, FollowReport report, ulong headBefore)
    {
        _lags[chain] = Math.Max(0, (long)report.NodeHeadNo - (long)report.Cursor.HeadNo);
        if (report.Cursor.HeadNo < headBefore)
            _depth.Record((long)(headBefore - report.Cursor.HeadNo), new KeyValuePair<string, object?>(ChainTag, (long)chain));
    }

    /// <summary>The watcher goes on elsewhere, and its lag is told there.</summary>
    internal void Left(ulong chain) => _lags.TryRemove(chain, out _);

    private static IEnumerable<Measurement<long>> Each<T>(ConcurrentDictionary<ulong, T> values, Func<T, long> figure) =>
        values.Select(entry => new Measurement<long>(figure(entry.Value), new KeyValuePair<string, object?>(ChainTag, (long)entry.Key)));
}
