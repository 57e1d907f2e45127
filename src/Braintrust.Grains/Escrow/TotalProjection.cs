using System.Collections.Immutable;
using Braintrust.Chain;
using Braintrust.Storage;

namespace Braintrust.Escrow;

/// <summary>
/// Sums of each escrow contract in each token, of what is final. An agreement that final blocks touched is folded as it stood
/// before them and as it stands after, so that its rules are told in one place; what is about no agreement is added up.
/// </summary>
/// <param name="factsMax">Facts taken at once, more only to end with a whole block.</param>
public sealed class TotalProjection(
    IChainLedger ledger, IContractRegistry registry, IRows rows, int factsMax = ProjectionPart.PositionsMax) : IProjection
{
    public const string ProjectionName = "totals";

    public static readonly ImmutableArray<string> ProjectionTables = [ListedTotal.Table];

    /// <summary>What moves money, or begins or ends an agreement.</summary>
    public static readonly ImmutableArray<FactKind> Kinds =
    [
        FactKind.AgreementFunded, FactKind.MilestonesFunded, FactKind.MilestoneClosed, FactKind.AgreementReclaimed,
        FactKind.AgreementEnded, FactKind.AgreementAmended, FactKind.Tipped, FactKind.PaymentCredited, FactKind.FeeShared,
        FactKind.CreditWithdrawn, FactKind.FeesSwept,
    ];

    private const int SubjectsAtOnce = 500;

    public string Name => ProjectionName;

    public ImmutableArray<string> Tables => ProjectionTables;

    public ValueTask<ProjectionPart> Next(ulong chain, ProjectionMark after, CancellationToken ct) => ProjectionPart.OfFinal(
        ledger, registry, chain, Kinds, after, factsMax, page => Count(chain, after.BlockNo, page, ct), ct);

    private async ValueTask<ImmutableArray<Row>> Count(ulong chain, ulong counted, FinalFacts page, CancellationToken ct)
    {
        var facts = EscrowFacts.Among(page.Facts).ToList();
        var totals = (await rows.Read(ListedTotal.Table, [(long)chain], ct)).Select(ListedTotal.Of)
            .ToDictionary(total => (total.Contract, total.Token));
        foreach (var fact in facts)
            if (Token(fact.Event) is { } token) Change(fact.At.Contract, token, fact, total => total.After(fact.Event));
        foreach (var some in facts.Where(fact => fact.Event is EscrowEvent.OfAgreement or EscrowEvent.Oversized)
            .Where(fact => fact.Event.About is not null).GroupBy(fact => (fact.At.Contract, fact.Event.About!.Value)).Chunk(SubjectsAtOnce))
        {
            var standing = await Standing(chain, some.Select(one => one.Key.Value).Distinct(), ct);
            foreach (var touched in some)
            {
                var all = standing[touched.Key].ToList();
                var (before, after) = (Fold(all, counted), Fold(all, page.ReachedBlock));
                if ((after ?? before)?.Funded.Terms.Token is { } token)
                    Change(touched.Key.Contract, token, touched.Last(), total => total.After(before, after));
            }
        }

        // The table is small: a handful of contracts by a handful of tokens.
        return [.. totals.Values.Select(total => total.Row)];

        void Change(Address contract, Address token, EscrowFact last, Func<ListedTotal, ListedTotal> change)
        {
            var total = totals.GetValueOrDefault((contract, token)) ?? new ListedTotal(chain, contract, token);
            totals[(contract, token)] = change(total) with
            {
                ChangedBlock = Math.Max(total.ChangedBlock, last.Entry.Fact.BlockNo),
            };
        }
    }

    private async ValueTask<ILookup<(Address, Hash32), EscrowFact>> Standing(
        ulong chain, IEnumerable<Hash32> negotiations, CancellationToken ct)
    {
        var facts = await ledger.ReadStanding(chain, [.. negotiations.Select(Subject.Agreement)], ct);
        return EscrowFacts.Among(facts).Where(fact => fact.Event.About is not null)
            .ToLookup(fact => (fact.At.Contract, fact.Event.About!.Value));
    }

    /// <summary>An agreement as of a block.</summary>
    private static AgreementOnChain? Fold(IEnumerable<EscrowFact> facts, ulong block) => facts
        .Where(fact => fact.Entry.Fact.BlockNo <= block)
        .Aggregate(NegotiationOnChain.Empty, (view, fact) => EscrowFold.Apply(view, fact.Event, fact.At)).Agreement;

    private static Address? Token(EscrowEvent happened) => happened switch
    {
        EscrowEvent.PaymentCredited e => e.Token,
        EscrowEvent.FeeShared e => e.Token,
        EscrowEvent.CreditWithdrawn e => e.Token,
        EscrowEvent.FeesSwept e => e.Token,
        _ => null,
    };
}
