using Braintrust.Accounts;
using Braintrust.Chain;
using Braintrust.Disputes;
using Braintrust.Escrow;
using Google.Protobuf;
using Law = Braintrust.Chain.Contracts.ReputationContract;
using V1 = Braintrust.Api.Reputation.V1;

namespace Braintrust.Reputation;

/// <summary>Both sides of an ended agreement review each other, sealed until both are anchored; the freelancer takes its credential.</summary>
public sealed class ReviewStory(Scene scene, Deal deal)
{
    /// <summary>The last milestone of the agreement.</summary>
    private const uint Milestone = 1;
    private const ulong WordSeconds = 3_600;
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(200);
    private readonly Address _contract = scene.Node.Contract("Reputation");

    public async Task Play(CancellationToken ct)
    {
        scene.Chapter("Two reviews, sealed until both are anchored");
        var (employer, talent) = (scene.Employer, deal.Talent);
        var before = (await Reputation(employer, ct)).EmployerReviews?.Reviews ?? 0;
        var byTalent = await File(talent, 4, "Paid at once, and agreed to fair terms.", ct);
        await Until(talent, byTalent, V1.ReviewState.Anchored, ct);
        if (await Readable(employer, byTalent, ct)) throw new VerbFailedException("The employer reads a sealed review.");
        scene.Timeline.Tell(Tale.Act, employer.Name, "cannot read it yet: sealed until its own is anchored");
        var byEmployer = await File(employer, 5, "Told at once what could not be done.", ct);
        await Until(employer, byEmployer, V1.ReviewState.Open, ct);
        await Until(talent, byTalent, V1.ReviewState.Open, ct);
        await Claim(ct);
        await Told(talent, reputation => reputation.TalentReviews, 1, ct);
        await Told(employer, reputation => reputation.EmployerReviews, before + 1, ct);
    }

    /// <summary>The wallet has the contract hash what it wants to say, and signs only that.</summary>
    private async Task<string> File(Person by, uint rating, string text, CancellationToken ct)
    {
        var ratings = new V1.Ratings
        {
            Overall = rating, Quality = rating, Communication = rating, Punctuality = rating, Fairness = rating, Again = rating,
        };
        var prepare = new V1.PrepareReviewRequest
        {
            Agreement = deal.Name, MilestoneIndex = Milestone, Reviewer = by.Address.ToString(), Text = text, Ratings = ratings,
        };
        var prepared = await scene.Stage.Lasting(() => by.Call(o => scene.Server.Reviews.PrepareReviewAsync(prepare, o), ct), ct);
        var review = prepared.Review;
        var seal = await scene.Node.Ask(chain => Law.HashReview.Call(chain, _contract, OpeningCheck.Of(review), BlockId.Latest, ct), ct);
        var (told, agreement) = (Hash32.Keccak(System.Text.Encoding.UTF8.GetBytes(text)), TermsDesk.Hash(deal.Terms, scene.Node.ChainId, scene.Node.Escrow));
        if (prepared.Seal != seal.ToString() || TypedData.Parse(prepared.TypedDataJson).Digest != seal || review.TextHash != told.ToString()
            || !review.Ratings.Equals(ratings) || review.Agreement != agreement.ToString() || review.Reviewer != by.Address.ToString())
            throw new VerbFailedException($"{by} does not sign: the prepared review says something else.");
        var submit = new V1.SubmitReviewRequest
        {
            RequestId = Guid.NewGuid().ToString(), ChainId = scene.Node.ChainId, Review = review, Text = text,
            Signature = ByteString.CopyFrom(await by.Signer.Sign(seal, ct)),
        };
        var filed = await by.Call(o => scene.Server.Reviews.SubmitReviewAsync(submit, o), ct);
        scene.Timeline.Tell(Tale.Act, by.Name, $"signs a review of {rating} of 5, sealed as {seal}", ("review", filed.Name), ("seal", filed.Seal));
        return filed.Name;
    }

    private async Task Until(Person by, string review, V1.ReviewState state, CancellationToken ct)
    {
        var request = new V1.GetReviewRequest { Name = review };
        var filed = await Eventually($"{review} {state}",
            async () => (await by.Call(o => scene.Server.Reviews.GetReviewAsync(request, o), ct)).Review, seen => seen.State == state, ct);
        scene.Timeline.Tell(Tale.Act, by.Name, $"  the review is {state}, in batch {filed.Opening.Batch} on chain", ("review", review));
    }

    private async Task<bool> Readable(Person by, string review, CancellationToken ct)
    {
        try
        {
            await by.Call(o => scene.Server.Reviews.GetReviewAsync(new() { Name = review }, o), ct);
            return true;
        }
        catch (Grpc.Core.RpcException refused) when (refused.StatusCode == Grpc.Core.StatusCode.NotFound)
        {
            return false;
        }
    }

    /// <summary>On the talent's signed word the employer pays for the transaction; the credential is the talent's for ever.</summary>
    private async Task Claim(CancellationToken ct)
    {
        var (employer, talent) = (scene.Employer, deal.Talent);
        var expiry = (await scene.Node.Head(ct)).Time.Seconds + WordSeconds;
        var claim = new V1.PrepareClaimRequest { Agreement = deal.Name, ExpirySeconds = expiry };
        var typed = await scene.Stage.Lasting(() => talent.Call(o => scene.Server.Credentials.PrepareClaimAsync(claim, o), ct), ct);
        var terms = OpeningCheck.Of(deal.Terms);
        var digest = await scene.Node.Ask(chain => Law.HashClaim.Call(chain, _contract, terms, expiry, BlockId.Latest, ct), ct);
        if (TypedData.Parse(typed.TypedDataJson).Digest != digest)
            throw new VerbFailedException($"{talent} does not sign: the prepared word is not about this credential.");
        var signature = await talent.Signer.Sign(digest, ct);
        (claim.Signature, claim.Wallet) = (ByteString.CopyFrom(signature), employer.Address.ToString());
        scene.Timeline.Tell(Tale.Act, talent.Name, "claims the credential of the work by its signed word; the employer sends it");
        var signed = await Prepare(ct);
        await scene.Stage.Follow(new Sent("credential", employer, signed, Prepare), null, _ => true, ct);
        var held = await Eventually("the credential",
            async () => (await talent.Call(o => scene.Server.Credentials.ListCredentialsAsync(new() { Parent = NameOf(talent) }, o), ct)).Credentials,
            all => all.Any(one => one.Agreement == deal.Name), ct);
        scene.Timeline.Tell(Tale.Act, talent.Name, $"holds credential {held[0].TokenId}", ("token_id", held[0].TokenId));

        async Task<SignedTransaction> Prepare(CancellationToken token)
        {
            var prepared = await scene.Stage.Lasting(() => employer.Call(o => scene.Server.Credentials.PrepareClaimAsync(claim, o), token), token);
            return await MoveDesk.Sign(
                prepared.Transaction, employer, scene.Node.ChainId, _contract, Law.ClaimFor.Encode(terms, expiry, signature), token);
        }
    }

    private async Task Told(Person about, Func<V1.Reputation, V1.ReviewScore?> score, uint reviews, CancellationToken ct)
    {
        var told = await Eventually($"{reviews} reviews of {about}", () => Reputation(about, ct), one => score(one)?.Reviews == reviews, ct);
        scene.Timeline.Tell(Tale.Act, about.Name,
            $"has {(reviews == 1 ? "1 review" : $"{reviews} reviews")}, {score(told)!.Averages.Overall / 1_000m:0.000} of 5 overall", ("reviews", reviews));
    }

    private async Task<V1.Reputation> Reputation(Person of, CancellationToken ct) =>
        (await of.Call(o => scene.Server.Reputations.GetReputationAsync(new() { Name = NameOf(of) }, o), ct)).Reputation;

    private string NameOf(Person person) => $"reputations/{scene.Node.ChainId}-{person.Address}";

    private async Task<T> Eventually<T>(string what, Func<Task<T>> ask, Func<T, bool> holds, CancellationToken ct)
    {
        for (var giveUp = DateTimeOffset.UtcNow + scene.Server.Patience; DateTimeOffset.UtcNow < giveUp; await Task.Delay(Pause, ct))
            if (await ask() is var answer && holds(answer)) return answer;
        throw new VerbFailedException($"The server did not show {what} for {scene.Server.Patience.TotalSeconds:F0} s.");
    }
}
