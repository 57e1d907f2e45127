namespace Braintrust.Watch;

/// <summary>Section <c>Watch</c>: the live streams.</summary>
public sealed record WatchOptions
{
    /// <summary>Most subjects of one stream.</summary>
    public const int SubjectsMax = 100;

    /// <summary>Between two heartbeats, milliseconds, 100 to 15,000. Default 10,000.</summary>
    public int HeartbeatMs { get; init; } = 10_000;

    /// <summary>How long opening a subject may take before the stream gives up, milliseconds, 500 to 60,000. Default 10,000.</summary>
    public int SnapshotTimeoutMs { get; init; } = 10_000;

    /// <summary>First pause before a lost source is opened again, milliseconds, 1 to 10,000. Default 50; doubles up to 2,000.</summary>
    public int ReopenDelayMs { get; init; } = 50;

    public IEnumerable<string> Problems() =>
    [
        .. Setting.Range(HeartbeatMs, 100, 15_000, "milliseconds", 10_000),
        .. Setting.Range(SnapshotTimeoutMs, 500, 60_000, "milliseconds", 10_000),
        .. Setting.Range(ReopenDelayMs, 1, 10_000, "milliseconds", 50),
    ];
}
