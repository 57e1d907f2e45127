namespace Braintrust.Chain;

/// <summary>How one chain is followed. Bound from configuration section <c>Chains:N</c> and validated at start.</summary>
public sealed record ChainSettings
{
    /// <summary>EIP-155 chain id.</summary>
    public required ulong ChainId { get; init; }

    /// <summary>Confirmations that make a block final (1 = in a block is final). Ignored when <see cref="FinalityTag"/> is set.</summary>
    public int ConfirmationsMin { get; init; } = 12;

    /// <summary>Follow the node's own "safe" or "finalized" tag instead of a depth; null for depth.</summary>
    public string? FinalityTag { get; init; }

    /// <summary>Confirmations that clients are told to wait for; 0 when the chain's tag decides.</summary>
    public ulong ConfirmationsNeeded => FinalityTag is null ? (ulong)ConfirmationsMin : 0;

    /// <summary>How often the node is asked for its head when nothing woke the watcher, milliseconds.</summary>
    public int PollIntervalMs { get; init; } = 500;

    /// <summary>Blocks in one range read when far behind.</summary>
    public int RangeBlocksMax { get; init; } = 2_000;

    /// <summary>
    /// Milliseconds for which a node may stand at a block below ours before its shorter chain is believed. It cannot be
    /// told from one that lags until it goes on.
    /// </summary>
    public int BehindPatienceMs { get; init; } = 30_000;

    /// <summary>Only for the embedded development chain: a killed node may have lost final blocks, follow it back.</summary>
    public bool BelowFinalRewinds { get; init; }

    /// <summary>Milliseconds that seals of reviews wait for others to share their batch, and its gas, with.</summary>
    public int AnchorIntervalMs { get; init; } = 600_000;

    /// <summary>JSON-RPC address that wallets may use, told to clients; null when none is offered.</summary>
    public string? PublicRpcUrl { get; init; }
}

/// <summary>A chain this process follows and the way to its node.</summary>
/// <param name="Anchor">Signs the transactions that anchor reviews; null where another server, or none, does.</param>
public sealed record FollowedChain(ChainSettings Settings, IEvmChain Node, IEvmSigner? Anchor = null)
{
    /// <summary>What the chain is held to; null when its contracts were named one by one.</summary>
    public DeploymentFile? Deployment { get; init; }

    /// <summary>Sends signed calls for people without coin; null when this deployment relays nothing on the chain.</summary>
    public Relayer? Relayer { get; init; }
}

/// <summary>An account of the deployment's own, and what it may spend.</summary>
public sealed record Relayer(IEvmSigner Signer, RelayLimits Limits);

/// <summary>The chains this process follows. The same set on every silo.</summary>
public interface IFollowedChains
{
    IReadOnlyList<FollowedChain> All { get; }

    FollowedChain? Find(ulong chainId);
}

/// <summary>The chains given at start.</summary>
public sealed class FollowedChains(IEnumerable<FollowedChain> chains) : IFollowedChains
{
    public IReadOnlyList<FollowedChain> All { get; } = [.. chains];

    public FollowedChain? Find(ulong chainId) => All.FirstOrDefault(chain => chain.Settings.ChainId == chainId);
}

/// <summary>What this process knows of a chain's progress, a quarter second old at most while the database answers.</summary>
public interface IChainProgress
{
    /// <summary>The newest cursor read, or null before the first read.</summary>
    ChainCursor? Latest(ulong chainId);

    /// <summary>When the cursor was last read successfully.</summary>
    DateTimeOffset ReadAt(ulong chainId);

    /// <summary>The present cursor, then every newer one, conflated.</summary>
    IAsyncEnumerable<ChainCursor> Watch(ulong chainId, CancellationToken ct);
}
