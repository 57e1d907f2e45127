using Braintrust.Storage;

namespace Braintrust.Jobs;

[GrainType("bidder")]
public sealed class BidderGrain(IListings listings, TimeProvider clock) : Grain, IBidderGrain
{
    public async Task<Outcome<Bid>> Place(Caller caller, RequestKey request, string job, Bid bid)
    {
        var live = new ListingQuery(
            JobRows.Bids,
            [
                ListingCondition.Equal("talent", this.GetPrimaryKeyString()),
                ListingCondition.OneOf("phase", [(long)BidPhase.Placed, (long)BidPhase.Shortlisted]),
                new ListingCondition.Compare(
                    "expires_ms", ListingOperator.Greater, clock.GetUtcNow().ToUnixTimeMilliseconds()),
            ],
            [], Bid.LiveMax);
        var count = (await listings.Read(live, CancellationToken.None)).Rows.Length;
        return await GrainFactory.GetGrain<IJobGrain>(job).PlaceBid(caller, request, bid, count);
    }
}
