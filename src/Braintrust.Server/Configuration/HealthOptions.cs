namespace Braintrust;

/// <summary>Section <c>Health</c>: when this process calls itself unready.</summary>
public sealed record HealthOptions
{
    /// <summary>Blocks that following may lag behind the node, 1 to 1,000,000. Default 128.</summary>
    public int LagBlocksMax { get; init; } = 128;

    /// <summary>How long the database may be silent, milliseconds, 500 to 600,000. Default 3,000.</summary>
    public int DatabaseSilenceMsMax { get; init; } = 3_000;

    /// <summary>How often a chain is held to its deployment file, milliseconds, 1,000 to 3,600,000. Default 30,000.</summary>
    public int DeploymentLookMs { get; init; } = 30_000;

    public IEnumerable<string> Problems() =>
    [
        .. Setting.Range(LagBlocksMax, 1, 1_000_000, "blocks", 128),
        .. Setting.Range(DatabaseSilenceMsMax, 500, 600_000, "milliseconds", 3_000),
        .. Setting.Range(DeploymentLookMs, 1_000, 3_600_000, "milliseconds", 30_000),
    ];
}
