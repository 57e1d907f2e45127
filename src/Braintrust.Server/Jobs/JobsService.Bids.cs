using Grpc.Core;
using V1 = Braintrust.Api.Jobs.V1;

namespace Braintrust.Jobs;

public sealed partial class JobsService
{
    public override async Task<V1.PlaceBidResponse> PlaceBid(V1.PlaceBidRequest request, ServerCallContext context)
    {
        var key = Wire.Request(request, request.RequestId);
        var job = JobsWire.Id(request.Parent, "parent");
        var caller = await callers.Of(context);
        var bid = JobsWire.Bid(Ulids.Of(caller.AccountId, key.Id, "bid"), request.Bid);
        var placed = await grains.GetGrain<IBidderGrain>(caller.AccountId).Place(caller, key, job, bid);
        return new() { Bid = JobsWire.Bid(job, placed.OrThrow()) };
    }

    public override async Task<V1.GetBidResponse> GetBid(V1.GetBidRequest request, ServerCallContext context)
    {
        var (job, bid) = BidId(request.Name);
        return new() { Bid = JobsWire.Bid(job, (await Job(job).ReadBid(await callers.Of(context), bid)).OrThrow()) };
    }

    public override async Task<V1.WithdrawBidResponse> WithdrawBid(V1.WithdrawBidRequest request, ServerCallContext context)
    {
        var key = Wire.Request(request, request.RequestId);
        var (job, bid) = BidId(request.Name);
        return new() { Bid = JobsWire.Bid(job, (await Job(job).WithdrawBid(await callers.Of(context), key, bid)).OrThrow()) };
    }

    public override async Task<V1.ShortlistBidResponse> ShortlistBid(V1.ShortlistBidRequest request, ServerCallContext context)
    {
        var key = Wire.Request(request, request.RequestId);
        var (job, bid) = BidId(request.Name);
        return new() { Bid = JobsWire.Bid(job, (await Job(job).ShortlistBid(await callers.Of(context), key, bid)).OrThrow()) };
    }

    public override async Task<V1.DeclineBidResponse> DeclineBid(V1.DeclineBidRequest request, ServerCallContext context)
    {
        var key = Wire.Request(request, request.RequestId);
        var (job, bid) = BidId(request.Name);
        var declined = await Job(job).DeclineBid(await callers.Of(context), key, bid, request.Reason);
        return new() { Bid = JobsWire.Bid(job, declined.OrThrow()) };
    }

    public override async Task<V1.ListBidsResponse> ListBids(V1.ListBidsRequest request, ServerCallContext context)
    {
        var job = JobsWire.Id(request.Parent, "parent");
        var caller = await callers.Of(context);
        (await Job(job).Read(caller, reviewer: false)).OrThrow();
        var all = await Job(job).IsEmployer(caller);
        var page = await listings.Read(
            JobListings.Bids, caller.AccountId, request.Parent,
            [ListingCondition.Equal("job", job), .. all ? [] : new[] { ListingCondition.Equal("talent", caller.AccountId) }],
            new PageRequest(request.PageSize, request.PageToken, request.Filter, request.OrderBy), context.CancellationToken);
        return new() { Bids = { page.Rows.Select(JobsWire.Bid) }, NextPageToken = page.NextPageToken };
    }

    public override async Task<V1.ListMyBidsResponse> ListMyBids(V1.ListMyBidsRequest request, ServerCallContext context)
    {
        var (caller, _) = await callers.Account(context);
        var page = await listings.Read(
            JobListings.MyBids, caller, "bids", [ListingCondition.Equal("talent", caller)],
            new PageRequest(request.PageSize, request.PageToken, request.Filter, request.OrderBy), context.CancellationToken);
        return new() { Bids = { page.Rows.Select(JobsWire.Bid) }, NextPageToken = page.NextPageToken };
    }

    public override async Task<V1.CompareBidsResponse> CompareBids(V1.CompareBidsRequest request, ServerCallContext context)
    {
        var job = JobsWire.Id(request.Parent, "parent");
        Wire.Count((uint)request.Bids.Count, "bids", 2, ComparedBid.BidsMax);
        var ids = request.Bids.Select((name, i) => JobsWire.ChildId(name, JobsWire.BidCollection, $"bids[{i}]")).ToArray();
        if (Array.FindIndex(ids, id => id.Job != job) is var other and >= 0)
            throw Wire.Bad($"bids[{other}]", "A bid on another job.");
        var compared = (await Job(job).Compare(await callers.Of(context), [.. ids.Select(id => id.Child)])).OrThrow();
        return new()
        {
            Bids =
            {
                compared.Select(bid => new V1.ComparedBid
                {
                    Bid = JobsWire.Bid(job, bid.Bid), AmountRank = (uint)bid.AmountRank, DaysRank = (uint)bid.DaysRank,
                }),
            },
        };
    }

    private static (string Job, string Bid) BidId(string name) => JobsWire.ChildId(name, JobsWire.BidCollection, "name");
}
