using Braintrust.Api.Primitives.V1;
using Braintrust.Chain;
using Grpc.Core;
using Xunit.Abstractions;
using V1 = Braintrust.Api.Jobs.V1;

namespace Braintrust;

public sealed class JobsApiTests(ApiFixture fixture, ITestOutputHelper output) : IClassFixture<ApiFixture>, IAsyncLifetime
{
    private readonly ApiServer _server = fixture.Server;
    private Hiring _hiring = null!;

    public async Task InitializeAsync() => _hiring = await Hiring.Begin(_server);

    public Task DisposeAsync()
    {
        _server.Log.AssertNone();
        return Task.CompletedTask;
    }

    [Fact]
    public async Task A_draft_is_its_employers_until_a_reviewer_opens_it()
    {
        var draft = await _hiring.Draft(_hiring.Written());
        Assert.Equal((V1.JobPhase.Draft, _hiring.Employer.Account), (draft.Phase, draft.Employer));
        await Unseen(_hiring.Talent, draft);
        await Unseen(_hiring.Reviewer, draft);

        await _server.Jobs.PostJobAsync(new() { RequestId = Hiring.Id(), Name = draft.Name }, _hiring.Employer.Headers);
        var queue = await _server.Jobs.ListJobsAsync(new() { InReview = true }, _hiring.Reviewer.Headers);
        Assert.Contains(queue.Jobs, job => job.Name == draft.Name);
        var approval = new V1.ReviewJobRequest { RequestId = Hiring.Id(), Name = draft.Name, Approve = true };
        await Rpc.Refused(
            _server.Jobs.ReviewJobAsync(approval, _hiring.Employer.Headers), StatusCode.PermissionDenied, ErrorReason.PermissionDenied);
        var open = (await _server.Jobs.ReviewJobAsync(approval, _hiring.Reviewer.Headers)).Job;

        Assert.Equal(V1.JobPhase.Open, open.Phase);
        Assert.Equal(open, (await _server.Jobs.GetJobAsync(new() { Name = open.Name }, _hiring.Talent.Headers)).Job);
        var listed = await _server.Jobs.ListJobsAsync(
            new() { Filter = "skills:\"c++\" AND pricing.budget >= 5000", OrderBy = "post_time desc" }, _hiring.Talent.Headers);
        Assert.Contains(listed.Jobs, job => job.Name == open.Name);
    }

    [Fact]
    public async Task A_draft_may_name_any_token_and_only_one_that_the_policy_lists_is_posted()
    {
        var written = _hiring.Written();
        written.Pricing.Token = DevelopmentKeys.Address(8).ToString();
        var job = await _hiring.Draft(written);
        var post = new V1.PostJobRequest { RequestId = Hiring.Id(), Name = job.Name };
        await Rpc.Refused(
            _server.Jobs.PostJobAsync(post, _hiring.Employer.Headers),
            StatusCode.FailedPrecondition, ErrorReason.TokenNotListed, "job.pricing.token");

        job.Pricing.Token = ScriptedSource.Token.ToString();
        await _server.Jobs.UpdateJobAsync(
            new() { RequestId = Hiring.Id(), Job = job, UpdateMask = new() { Paths = { "pricing" } } }, _hiring.Employer.Headers);
        var posted = (await _server.Jobs.PostJobAsync(post, _hiring.Employer.Headers)).Job;
        Assert.Equal(V1.JobPhase.InReview, posted.Phase);
        Assert.Equal(posted, (await _server.Jobs.PostJobAsync(post, _hiring.Employer.Headers)).Job);
    }

    [Fact]
    public async Task An_update_changes_what_its_mask_names_and_an_older_etag_is_refused()
    {
        var draft = await _hiring.Draft(_hiring.Written());
        var update = new V1.UpdateJobRequest
        {
            RequestId = Hiring.Id(),
            Job = new() { Name = draft.Name, Etag = draft.Etag, Title = "Another", Description = "ignored" },
            UpdateMask = new() { Paths = { "title" } },
        };
        var changed = (await _server.Jobs.UpdateJobAsync(update, _hiring.Employer.Headers)).Job;
        Assert.Equal(("Another", draft.Description), (changed.Title, changed.Description));
        update.RequestId = Hiring.Id();
        await Rpc.Refused(_server.Jobs.UpdateJobAsync(update, _hiring.Employer.Headers), StatusCode.Aborted, ErrorReason.EtagMismatch);
        update.UpdateMask.Paths.Add("phase");
        await Rpc.Refused(
            _server.Jobs.UpdateJobAsync(update, _hiring.Employer.Headers), StatusCode.InvalidArgument, ErrorReason.InvalidArgument, "update_mask");
    }

    [Fact]
    public async Task Bids_are_the_employers_to_compare_and_each_talents_own_to_see()
    {
        var job = await _hiring.Open();
        var other = await Hiring.Begin(_server, talent: 3);
        var (mine, theirs) = (await _hiring.Bid(job, _hiring.Written("3000")), await other.Bid(job, other.Written("2500", days: 20)));

        var compare = new V1.CompareBidsRequest { Parent = job.Name, Bids = { mine.Name, theirs.Name } };
        var compared = await _server.Jobs.CompareBidsAsync(compare, _hiring.Employer.Headers);
        Assert.Equal([(2u, 1u), (1u, 2u)], compared.Bids.Select(bid => (bid.AmountRank, bid.DaysRank)));
        await Rpc.Refused(_server.Jobs.CompareBidsAsync(compare, other.Talent.Headers), StatusCode.PermissionDenied, ErrorReason.NotAParty);
        await Rpc.Refused(
            _server.Jobs.GetBidAsync(new() { Name = mine.Name }, other.Talent.Headers), StatusCode.NotFound, ErrorReason.NotFound);

        Assert.Equal([mine.Name, theirs.Name], await Bids(_hiring.Employer, job));
        Assert.Equal([theirs.Name], await Bids(other.Talent, job));
        using var stream = StreamReader.Open(_server, other.Talent, [theirs.Name, job.Name]);
        await stream.Snapshot();
        await _server.Jobs.DeclineBidAsync(
            new() { RequestId = Hiring.Id(), Name = theirs.Name, Reason = "Too slow." }, _hiring.Employer.Headers);
        await stream.UntilUpdate(update => update.Bid is { Phase: V1.BidPhase.Declined, Reason: "Too slow." });
    }

    [Fact]
    public async Task An_invited_only_job_is_seen_by_the_invited_and_questions_by_all_who_see_it()
    {
        var written = _hiring.Written();
        written.Visibility = V1.JobVisibility.Invited;
        var job = await _hiring.Open(written);
        await Unseen(_hiring.Talent, job);
        await Rpc.Refused(
            _server.Jobs.PlaceBidAsync(new() { RequestId = Hiring.Id(), Parent = job.Name, Bid = _hiring.Written("1") }, _hiring.Talent.Headers),
            StatusCode.NotFound, ErrorReason.NotFound);

        var invite = new V1.InviteTalentRequest { RequestId = Hiring.Id(), Parent = job.Name, Talent = _hiring.Talent.Account, Message = "Come." };
        await _server.Jobs.InviteTalentAsync(invite, _hiring.Employer.Headers);
        var invitations = (await _server.Jobs.ListInvitationsAsync(new() { Filter = "phase = PENDING" }, _hiring.Talent.Headers)).Invitations;
        Assert.Equal("Come.", invitations.Single(invitation => invitation.Name.StartsWith(job.Name, StringComparison.Ordinal)).Message);

        var asked = await _server.Jobs.AskQuestionAsync(
            new() { RequestId = Hiring.Id(), Parent = job.Name, Text = "How wide?" }, _hiring.Talent.Headers);
        await _server.Jobs.AnswerQuestionAsync(
            new() { RequestId = Hiring.Id(), Name = asked.Question.Name, Answer = "Wide." }, _hiring.Employer.Headers);
        var questions = (await _server.Jobs.ListQuestionsAsync(new() { Parent = job.Name }, _hiring.Talent.Headers)).Questions;
        Assert.Equal(("How wide?", "Wide.", true), (questions[0].Text, questions[0].Answer, questions[0].Mine));
        await _hiring.Bid(job);
    }

    [Fact]
    public async Task A_bid_sent_again_answers_again_and_a_second_one_is_refused()
    {
        var job = await _hiring.Open();
        var request = new V1.PlaceBidRequest { RequestId = Hiring.Id(), Parent = job.Name, Bid = _hiring.Written("3000") };
        var placed = await _server.Jobs.PlaceBidAsync(request, _hiring.Talent.Headers);
        Assert.Equal(placed, await _server.Jobs.PlaceBidAsync(request, _hiring.Talent.Headers));
        request.RequestId = Hiring.Id();
        await Rpc.Refused(_server.Jobs.PlaceBidAsync(request, _hiring.Talent.Headers), StatusCode.AlreadyExists, ErrorReason.BidExists);
        Assert.Equal(1u, (await _hiring.Read(job)).BidCount);
    }

    public static TheoryData<string, Action<V1.Job>> BadJobs => new()
    {
        { "job.employer", job => job.Employer = "me" },
        { "job.title", job => job.Title = "" },
        { "job.skills[0]", job => job.Skills[0] = "Drawing" },
        { "job.pricing", job => job.Pricing = null },
        { "job.pricing", job => job.Pricing.Currency = "EUR" },
        { "job.pricing.kind", job => job.Pricing.Kind = V1.PricingKind.Unspecified },
        { "job.pricing.token", job => job.Pricing.Token = "0x1" },
        { "job.pricing.budget", job => job.Pricing.Budget = "1.5" },
        { "job.pricing.hours_per_week_max", job => job.Pricing.HoursPerWeekMax = 81 },
        { "job.positions", job => job.Positions = 0 },
        { "job.bids_close_time", job => job.BidsCloseTime = null },
        { "job.visibility", job => job.Visibility = (V1.JobVisibility)9 },
    };

    [Theory, MemberData(nameof(BadJobs))]
    public async Task A_job_with_a_bad_field_is_refused_with_its_path(string field, Action<V1.Job> spoil)
    {
        var job = _hiring.Written();
        spoil(job);
        await Rpc.Refused(
            _server.Jobs.CreateJobAsync(new() { RequestId = Hiring.Id(), Job = job }, _hiring.Employer.Headers),
            StatusCode.InvalidArgument, ErrorReason.InvalidArgument, field);
    }

    [Theory]
    [InlineData("filter", "colour = red", "", 0)]
    [InlineData("order_by", "", "title", 0)]
    [InlineData("page_size", "", "", -1)]
    public async Task A_list_with_a_bad_wish_is_refused(string field, string filter, string order, int size)
    {
        var error = await Assert.ThrowsAsync<RpcException>(async () => await _server.Jobs.ListJobsAsync(
            new() { Filter = filter, OrderBy = order, PageSize = size }, _hiring.Talent.Headers));
        Assert.Equal((StatusCode.InvalidArgument, field), (error.StatusCode, Api.RpcErrors.Field(error)));
    }

    /// <summary>Set BRAINTRUST_TEST_SEED to play a printed seed again.</summary>
    [Fact]
    public async Task Lists_equal_the_acknowledged_writes_after_every_step()
    {
        var seed = int.TryParse(Environment.GetEnvironmentVariable("BRAINTRUST_TEST_SEED"), out var given) ? given : Random.Shared.Next();
        output.WriteLine($"BRAINTRUST_TEST_SEED={seed}");
        var random = new Random(seed);
        var alone = await Hiring.Begin(_server, employer: 6, talent: 7);
        var (jobs, bids) = (new Dictionary<string, V1.Job>(), new Dictionary<string, V1.Bid>());
        for (var step = 0; step < 40; step++)
        {
            await Write(alone, random, jobs, bids);
            var listed = await _server.Jobs.ListJobsAsync(
                new() { Employer = alone.Employer.Account, PageSize = 200 }, alone.Employer.Headers);
            Assert.Equal(
                jobs.Values.Select(job => (job.Name, job.Phase)).Order(), listed.Jobs.Select(job => (job.Name, job.Phase)).Order());
            var open = await _server.Jobs.ListJobsAsync(new() { Employer = alone.Employer.Account }, alone.Talent.Headers);
            Assert.Equal(
                jobs.Values.Where(job => job.Phase == V1.JobPhase.Open).Select(job => job.Name).Order(),
                open.Jobs.Select(job => job.Name).Order());
            var mine = await _server.Jobs.ListMyBidsAsync(new() { PageSize = 200 }, alone.Talent.Headers);
            Assert.Equal(bids.Values.OrderBy(bid => bid.Name), mine.Bids.OrderBy(bid => bid.Name));
        }
    }

    private async Task Write(Hiring alone, Random random, Dictionary<string, V1.Job> jobs, Dictionary<string, V1.Bid> bids)
    {
        var open = jobs.Values.Where(job => job.Phase == V1.JobPhase.Open).ToArray();
        var live = bids.Values.Where(bid => bid.Phase is V1.BidPhase.Placed or V1.BidPhase.Shortlisted).ToArray();
        var free = open.Where(job => !live.Any(bid => bid.Name.StartsWith(job.Name, StringComparison.Ordinal))
            && bids.Values.Count(bid => bid.Name.StartsWith(job.Name, StringComparison.Ordinal)) < 5).ToArray();
        var id = Hiring.Id();
        switch (random.Next(6))
        {
            case 0:
                Keep(await alone.Open());
                break;
            case 1 when open.Length > 1:
                Keep((await _server.Jobs.CloseJobAsync(new() { RequestId = id, Name = open[0].Name }, alone.Employer.Headers)).Job);
                foreach (var lapsed in live.Where(bid => bid.Name.StartsWith(open[0].Name, StringComparison.Ordinal)))
                    KeepBid((await _server.Jobs.GetBidAsync(new() { Name = lapsed.Name }, alone.Talent.Headers)).Bid, V1.BidPhase.Lapsed);
                break;
            case 2 when live.Length > 0:
                KeepBid((await _server.Jobs.WithdrawBidAsync(new() { RequestId = id, Name = live[0].Name }, alone.Talent.Headers)).Bid, V1.BidPhase.Withdrawn);
                break;
            case 3 when live.Length > 0:
                KeepBid((await _server.Jobs.ShortlistBidAsync(new() { RequestId = id, Name = live[^1].Name }, alone.Employer.Headers)).Bid, V1.BidPhase.Shortlisted);
                break;
            case 4:
                Keep(await alone.Draft(alone.Written()));
                break;
            default:
                if (free.Length > 0) KeepBid(await alone.Bid(free[random.Next(free.Length)]), V1.BidPhase.Placed);
                break;
        }

        void Keep(V1.Job job) => jobs[job.Name] = job;

        void KeepBid(V1.Bid bid, V1.BidPhase phase)
        {
            Assert.Equal(phase, bid.Phase);
            bids[bid.Name] = bid;
        }
    }

    private async Task<IEnumerable<string>> Bids(Person person, V1.Job job) =>
        (await _server.Jobs.ListBidsAsync(new() { Parent = job.Name }, person.Headers)).Bids.Select(bid => bid.Name);

    private Task<RpcException> Unseen(Person person, V1.Job job) => Rpc.Refused(
        _server.Jobs.GetJobAsync(new() { Name = job.Name }, person.Headers), StatusCode.NotFound, ErrorReason.NotFound);
}
