using System.Collections.Immutable;
using Braintrust.Chain;

namespace Braintrust.Governance;

/// <summary>
/// One policy contract's view of the ledger. Its events are few, so all of them are folded anew whenever one comes or is taken
/// back. Everything a look changes comes from one snapshot of the database.
/// </summary>
internal sealed class PolicyReader(ulong chain, Address contract, IChainLedger ledger)
{
    private readonly ulong _subject = Subject.Policy(contract);
    private readonly SortedDictionary<long, (LedgerFact Entry, PolicyEvent Event)> _facts = [];

    public Address Contract => contract;

    /// <summary>The cursor of the last look: every fact up to its position is folded.</summary>
    public ChainCursor Cursor { get; private set; } = ChainCursor.Start;

    public PolicyOnChain Fold { get; private set; } = PolicyOnChain.Empty;

    /// <summary>Position of the last fact or rewind that changed the view.</summary>
    public long ChangedAt { get; private set; }

    /// <summary>What rewinds took back, oldest first.</summary>
    public ImmutableArray<Retraction> Retractions { get; private set; } = [];

    /// <summary>True while the view rests on a block that is not final.</summary>
    public bool IsPending => _facts.Values.Any(fact =>
        fact.Entry.OrphanedBy is null && fact.Entry.Fact.BlockNo > Cursor.FinalNo);

    /// <summary>Reads what came after the last look; true when the view or the cursor changed.</summary>
    public async Task<bool> Look(CancellationToken ct)
    {
        var view = await ledger.ReadSubject(chain, _subject, Cursor.Pos, ct);
        if (view.Cursor.Pos < Cursor.Pos)
        {
            // Another ledger: begin again.
            _facts.Clear();
            view = await ledger.ReadSubject(chain, _subject, 0, ct);
        }

        foreach (var entry in view.Facts) Take(entry);
        var moved = view.Cursor != Cursor;
        Cursor = view.Cursor;
        if (moved) Refold();
        return moved;
    }

    /// <summary>Believes a newer cursor without reading, when the ledger has no newer entries.</summary>
    public bool Advance(ChainCursor cursor)
    {
        if (cursor.Pos != Cursor.Pos || cursor == Cursor || cursor.HeadNo < Cursor.HeadNo || cursor.FinalNo < Cursor.FinalNo)
            return false;
        Cursor = cursor;
        return true;
    }

    /// <summary>Subjects are 64 bits of a hash: another contract may share them.</summary>
    private void Take(LedgerFact entry)
    {
        if (PolicyFacts.Has(entry.Fact.Kind) && entry.Fact.Contract == contract)
            _facts[entry.Pos] = (entry, PolicyFacts.Read(entry.Fact));
    }

    private void Refold()
    {
        var entries = _facts.Values.Select(fact => fact.Entry).ToArray();
        Fold = _facts.Values.Where(fact => fact.Entry.OrphanedBy is null).Aggregate(
            PolicyOnChain.Empty, (fold, fact) => PolicyFold.Apply(fold, fact.Event, FactPlace.Of(fact.Entry)));
        ChangedAt = entries.Select(entry => entry.OrphanedBy ?? entry.Pos).Append(0).Max();
        Retractions =
        [
            .. entries.Where(entry => entry.OrphanedBy is not null).Select(Retraction.Of)
                .OrderBy(retraction => retraction.RewindPos).ThenBy(retraction => retraction.FactPos)
                .TakeLast(PolicyView.RetractionsMax),
        ];
    }
}
