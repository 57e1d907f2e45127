using System.Collections.Immutable;
using System.Numerics;
using Braintrust.Chain;
using Braintrust.Escrow;

namespace Braintrust.Disputes;

/// <summary>
/// The listings of cases, seats and arbiters, and what anybody may call. Follows what is pending: whatever a new entry touches
/// is folded anew from its standing facts, so a rewind needs no case of its own.
/// </summary>
/// <param name="positionsMax">Ledger positions taken at once.</param>
public sealed class DisputeProjection(
    IChainLedger ledger, CaseFolder folder, int positionsMax = ProjectionPart.PositionsMax) : IProjection
{
    public const string ProjectionName = "disputes";

    public static readonly ImmutableArray<string> ProjectionTables =
        [ListedCase.Table, ListedCase.SeatTable, ListedCase.DueTable, ListedArbiter.Table];

    private const int SubjectsAtOnce = 200;

    public string Name => ProjectionName;

    public ImmutableArray<string> Tables => ProjectionTables;

    public ValueTask<ProjectionPart> Next(ulong chain, ProjectionMark after, CancellationToken ct) =>
        ProjectionPart.OfChanges(ledger, chain, after, positionsMax, page => Rows(chain, page, ct), ct);

    private async ValueTask<ImmutableArray<Row>> Rows(ulong chain, LedgerPage page, CancellationToken ct)
    {
        var facts = DisputeFacts.Among(page.Facts).ToArray();
        var cases = facts.Select(fact => CaseOf(fact.Event)).Concat(EscrowFacts.Among(page.Facts).Select(Closed))
            .OfType<Hash32>().Distinct();
        var rows = ImmutableArray.CreateBuilder<Row>();
        foreach (var some in cases.Chunk(SubjectsAtOnce)) rows.AddRange(await Cases(chain, some, facts, page.Cursor, ct));
        foreach (var some in facts.SelectMany(fact => Touched(fact)).Distinct().Chunk(SubjectsAtOnce))
            rows.AddRange(await Arbiters(chain, some, facts, ct));
        return rows.ToImmutable();
    }

    private async ValueTask<List<Row>> Cases(
        ulong chain, Hash32[] cases, DisputeFact[] changed, ChainCursor cursor, CancellationToken ct)
    {
        var standing = DisputeFacts.Among(await ledger.ReadStanding(chain, [.. cases.Select(Subject.Case)], ct))
            .ToLookup(fact => CaseOf(fact.Event));
        var agreements = standing.SelectMany(facts => facts).Select(fact => fact.Event).OfType<DisputeEvent.CaseOpened>()
            .Select(opened => Subject.Agreement(opened.Opening.Negotiation)).Distinct().ToArray();
        var closed = agreements.Length == 0 ? [] : EscrowFacts.Among(await ledger.ReadStanding(chain, agreements, ct))
            .Select(Closed).OfType<Hash32>().ToHashSet();
        var seats = changed.Where(fact => fact.Event is DisputeEvent.PanelDrawn).Select(fact => (DisputeEvent.PanelDrawn)fact.Event)
            .ToLookup(drawn => drawn.CaseId, drawn => drawn.Arbiters.Select(arbiter => (drawn.Round, arbiter)));
        var rows = new List<Row>();
        foreach (var caseId in cases)
        {
            // Most milestones that close were never disputed: nothing is written of those.
            if (!standing.Contains(caseId) && !changed.Any(fact => CaseOf(fact.Event) == caseId)) continue;
            var view = await folder.Fold(chain, caseId, standing[caseId], cursor.FinalNo, ct);
            rows.AddRange(ListedCase.Rows(
                chain, caseId, view, seats[caseId].SelectMany(seat => seat).Distinct(), closed.Contains(caseId)));
        }

        return rows;
    }

    private async ValueTask<IEnumerable<Row>> Arbiters(
        ulong chain, Address[] arbiters, DisputeFact[] changed, CancellationToken ct)
    {
        var standing = DisputeFacts.Among(
            await ledger.ReadStanding(chain, [.. arbiters.Select(Subject.Arbiter)], ct)).ToArray();
        return arbiters.SelectMany(arbiter =>
        {
            var fold = standing.Aggregate(
                ArbiterOnChain.Empty, (view, fact) => ArbiterFold.Apply(view, fact.Event, fact.At, arbiter));
            var pools = changed.Where(fact => Touched(fact).Contains(arbiter)).Select(PoolOf)
                .OfType<(Address, Address)>().Concat(fold.Benches.Select(bench => (bench.Court, bench.Arbitrable)));
            return ListedArbiter.Rows(chain, arbiter, fold, pools.Distinct());
        });
    }

    private static Hash32? CaseOf(DisputeEvent happened) => happened switch
    {
        DisputeEvent.OfCase { CaseId.IsZero: false } of => of.CaseId,
        DisputeEvent.Oversized big => big.CaseId,
        _ => null,
    };

    /// <summary>The case that was about a closed milestone, if there was one: its name at any court.</summary>
    private static Hash32? Closed(EscrowFact fact) => fact.Event is EscrowEvent.MilestoneClosed closed
        ? Hash32.Keccak(
        [
            .. new byte[Hash32.Length - Address.Length], .. fact.At.Contract.ToBytes(), .. closed.Negotiation.ToBytes(),
            .. ListingValue.Of(new BigInteger(closed.Milestone)),
        ])
        : null;

    /// <summary>Everybody whose fold the fact changes, be it only where its last fact was seen: rows must not tell how they came.</summary>
    private static ImmutableArray<Address> Touched(DisputeFact fact) => fact.Event switch
    {
        DisputeEvent.Enlisted e => [e.Arbiter],
        DisputeEvent.Retired e => [e.Arbiter],
        DisputeEvent.BondReturned e => [e.Arbiter],
        DisputeEvent.PanelDrawn e => e.Arbiters,
        DisputeEvent.VoteCommitted e => [e.Arbiter],
        DisputeEvent.VoteRevealed e => [e.Arbiter],
        DisputeEvent.SeatSettled e => [e.Arbiter],
        DisputeEvent.Credited e => [e.Party],
        DisputeEvent.CreditWithdrawn e => [e.Party],
        _ => [],
    };

    private static (Address, Address)? PoolOf(DisputeFact fact) => fact.Event switch
    {
        DisputeEvent.Enlisted e => (fact.At.Contract, e.Arbitrable),
        DisputeEvent.Retired e => (fact.At.Contract, e.Arbitrable),
        DisputeEvent.BondReturned e => (fact.At.Contract, e.Arbitrable),
        DisputeEvent.PanelDrawn e => (fact.At.Contract, e.Arbitrable),
        _ => null,
    };
}
