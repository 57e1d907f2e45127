using System.Collections.Immutable;
using Braintrust.Chain;
using Braintrust.Escrow;
using Braintrust.Security;
using Grpc.Core;
using V1 = Braintrust.Api.Reputation.V1;

namespace Braintrust.Reputation;

public sealed class ReviewService(
    ReviewReader reader, PageTokens pages, IFollowedChains chains, Callers callers, IGrainFactory grains)
    : V1.ReviewService.ReviewServiceBase
{
    private const int TextCharsMax = ReviewRules.TextCharsMax;

    public override async Task<V1.PrepareReviewResponse> PrepareReview(
        V1.PrepareReviewRequest request, ServerCallContext context)
    {
        var (chainId, negotiation) = Wire.ChainName(request.Agreement, EscrowWire.Collection, "agreement");
        Followed(chainId, "agreement");
        var milestone = ReviewWire.Milestone(request.MilestoneIndex, "milestone_index");
        var reviewer = Wire.Address(request.Reviewer, "reviewer");
        var (ratings, skills) = (ReviewWire.Ratings(request.Ratings, "ratings"), ReviewWire.Skills(request.Skills, "skills"));
        if (request.Text.Length > TextCharsMax) throw Wire.Bad("text", $"At most {TextCharsMax} characters.");
        var reviews = Reviews(chainId, negotiation, milestone);
        var prepared = (await reviews.Prepare(await callers.Of(context), reviewer, ratings, skills, request.Text)).OrThrow();
        var typedData = ReviewTypedData.Of(prepared.Review, chainId, prepared.Contract);
        return new()
        {
            Review = ReviewWire.Review(prepared.Review),
            TypedDataJson = typedData.ToJson(),
            Seal = typedData.Digest.ToString(),
        };
    }

    public override async Task<V1.SubmitReviewResponse> SubmitReview(V1.SubmitReviewRequest request, ServerCallContext context)
    {
        var key = Wire.Request(request, request.RequestId);
        var chainId = chains.OrThrow(request.ChainId, "chain_id").Settings.ChainId;
        var review = ReviewWire.Review(request.Review);
        if (request.Text.Length > TextCharsMax) throw Wire.Bad("text", $"At most {TextCharsMax} characters.");
        var signature = Wire.Bytes(request.Signature, "signature", 1, ContractSignatures.SignatureBytesMax).ToArray();
        var reviews = Reviews(chainId, review.Negotiation, review.Milestone);
        var filed = (await reviews.File(await callers.Of(context), key, review, request.Text, signature)).OrThrow();
        return new()
        {
            Name = ReviewWire.Name(chainId, review.Negotiation, review.Milestone, filed.Side),
            Seal = filed.Seal.ToString(),
        };
    }

    public override async Task<V1.GetReviewResponse> GetReview(V1.GetReviewRequest request, ServerCallContext context)
    {
        var (chainId, negotiation, milestone, side) = ReviewWire.Parse(request.Name, "name");
        Followed(chainId, "name");
        var caller = await callers.Of(context);
        var found = await reader.Find(chainId, negotiation, milestone, side, context.CancellationToken);
        return found is not null && (found.IsOpen || caller.Wallets.Contains(found.Filed.Review.Reviewer))
            ? new() { Review = ReviewWire.Filed(chainId, found) }
            : throw new Refusal(RefusalCode.NotFound, "There is no such review, or it is sealed.", "name").ToRpc();
    }

    public override async Task<V1.ListReviewsResponse> ListReviews(V1.ListReviewsRequest request, ServerCallContext context)
    {
        var (chainId, address) = ReputationWire.Parse(request.Parent, "parent");
        Followed(chainId, "parent");
        var by = Wire.Enum<ReviewSide>(request.By, "by");
        if (request.PageSize < 0) throw Wire.Bad("page_size", "A page size is not negative.");
        var size = request.PageSize == 0 ? ListingQuery.PageSizeDefault : Math.Min(request.PageSize, ListingQuery.PageSizeMax);
        string[] query = [context.Method, request.Parent, by.ToString()];
        ImmutableArray<object>? after = request.PageToken.Length == 0 ? null : pages.Open(query, request.PageToken).OrThrow();
        var (open, next) = await reader.ListOpen(chainId, address, by, size, after, context.CancellationToken);
        return new()
        {
            Reviews = { open.Select(review => ReviewWire.Filed(chainId, review)) },
            NextPageToken = next is { } position ? pages.Seal(query, position) : "",
        };
    }

    private void Followed(ulong chainId, string field)
    {
        if (chains.Find(chainId) is null)
            throw new Refusal(RefusalCode.NotFound, "This server does not follow that chain.", field).ToRpc();
    }

    private IReviewGrain Reviews(ulong chainId, Hash32 negotiation, int milestone) =>
        grains.GetGrain<IReviewGrain>(ReviewKey.Of(chainId, negotiation, milestone));
}
