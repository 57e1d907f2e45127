namespace Braintrust.Chain;

/// <summary>Section <c>Chains:N</c>: a chain to follow. Without any, the embedded development chain is followed.</summary>
public sealed record ChainOptions
{
    /// <summary>EIP-155 chain id. Required.</summary>
    public ulong ChainId { get; init; }

    /// <summary>The node's JSON-RPC address, http or https. Required.</summary>
    public string RpcUrl { get; init; } = "";

    /// <summary>Further nodes of the same chain, asked when the one before them is away, lags or contradicts itself. Default: none.</summary>
    public IReadOnlyList<string> FallbackRpcUrls { get; init; } = [];

    /// <summary>The node's web socket, ws or wss: new blocks are noticed at once. Default: none, the node is polled.</summary>
    public string? WebSocketUrl { get; init; }

    /// <summary>Confirmations that make a block final. Default 12. Ignored with <see cref="FinalityTag"/>.</summary>
    public int ConfirmationsMin { get; init; } = 12;

    /// <summary>"safe" or "finalized": follow the node's own tag. Default: none, follow the depth.</summary>
    public string? FinalityTag { get; init; }

    /// <summary>How often the node is asked for its head, milliseconds, 50 to 60,000. Default 500.</summary>
    public int PollIntervalMs { get; init; } = 500;

    /// <summary>Blocks in one range read when far behind, 1 to 100,000. Default 2,000.</summary>
    public int RangeBlocksMax { get; init; } = 2_000;

    /// <summary>JSON-RPC address told to clients for their wallets. Default: none.</summary>
    public string? PublicRpcUrl { get; init; }

    /// <summary>
    /// Private key of the account that anchors reviews, 0x and 64 hexadecimal digits; the Reputation contract names its address.
    /// Default: none, this cluster anchors nothing. The same on every server.
    /// </summary>
    public string? AnchorPrivateKey { get; init; }

    /// <summary>Milliseconds that sealed reviews wait for others to be anchored with, 0 to 86,400,000. Default 600,000.</summary>
    public int AnchorIntervalMs { get; init; } = 600_000;

    /// <summary>
    /// The file that `braintrust deploy` wrote: names the contracts, and the chain is held to it at start and while the server
    /// runs. Default: none, the contracts are named one by one.
    /// </summary>
    public string? DeploymentFile { get; init; }

    /// <summary>Contracts without a deployment file; the ones registered before need not be repeated.</summary>
    public IReadOnlyList<ContractOptions> Contracts { get; init; } = [];

    /// <summary>Relays signed calls. Default: nothing is relayed.</summary>
    public RelayerOptions Relayer { get; init; } = new();

    public ChainSettings Settings => new()
    {
        ChainId = ChainId, ConfirmationsMin = ConfirmationsMin, FinalityTag = FinalityTag, PollIntervalMs = PollIntervalMs,
        RangeBlocksMax = RangeBlocksMax, PublicRpcUrl = PublicRpcUrl, AnchorIntervalMs = AnchorIntervalMs,
    };

    /// <exception cref="ArgumentException">As <see cref="Problems"/> tells.</exception>
    public IEvmSigner? Anchor => AnchorPrivateKey is null ? null : LocalSigner.FromHex(AnchorPrivateKey, ChainId);

    public IEnumerable<string> Problems() =>
    [
        .. Setting.Range((long)Math.Min(ChainId, long.MaxValue), 1, long.MaxValue, "(an EIP-155 chain id)", 0, nameof(ChainId)),
        .. Url(RpcUrl, nameof(RpcUrl), "http", "https"),
        .. FallbackRpcUrls.SelectMany((url, i) => Url(url, $"{nameof(FallbackRpcUrls)}:{i}", "http", "https")),
        .. WebSocketUrl is null ? [] : Url(WebSocketUrl, nameof(WebSocketUrl), "ws", "wss"),
        .. PublicRpcUrl is null ? [] : Url(PublicRpcUrl, nameof(PublicRpcUrl), "http", "https"),
        .. Setting.Range(ConfirmationsMin, 1, 10_000, "confirmations", 12),
        .. FinalityTag is null or "safe" or "finalized" ? Array.Empty<string>() : [$"FinalityTag is '{FinalityTag}': it must be safe or finalized (default none)."],
        .. Setting.Range(PollIntervalMs, 50, 60_000, "milliseconds", 500),
        .. Setting.Range(RangeBlocksMax, 1, 100_000, "blocks", 2_000),
        .. Setting.Range(AnchorIntervalMs, 0, 86_400_000, "milliseconds", 600_000),
        .. KeyProblems(),
        .. DeploymentFile is not null && Contracts.Count > 0
            ? ["DeploymentFile names the contracts already: leave Contracts out."]
            : Array.Empty<string>(),
        .. Relayer.Problems(ChainId).Select(problem => $"Relayer:{problem}"),
        .. Contracts.SelectMany((contract, i) => contract.Problems().Select(problem => $"Contracts:{i}:{problem}")),
    ];

    private IEnumerable<string> KeyProblems()
    {
        try
        {
            _ = Anchor;
            return [];
        }
        catch (ArgumentException unfit)
        {
            return [$"AnchorPrivateKey: {unfit.Message}"];
        }
    }

    private static IEnumerable<string> Url(string text, string name, params string[] schemes)
    {
        if (!Uri.TryCreate(text, UriKind.Absolute, out var uri) || !schemes.Contains(uri.Scheme))
            yield return $"{name} is '{Masking.Url(text)}': it must be an address that starts with {string.Join(":// or ", schemes)}://.";
    }
}

/// <summary>A contract to register: its money facts are believed from then on.</summary>
public sealed record ContractOptions
{
    /// <summary>Name of the artifact: WorkAgreements or BraintrustToken.</summary>
    public string Kind { get; init; } = "";

    public string Address { get; init; } = "";

    /// <summary>The block it was deployed in; following starts there.</summary>
    public ulong FromBlock { get; init; }

    public IEnumerable<string> Problems()
    {
        if (Kind.Length == 0) yield return "Kind is empty: it must name the contract's artifact, such as WorkAgreements.";
        if (!Braintrust.Address.TryParse(Address, out _))
            yield return $"Address is '{Address}': it must be 0x and 40 hexadecimal digits with a right EIP-55 checksum.";
    }
}
