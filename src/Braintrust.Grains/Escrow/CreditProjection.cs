using System.Collections.Immutable;
using Braintrust.Chain;
using Braintrust.Disputes;
using Braintrust.Storage;

namespace Braintrust.Escrow;

/// <summary>
/// What escrows and courts keep for addresses. Follows what is pending. New logs are added to the row as it stands, since an origin is
/// credited at every closing and a fold of all its history each time would grow without end; only a credit that a rewind took
/// something of is folded anew.
/// </summary>
/// <param name="positionsMax">Ledger positions taken at once.</param>
public sealed class CreditProjection(
    IChainLedger ledger, IRows rows, int positionsMax = ProjectionPart.PositionsMax) : IProjection
{
    public const string ProjectionName = "credits";

    public static readonly ImmutableArray<string> ProjectionTables = [ListedCredit.Table];

    private const int SubjectsAtOnce = 200;

    public string Name => ProjectionName;

    public ImmutableArray<string> Tables => ProjectionTables;

    public ValueTask<ProjectionPart> Next(ulong chain, ProjectionMark after, CancellationToken ct) =>
        ProjectionPart.OfChanges(ledger, chain, after, positionsMax, page => Rows(chain, after, page, ct), ct);

    private async ValueTask<ImmutableArray<Row>> Rows(ulong chain, ProjectionMark after, LedgerPage page, CancellationToken ct)
    {
        var changed = Among(page.Facts).ToLookup(fact => fact.Key);
        var lost = changed.Where(facts => facts.Any(fact => fact.WasCounted(after.Pos) && !fact.Stands(page.ReachedPos)))
            .Select(facts => facts.Key).ToHashSet();
        var added = changed.Where(facts => !lost.Contains(facts.Key)).SelectMany(facts => facts)
            .Where(fact => !fact.WasCounted(after.Pos) && fact.Stands(page.ReachedPos));
        var before = await Stored(chain, [.. changed.Select(facts => facts.Key).Where(key => !lost.Contains(key))], ct);
        var credits = Fold(chain, before, added).Concat(await Refold(chain, lost, page.ReachedPos, ct));
        return [.. credits.Select(credit => credit.Row)];
    }

    /// <summary>The rows as they stand; whoever is not the one to write next reads them in vain.</summary>
    private async ValueTask<IEnumerable<ListedCredit>> Stored(ulong chain, CreditKey[] keys, CancellationToken ct)
    {
        var known = keys.Length == 0 ? [] : await rows.ReadKeys(
            ListedCredit.Table, [.. keys.Select(key => new ListedCredit(chain, key.Contract, key.Party, key.Token).Key)], ct);
        return known.Select(ListedCredit.Of);
    }

    private async ValueTask<IEnumerable<ListedCredit>> Refold(
        ulong chain, HashSet<CreditKey> keys, long reached, CancellationToken ct)
    {
        var facts = new List<CreditFact>();
        foreach (var some in keys.Select(key => key.Party).Distinct().Chunk(SubjectsAtOnce))
            facts.AddRange(Among(await ledger.ReadStanding(chain, [.. some.Select(Subject.Party)], ct)));
        // What a later rewind of the ledger took back is missing here; its own step folds anew once more.
        var standing = facts.Where(fact => keys.Contains(fact.Key) && fact.Entry.Pos <= reached);
        return Fold(chain, keys.Select(key => new ListedCredit(chain, key.Contract, key.Party, key.Token)), standing);
    }

    private static IEnumerable<ListedCredit> Fold(
        ulong chain, IEnumerable<ListedCredit> before, IEnumerable<CreditFact> facts)
    {
        var credits = before.ToDictionary(credit => new CreditKey(credit.Contract, credit.Party, credit.Token));
        foreach (var fact in facts.DistinctBy(fact => fact.Entry.Pos).OrderBy(fact => fact.At))
        {
            var (contract, party, token) = fact.Key;
            var credit = credits.GetValueOrDefault(fact.Key) ?? new ListedCredit(chain, contract, party, token);
            credits[fact.Key] = credit.After(fact.Change, fact.At);
        }

        return credits.Values;
    }

    private static IEnumerable<CreditFact> Among(IReadOnlyList<LedgerFact> entries) =>
    [
        .. EscrowFacts.Among(entries).Select(fact => Of(fact.Entry, CreditChange.Of(fact.Event))).OfType<CreditFact>(),
        .. DisputeFacts.Among(entries).Select(fact => Of(fact.Entry, Change(fact.Event))).OfType<CreditFact>(),
    ];

    private static CreditFact? Of(LedgerFact entry, CreditChange? change) => change is null ? null : new(entry, change);

    private static CreditChange? Change(DisputeEvent happened) => happened switch
    {
        DisputeEvent.Credited e => new(CreditHolder.Court, e.Party, e.Token, e.Sum, e.CaseId),
        DisputeEvent.CreditWithdrawn e => new(CreditHolder.Court, e.Party, e.Token, null, null),
        _ => null,
    };

    private readonly record struct CreditKey(Address Contract, Address Party, Address Token);

    private sealed record CreditFact(LedgerFact Entry, CreditChange Change)
    {
        public FactPlace At => FactPlace.Of(Entry);

        public CreditKey Key => new(Entry.Fact.Contract, Change.Party, Change.Token);

        public bool WasCounted(long mark) => Entry.Pos <= mark;

        /// <summary>As of a position: a rewind behind it is not known there yet.</summary>
        public bool Stands(long pos) => Entry.OrphanedBy is null || Entry.OrphanedBy > pos;
    }
}
