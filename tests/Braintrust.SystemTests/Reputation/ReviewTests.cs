using Braintrust.Accounts;
using Braintrust.Chain;
using Braintrust.Escrow;
using Braintrust.Testing;
using Google.Protobuf;
using Grpc.Core;
using Law = Braintrust.Chain.Contracts.ReputationContract;
using ReputationV1 = Braintrust.Api.Reputation.V1;

namespace Braintrust.Reputation;

/// <summary>Reviews and credentials of real work, and proofs of them that need no server.</summary>
[Collection(StoryCollection.Name)]
public sealed class ReviewTests
{
    private static readonly JsonFormatter Json = new(JsonFormatter.Settings.Default.WithFormatDefaultValues(true));
    private static readonly string Scripts = RepositoryRoot.File("tests", "viem");

    [Fact]
    public async Task A_pair_of_reviews_stays_sealed_until_both_are_anchored_and_everybody_can_prove_them()
    {
        await using var server = await ServerProcess.Start();
        using var link = new ServerLink(server.Url, ReviewedWork.Patience);
        using var node = await NodeLink.Open(link, CancellationToken.None);
        var work = await ReviewedWork.Do(link, node);

        var byTalent = await work.Review(work.Talent, 4, "Paid at once.");
        var mine = await work.Until(work.Talent, byTalent, ReputationV1.ReviewState.Anchored);
        await Sealed(link, work, byTalent);
        await Verified(node, mine, holds: true);
        mine.Opening.Index += 1;
        await Verified(node, mine, holds: false);

        var byEmployer = await work.Review(work.Employer, 5, "");
        await work.Until(work.Talent, byTalent, ReputationV1.ReviewState.Open);
        Assert.Equal("Paid at once.", (await work.Read(work.Employer, byTalent)).Opening.Text);
        Assert.Equal(5u, (await work.Read(work.Talent, byEmployer)).Opening.Review.Ratings.Overall);
        var reputation = (await link.Reputations.GetReputationAsync(new() { Name = work.ReputationOf(work.Talent) })).Reputation;
        Assert.Equal((1u, 5_000u), (reputation.TalentReviews.Reviews, reputation.TalentReviews.Averages.Overall));
        Assert.Equal(0u, reputation.EmployerReviews.Reviews);

        await ClaimAndRenounce(link, work);
        await Recomputed(server, node, work);
    }

    private static async Task Sealed(ServerLink link, ReviewedWork work, string name)
    {
        var refused = await Assert.ThrowsAsync<RpcException>(() => work.Read(work.Employer, name));
        Assert.Equal(StatusCode.NotFound, refused.StatusCode);
        var listed = await link.Reviews.ListReviewsAsync(
            new() { Parent = work.ReputationOf(work.Employer), By = ReputationV1.ReviewSide.Talent });
        Assert.Empty(listed.Reviews);
    }

    /// <summary>By the tool, with the opening as a file and the node alone.</summary>
    private static async Task Verified(NodeLink node, ReputationV1.FiledReview review, bool holds)
    {
        await InFile(Json.Format(review), async path =>
        {
            var (code, output) = await CliProcess.Run(
                ReviewedWork.Patience, "review", "verify", path, "--rpc", node.Told.PublicRpcUrl);
            Assert.True(code == (holds ? 0 : 1), output);
            Assert.Contains(holds ? "1 hold, 0 do not" : "0 hold, 1 do not", output);
        });
    }

    private static async Task ClaimAndRenounce(ServerLink link, ReviewedWork work)
    {
        var (talent, ct) = (work.Talent, CancellationToken.None);
        var stage = new WorkStage(link, work.Node, new Timeline(json: false, TextWriter.Null));
        var claim = new ReputationV1.PrepareClaimRequest { Agreement = work.Deal.Name, Wallet = talent.Address.ToString() };
        var claimed = await talent.Call(options => link.Credentials.PrepareClaimAsync(claim, options), ct);
        await Send(stage, work, talent, claimed.Transaction);
        var held = await Eventually.Holds(
            () => Credentials(link, work), all => all.Count == 1, ReviewedWork.Patience, "a credential");
        Assert.Equal((work.Deal.Name, talent.Address.ToString()), (held[0].Agreement, held[0].Talent));
        var twice = await Assert.ThrowsAsync<RpcException>(
            () => talent.Call(options => link.Credentials.PrepareClaimAsync(claim, options), ct));
        Assert.Equal(StatusCode.FailedPrecondition, twice.StatusCode);

        // By word: the employer pays for the talent's renouncement.
        var expiry = (await work.Node.Head(ct)).Time.Seconds + 3_600;
        var word = new ReputationV1.PrepareRenounceRequest { Agreement = work.Deal.Name, ExpirySeconds = expiry };
        var typed = await talent.Call(options => link.Credentials.PrepareRenounceAsync(word, options), ct);
        word.Signature = ByteString.CopyFrom(await talent.Signer.Sign(TypedData.Parse(typed.TypedDataJson).Digest, ct));
        word.Wallet = work.Employer.Address.ToString();
        var relayed = await work.Employer.Call(options => link.Credentials.PrepareRenounceAsync(word, options), ct);
        await Send(stage, work, work.Employer, relayed.Transaction);
        await Eventually.Holds(() => Credentials(link, work), all => all.Count == 0, ReviewedWork.Patience, "no credential");
    }

    private static async Task<IReadOnlyList<ReputationV1.Credential>> Credentials(ServerLink link, ReviewedWork work) =>
        [.. (await link.Credentials.ListCredentialsAsync(new() { Parent = work.ReputationOf(work.Talent) })).Credentials];

    private static async Task Send(WorkStage stage, ReviewedWork work, Person by, Api.Escrow.V1.UnsignedTransaction prepared)
    {
        var data = prepared.Data.ToByteArray();
        var contract = Address.Parse(prepared.To);
        var signed = await MoveDesk.Sign(prepared, by, work.Node.ChainId, contract, data, CancellationToken.None);
        var sent = new Sent("credential", by, signed, ct => MoveDesk.Directly(by, work.Node, contract, data, ct));
        await stage.Follow(sent, null, _ => true, CancellationToken.None);
    }

    /// <summary>The tool exports; code that shares nothing with the server agrees, and notices a changed rating.</summary>
    private static async Task Recomputed(ServerProcess server, NodeLink node, ReviewedWork work)
    {
        var (code, export) = await CliProcess.Run(
            ReviewedWork.Patience, "reputation", "export", work.Talent.Address.ToString(), "--server", server.Url);
        Assert.True(code == 0, export);
        await Command.Run(Scripts, "npm", ["ci", "--ignore-scripts", "--no-audit", "--no-fund"]);
        var told = await Recompute(node, export);
        Assert.Contains("\"agreements\":1,\"reviews\":2", told);
        var lie = export.Replace("\"overall\": 5", "\"overall\": 4", StringComparison.Ordinal);
        Assert.NotEqual(export, lie);
        var noticed = await Assert.ThrowsAsync<InvalidOperationException>(() => Recompute(node, lie));
        Assert.Contains("the seal is", noticed.Message);
    }

    private static async Task<string> Recompute(NodeLink node, string export)
    {
        var told = "";
        await InFile(export, async path => told = await Command.Run(
            Scripts, "node", ["recompute.mjs", node.Told.PublicRpcUrl, node.Escrow.ToString(), "0", path]));
        return told;
    }

    private static async Task InFile(string text, Func<string, Task> use)
    {
        var path = Path.GetTempFileName();
        try
        {
            await File.WriteAllTextAsync(path, text);
            await use(path);
        }
        finally
        {
            File.Delete(path);
        }
    }
}
