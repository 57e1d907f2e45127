using System.Collections.Immutable;
using Braintrust.Chain;
using Braintrust.Escrow;
using Braintrust.Storage;

namespace Braintrust.Reputation;

/// <summary>
/// Reputation of talents and standing of employers. Counts what is final. However a milestone closed, what it paid counts: by the manager, by
/// silence, by both, by the court or by the fallback. Tips do not: nothing was delivered, reviewed or at risk for them, so
/// they would only sell points.
/// </summary>
/// <param name="factsMax">Releases taken at once, more only to end with a whole block.</param>
public sealed class ReputationProjection(
    IChainLedger ledger, IContractRegistry registry, IRows rows, ITokenPrices prices,
    int factsMax = ProjectionPart.PositionsMax) : IProjection
{
    public const string ProjectionName = "reputation";

    public static readonly ImmutableArray<string> ProjectionTables = [Standing.Table, Dealing.Table, ReputationTerm.Table];

    /// <summary>What it counts.</summary>
    public static readonly ImmutableArray<FactKind> Kinds = [FactKind.MilestoneClosed];

    private const int SubjectsAtOnce = 500;

    public string Name => ProjectionName;

    public ImmutableArray<string> Tables => ProjectionTables;

    public ValueTask<ProjectionPart> Next(ulong chain, ProjectionMark after, CancellationToken ct) => ProjectionPart.OfFinal(
        ledger, registry, chain, Kinds, after, factsMax, page => Count(chain, page, ct), ct);

    private ValueTask<ImmutableArray<Row>> Count(ulong chain, FinalFacts page, CancellationToken ct)
    {
        var released = EscrowFacts.Among(page.Facts).Where(fact => fact.Event is EscrowEvent.MilestoneClosed { Pay.IsZero: false })
            .Select(fact => ((EscrowEvent.MilestoneClosed)fact.Event, fact.At)).ToList();
        return released.Count == 0 ? new([]) : Count(chain, released, ct);
    }

    private async ValueTask<ImmutableArray<Row>> Count(
        ulong chain, List<(EscrowEvent.MilestoneClosed Closed, FactPlace At)> released, CancellationToken ct)
    {
        var terms = await Terms(chain, released.Select(release => release.Closed.Negotiation).Distinct(), ct);
        var book = await Open(chain, released.Select(release => release.Closed).ToList(), ct);
        foreach (var (closed, at) in released)
        {
            // What was never seen funded in this contract is not followed, here as elsewhere.
            if (!terms.TryGetValue((closed.Agreement, at.Contract), out var agreed)) continue;
            var price = await prices.Find(chain, at.Contract, agreed.PolicyVersion, agreed.Token, ct);
            book.Take(new Release(closed, at, agreed.Token, price, agreed.OriginBps));
        }

        return book.Rows(chain);
    }

    /// <summary>
    /// The terms that agreements were funded under, or amended to: a release does not name its token. Amendments leave
    /// everything that is read of them here.
    /// </summary>
    private async ValueTask<Dictionary<(Hash32 Agreement, Address Contract), Terms>> Terms(
        ulong chain, IEnumerable<Hash32> negotiations, CancellationToken ct)
    {
        var terms = new Dictionary<(Hash32, Address), Terms>();
        foreach (var some in negotiations.Chunk(SubjectsAtOnce))
            foreach (var fact in EscrowFacts.Among(await ledger.ReadStanding(chain, [.. some.Select(Subject.Agreement)], ct)))
                if (fact.Event is EscrowEvent.AgreementFunded funded)
                    terms[(funded.Agreement, fact.At.Contract)] = funded.Terms;
                else if (fact.Event is EscrowEvent.AgreementAmended amended)
                    terms[(amended.Amended, fact.At.Contract)] = amended.Terms;
        return terms;
    }

    private async ValueTask<ReputationBook> Open(
        ulong chain, IReadOnlyList<EscrowEvent.MilestoneClosed> released, CancellationToken ct)
    {
        var people = released.SelectMany(closed => new[] { closed.Talent, closed.Employer }).Distinct();
        var pairs = released.Select(closed => (closed.Talent, closed.Employer)).Distinct();
        var standings = await rows.ReadKeys(
            Standing.Table, [.. people.Select(person => Key(chain, person))], ct);
        var dealings = await rows.ReadKeys(
            Dealing.Table, [.. pairs.Select(pair => Key(chain, pair.Talent, pair.Employer))], ct);
        return new ReputationBook(standings.Select(Standing.Of), dealings.Select(Dealing.Of));
    }

    private static ImmutableArray<object> Key(ulong chain, params ReadOnlySpan<Address> addresses)
    {
        var key = ImmutableArray.CreateBuilder<object>();
        key.Add((long)chain);
        foreach (var address in addresses) key.Add(address.ToBytes());
        return key.ToImmutable();
    }
}
