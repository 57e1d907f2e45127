using System.Collections.Immutable;
using Braintrust.Chain;

namespace Braintrust.Disputes;

/// <summary>
/// One subject's view of the courts' facts. They are few, so all of them are folded anew whenever one comes or is taken back.
/// Everything a look changes comes from one snapshot of the database, and changes at once when the fold is done: a look that
/// fails leaves the view as it was, and the next one reads the same again.
/// </summary>
/// <param name="wanted">Subjects are 64 bits of a hash: whether an event is this one's.</param>
/// <param name="fold">Folds standing facts, in the chain's order, as of a cursor.</param>
internal sealed class DisputeReader<TFold>(
    ulong chain, ulong subject, IChainLedger ledger, Predicate<DisputeEvent> wanted, TFold empty,
    Func<IReadOnlyList<DisputeFact>, ChainCursor, ValueTask<TFold>> fold) : ISubjectReader
{
    private SortedDictionary<long, DisputeFact> _facts = [];

    public ChainCursor Cursor { get; private set; } = ChainCursor.Start;

    public TFold Fold { get; private set; } = empty;

    /// <summary>Position of the last fact or rewind that changed the view; 0 when nothing was ever told.</summary>
    public long ChangedAt { get; private set; }

    /// <summary>What rewinds took back, oldest first.</summary>
    public ImmutableArray<Retraction> Retractions { get; private set; } = [];

    public bool IsPending => _facts.Values.Any(fact => fact.Stands && fact.Entry.Fact.BlockNo > Cursor.FinalNo);

    public async Task<bool> Look(CancellationToken ct)
    {
        var (view, known) = (await ledger.ReadSubject(chain, subject, Cursor.Pos, ct), _facts);
        if (view.Cursor.Pos < Cursor.Pos)
            // Another ledger: begin again.
            (view, known) = (await ledger.ReadSubject(chain, subject, 0, ct), []);
        var told = DisputeFacts.Among(view.Facts).Where(fact => wanted(fact.Event)).ToList();
        if (told.Count > 0 || known != _facts) await Refold(known, told, view.Cursor);
        var moved = view.Cursor != Cursor;
        Cursor = view.Cursor;
        return moved;
    }

    public bool Advance(ChainCursor cursor)
    {
        if (cursor.Pos != Cursor.Pos || cursor == Cursor || cursor.HeadNo < Cursor.HeadNo || cursor.FinalNo < Cursor.FinalNo)
            return false;
        Cursor = cursor;
        return true;
    }

    private async ValueTask Refold(SortedDictionary<long, DisputeFact> known, List<DisputeFact> told, ChainCursor cursor)
    {
        var facts = new SortedDictionary<long, DisputeFact>(known);
        foreach (var fact in told) facts[fact.Entry.Pos] = fact;
        Fold = await fold([.. facts.Values.Where(fact => fact.Stands).OrderBy(fact => fact.At)], cursor);
        _facts = facts;
        ChangedAt = facts.Values.Select(fact => fact.Entry.OrphanedBy ?? fact.Entry.Pos).Append(0).Max();
        Retractions =
        [
            .. facts.Values.Where(fact => !fact.Stands).Select(fact => Retraction.Of(fact.Entry))
                .OrderBy(retraction => retraction.RewindPos).ThenBy(retraction => retraction.FactPos).TakeLast(CaseView.RetractionsMax),
        ];
    }
}
