using System.Collections.Immutable;
using Braintrust.Chain;
using Braintrust.Escrow;
using Braintrust.Storage;
using V1 = Braintrust.Api.Reputation.V1;

namespace Braintrust.Reputation;

/// <summary>What a reputation rests on, for verifiers that trust no server: every value names the log that it comes from.</summary>
public sealed class ReputationExport(IListings listings, WorkRecords works, ReviewReader reviews, IChainLedger ledger)
{
    public const int PageSizeDefault = 20;
    public const int PageSizeMax = 50;

    /// <summary>
    /// A page of the agreements that the address is talent or employer of, and the position after it, with the final block of
    /// the first page: all pages tell of the same.
    /// </summary>
    public async ValueTask<(V1.ExportReputationResponse Page, ImmutableArray<object>? Next)> Read(
        ulong chainId, Address address, int size, ImmutableArray<object>? after, CancellationToken ct)
    {
        var party = address.ToBytes();
        var listed = await listings.Read(
            new ListingQuery(
                ListedAgreement.Table,
                [
                    ListingCondition.Equal("chain", (long)chainId),
                    new ListingCondition.Any([ListingCondition.Equal("talent", party), ListingCondition.Equal("employer", party)]),
                ],
                [], size, after is { } seen ? seen[..^1] : null),
            ct);
        var negotiations = listed.Rows.Select(row => new Hash32((byte[])row.Key[1])).ToList();
        var upTo = after is { } first ? (ulong)(long)first[^1] : ulong.MaxValue;
        var (records, finalNo) = await works.Read(chainId, negotiations, ct, upTo);
        var page = new V1.ExportReputationResponse
        {
            ChainId = chainId, Address = address.ToString(), FinalBlockNumber = finalNo,
        };
        foreach (var record in records) page.Agreements.Add(await Agreement(chainId, record, ct));
        return (page, listed is { More: true, Last: { } last } ? last.Add((long)finalNo) : null);
    }

    private async ValueTask<V1.ExportedAgreement> Agreement(ulong chainId, WorkRecord record, CancellationToken ct)
    {
        var open = (await reviews.ReadAll(chainId, record.Negotiation, ct)).Where(review => review.IsOpen).ToList();
        var batches = open.Select(review => Subject.Batch(review.Place!.Contract, review.Place.Batch)).Distinct().ToList();
        var anchors = ReputationFacts.Among(await ledger.ReadStanding(chainId, batches, ct))
            .Where(fact => open.Any(review => fact.Event is ReputationEvent.BatchAnchored anchored
                && (fact.At.Contract, anchored.Batch) == (review.Place!.Contract, review.Place.Batch)));
        return new()
        {
            Name = EscrowWire.Name(chainId, record.Negotiation),
            Escrow = record.Agreement.Contract.ToString(),
            Agreement = record.Agreement.Funded.Agreement.ToString(),
            Terms = EscrowWire.Terms(record.Agreement.Funded.Terms),
            Closings = { record.Facts.Select(Closing).OfType<V1.ExportedClosing>() },
            Reviews = { open.Select(review => ReviewWire.Filed(chainId, review)) },
            Anchors = { anchors.Select(Anchor) },
        };
    }

    private static V1.ExportedClosing? Closing(EscrowFact fact) => fact.Event switch
    {
        EscrowEvent.MilestoneClosed e => new()
        {
            MilestoneIndex = (uint)e.Milestone, Agreement = e.Agreement.ToString(), Pay = e.Pay.ToString(), Fee = e.Fee.ToString(),
            Refund = e.Refund.ToString(), Place = Place(fact.At),
        },
        EscrowEvent.AgreementReclaimed e => new()
        {
            MilestoneIndex = (uint)e.FirstMilestone, Agreement = e.Agreement.ToString(), Pay = "0", Fee = "0",
            Refund = e.Refund.ToString(), Place = Place(fact.At),
        },
        _ => null,
    };

    private static V1.ReviewAnchor Anchor(ReputationFact fact)
    {
        var anchored = (ReputationEvent.BatchAnchored)fact.Event;
        return new()
        {
            Contract = fact.At.Contract.ToString(),
            Batch = anchored.Batch,
            Root = anchored.Root.ToString(),
            Previous = anchored.Previous.ToString(),
            Head = anchored.Head.ToString(),
            Count = (uint)anchored.Count,
            Place = Place(fact.At),
        };
    }

    private static V1.LogPlace Place(FactPlace at) => new()
    {
        BlockNumber = at.Seen.BlockNo,
        BlockHash = at.Seen.BlockHash.ToString(),
        TransactionHash = at.Seen.TxHash.ToString(),
        LogIndex = at.LogIndex,
    };
}
