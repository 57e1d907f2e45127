using System.Collections.Immutable;
using Braintrust.Chain;

namespace Braintrust.Disputes;

/// <summary>
/// One subject's view of the courts' facts. They are few, so all of them are folded anew whenever one comes or is taken back.
/// Everything a look changes comes from one snapshot of the database.
/// </summary>
/// <param name="wanted">Subjects are 64 bits of a hash: whether an event is this one's.</param>
internal sealed class DisputeReader(ulong chain, ulong subject, IChainLedger ledger, Predicate<DisputeEvent> wanted)
{
    private readonly SortedDictionary<long, DisputeFact> _facts = [];

    /// <summary>The cursor of the last look: every fact up to its position is taken.</summary>
    public ChainCursor Cursor { get; private set; } = ChainCursor.Start;

    /// <summary>Position of the last fact or rewind that changed the view.</summary>
    public long ChangedAt => _facts.Values.Select(fact => fact.Entry.OrphanedBy ?? fact.Entry.Pos).Append(0).Max();

    /// <summary>True while the view rests on a block that is not final.</summary>
    public bool IsPending => _facts.Values.Any(fact => fact.Stands && fact.Entry.Fact.BlockNo > Cursor.FinalNo);

    /// <summary>The facts to fold, in the chain's order.</summary>
    public IEnumerable<DisputeFact> Standing => _facts.Values.Where(fact => fact.Stands).OrderBy(fact => fact.At);

    /// <summary>What rewinds took back, oldest first.</summary>
    public ImmutableArray<Retraction> Retractions =>
    [
        .. _facts.Values.Where(fact => !fact.Stands).Select(fact => Retraction.Of(fact.Entry))
            .OrderBy(retraction => retraction.RewindPos).ThenBy(retraction => retraction.FactPos).TakeLast(CaseView.RetractionsMax),
    ];

    /// <summary>Reads what came after the last look; true when the view or the cursor changed.</summary>
    public async Task<bool> Look(CancellationToken ct)
    {
        var view = await ledger.ReadSubject(chain, subject, Cursor.Pos, ct);
        if (view.Cursor.Pos < Cursor.Pos)
        {
            // Another ledger: begin again.
            _facts.Clear();
            view = await ledger.ReadSubject(chain, subject, 0, ct);
        }

        foreach (var fact in DisputeFacts.Among(view.Facts))
            if (wanted(fact.Event)) _facts[fact.Entry.Pos] = fact;
        var moved = view.Cursor != Cursor;
        Cursor = view.Cursor;
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
}
