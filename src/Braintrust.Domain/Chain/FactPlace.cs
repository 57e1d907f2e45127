namespace Braintrust.Chain;

/// <summary>
/// Where a fact stands: its ledger position, its contract, the block it was seen in and its log's index there. Compares as
/// the chain ordered the logs. That is not the order of the ledger, where the older facts of a contract that was registered
/// late come after newer ones of others.
/// </summary>
public readonly record struct FactPlace(long Pos, Address Contract, Seen Seen, uint LogIndex) : IComparable<FactPlace>
{
    /// <summary>Of a fact as the ledger keeps it; how final it is depends on the reader's cursor, not on the fact.</summary>
    public static FactPlace Of(LedgerFact entry) => new(
        entry.Pos, entry.Fact.Contract,
        new Seen(
            entry.Fact.BlockNo, entry.Fact.BlockHash, entry.Fact.BlockTime, entry.Fact.TxHash, FinalityStatus.Pending, 0, 0),
        entry.Fact.LogIndex);

    public int CompareTo(FactPlace other) =>
        (Seen.BlockNo, LogIndex).CompareTo((other.Seen.BlockNo, other.LogIndex));
}
