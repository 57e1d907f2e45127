using System.Numerics;

namespace Braintrust.Chain;

/// <summary>A block by number, by hash or by tag.</summary>
public readonly record struct BlockId
{
    private BlockId(ulong? number, Hash32? hash, string? tag) => (Number, Hash, Tag) = (number, hash, tag);

    public ulong? Number { get; }
    public Hash32? Hash { get; }
    public string? Tag { get; }

    public static BlockId Latest { get; } = new(null, null, "latest");
    public static BlockId Pending { get; } = new(null, null, "pending");
    public static BlockId Safe { get; } = new(null, null, "safe");
    public static BlockId Finalized { get; } = new(null, null, "finalized");
    public static BlockId At(ulong number) => new(number, null, null);
    public static BlockId Of(Hash32 hash) => new(null, hash, null);

    public override string ToString() => Tag ?? Hash?.ToString() ?? Number?.ToString() ?? "none";
}

/// <summary>Logs of some contracts in a range of blocks (both ends included) or in one block by hash.</summary>
public sealed record LogFilter
{
    private LogFilter(IReadOnlyList<Address> contracts) => Contracts = contracts;

    public IReadOnlyList<Address> Contracts { get; }
    public ulong? FromBlock { get; private init; }
    public ulong? ToBlock { get; private init; }
    public Hash32? BlockHash { get; private init; }

    /// <summary>Of every contract there is, which only the check of a block's completeness asks for.</summary>
    internal bool IsOfAll { get; private init; }

    internal static LogFilter WholeBlock(Hash32 block) => new([]) { BlockHash = block, IsOfAll = true };

    public static LogFilter Range(IReadOnlyList<Address> contracts, ulong from, ulong to) =>
        new(contracts) { FromBlock = from, ToBlock = to };

    public static LogFilter Block(IReadOnlyList<Address> contracts, Hash32 block) =>
        new(contracts) { BlockHash = block };
}

/// <summary>One log, without strings. Spans are only valid while the sink runs.</summary>
public readonly ref struct LogEntry
{
    public required Address Contract { get; init; }
    public required ulong BlockNo { get; init; }
    public required Hash32 BlockHash { get; init; }
    public required Hash32 TxHash { get; init; }
    public required uint LogIndex { get; init; }

    /// <summary>Up to four topics; the first names the event.</summary>
    public required ReadOnlySpan<Hash32> Topics { get; init; }
    public required ReadOnlySpan<byte> Data { get; init; }

    /// <summary>True when a node says the log was taken back (nodes may never say so).</summary>
    public bool Removed { get; init; }
}

/// <param name="From">Sender to pretend, or null.</param>
/// <param name="To">Callee; null simulates a deployment.</param>
/// <param name="Value">Wei sent along.</param>
public sealed record CallRequest(
    Address? From, Address? To, ReadOnlyMemory<byte> Data, BigInteger Value = default, ulong? Gas = null);

/// <param name="MaxFeePerGas">EIP-1559 cap, wei per gas.</param>
/// <param name="MaxPriorityFeePerGas">EIP-1559 tip, wei per gas.</param>
public sealed record FeeQuote(BigInteger MaxFeePerGas, BigInteger MaxPriorityFeePerGas);

/// <param name="Succeeded">False when the transaction was included and reverted.</param>
/// <param name="Created">Address of the contract it deployed, or null.</param>
public sealed record TxReceipt(
    Hash32 TxHash, ulong BlockNo, Hash32 BlockHash, bool Succeeded, Address From, Address? To, ulong GasUsed,
    Address? Created);

/// <summary>The node or the way to it failed: retry later.</summary>
public sealed class ChainUnavailableException(string message, Exception? inner = null) : Exception(message, inner)
{
    /// <summary>How long the node asked to be left alone (HTTP 429 or 503), or null when it did not say.</summary>
    public TimeSpan? RetryAfter { get; init; }

    /// <summary>The answer would be too large for the node or for us: the same question will fail again, ask for less.</summary>
    public bool AnswerTooLarge { get; init; }
}

/// <summary>The node broke the protocol, contradicts itself, or follows another chain than configured.</summary>
public sealed class ChainProtocolException(string message, Exception? inner = null) : Exception(message, inner);

/// <summary>The EVM refused the call.</summary>
public sealed class EvmRevertException(string message, ReadOnlyMemory<byte> data) : Exception(message)
{
    /// <summary>ABI-encoded error: four bytes of selector, then its arguments; may be empty.</summary>
    public ReadOnlyMemory<byte> RevertData { get; } = data;
}

/// <summary>The node refused a transaction for good (nonce too low, underpriced, no funds, malformed).</summary>
public sealed class TransactionRejectedException(string message) : Exception(message);
