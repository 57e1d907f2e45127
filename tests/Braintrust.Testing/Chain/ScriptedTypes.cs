using System.Collections.Immutable;

namespace Braintrust.Chain;

/// <summary>A log that a scripted block carries.</summary>
/// <param name="TxHash">Its transaction; made up from the block when null.</param>
public sealed record ScriptedLog(Address Contract, ImmutableArray<Hash32> Topics, ReadOnlyMemory<byte> Data, Hash32? TxHash = null)
{
    /// <summary>From a generated event: <c>ScriptedLog.Of(escrow, new MilestoneClosedEvent(...).Encode())</c>.</summary>
    public static ScriptedLog Of(Address contract, (Hash32[] Topics, byte[] Data) encoded, Hash32? txHash = null) =>
        new(contract, [.. encoded.Topics], encoded.Data, txHash);
}

/// <summary>A log at its place in a block, as a chain tells it.</summary>
public sealed record PlacedLog(ScriptedLog Log, BlockHeader Block, Hash32 TxHash, uint LogIndex);

/// <summary>A block that was mined once, on the canonical chain or beside it.</summary>
public sealed record ScriptedBlock(
    BlockHeader Header, ImmutableArray<PlacedLog> Logs, ImmutableArray<TxReceipt> Receipts,
    ImmutableArray<SignedTransaction> Transactions);

/// <summary>What executing a transaction did.</summary>
public sealed record ScriptedExecution(bool Succeeded, ImmutableArray<ScriptedLog> Logs)
{
    public static ScriptedExecution Success(params IEnumerable<ScriptedLog> logs) => new(true, [.. logs]);
    public static ScriptedExecution Reverted { get; } = new(false, []);
}
