using System.Collections.Immutable;
using Braintrust.Chain;

namespace Braintrust.Escrow;

/// <summary>
/// One agreement's view of the ledger: the final snapshot, the facts after it, and how far it has read. Everything a
/// look changes comes from one snapshot of the database.
/// </summary>
internal sealed class AgreementReader(ulong chain, Hash32 negotiation, IChainLedger ledger, int snapshotFacts)
    : ISubjectReader
{
    private readonly ulong _subject = Subject.Agreement(negotiation);
    private readonly SortedDictionary<long, EscrowFact> _facts = [];
    private EscrowSnapshot _base = EscrowSnapshot.Empty;

    /// <summary>The cursor of the last look: every fact up to its position is folded.</summary>
    public ChainCursor Cursor { get; private set; } = ChainCursor.Start;

    public NegotiationOnChain Fold { get; private set; } = NegotiationOnChain.Empty;

    /// <summary>Position of the last fact or rewind that changed the view.</summary>
    public long ChangedAt { get; private set; }

    /// <summary>What rewinds took back, oldest first.</summary>
    public ImmutableArray<Retraction> Retractions { get; private set; } = [];

    /// <summary>True while the view rests on a block that is not final.</summary>
    public bool IsPending => _facts.Values.Any(fact => fact.Stands && fact.Entry.Fact.BlockNo > Cursor.FinalNo);

    /// <summary>
    /// True when a final block holds the burning of the nonce in that contract. It is never in a snapshot: a negotiation
    /// without an agreement has no more facts than that.
    /// </summary>
    public bool IsBurned(Address contract) => _facts.Values.Any(fact =>
        fact.Event is EscrowEvent.NonceBurned && fact.Stands
        && fact.Entry.Fact.Contract == contract && fact.Entry.Fact.BlockNo <= Cursor.FinalNo);

    public async Task Begin(EscrowSnapshot saved, CancellationToken ct)
    {
        if (saved.FactPos > 0 && await Stands(saved, ct)) _base = saved;
        await Look(ct);
        Refold();
    }

    /// <summary>Reads what came after the last look; true when the view changed.</summary>
    public async Task<bool> Look(CancellationToken ct)
    {
        var view = await ledger.ReadSubject(chain, _subject, Math.Max(Cursor.Pos, _base.Pos), ct);
        if (view.Cursor.Pos < Cursor.Pos || view.Facts.Any(IsBeforeBase))
        {
            // Another ledger, a rewind below the final block, or an older fact of a contract registered late: begin again.
            _facts.Clear();
            _base = EscrowSnapshot.Empty;
            view = await ledger.ReadSubject(chain, _subject, 0, ct);
        }

        var changed = false;
        foreach (var fact in EscrowFacts.Among(view.Facts).Where(fact => fact.Event.About == negotiation)) changed |= Take(fact);
        var moved = view.Cursor != Cursor;
        Cursor = view.Cursor;
        if (changed) Refold();
        return changed || moved;
    }

    /// <summary>
    /// Believes a newer cursor without reading, when the ledger has no newer entries: only the head and finality moved.
    /// </summary>
    public bool Advance(ChainCursor cursor)
    {
        if (cursor.Pos != Cursor.Pos || cursor == Cursor || cursor.HeadNo < Cursor.HeadNo || cursor.FinalNo < Cursor.FinalNo)
            return false;
        Cursor = cursor;
        return true;
    }

    /// <summary>A snapshot worth saving, or null: enough final facts have come since the last one.</summary>
    public EscrowSnapshot? Snapshot()
    {
        var settled = _facts.Values.TakeWhile(fact => !fact.Stands || fact.Entry.Fact.BlockNo <= Cursor.FinalNo).ToArray();
        var standing = Standing(settled);
        if (standing.Length < snapshotFacts) return null;
        // In both orders the snapshot ends where what is left begins.
        if (Standing(_facts.Values.Skip(settled.Length)) is [var next, ..] && next.At.CompareTo(standing[^1].At) < 0) return null;
        var last = standing[^1].Entry;
        _base = new EscrowSnapshot
        {
            Pos = settled[^1].Entry.Pos,
            FactPos = last.Pos,
            BlockNo = last.Fact.BlockNo,
            BlockHash = last.Fact.BlockHash,
            LogIndex = last.Fact.LogIndex,
            Fold = standing.Aggregate(_base.Fold, Apply),
            ChangedAt = settled.Select(fact => fact.Entry.OrphanedBy ?? fact.Entry.Pos).Append(_base.ChangedAt).Max(),
            Retractions = Retractions,
        };
        foreach (var fact in settled) _facts.Remove(fact.Entry.Pos);
        return _base;
    }

    private async Task<bool> Stands(EscrowSnapshot saved, CancellationToken ct)
    {
        var page = await ledger.ReadEntries(chain, saved.FactPos - 1, 1, ct);
        return page.Facts is [var entry] && entry.Pos == saved.FactPos && entry.OrphanedBy is null
            && entry.Fact.BlockNo == saved.BlockNo && entry.Fact.BlockHash == saved.BlockHash && entry.Fact.LogIndex == saved.LogIndex;
    }

    private bool IsBeforeBase(LedgerFact entry) => entry.Pos <= _base.Pos
        || (entry.Fact.BlockNo, entry.Fact.LogIndex).CompareTo((_base.BlockNo, _base.LogIndex)) < 0;

    private bool Take(EscrowFact fact)
    {
        if (_facts.TryGetValue(fact.Entry.Pos, out var known) && known.Entry.OrphanedBy == fact.Entry.OrphanedBy) return false;
        _facts[fact.Entry.Pos] = fact;
        return true;
    }

    private void Refold()
    {
        Fold = Standing(_facts.Values).Aggregate(_base.Fold, Apply);
        var entries = _facts.Values.Select(fact => fact.Entry).ToArray();
        ChangedAt = entries.Select(entry => entry.OrphanedBy ?? entry.Pos).Append(_base.ChangedAt).Max();
        var orphans = entries.Where(entry => entry.OrphanedBy is not null).Select(Retraction.Of);
        Retractions =
        [
            .. _base.Retractions.Concat(orphans)
                .DistinctBy(retraction => retraction.FactPos)
                .OrderBy(retraction => retraction.RewindPos).ThenBy(retraction => retraction.FactPos)
                .TakeLast(AgreementView.RetractionsMax),
        ];
    }

    /// <summary>In the chain's order.</summary>
    private static EscrowFact[] Standing(IEnumerable<EscrowFact> facts) =>
        [.. facts.Where(fact => fact.Stands).OrderBy(fact => fact.At)];

    private static NegotiationOnChain Apply(NegotiationOnChain fold, EscrowFact fact) =>
        EscrowFold.Apply(fold, fact.Event, fact.At);
}
