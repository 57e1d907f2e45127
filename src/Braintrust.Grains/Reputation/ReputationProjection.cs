using System.Collections.Immutable;
using Braintrust.Chain;
using Braintrust.Escrow;
using Braintrust.Storage;

namespace Braintrust.Reputation;

/// <summary>
/// Reputation of talents and standing of employers. Counts what is final in the chain's order, so nothing that it counted is
/// taken back but by a rewind below the final block, and nothing comes before it but from a contract that was registered
/// late. After either it counts again from the beginning. However a milestone closed, what it paid counts: by the manager, by
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

    private const int SubjectsAtOnce = 500;

    public string Name => ProjectionName;

    public ImmutableArray<string> Tables => ProjectionTables;

    public async ValueTask<ProjectionPart> Next(ulong chain, ProjectionMark after, CancellationToken ct)
    {
        // What comes of older blocks would make it begin again at every step.
        if ((await Watched.Read(registry, chain, ct)).Behind.Count > 0)
            return new ProjectionPart.Waits("Older blocks of a contract registered late are being read.");
        var page = await ledger.ReadFinalClosings(chain, after, factsMax, ct);
        var cursor = page.Cursor;
        if (cursor.Pos < after.Pos)
            return new ProjectionPart.Outdated($"The ledger ends at {cursor.Pos}, the rows at {after.Pos}.");
        if (page.IsChanged) return new ProjectionPart.Outdated($"Blocks up to {after.BlockNo} are not what they were.");
        if (page.Facts.Count == 0 && cursor.Pos == after.Pos) return new ProjectionPart.Idle(cursor);
        var released = EscrowFacts.Among(page.Facts).Where(fact => fact.Event is EscrowEvent.MilestoneClosed { Pay.IsZero: false })
            .Select(fact => ((EscrowEvent.MilestoneClosed)fact.Event, fact.At)).ToList();
        var made = released.Count == 0 ? [] : await Count(chain, released, ct);
        return new ProjectionPart.Changes(
            new(cursor.Pos, page.ReachedBlock), made, cursor, More: page.ReachedBlock < cursor.FinalNo);
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
