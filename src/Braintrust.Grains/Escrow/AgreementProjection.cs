using System.Collections.Immutable;
using Braintrust.Chain;

namespace Braintrust.Escrow;

/// <summary>
/// The listing of agreements and their due dates. Follows what is pending: a negotiation that any new entry touches is
/// folded anew from its standing facts, so a rewind needs no case of its own.
/// </summary>
/// <param name="positionsMax">Ledger positions taken at once.</param>
public sealed class AgreementProjection(IChainLedger ledger, int positionsMax = ProjectionPart.PositionsMax) : IProjection
{
    public const string ProjectionName = "agreements";

    public static readonly ImmutableArray<string> ProjectionTables = [ListedAgreement.Table, ListedAgreement.DueTable];

    private const int SubjectsAtOnce = 500;

    public string Name => ProjectionName;

    public ImmutableArray<string> Tables => ProjectionTables;

    public ValueTask<ProjectionPart> Next(ulong chain, ProjectionMark after, CancellationToken ct) =>
        ProjectionPart.OfChanges(ledger, chain, after, positionsMax, page => Rows(chain, page, ct), ct);

    private async ValueTask<ImmutableArray<Row>> Rows(ulong chain, LedgerPage page, CancellationToken ct)
    {
        var touched = EscrowFacts.Among(page.Facts).Select(fact => fact.Event.About).OfType<Hash32>().Distinct();
        var rows = ImmutableArray.CreateBuilder<Row>();
        foreach (var some in touched.Chunk(SubjectsAtOnce)) rows.AddRange(await Refold(chain, some, ct));
        return rows.ToImmutable();
    }

    private async ValueTask<IEnumerable<Row>> Refold(ulong chain, IReadOnlyList<Hash32> negotiations, CancellationToken ct)
    {
        var facts = await ledger.ReadStanding(chain, [.. negotiations.Select(Subject.Agreement)], ct);
        var standing = EscrowFacts.Among(facts).ToLookup(fact => fact.Event.About, fact => (fact.Event, fact.At));
        return negotiations.SelectMany(
            negotiation => ListedAgreement.Rows(chain, negotiation, [.. standing[negotiation]]));
    }
}
