using Braintrust.Accounts;
using Braintrust.Api.Jobs.V1;
using Braintrust.Chain;
using Google.Protobuf.WellKnownTypes;
using JobsV1 = Braintrust.Api.Jobs.V1;

namespace Braintrust.Jobs;

/// <summary>What people ask for in tests about hiring, each with a request id of its own.</summary>
internal static class JobRequests
{
    /// <summary>One token of 18 decimals.</summary>
    public const string Price = "1000000000000000000";

    public static string Id() => Guid.NewGuid().ToString();

    public static CreateJobRequest Create(NodeLink node, int positions) => new()
    {
        RequestId = Id(),
        Job = new Job
        {
            Title = "Draw a bridge", Description = "Over a small river.", Positions = (uint)positions,
            Pricing = new Pricing { Kind = JobsV1.PricingKind.Fixed, ChainId = node.ChainId, Token = node.Token.ToString(), Budget = Price },
            BidsCloseTime = Timestamp.FromDateTimeOffset(DateTimeOffset.UtcNow.AddDays(30)),
        },
    };

    public static PostJobRequest Post(string job) => new() { RequestId = Id(), Name = job };

    public static ReviewJobRequest Approve(string job) => new() { RequestId = Id(), Name = job, Approve = true };

    public static PlaceBidRequest Bid(string job, Person talent) => new()
    {
        RequestId = Id(),
        Parent = job,
        Bid = new JobsV1.Bid
        {
            Wallet = talent.Address.ToString(), Amount = Price, DeliveryDays = 10, Cover = "Mine will stand.",
            ExpireTime = Timestamp.FromDateTimeOffset(DateTimeOffset.UtcNow.AddDays(30)),
        },
    };

    public static OpenNegotiationRequest Negotiate(string job, string bid) => new() { RequestId = Id(), Job = job, Bid = bid };
}
