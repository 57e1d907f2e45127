using Braintrust.Chain;

namespace Braintrust.Embedded;

/// <summary>The development chain that a server on one machine runs beside itself. Section <c>Embedded</c>.</summary>
public sealed record EmbeddedChainSettings
{
    /// <summary>EIP-155 id of anvil's development chain; the well-known keys are refused on any other.</summary>
    public const ulong ChainId = 31337;

    /// <summary>Folder of the node's state, log and pid file; one server at a time uses it.</summary>
    public string DirectoryPath { get; init; } = ".braintrust/chain";

    /// <summary>The anvil program; null looks in PATH, then in contracts/tools/foundry above the content root.</summary>
    public string? AnvilPath { get; init; }

    /// <summary>TCP port of the node's JSON-RPC on 127.0.0.1; 0 takes a free one.</summary>
    public int Port { get; init; } = 8545;

    /// <summary>How long the node may take until it listens, milliseconds.</summary>
    public int StartTimeoutMs { get; init; } = 30_000;

    /// <summary>How long the node may take to write its state and end, milliseconds.</summary>
    public int StopTimeoutMs { get; init; } = 10_000;

    /// <summary>How long installing the node with npm may take, milliseconds.</summary>
    public int InstallTimeoutMs { get; init; } = 300_000;

    /// <summary>Blocks on top of and including a transaction's that make it final.</summary>
    public int ConfirmationsMin { get; init; } = 4;

    /// <summary>Mines the confirmations after each transaction; off when tests mine by hand.</summary>
    public bool MineConfirmations { get; init; } = true;

    /// <summary>How often the keeper looks for a new transaction, milliseconds.</summary>
    public int KeeperIntervalMs { get; init; } = 100;

    /// <summary>The employer's fee on top by the policy's first version, basis points.</summary>
    public int FeeBps { get; init; } = 1_500;

    /// <summary>Every setting out of range, with its unit and default; empty when all is well.</summary>
    public IReadOnlyList<string> Problems() =>
    [
        .. Outside(nameof(Port), Port, 0, 65_535, "(a TCP port, 0 for a free one)", 8545),
        .. Outside(nameof(StartTimeoutMs), StartTimeoutMs, 100, 600_000, "milliseconds", 30_000),
        .. Outside(nameof(StopTimeoutMs), StopTimeoutMs, 100, 600_000, "milliseconds", 10_000),
        .. Outside(nameof(InstallTimeoutMs), InstallTimeoutMs, 1_000, 3_600_000, "milliseconds", 300_000),
        .. Outside(nameof(ConfirmationsMin), ConfirmationsMin, 1, 64, "blocks", 4),
        .. Outside(nameof(KeeperIntervalMs), KeeperIntervalMs, 10, 60_000, "milliseconds", 100),
        .. Outside(nameof(FeeBps), FeeBps, 0, 2_000, "basis points", 1_500),
    ];

    /// <summary>How the chain is followed. A killed node may have lost final blocks: only here they are followed back.</summary>
    public ChainSettings Follow(Uri rpcUrl) => new()
    {
        ChainId = ChainId,
        ConfirmationsMin = ConfirmationsMin,
        // New blocks are announced by the node's socket; this is for when one is missed.
        PollIntervalMs = 500,
        BelowFinalRewinds = true,
        PublicRpcUrl = rpcUrl.ToString(),
        // Nobody pays for gas here, and somebody is looking.
        AnchorIntervalMs = 500,
    };

    private static IEnumerable<string> Outside(string name, int value, int min, int max, string unit, int usual)
    {
        if (value < min || value > max)
            yield return $"Embedded:{name} is {value}: it must be {min} to {max} {unit} (default {usual}).";
    }
}
