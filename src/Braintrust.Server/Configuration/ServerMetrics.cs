using System.Diagnostics.Metrics;
using Braintrust.Security;
using Braintrust.Watch;

namespace Braintrust;

/// <summary>The meter "Braintrust.Server": who watches what in this process.</summary>
public sealed class ServerMetrics
{
    public const string MeterName = "Braintrust.Server";

    public ServerMetrics(IMeterFactory meters, OpenStreams streams, WatchHub hub)
    {
        var meter = meters.Create(MeterName);
        meter.CreateObservableUpDownCounter("braintrust.watch.streams", () => streams.Count, "{stream}", "Open streams of clients.");
        meter.CreateObservableUpDownCounter("braintrust.watch.subjects", () => hub.Count, "{subject}", "Subjects open for somebody.");
    }
}
