namespace Braintrust.Chain;

/// <summary>Where a fact stands: its ledger position, its contract and the block it was seen in.</summary>
public readonly record struct FactPlace(long Pos, Address Contract, Seen Seen)
{
    /// <summary>Of a fact as the ledger keeps it; how final it is depends on the reader's cursor, not on the fact.</summary>
    public static FactPlace Of(LedgerFact entry) => new(entry.Pos, entry.Fact.Contract, new Seen(
        entry.Fact.BlockNo, entry.Fact.BlockHash, entry.Fact.BlockTime, entry.Fact.TxHash, FinalityStatus.Pending, 0, 0));
}
