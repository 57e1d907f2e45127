using System.Numerics;
using Braintrust.Accounts;
using Braintrust.Chain;
using Braintrust.Escrow;
using Google.Protobuf;
using Law = Braintrust.Chain.Contracts.WorkAgreementsContract;
using ReputationV1 = Braintrust.Api.Reputation.V1;
using V1 = Braintrust.Api.Escrow.V1;

namespace Braintrust.Reputation;

/// <summary>Work that was paid on a real server and node, and two people who may review it.</summary>
internal sealed class ReviewedWork
{
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly ServerLink _link;

    private ReviewedWork(ServerLink link, NodeLink node, Deal deal, Person employer) =>
        (_link, Node, Deal, Employer) = (link, node, deal, employer);

    public NodeLink Node { get; }
    public Deal Deal { get; }
    public Person Employer { get; }
    public Person Talent => Deal.Talent;

    public string ReputationOf(Person person) => $"reputations/{Node.ChainId}-{person.Address}";

    /// <summary>One milestone, funded and released for good.</summary>
    public static async Task<ReviewedWork> Do(ServerLink link, NodeLink node)
    {
        var ct = CancellationToken.None;
        var stage = new WorkStage(link, node, new Timeline(json: false, TextWriter.Null));
        var (employer, talent) = (
            new Person("Employer", DevelopmentKeys.Signer(1), link), new Person("Talent", DevelopmentKeys.Signer(2), link));
        foreach (var person in new[] { employer, talent }) await person.SignIn(node.ChainId, ct);
        var deal = await stage.Offer(talent, await Terms(node, employer, talent), ct);
        var fund = new Step("funding", V1.Move.Fund, 0, Law.Fund.Encode(deal.Terms, deal.Signature, 1), 1);
        await stage.Move(employer, deal, fund, seen => seen.Final && seen.MilestonesFunded == 1, ct);
        var release = new Step("release", V1.Move.Release, 0, Law.Release.Encode(deal.Terms, 0, deal.Amount(0)), Sum: deal.Amount(0));
        await stage.Move(employer, deal, release, seen => seen.Final && seen.Phase == V1.AgreementPhase.Ended, ct);
        return new ReviewedWork(link, node, deal, employer);
    }

    /// <summary>Prepares, signs what is prepared, and files it; answers the review's name.</summary>
    public async Task<string> Review(Person by, uint rating, string text)
    {
        var ct = CancellationToken.None;
        var prepare = new ReputationV1.PrepareReviewRequest
        {
            Agreement = Deal.Name, Reviewer = by.Address.ToString(), Text = text,
            Ratings = new()
            {
                Overall = rating, Quality = rating, Communication = rating, Punctuality = rating, Fairness = rating, Again = rating,
            },
        };
        var prepared = await by.Call(options => _link.Reviews.PrepareReviewAsync(prepare, options), ct);
        var digest = TypedData.Parse(prepared.TypedDataJson).Digest;
        var submit = new ReputationV1.SubmitReviewRequest
        {
            RequestId = Guid.NewGuid().ToString(), ChainId = Node.ChainId, Review = prepared.Review, Text = text,
            Signature = ByteString.CopyFrom(await by.Signer.Sign(digest, ct)),
        };
        var filed = await by.Call(options => _link.Reviews.SubmitReviewAsync(submit, options), ct);
        Assert.Equal(prepared.Seal, filed.Seal);
        return filed.Name;
    }

    public async Task<ReputationV1.FiledReview> Read(Person by, string name) =>
        (await by.Call(options => _link.Reviews.GetReviewAsync(new() { Name = name }, options), CancellationToken.None)).Review;

    /// <summary>Waits until a review is that far, as its author sees it.</summary>
    public Task<ReputationV1.FiledReview> Until(Person author, string name, ReputationV1.ReviewState state) => Braintrust.Testing.Eventually.Holds(
        () => Read(author, name), review => review.State == state, Patience, $"{name} is {state}");

    private static async Task<Law.Terms> Terms(NodeLink node, Person employer, Person talent)
    {
        var head = await node.Head(CancellationToken.None);
        return new Law.Terms(
            new BigInteger(Guid.NewGuid().ToByteArray(), isUnsigned: true), BigInteger.Zero, default, employer.Address,
            employer.Address, talent.Address, talent.Address, node.Token, node.Told.PolicyVersion, (ushort)node.Told.FeeBps, default,
            0, 3 * 24 * 3600, 3 * 24 * 3600, 2, default, 0, 0, 5_000, head.Time.Seconds + 24 * 3600,
            Hash32.Keccak("the agreed text"u8), [UInt128.Parse("100000000000000000000")], [24 * 3600]);
    }
}
