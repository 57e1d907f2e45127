using System.Collections.Immutable;
using Braintrust.Chain;
using Braintrust.Escrow;
using Braintrust.Storage;

namespace Braintrust.Reputation;

/// <summary>
/// Reputation of talents and standing of employers. Follows final entries only, so nothing that it counted is taken back
/// but by the rewind of a development chain, after which it counts again from the beginning.
/// </summary>
/// <param name="positionsMax">Ledger positions taken at once.</param>
public sealed class ReputationProjection(
    IChainLedger ledger, IRows rows, ITokenPrices prices, int positionsMax = ProjectionPart.PositionsMax) : IProjection
{
    public const string ProjectionName = "reputation";

    public static readonly ImmutableArray<string> ProjectionTables = [Standing.Table, Dealing.Table, ReputationTerm.Table];

    private const int SubjectsAtOnce = 500;

    public string Name => ProjectionName;

    public ImmutableArray<string> Tables => ProjectionTables;

    public async ValueTask<ProjectionPart> Next(ulong chain, long afterPos, CancellationToken ct)
    {
        var cursor = await ledger.ReadCursor(chain, ct);
        if (cursor.Pos < afterPos)
            return new ProjectionPart.Outdated($"The ledger ends at {cursor.Pos}, the rows at {afterPos}.");
        if (await ledger.TookBack(chain, afterPos, ct))
            return new ProjectionPart.Outdated($"Entries up to {afterPos} were final and were taken back.");
        if (cursor.FinalPos <= afterPos) return new ProjectionPart.Idle();
        var most = (int)Math.Min(positionsMax, cursor.FinalPos - afterPos);
        var page = await ledger.ReadEntries(chain, afterPos, most, ct);
        // No step ends between a fact and the rewind that took it back: from there the fact would look once final.
        while (page.Facts.Max(entry => entry.OrphanedBy) is { } rewind && rewind > page.ReachedPos && rewind <= cursor.FinalPos)
            page = await ledger.ReadEntries(chain, afterPos, (int)(rewind - afterPos), ct);
        var released = page.Facts.Where(entry => entry.OrphanedBy is null && entry.Fact.Kind == FactKind.MilestoneClosed)
            .Select(entry => (Event: EscrowFacts.Read(entry.Fact), At: FactPlace.Of(entry)))
            .Where(fact => fact.Event is EscrowEvent.MilestoneClosed { Pay.IsZero: false })
            .Select(fact => ((EscrowEvent.MilestoneClosed)fact.Event, fact.At)).ToList();
        var made = released.Count == 0 ? [] : await Count(chain, released, ct);
        return new ProjectionPart.Changes(page.ReachedPos, made, page.ReachedPos < cursor.FinalPos);
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
            book.Take(new Release(closed, at, agreed.Token, price));
        }

        return book.Rows(chain);
    }

    /// <summary>The terms that agreements were funded under: a release does not name its token.</summary>
    private async ValueTask<Dictionary<(Hash32 Agreement, Address Contract), Terms>> Terms(
        ulong chain, IEnumerable<Hash32> negotiations, CancellationToken ct)
    {
        var terms = new Dictionary<(Hash32, Address), Terms>();
        foreach (var some in negotiations.Chunk(SubjectsAtOnce))
            foreach (var entry in await ledger.ReadStanding(chain, [.. some.Select(Subject.Agreement)], ct))
                if (entry.Fact.Kind == FactKind.AgreementFunded
                    && EscrowFacts.Read(entry.Fact) is EscrowEvent.AgreementFunded funded)
                    terms[(funded.Agreement, entry.Fact.Contract)] = funded.Terms;
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
