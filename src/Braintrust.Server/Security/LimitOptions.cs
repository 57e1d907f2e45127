using Braintrust.Documents;

namespace Braintrust.Security;

/// <summary>Section <c>Limits</c>: what one client can ask of this process.</summary>
public sealed record LimitOptions
{
    /// <summary>Largest request message, bytes, 160 KiB (a transaction fits) to 16 MiB. Default 262,144.</summary>
    public int ReceiveBytesMax { get; init; } = 262_144;

    /// <summary>Largest request message where documents are put; a whole document fits.</summary>
    public int DocumentBytesMax => Math.Max(ReceiveBytesMax, DocumentRules.RequestBytesMax);

    /// <summary>All metadata of one call together, bytes, 4 KiB to 256 KiB. Default 16,384.</summary>
    public int MetadataBytesMax { get; init; } = 16_384;

    /// <summary>Streams that one account, or one network address without an account, may have open here. Default 32.</summary>
    public int StreamsPerPrincipalMax { get; init; } = 32;

    /// <summary>Connections to this process, all ports together. Default 20,000.</summary>
    public int ConnectionsMax { get; init; } = 20_000;

    /// <summary>Calls a second that one account can keep up. Default 200.</summary>
    public int CallsPerSecondPerAccount { get; init; } = 200;

    /// <summary>Calls that one account can make at once after a rest. Default 1,000.</summary>
    public int CallsBurstPerAccount { get; init; } = 1_000;

    /// <summary>Calls a second without a known session that one network address can keep up. Default 100.</summary>
    public int CallsPerSecondPerAddress { get; init; } = 100;

    /// <summary>Such calls at once after a rest. Default 500.</summary>
    public int CallsBurstPerAddress { get; init; } = 500;

    /// <summary>Sign-in calls a minute (two for each sign-in) from one network address. Default 300.</summary>
    public int SignInCallsPerMinutePerAddress { get; init; } = 300;

    public IEnumerable<string> Problems() =>
    [
        .. Setting.Range(ReceiveBytesMax, 160 * 1024, 16 * 1024 * 1024, "bytes", 262_144),
        .. Setting.Range(MetadataBytesMax, 4 * 1024, 256 * 1024, "bytes", 16_384),
        .. Setting.Range(StreamsPerPrincipalMax, 1, 10_000, "streams", 32),
        .. Setting.Range(ConnectionsMax, 10, 1_000_000, "connections", 20_000),
        .. Setting.Range(CallsPerSecondPerAccount, 1, 1_000_000, "calls a second", 200),
        .. Setting.Range(CallsBurstPerAccount, 1, 1_000_000, "calls", 1_000),
        .. Setting.Range(CallsPerSecondPerAddress, 1, 1_000_000, "calls a second", 100),
        .. Setting.Range(CallsBurstPerAddress, 1, 1_000_000, "calls", 500),
        .. Setting.Range(SignInCallsPerMinutePerAddress, 1, 1_000_000, "calls a minute", 300),
    ];
}
