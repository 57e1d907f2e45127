using Braintrust.Chain;
using Braintrust.Escrow;
using Google.Protobuf;
using Grpc.Core;
using V1 = Braintrust.Api.Reputation.V1;

namespace Braintrust.Reputation;

/// <summary>A server whose chain has a Reputation contract, and people who worked for each other.</summary>
public sealed class ReviewFixture : IAsyncLifetime
{
    private static int _nonces = 800_000;

    public ApiServer Server { get; private set; } = null!;
    public ScriptedReputation Reputation { get; private set; } = null!;
    public V1.ReviewService.ReviewServiceClient Reviews { get; private set; } = null!;
    public V1.ReputationService.ReputationServiceClient Reputations { get; private set; } = null!;
    public V1.CredentialService.CredentialServiceClient Credentials { get; private set; } = null!;

    private ScriptedChain Chain => Server.Source.Chain;

    public async Task InitializeAsync()
    {
        var chain = new ScriptedChain(ScriptedSource.ChainId);
        Reputation = new ScriptedReputation(chain, ScriptedSource.Contract);
        Reputation.Answer();
        Server = await ApiServer.Start(
            ["Watch:HeartbeatMs=100", "Limits:CallsPerSecondPerAddress=100000", "Limits:CallsBurstPerAddress=100000"],
            source: new ScriptedSource(chain) { Reputation = Reputation });
        (Reviews, Reputations, Credentials) = (new(Server.Channel), new(Server.Channel), new(Server.Channel));
    }

    public async Task DisposeAsync() => await Server.DisposeAsync();

    public Task<Person> SignIn(int account) => Server.SignIn(DevelopmentKeys.Signer(account));

    public static string ReputationOf(Person person) => ReputationWire.Name(ScriptedSource.ChainId, person.Address);

    public static string AgreementOf(WorkStory story) => EscrowWire.Name(ScriptedSource.ChainId, story.Negotiation);

    /// <summary>One milestone paid and final, another under way.</summary>
    /// <param name="wallet">The talent's, if it works with another than its key's.</param>
    public async Task<WorkStory> Work(Person employer, Person talent, Address? wallet = null)
    {
        var works = wallet ?? talent.Address;
        var nonce = Interlocked.Increment(ref _nonces);
        var plain = new WorkStory(ScriptedSource.ChainId, ScriptedSource.Contract, ScriptedSource.Token, nonce, 9_000_000_000);
        var story = new WorkStory(ScriptedSource.ChainId, ScriptedSource.Contract, ScriptedSource.Token, nonce, 9_000_000_000)
        {
            Terms = plain.Terms with
            {
                Employer = employer.Address, Manager = employer.Address, Talent = works, Payout = works,
                Amounts = [.. plain.Terms.Amounts.Select(amount => new Amount(amount.Units * 1_000_000_000_000_000_000))],
            },
        };
        Chain.Mine(story.Funded(2), story.Closed(0, Closing.Released, story.Terms.Amounts[0]));
        Confirm();
        await Eventually.Does(async () =>
        {
            var agreement = (await Server.Escrow.GetAgreementAsync(new() { Name = AgreementOf(story) }, talent.Headers)).Agreement;
            Assert.True(agreement.MilestoneIndex == 1 && agreement.Final, $"{agreement}");
            var listed = (await Server.Escrow.ListAgreementsAsync(new(), employer.Headers)).Agreements;
            Assert.Contains(listed, one => one.Name == AgreementOf(story) && one.MilestoneIndex == 1);
        });
        return story;
    }

    /// <summary>Makes what was mined final.</summary>
    public void Confirm()
    {
        for (var i = 0; i < ScriptedSource.ConfirmationsMin; i++) Chain.Mine();
    }

    public static V1.PrepareReviewRequest Draft(WorkStory story, Person by, uint rating = 4, string text = "A word.") => new()
    {
        Agreement = AgreementOf(story),
        Reviewer = by.Address.ToString(),
        Text = text,
        Ratings = new()
        {
            Overall = rating, Quality = rating, Communication = rating, Punctuality = rating, Fairness = rating, Again = rating,
        },
    };

    public async Task<V1.SubmitReviewRequest> Signed(Person by, V1.PrepareReviewRequest draft)
    {
        var prepared = await Reviews.PrepareReviewAsync(draft, by.Headers);
        return new()
        {
            RequestId = Guid.NewGuid().ToString(),
            ChainId = ScriptedSource.ChainId,
            Review = prepared.Review,
            Text = draft.Text,
            Signature = await Sign(by, TypedData.Parse(prepared.TypedDataJson).Digest),
        };
    }

    public static async Task<ByteString> Sign(Person by, Hash32 digest) =>
        ByteString.CopyFrom(await by.Signer.Sign(digest, CancellationToken.None));

    /// <summary>The name of a review that was filed.</summary>
    public async Task<string> File(WorkStory story, Person by, uint rating = 4, string text = "A word.") =>
        (await Reviews.SubmitReviewAsync(await Signed(by, Draft(story, by, rating, text)), by.Headers)).Name;

    public async Task<V1.FiledReview> Read(string name, Person by) =>
        (await Reviews.GetReviewAsync(new() { Name = name }, by.Headers)).Review;

    /// <summary>Mines until the author sees its review that far.</summary>
    public async Task<V1.FiledReview> Until(string name, Person author, V1.ReviewState state)
    {
        var seen = new V1.FiledReview();
        await Eventually.Does(async () =>
        {
            if (Chain.Pool.Length > 0) Confirm();
            seen = await Read(name, author);
            Assert.Equal(state, seen.State);
        });
        return seen;
    }

    /// <summary>Moves the chain's clock past the time in which reviews are sealed.</summary>
    public async Task Later()
    {
        await Chain.AdvanceTime(TimeSpan.FromSeconds(ReviewRules.SealedSeconds + 60), CancellationToken.None);
        Confirm();
    }
}
