using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using Braintrust.Chain;
using Braintrust.Storage;
using V1 = Braintrust.Api.Reputation.V1;

namespace Braintrust.Reputation;

/// <summary>A reputation as clients see it, read from the rows that the projection keeps.</summary>
public sealed class ReputationViews(
    IRows rows, IListings listings, IProjectionStore projections, IChainLedger ledger, IChainProgress progress,
    ReviewReader reviews, TimeProvider clock)
{
    public const int RecentTermsMax = 20;

    /// <summary>While all is counted again, a page is committed between nearly any two reads.</summary>
    private const int ReadsMax = 20;

    /// <summary>The newest ones are scored: what somebody was long ago counts no more, and the work is bounded.</summary>
    public const int ScoredReviewsMax = 200;

    /// <summary>How long a watch waits for the projection to count what has become final; each time twice as long.</summary>
    private static readonly TimeSpan BehindWait = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan BehindWaitMax = TimeSpan.FromSeconds(10);

    /// <summary>The time that points are told for.</summary>
    public BlockTime Now(ulong chainId) =>
        progress.Latest(chainId)?.HeadTime
        ?? throw Refusals.Unavailable("The chain's progress has not been read yet. Try again.");

    public async ValueTask<V1.Reputation> Read(ulong chainId, Address address, CancellationToken ct) =>
        (await ReadAll(chainId, address, ct)).Reputation;

    /// <summary>
    /// The present reputation, then every other one, each with the position up to which it counts: that grows also when
    /// what was counted is taken back, and begins below while all is counted again.
    /// </summary>
    public async IAsyncEnumerable<(V1.Reputation Reputation, long CountedPos)> Watch(
        ulong chainId, Address address, [EnumeratorCancellation] CancellationToken ct)
    {
        var (told, done, opens) = (((Standing, V1.ReviewScore, V1.ReviewScore)?)null, -1L, (ulong?)null);
        await foreach (var cursor in progress.Watch(chainId, ct).WithCancellation(ct))
        {
            // Time alone opened a review.
            if (cursor.HeadTime.Seconds > opens) done = -1;
            // Final payments are counted a moment after they became final.
            for (var wait = BehindWait; done != cursor.FinalPos; wait = wait < BehindWaitMax ? 2 * wait : wait)
            {
                var behind = await IsBehind(chainId, ct);
                var (reputation, standing, counted) = await ReadAll(chainId, address, ct);
                var now = (standing, reputation.TalentReviews, reputation.EmployerReviews);
                if (now != told) yield return (reputation, counted);
                told = now;
                if (behind) await Task.Delay(wait, clock, ct);
                else (done, opens) = (cursor.FinalPos, await reviews.OpensAfter(chainId, address, cursor.HeadTime, ct));
            }
        }
    }

    public static ImmutableArray<ListingCondition> Of(ulong chainId, Address address) =>
        [ListingCondition.Equal("chain", (long)chainId), ListingCondition.Equal("talent", address.ToBytes())];

    private async ValueTask<bool> IsBehind(ulong chainId, CancellationToken ct)
    {
        var mark = await projections.ReadMark(ReputationProjection.ProjectionName, chainId, ct);
        return await ledger.ReadFinal(chainId, ReputationProjection.Kinds, mark, max: 1, ct) is { IsChanged: true } or { Facts.Count: > 0 };
    }

    /// <summary>Totals and terms of one state: what the projection committed between two reads is read once more.</summary>
    private async ValueTask<(V1.Reputation Reputation, Standing Standing, long CountedPos)> ReadAll(
        ulong chainId, Address address, CancellationToken ct)
    {
        var now = Now(chainId);
        var mark = await projections.ReadMark(ReputationProjection.ProjectionName, chainId, ct);
        for (var attempt = 0; attempt < ReadsMax; attempt++)
        {
            var read = await rows.ReadKeys(Standing.Table, [[(long)chainId, address.ToBytes()]], ct);
            var recent = await listings.Read(
                new ListingQuery(ReputationTerm.Table, Of(chainId, address), ReputationTerm.NewestFirst, RecentTermsMax),
                ct);
            var before = mark;
            mark = await projections.ReadMark(ReputationProjection.ProjectionName, chainId, ct);
            if (mark != before) continue;
            var standing = read.IsEmpty ? new Standing(address) : Standing.Of(read[0]);
            var terms = recent.Rows.Select(ReputationTerm.Of).ToList();
            var reputation = ReputationWire.Reputation(chainId, standing, terms, now, mark.Pos);
            reputation.TalentReviews = await Score(chainId, address, ReviewSide.Employer, ct);
            reputation.EmployerReviews = await Score(chainId, address, ReviewSide.Talent, ct);
            return (reputation, standing, mark.Pos);
        }

        throw Refusals.Unavailable("Payments are being counted. Try again.");
    }

    private async ValueTask<V1.ReviewScore> Score(ulong chainId, Address about, ReviewSide by, CancellationToken ct)
    {
        var (open, _) = await reviews.ListOpen(chainId, about, by, ScoredReviewsMax, after: null, ct);
        return ReviewWire.Score(ReviewScore.Of(
            [.. open.Select(each => new WeighedReview(each.Filed.Review.Ratings, each.Filed.Review.Skills, each.Filed.Weight))]));
    }
}
