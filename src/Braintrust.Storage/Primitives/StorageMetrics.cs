using System.Diagnostics.Metrics;

namespace Braintrust.Storage;

/// <summary>The meter "Braintrust.Storage": how full group commits are, how long they take, how units end.</summary>
public static class StorageMetrics
{
    public const string MeterName = "Braintrust.Storage";

    private static readonly Meter Meter = new(MeterName);

    private static readonly Histogram<int> Units = Meter.CreateHistogram<int>(
        "braintrust.storage.commit.batch", "{unit}", "Units in one transaction.");

    private static readonly Histogram<double> Seconds = Meter.CreateHistogram<double>(
        "braintrust.storage.commit.duration", "s", "One transaction, from the writer's queue to the answer.");

    private static readonly Counter<long> Verdicts = Meter.CreateCounter<long>(
        "braintrust.storage.commit.units", "{unit}", "Units by verdict.");

    internal static void Committed(IReadOnlyList<CommitResult> results, TimeSpan took)
    {
        Units.Record(results.Count);
        Seconds.Record(took.TotalSeconds);
        foreach (var verdict in results.CountBy(r => r.Verdict))
            Verdicts.Add(verdict.Value, new KeyValuePair<string, object?>("verdict", verdict.Key.ToString()));
    }
}
