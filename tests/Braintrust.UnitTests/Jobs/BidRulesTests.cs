using System.Collections.Immutable;

namespace Braintrust.Jobs;

public sealed class BidRulesTests
{
    private static readonly DateTimeOffset Now = Sample.Now;

    public static TheoryData<string, Func<Bid, Bid>> Bad => new()
    {
        { "bid.amount", b => b with { Amount = Amount.Zero } },
        { "bid.delivery_days", b => b with { Days = 0 } },
        { "bid.delivery_days", b => b with { Days = 366 } },
        { "bid.cover", b => b with { Cover = " " } },
        { "bid.cover", b => b with { Cover = new string('x', 4_001) } },
        { "bid.expire_time", b => b with { ExpiresAt = Now + TimeSpan.FromMinutes(59) } },
        { "bid.expire_time", b => b with { ExpiresAt = Now + TimeSpan.FromDays(91) } },
        { "bid.milestones", b => b with { Amount = new Amount(2_999) } },
        { "bid.milestones", b => b with { Milestones = [.. Enumerable.Repeat(b.Milestones[0], 33)] } },
        { "bid.milestones[1].title", b => b with { Milestones = b.Milestones.SetItem(1, b.Milestones[1] with { Title = "" }) } },
        { "bid.milestones[0].amount", b => b with { Milestones = b.Milestones.SetItem(0, b.Milestones[0] with { Amount = Amount.Zero }) } },
        { "bid.milestones[0].days", b => b with { Milestones = b.Milestones.SetItem(0, b.Milestones[0] with { Days = 366 }) } },
    };

    [Theory, MemberData(nameof(Bad))]
    public void A_bid_beyond_its_limits_is_refused_with_the_field_at_fault(string field, Func<Bid, Bid> spoil) =>
        Assert.Equal((RefusalCode.InvalidArgument, field), Sample.Refuse(BidRules.Place(Sample.Open, spoil(Sample.Bid), 0, Now)));

    [Fact]
    public void One_live_bid_a_person_and_five_attempts()
    {
        var job = Sample.Open;
        for (var attempt = 0; attempt < Bid.AttemptsMax; attempt++)
        {
            var bid = Sample.Bid with { Id = "b" + attempt };
            job = Sample.Accept(BidRules.Place(job, bid, 0, Now));
            Assert.Equal(RefusalCode.BidExists, Sample.Refuse(BidRules.Place(job, bid with { Id = "x" }, 0, Now)).Code);
            job = Sample.Accept(BidRules.Withdraw(job, bid.Id, Sample.Talent));
        }

        Assert.Equal(RefusalCode.LimitReached, Sample.Refuse(BidRules.Place(job, Sample.Bid, 0, Now)).Code);
    }

    [Fact]
    public void Limits_of_live_bids_and_of_bids_on_a_job_hold()
    {
        Assert.False(BidRules.Place(Sample.Open, Sample.Bid, Bid.LiveMax - 1, Now).IsRefused);
        Assert.Equal(RefusalCode.LimitReached, Sample.Refuse(BidRules.Place(Sample.Open, Sample.Bid, Bid.LiveMax, Now)).Code);
        var full = Sample.Open with
        {
            Bids = Enumerable.Range(0, JobState.BidsMax).ToImmutableDictionary(
                i => "b" + i, i => Sample.Bid with { Id = "b" + i, Talent = "t" + i }),
        };
        Assert.Equal(RefusalCode.LimitReached, Sample.Refuse(BidRules.Place(full, Sample.Bid, 0, Now)).Code);
    }

    [Fact]
    public void An_invited_only_job_is_there_for_the_invited_alone()
    {
        var job = Sample.Open with { Content = Sample.Content with { Visibility = JobVisibility.Invited } };
        Assert.Equal(RefusalCode.NotFound, Sample.Refuse(BidRules.Place(job, Sample.Bid, 0, Now)).Code);
        var invited = Sample.Accept(BidRules.Invite(job, Sample.Talent, "Come.", Now));
        Assert.True(BidRules.Sees(invited, Sample.Talent));
        Assert.False(BidRules.Sees(invited, "somebody"));
        var bid = Sample.Accept(BidRules.Place(invited, Sample.Bid, 0, Now));
        Assert.Equal(InvitationPhase.Answered, bid.Invitations[Sample.Talent].Phase);
        Assert.Equal(RefusalCode.WrongState, Sample.Refuse(BidRules.DeclineInvitation(bid, Sample.Talent)).Code);
    }

    public static TheoryData<RefusalCode, Func<JobState, Outcome<JobState>>> OutOfTurn => new()
    {
        { RefusalCode.NotFound, job => BidRules.Withdraw(job, Sample.Bid.Id, "somebody") },
        { RefusalCode.NotFound, job => BidRules.Withdraw(job, "none", Sample.Talent) },
        { RefusalCode.NotFound, job => BidRules.Decline(job, "none", "No.") },
        { RefusalCode.InvalidArgument, job => BidRules.Decline(job, Sample.Bid.Id, "") },
        { RefusalCode.WrongState, job => BidRules.Shortlist(job, Sample.Bid.Id, Sample.Bid.ExpiresAt) },
        { RefusalCode.WrongState, job => BidRules.Place(job, Sample.Bid with { Id = "own", Talent = Sample.Employer }, 0, Now) },
        { RefusalCode.TooLate, job => BidRules.Place(job, Sample.Bid with { Id = "late", Talent = "t" }, 0, Sample.Content.BidsCloseAt) },
        { RefusalCode.InvalidArgument, job => BidRules.Invite(job, Sample.Employer, "", Now) },
        { RefusalCode.NotFound, job => BidRules.DeclineInvitation(job, "nobody") },
        { RefusalCode.WrongState, job => PositionRules.Engage(job, Sample.Bid.Id, "", Sample.Bid.ExpiresAt) },
        { RefusalCode.WrongState, job => PositionRules.Engage(job, null, "uninvited", Now) },
    };

    [Theory, MemberData(nameof(OutOfTurn))]
    public void What_is_out_of_turn_is_refused(RefusalCode code, Func<JobState, Outcome<JobState>> act) =>
        Assert.Equal(code, Sample.Refuse(act(Sample.Accept(BidRules.Place(Sample.Open, Sample.Bid, 0, Now)))).Code);

    [Fact]
    public void Closing_a_job_lets_its_live_bids_lapse_and_no_others()
    {
        var job = Sample.Accept(BidRules.Place(Sample.Open, Sample.Bid, 0, Now));
        job = Sample.Accept(BidRules.Place(job, Sample.Bid with { Id = "other", Talent = "t" }, 0, Now));
        job = Sample.Accept(JobRules.Close(Sample.Accept(BidRules.Decline(job, "other", "No.")), Now));
        Assert.Equal((BidPhase.Lapsed, BidPhase.Declined), (job.Bids[Sample.Bid.Id].Phase, job.Bids["other"].Phase));
    }

    [Fact]
    public void Bids_beside_each_other_share_ranks_when_they_are_equal()
    {
        var bids = new[] { (300, 5), (100, 9), (300, 5) }
            .Select((bid, i) => Sample.Bid with { Id = "b" + i, Amount = new Amount((ulong)bid.Item1), Days = bid.Item2 }).ToArray();
        Assert.Equal([(2, 1), (1, 3), (2, 1)], ComparedBid.Of(bids).Select(bid => (bid.AmountRank, bid.DaysRank)));
    }

    [Fact]
    public void A_question_is_answered_once_and_nobody_floods_an_employer()
    {
        var job = Sample.Open;
        for (var i = 0; i < Question.OpenPerPersonMax; i++)
            job = Sample.Accept(QuestionRules.Ask(job, new Question("q" + i, "t", "Why?", Now, "", null)));
        Assert.Equal(RefusalCode.LimitReached, Sample.Refuse(QuestionRules.Ask(job, new Question("q", "t", "Why?", Now, "", null))).Code);
        job = Sample.Accept(QuestionRules.Answer(job, "q0", "Because.", Now));
        Assert.False(QuestionRules.Ask(job, new Question("q", "t", "Why?", Now, "", null)).IsRefused);
        Assert.Equal(RefusalCode.WrongState, Sample.Refuse(QuestionRules.Answer(job, "q0", "Again.", Now)).Code);
        Assert.Equal(RefusalCode.NotFound, Sample.Refuse(QuestionRules.Answer(job, "none", "Because.", Now)).Code);
    }
}
