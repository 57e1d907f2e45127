namespace Braintrust.Chain;

/// <summary>
/// Section <c>Chains:N:Relayer</c>: an account of this deployment's own that sends signed calls for people without coin.
/// Everything but the key has a default; without a key nothing is relayed.
/// </summary>
public sealed record RelayerOptions
{
    /// <summary>0x and 64 hexadecimal digits, the same on every silo. From the environment only. Default: none.</summary>
    public string? PrivateKey { get; init; }

    /// <summary>Calls relayed for one account in 24 hours, 1 to 200. Default 50.</summary>
    public int AccountCallsPerDayMax { get; init; } = 50;

    /// <summary>Gas of one call, 100,000 to 10,000,000. Default 2,000,000.</summary>
    public int GasMax { get; init; } = 2_000_000;

    /// <summary>Thousandths of the chain's coin below which nothing new is relayed, 0 to 1,000,000. Default 10.</summary>
    public int BalanceMilliMin { get; init; } = 10;

    /// <summary>Gwei per gas that are never exceeded, 1 to 100,000. Default 500.</summary>
    public int FeeGweiMax { get; init; } = 500;

    /// <summary>Seconds after which a transaction in no block is sent again with a higher fee, 1 to 86,400. Default 60.</summary>
    public int StuckSeconds { get; init; } = 60;

    /// <summary>Null when no key is given.</summary>
    public Relayer? Open(ulong chainId) => PrivateKey is null
        ? null
        : new Relayer(LocalSigner.FromHex(PrivateKey, chainId), new RelayLimits
        {
            AccountCallsPerDayMax = AccountCallsPerDayMax, GasMax = (ulong)GasMax, BalanceMilliMin = BalanceMilliMin,
            FeeGweiMax = FeeGweiMax, StuckSeconds = StuckSeconds,
        });

    public IEnumerable<string> Problems(ulong chainId) =>
    [
        .. KeyProblem(chainId) is { } problem ? [problem] : Array.Empty<string>(),
        .. Setting.Range(AccountCallsPerDayMax, 1, ListingQuery.PageSizeMax, "calls", 50),
        .. Setting.Range(GasMax, 100_000, 10_000_000, "gas", 2_000_000),
        .. Setting.Range(BalanceMilliMin, 0, 1_000_000, "thousandths of the coin", 10),
        .. Setting.Range(FeeGweiMax, 1, 100_000, "gwei", 500),
        .. Setting.Range(StuckSeconds, 1, 86_400, "seconds", 60),
    ];

    /// <summary>The key itself is in no message.</summary>
    private string? KeyProblem(ulong chainId)
    {
        try
        {
            Open(chainId);
            return null;
        }
        catch (ArgumentException unusable)
        {
            return $"PrivateKey cannot be used: {unusable.Message}";
        }
    }
}
