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
    /// <param name="upTo">The last block that counts; final ones only in any case.</param>
    public async ValueTask<(ImmutableArray<WorkRecord> Records, ulong FinalNo)> Read(
        ulong chain, IReadOnlyCollection<Hash32> negotiations, CancellationToken ct, ulong upTo = ulong.MaxValue)
    {
        var finalNo = Math.Min((await ledger.ReadCursor(chain, ct)).FinalNo, upTo);
        var facts = EscrowFacts.Among(await ledger.ReadStanding(chain, [.. negotiations.Select(Subject.Agreement)], ct))
            .Where(fact => fact.Entry.Fact.BlockNo <= finalNo && fact.Event.About is not null)
            .ToLookup(fact => fact.Event.About!.Value);
        return ([.. negotiations.Select(negotiation => Of(negotiation, [.. facts[negotiation]])).OfType<WorkRecord>()], finalNo);
    }

    private static WorkRecord? Of(Hash32 negotiation, ImmutableArray<EscrowFact> facts)
    {
        var fold = facts.Aggregate(NegotiationOnChain.Empty, (view, fact) => EscrowFold.Apply(view, fact.Event, fact.At));
        return fold.Agreement is { } agreement ? new WorkRecord(negotiation, agreement, facts) : null;
    }
}
