using Braintrust.Api.Primitives.V1;
using Braintrust.Chain;
using Google.Protobuf;
using Grpc.Core;
using V1 = Braintrust.Api.Reputation.V1;

namespace Braintrust.Reputation;

public sealed class ReviewApiTests(ReviewFixture fixture) : IClassFixture<ReviewFixture>
{
    [Theory]
    [InlineData("agreement", "agreements/31337-0x12")]
    [InlineData("agreement", "jobs/1")]
    [InlineData("reviewer", "0x12")]
    [InlineData("milestone_index", 32u)]
    [InlineData("ratings.overall", 0u)]
    [InlineData("ratings.overall", 6u)]
    [InlineData("ratings.quality", 4_294_967_295u)]
    [InlineData("ratings.communication", 0u)]
    [InlineData("ratings.punctuality", 0u)]
    [InlineData("ratings.fairness", 0u)]
    [InlineData("ratings.again", 6u)]
    [InlineData("text", "a\0b")]
    public async Task What_cannot_be_said_is_refused_with_its_field(string field, object value)
    {
        var (employer, talent) = (await fixture.SignIn(1), await fixture.SignIn(2));
        var draft = ReviewFixture.Draft(await fixture.Work(employer, talent), talent);
        Set(draft, field, value);
        await Rpc.Refused(
            fixture.Reviews.PrepareReviewAsync(draft, talent.Headers), StatusCode.InvalidArgument, ErrorReason.InvalidArgument, field);
    }

    [Fact]
    public async Task Only_the_parties_of_a_closed_milestone_review_it()
    {
        var (employer, talent, stranger) = (await fixture.SignIn(1), await fixture.SignIn(2), await fixture.SignIn(3));
        var story = await fixture.Work(employer, talent);
        await Rpc.Refused(
            fixture.Reviews.PrepareReviewAsync(ReviewFixture.Draft(story, stranger), stranger.Headers), StatusCode.PermissionDenied,
            ErrorReason.NotAParty);
        await Rpc.Refused(
            fixture.Reviews.PrepareReviewAsync(ReviewFixture.Draft(story, employer), talent.Headers), StatusCode.PermissionDenied,
            ErrorReason.NotAParty, "reviewer");
        var open = ReviewFixture.Draft(story, talent);
        open.MilestoneIndex = 1;
        await Rpc.Refused(
            fixture.Reviews.PrepareReviewAsync(open, talent.Headers), StatusCode.FailedPrecondition, ErrorReason.WrongState,
            "milestone_index");
        var skilled = ReviewFixture.Draft(story, employer);
        skilled.Skills.Add(new V1.SkillRating { Skill = "cobol", Rating = 3 });
        await Rpc.Refused(
            fixture.Reviews.PrepareReviewAsync(skilled, employer.Headers), StatusCode.InvalidArgument, ErrorReason.InvalidArgument,
            "skills");
        var unknown = ReviewFixture.Draft(story, talent);
        unknown.Agreement = $"agreements/31337-{Hash32.Keccak("nobody's"u8)}";
        await Rpc.Refused(
            fixture.Reviews.PrepareReviewAsync(unknown, talent.Headers), StatusCode.NotFound, ErrorReason.NotFound);
    }

    [Fact]
    public async Task Only_what_its_reviewer_signed_is_filed()
    {
        var (employer, talent) = (await fixture.SignIn(1), await fixture.SignIn(2));
        var good = await fixture.Signed(talent, ReviewFixture.Draft(await fixture.Work(employer, talent), talent));
        var others = good.Clone();
        others.Signature = await ReviewFixture.Sign(employer, Hash32.Keccak("anything"u8));
        var another = good.Clone();
        another.Review.Ratings.Overall = 5;
        var high = good.Clone();
        high.Signature = ByteString.CopyFrom(HighS(good.Signature.ToByteArray()));
        foreach (var forged in new[] { others, another, high })
            await Rpc.Refused(
                fixture.Reviews.SubmitReviewAsync(forged, talent.Headers), StatusCode.InvalidArgument, ErrorReason.SignatureInvalid,
                "signature");
        var reworded = good.Clone();
        reworded.Text = "Another word.";
        await Rpc.Refused(
            fixture.Reviews.SubmitReviewAsync(reworded, talent.Headers), StatusCode.InvalidArgument, ErrorReason.InvalidArgument, "text");
        var elsewhere = good.Clone();
        elsewhere.Review.Escrow = ScriptedSource.Token.ToString();
        await Rpc.Refused(
            fixture.Reviews.SubmitReviewAsync(elsewhere, talent.Headers), StatusCode.InvalidArgument, ErrorReason.InvalidArgument,
            "escrow");
        var unsigned = good.Clone();
        unsigned.Signature = ByteString.Empty;
        await Rpc.Refused(
            fixture.Reviews.SubmitReviewAsync(unsigned, talent.Headers), StatusCode.InvalidArgument, ErrorReason.InvalidArgument,
            "signature");
    }

    [Fact]
    public async Task A_contract_wallet_signs_its_review_as_erc_1271_says()
    {
        var (employer, talent) = (await fixture.SignIn(3), await fixture.SignIn(4));
        var wallet = Address.Parse("0x00000000000000000000000000000000000c0de2");
        var (word, asked) = (Hash32.Keccak("the wallet's word"u8).ToBytes(), (byte[])[]);
        fixture.Server.Source.Chain.OnCall(wallet, (call, _) =>
        {
            Volatile.Write(ref asked, call.Data.ToArray());
            byte[] answer = call.Data.Span.IndexOf(word) >= 0 ? [0x16, 0x26, 0xBA, 0x7E] : new byte[4];
            return answer.Concat(new byte[28]).ToArray();
        });
        var accounts = fixture.Server.Accounts;
        var link = await accounts.CreateSignInMessageAsync(
            new() { Address = wallet.ToString(), ChainId = ScriptedSource.ChainId, Account = talent.Account });
        await accounts.LinkWalletAsync(
            new() { RequestId = Guid.NewGuid().ToString(), Message = link.Message, Signature = ByteString.CopyFrom(word) }, talent.Headers);
        var draft = ReviewFixture.Draft(await fixture.Work(employer, talent, wallet), talent);
        draft.Reviewer = wallet.ToString();
        // Signed by the key of its owner, which the wallet does not take for its own.
        var review = await fixture.Signed(talent, draft);
        await Rpc.Refused(
            fixture.Reviews.SubmitReviewAsync(review, talent.Headers), StatusCode.InvalidArgument, ErrorReason.SignatureInvalid, "signature");

        review.Signature = ByteString.CopyFrom(word);
        var filed = await fixture.Reviews.SubmitReviewAsync(review, talent.Headers);

        Assert.True(Volatile.Read(ref asked).AsSpan().IndexOf(Hash32.Parse(filed.Seal).ToBytes()) >= 0);
        var told = await fixture.Until(filed.Name, talent, V1.ReviewState.Anchored);
        Assert.Equal((wallet.ToString(), review.Signature), (told.Opening.Review.Reviewer, told.Opening.Signature));
    }

    [Fact]
    public async Task A_side_files_once_and_a_repeated_request_is_answered_again()
    {
        var (employer, talent) = (await fixture.SignIn(1), await fixture.SignIn(2));
        var story = await fixture.Work(employer, talent);
        var request = await fixture.Signed(talent, ReviewFixture.Draft(story, talent));
        var first = await fixture.Reviews.SubmitReviewAsync(request, talent.Headers);
        Assert.Equal(first, await fixture.Reviews.SubmitReviewAsync(request, talent.Headers));
        var second = await fixture.Signed(talent, ReviewFixture.Draft(story, talent, rating: 1));
        await Rpc.Refused(
            fixture.Reviews.SubmitReviewAsync(second, talent.Headers), StatusCode.AlreadyExists, ErrorReason.Conflict);
        second.RequestId = request.RequestId;
        await Rpc.Refused(
            fixture.Reviews.SubmitReviewAsync(second, talent.Headers), StatusCode.InvalidArgument, ErrorReason.RequestIdReused,
            "request_id");
    }

    [Theory]
    [InlineData("reviews/31337")]
    [InlineData("reviews/31337-0x00-0-talent")]
    [InlineData("reviews/31337-0x1111111111111111111111111111111111111111111111111111111111111111-00-talent")]
    [InlineData("reviews/31337-0x1111111111111111111111111111111111111111111111111111111111111111-0-manager")]
    public async Task A_name_in_another_spelling_is_refused(string name)
    {
        var talent = await fixture.SignIn(2);
        await Rpc.Refused(
            fixture.Reviews.GetReviewAsync(new() { Name = name }, talent.Headers), StatusCode.InvalidArgument,
            ErrorReason.InvalidArgument, "name");
    }

    [Fact]
    public async Task Lists_refuse_what_they_cannot_read()
    {
        var parent = ReviewFixture.ReputationOf(await fixture.SignIn(2));
        await Rpc.Refused(
            fixture.Reviews.ListReviewsAsync(new() { Parent = parent }), StatusCode.InvalidArgument, ErrorReason.InvalidArgument, "by");
        await Rpc.Refused(
            fixture.Reviews.ListReviewsAsync(new() { Parent = parent, By = V1.ReviewSide.Talent, PageSize = -1 }),
            StatusCode.InvalidArgument, ErrorReason.InvalidArgument, "page_size");
        await Rpc.Refused(
            fixture.Reviews.ListReviewsAsync(new() { Parent = parent, By = V1.ReviewSide.Talent, PageToken = "x" }),
            StatusCode.InvalidArgument, ErrorReason.PageTokenInvalid, "page_token");
        await Rpc.Refused(
            fixture.Reputations.ExportReputationAsync(new() { Name = parent, PageToken = "x" }), StatusCode.InvalidArgument,
            ErrorReason.PageTokenInvalid, "page_token");
        await Rpc.Refused(
            fixture.Credentials.ListCredentialsAsync(new() { Parent = parent, PageToken = "x" }), StatusCode.InvalidArgument,
            ErrorReason.PageTokenInvalid, "page_token");
    }

    [Fact]
    public async Task What_the_contract_would_refuse_to_claim_is_refused_beforehand()
    {
        var (employer, talent) = (await fixture.SignIn(1), await fixture.SignIn(2));
        var story = await fixture.Work(employer, talent);
        var claim = new V1.PrepareClaimRequest { Agreement = ReviewFixture.AgreementOf(story), Wallet = talent.Address.ToString() };
        await Rpc.Refused(
            fixture.Credentials.PrepareClaimAsync(claim, talent.Headers), StatusCode.FailedPrecondition, ErrorReason.WrongState);
        claim.Wallet = "";
        await Rpc.Refused(
            fixture.Credentials.PrepareClaimAsync(claim, talent.Headers), StatusCode.InvalidArgument, ErrorReason.InvalidArgument,
            "expiry_seconds");
        await Rpc.Refused(
            fixture.Credentials.PrepareRenounceAsync(
                new() { Agreement = claim.Agreement, Wallet = talent.Address.ToString() }, talent.Headers),
            StatusCode.FailedPrecondition, ErrorReason.WrongState, "agreement");
    }

    /// <summary>The other signature of the same key (EIP-2 refuses it): s becomes n - s.</summary>
    private static byte[] HighS(byte[] signature)
    {
        var n = System.Numerics.BigInteger.Parse(
            "0FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141", System.Globalization.NumberStyles.HexNumber,
            System.Globalization.CultureInfo.InvariantCulture);
        var s = n - new System.Numerics.BigInteger(signature.AsSpan(32, 32), isUnsigned: true, isBigEndian: true);
        var bytes = s.ToByteArray(isUnsigned: true, isBigEndian: true);
        return [.. signature[..32], .. new byte[32 - bytes.Length], .. bytes, (byte)(signature[64] ^ 7)];
    }

    private static void Set(IMessage message, string path, object value)
    {
        var parts = path.Split('.');
        foreach (var part in parts[..^1])
            message = (IMessage)message.Descriptor.FindFieldByName(part).Accessor.GetValue(message);
        message.Descriptor.FindFieldByName(parts[^1]).Accessor.SetValue(message, value);
    }
}
