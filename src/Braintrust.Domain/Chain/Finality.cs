using Orleans;

namespace Braintrust.Chain;

/// <summary>Where a chain-derived value stands.</summary>
public enum FinalityStatus
{
    /// <summary>In a block that can still be replaced.</summary>
    Pending = 1,

    /// <summary>In a block at or below the final one.</summary>
    Final = 2,
}

/// <summary>The block in which a value was seen, and how sure it is.</summary>
/// <param name="Confirmations">Blocks on top of and including it.</param>
/// <param name="ConfirmationsNeeded">How many make it final under a depth policy; 0 when the chain's tag decides.</param>
[GenerateSerializer, Immutable, Alias("chain.Seen")]
public sealed record Seen(
    [property: Id(0)] ulong BlockNo,
    [property: Id(1)] Hash32 BlockHash,
    [property: Id(2)] BlockTime BlockTime,
    [property: Id(3)] Hash32 TxHash,
    [property: Id(4)] FinalityStatus Status,
    [property: Id(5)] ulong Confirmations,
    [property: Id(6)] ulong ConfirmationsNeeded)
{
    /// <summary>The same block as of a cursor.</summary>
    /// <param name="confirmationsNeeded">Depth that makes a block final, 0 when the chain's tag decides.</param>
    public Seen At(ChainCursor cursor, ulong confirmationsNeeded) => this with
    {
        Status = BlockNo <= cursor.FinalNo ? FinalityStatus.Final : FinalityStatus.Pending,
        Confirmations = cursor.HeadNo < BlockNo ? 0 : cursor.HeadNo - BlockNo + 1,
        ConfirmationsNeeded = confirmationsNeeded,
    };
}

/// <summary>A fact that a rewind took back. Clients that never saw the fact ignore it.</summary>
/// <param name="FactPos">Position of the fact.</param>
/// <param name="RewindPos">Position of the rewind.</param>
[GenerateSerializer, Immutable, Alias("chain.Retraction")]
public sealed record Retraction(
    [property: Id(0)] long FactPos,
    [property: Id(1)] long RewindPos,
    [property: Id(2)] FactKind Kind,
    [property: Id(3)] ulong BlockNo,
    [property: Id(4)] Hash32 BlockHash,
    [property: Id(5)] Hash32 TxHash,
    [property: Id(6)] uint LogIndex)
{
    /// <param name="entry">An orphaned one.</param>
    public static Retraction Of(LedgerFact entry) => new(
        entry.Pos, entry.OrphanedBy!.Value, entry.Fact.Kind, entry.Fact.BlockNo, entry.Fact.BlockHash, entry.Fact.TxHash,
        entry.Fact.LogIndex);
}
