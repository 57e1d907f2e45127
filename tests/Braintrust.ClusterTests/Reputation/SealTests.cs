using Braintrust.Api.Primitives.V1;
using Braintrust.Chain;
using Braintrust.Escrow;
using Grpc.Core;
using V1 = Braintrust.Api.Reputation.V1;

namespace Braintrust.Reputation;

/// <summary>Nobody but its author learns of a sealed review, whatever is asked; opened, everybody does.</summary>
public sealed class SealTests(ReviewFixture fixture) : IClassFixture<ReviewFixture>
{
    private const string Secret = "Paid at once, and never a word too many.";

    [Fact]
    public async Task No_method_list_watch_or_thread_tells_of_a_sealed_review()
    {
        var (employer, talent) = (await fixture.SignIn(1), await fixture.SignIn(2));
        var story = await fixture.Work(employer, talent);
        using var watch = StreamReader.Open(
            fixture.Server, employer,
            [ReviewFixture.AgreementOf(story), ReviewFixture.ReputationOf(employer), ReviewFixture.ReputationOf(talent)]);
        var heard = string.Concat(await watch.Snapshot());
        var before = await Everything(story, employer, talent);

        var name = await fixture.File(story, talent, text: Secret);
        var opening = (await fixture.Until(name, talent, V1.ReviewState.Anchored)).Opening;

        Assert.Equal(Secret, opening.Text);
        Assert.Equal(before, await Everything(story, employer, talent));
        await Rpc.Refused(
            fixture.Reviews.GetReviewAsync(new() { Name = name }, employer.Headers), StatusCode.NotFound, ErrorReason.NotFound, "name");
        // Of another agreement, whose last update shows that everything before it was told.
        var other = await fixture.Work(employer, talent);
        heard += string.Concat((await Everything(other, employer, talent)).Select(answer => answer.ToString()));
        heard += (await watch.UntilUpdate(update => update.Reputation?.RecentTerms.Any(
            term => term.Agreement == ReviewFixture.AgreementOf(other)) == true)).ToString();
        foreach (var secret in new[] { Secret, opening.Seal, opening.Review.Salt, opening.Review.TextHash })
            Assert.DoesNotContain(secret, heard);
    }

    [Fact]
    public async Task Both_are_opened_together_once_both_are_anchored()
    {
        var (employer, talent) = (await fixture.SignIn(3), await fixture.SignIn(4));
        var story = await fixture.Work(employer, talent);
        var byTalent = await fixture.File(story, talent, 3, Secret);
        await fixture.Until(byTalent, talent, V1.ReviewState.Anchored);
        var byEmployer = await fixture.File(story, employer, 5);
        Assert.Equal(V1.ReviewState.Sealed, (await fixture.Read(byEmployer, employer)).State);
        Assert.Equal(V1.ReviewState.Anchored, (await fixture.Read(byTalent, talent)).State);
        Assert.Empty(await List(employer, V1.ReviewSide.Talent));

        await fixture.Until(byTalent, talent, V1.ReviewState.Open);

        Assert.Equal(Secret, Assert.Single(await List(employer, V1.ReviewSide.Talent)).Opening.Text);
        Assert.Equal(byEmployer, Assert.Single(await List(talent, V1.ReviewSide.Employer)).Name);
        var score = (await fixture.Reputations.GetReputationAsync(
            new() { Name = ReviewFixture.ReputationOf(talent) })).Reputation.TalentReviews;
        // 15 % of 1,000 units at a reference unit each.
        Assert.Equal((1u, "150000000", 5_000u), (score.Reviews, score.Weight, score.Averages.Overall));
        var export = await fixture.Reputations.ExportReputationAsync(new() { Name = ReviewFixture.ReputationOf(talent) });
        Assert.Equal(2, export.Agreements.Single().Reviews.Count);
        Assert.All(export.Agreements.Single().Reviews, review => Assert.True(MerkleLog.Includes(
            Hash32.Parse(review.Opening.Root), (int)review.Opening.Count, (int)review.Opening.Index, Hash32.Parse(review.Opening.Seal),
            [.. review.Opening.Proof.Select(hash => Hash32.Parse(hash))])));
    }

    [Fact]
    public async Task A_single_review_opens_after_fourteen_days_and_nobody_answers_it()
    {
        var (employer, talent) = (await fixture.SignIn(5), await fixture.SignIn(6));
        var story = await fixture.Work(employer, talent);
        var name = await fixture.File(story, talent, text: Secret);
        await fixture.Until(name, talent, V1.ReviewState.Anchored);
        var late = await fixture.Signed(employer, ReviewFixture.Draft(story, employer));
        using var watch = StreamReader.Open(fixture.Server, talent, [ReviewFixture.ReputationOf(employer)]);
        await watch.Snapshot();
        await fixture.Later();
        await watch.UntilUpdate(update => update.Reputation?.EmployerReviews.Reviews == 1);
        await fixture.Until(name, employer, V1.ReviewState.Open);
        Assert.Equal(name, Assert.Single(await List(employer, V1.ReviewSide.Talent)).Name);
        await Rpc.Refused(
            fixture.Reviews.SubmitReviewAsync(late, employer.Headers), StatusCode.FailedPrecondition, ErrorReason.TooLate,
            "milestone_index");
    }

    [Fact]
    public async Task Pages_tell_every_open_review_once_and_end_before_the_sealed_ones()
    {
        var (employer, talent) = (await fixture.SignIn(7), await fixture.SignIn(8));
        var open = new List<string>();
        for (var i = 0; i < 3; i++)
        {
            var story = await fixture.Work(employer, talent);
            open.Add(await fixture.File(story, employer));
            await fixture.File(story, talent);
        }

        foreach (var name in open) await fixture.Until(name, employer, V1.ReviewState.Open);
        for (var i = 0; i < 2; i++)
            await fixture.Until(await fixture.File(await fixture.Work(employer, talent), employer), employer, V1.ReviewState.Anchored);
        var request = new V1.ListReviewsRequest
        {
            Parent = ReviewFixture.ReputationOf(talent), By = V1.ReviewSide.Employer, PageSize = 1,
        };
        var told = new List<string>();
        do
        {
            var page = await fixture.Reviews.ListReviewsAsync(request);
            told.Add(Assert.Single(page.Reviews).Name);
            request.PageToken = page.NextPageToken;
        }
        while (request.PageToken.Length > 0);

        Assert.Equal(Enumerable.Reverse(open), told);
    }

    [Fact]
    public async Task An_anchor_that_a_fork_takes_back_is_sent_again_and_counts_once()
    {
        var (employer, talent) = (await fixture.SignIn(1), await fixture.SignIn(9));
        var chain = fixture.Server.Source.Chain;
        var name = await fixture.File(await fixture.Work(employer, talent), talent);
        await Eventually.Does(() =>
        {
            Assert.NotEmpty(chain.Pool);
            return Task.CompletedTask;
        });
        var batches = fixture.Reputation.Batches.Count;
        chain.Mine();
        Assert.Equal(batches + 1, fixture.Reputation.Batches.Count);
        var root = fixture.Reputation.Batches[^1].Root;
        chain.Reorg(1, [[], []]);
        Assert.Equal(batches, fixture.Reputation.Batches.Count);

        var opening = (await fixture.Until(name, talent, V1.ReviewState.Anchored)).Opening;

        Assert.Equal((batches + 1, root), (fixture.Reputation.Batches.Count, fixture.Reputation.Batches[^1].Root));
        Assert.Equal(((ulong)batches + 1, root.ToString()), (opening.Batch, opening.Root));
    }

    [Fact]
    public async Task A_batch_whose_nonce_the_chain_lost_is_signed_anew_under_the_one_that_is_next()
    {
        var (employer, talent) = (await fixture.SignIn(2), await fixture.SignIn(8));
        var chain = fixture.Server.Source.Chain;
        var story = await fixture.Work(employer, talent);
        var before = await chain.GetNonce(ScriptedReputation.Anchor.Address, BlockId.Latest, CancellationToken.None);
        // The key's holder used it beside: the batch is pinned behind that.
        var beside = await new Eip1559Transaction(
                ScriptedSource.ChainId, before, 1, 10_000_000_000, 21_000, talent.Address, 0, ReadOnlyMemory<byte>.Empty)
            .Sign(ScriptedReputation.Anchor, CancellationToken.None);
        await chain.SendRaw(beside.Raw, CancellationToken.None);
        chain.Mine();
        var name = await fixture.File(story, talent);
        await Eventually.Does(() =>
        {
            Assert.Equal(before + 1, Assert.Single(chain.Pool).Transaction.Nonce);
            return Task.CompletedTask;
        });
        var batches = fixture.Reputation.Batches.Count;
        chain.Reorg(1, [[], []]);
        Assert.Equal(before, await chain.GetNonce(ScriptedReputation.Anchor.Address, BlockId.Latest, CancellationToken.None));

        await fixture.Until(name, talent, V1.ReviewState.Anchored);

        Assert.Equal(batches + 1, fixture.Reputation.Batches.Count);
    }

    private async Task<IReadOnlyList<V1.FiledReview>> List(Person about, V1.ReviewSide by) =>
        [.. (await fixture.Reviews.ListReviewsAsync(new() { Parent = ReviewFixture.ReputationOf(about), By = by })).Reviews];

    /// <summary>What the other side can ask about an agreement and both people, without what only time changes.</summary>
    private async Task<IReadOnlyList<string>> Everything(WorkStory story, Person employer, Person talent)
    {
        var (server, headers, agreement) = (fixture.Server, employer.Headers, ReviewFixture.AgreementOf(story));
        var listed = await server.Escrow.ListAgreementsAsync(new(), headers);
        foreach (var overview in listed.Agreements) overview.Final = true;
        var told = new List<string>
        {
            $"{(await server.Escrow.GetAgreementAsync(new() { Name = agreement }, headers)).Agreement.Etag}",
            $"{listed}",
            $"{await server.Threads.ListMessagesAsync(new() { Parent = "threads/" + agreement }, headers)}",
            $"{await server.Documents.ListDocumentsAsync(new() { Subject = agreement }, headers)}",
        };
        foreach (var name in new[] { ReviewFixture.ReputationOf(employer), ReviewFixture.ReputationOf(talent) })
        {
            var reputation = (await fixture.Reputations.GetReputationAsync(new() { Name = name })).Reputation;
            told.Add($"{reputation.TalentReviews} {reputation.EmployerReviews}");
            told.Add($"{(await fixture.Reputations.ExportReputationAsync(new() { Name = name })).Agreements}");
            told.Add($"{await fixture.Credentials.ListCredentialsAsync(new() { Parent = name })}");
            foreach (var by in new[] { V1.ReviewSide.Talent, V1.ReviewSide.Employer })
                told.Add($"{await fixture.Reviews.ListReviewsAsync(new() { Parent = name, By = by, PageSize = 1 })}");
        }

        return told;
    }
}
