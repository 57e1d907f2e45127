using System.Collections.Immutable;
using Braintrust.Chain;
using Braintrust.Escrow;
using Braintrust.Storage;

namespace Braintrust.Reputation;

/// <param name="Facts">Those in final blocks, in the chain's order.</param>
public sealed record WorkRecord(Hash32 Negotiation, AgreementOnChain Agreement, ImmutableArray<EscrowFact> Facts);

/// <summary>What final blocks say of agreements: public, as everything on a chain is.</summary>
public sealed class WorkRecords(IChainLedger ledger)
{
    /// <summary>In the order asked for; what was never funded in a final block is left out.</summary>
    public async ValueTask<(ImmutableArray<WorkRecord> Records, ChainCursor Cursor)> Read(
        ulong chain, IReadOnlyCollection<Hash32> negotiations, CancellationToken ct)
    {
        var cursor = await ledger.ReadCursor(chain, ct);
        var facts = EscrowFacts.Among(await ledger.ReadStanding(chain, [.. negotiations.Select(Subject.Agreement)], ct))
            .Where(fact => fact.Entry.Fact.BlockNo <= cursor.FinalNo && fact.Event.About is not null)
            .ToLookup(fact => fact.Event.About!.Value);
        return ([.. negotiations.Select(negotiation => Of(negotiation, [.. facts[negotiation]])).OfType<WorkRecord>()], cursor);
    }

    private static WorkRecord? Of(Hash32 negotiation, ImmutableArray<EscrowFact> facts)
    {
        var fold = facts.Aggregate(NegotiationOnChain.Empty, (view, fact) => EscrowFold.Apply(view, fact.Event, fact.At));
        return fold.Agreement is { } agreement ? new WorkRecord(negotiation, agreement, facts) : null;
    }
}
