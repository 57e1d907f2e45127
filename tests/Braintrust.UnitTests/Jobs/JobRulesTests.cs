namespace Braintrust.Jobs;

public sealed class JobRulesTests
{
    private static readonly DateTimeOffset Now = Sample.Now;

    public static TheoryData<string, Func<JobContent, JobContent>> Bad => new()
    {
        { "job.title", c => c with { Title = "" } },
        { "job.title", c => c with { Title = new string('x', 121) } },
        { "job.title", c => c with { Title = "two\nlines" } },
        { "job.description", c => c with { Description = "" } },
        { "job.description", c => c with { Description = new string('x', 20_001) } },
        { "job.description", c => c with { Description = "\0" } },
        { "job.skills", c => c with { Skills = [.. Enumerable.Range(0, 16).Select(i => "s" + i)] } },
        { "job.skills", c => c with { Skills = ["a", "a"] } },
        { "job.skills[1]", c => c with { Skills = ["a", "B"] } },
        { "job.skills[0]", c => c with { Skills = [""] } },
        { "job.skills[0]", c => c with { Skills = ["a\n"] } },
        { "job.skills[0]", c => c with { Skills = [new string('a', 41)] } },
        { "job.positions", c => c with { Positions = 0 } },
        { "job.positions", c => c with { Positions = 51 } },
        { "job.pricing", c => c with { Pricing = c.Pricing with { Currency = "EUR" } } },
        { "job.pricing", c => c with { Pricing = c.Pricing with { Token = null } } },
        { "job.pricing", c => c with { Pricing = c.Pricing with { Weeks = 1 } } },
        { "job.pricing.token", c => c with { Pricing = c.Pricing with { Token = Address.Zero } } },
        { "job.pricing.currency", c => c with { Pricing = c.Pricing with { Token = null, Currency = "eur" } } },
        { "job.pricing.currency", c => c with { Pricing = c.Pricing with { Token = null, Currency = "XXX" } } },
        { "job.pricing.budget", c => c with { Pricing = c.Pricing with { Budget = Amount.Zero } } },
        { "job.pricing.hours_per_week_max", c => c with { Pricing = Sample.Hourly with { HoursPerWeekMax = 0 } } },
        { "job.pricing.hours_per_week_max", c => c with { Pricing = Sample.Hourly with { HoursPerWeekMax = 81 } } },
        { "job.pricing.weeks", c => c with { Pricing = Sample.Hourly with { Weeks = 33 } } },
    };

    [Theory, MemberData(nameof(Bad))]
    public void A_job_beyond_its_limits_is_refused_with_the_field_at_fault(string field, Func<JobContent, JobContent> spoil) =>
        Assert.Equal(
            (RefusalCode.InvalidArgument, field),
            Sample.Refuse(JobRules.Create(JobState.Empty, "accounts/x", spoil(Sample.Content), Now)));

    [Fact]
    public void A_job_goes_from_draft_over_review_to_open_and_closed()
    {
        var rejected = Sample.Accept(JobRules.Review(Sample.Accept(JobRules.Post(Sample.Draft, Now)), "Too short.", Now));
        Assert.Equal((JobPhase.Rejected, "Too short."), (rejected.Phase, rejected.Rejection));
        var posted = Sample.Accept(JobRules.Post(rejected, Now));
        Assert.Equal((JobPhase.InReview, null), (posted.Phase, posted.Rejection));
        var open = Sample.Accept(JobRules.Review(posted, null, Now));
        Assert.Equal((JobPhase.Open, Now), (open.Phase, open.PostedAt));
        var closed = Sample.Accept(JobRules.Close(open, Now));
        Assert.Equal((JobPhase.Closed, 6L, 6L), (closed.Phase, closed.Version, closed.Edition));
    }

    public static TheoryData<string, Func<JobState, Outcome<JobState>>> OutOfTurn => new()
    {
        { "draft", job => JobRules.Review(job, null, Now) },
        { "open", job => JobRules.Post(job, Now) },
        { "open", job => JobRules.Review(job, null, Now) },
        { "open", job => JobRules.Update(job, new JobPatch { Title = "Another" }, null, Now) },
        { "closed", job => JobRules.Close(job, Now) },
        { "closed", job => JobRules.Post(job, Now) },
        { "closed", job => JobRules.Update(job, new JobPatch { Positions = 3 }, null, Now) },
        { "review", job => JobRules.Update(job, new JobPatch { Title = "Another" }, null, Now) },
        { "review", job => JobRules.Post(job, Now) },
    };

    [Theory, MemberData(nameof(OutOfTurn))]
    public void What_is_out_of_turn_is_refused(string phase, Func<JobState, Outcome<JobState>> act) =>
        Assert.Equal(RefusalCode.WrongState, Sample.Refuse(act(At(phase))).Code);

    [Fact]
    public void An_edit_from_an_older_edition_is_refused_and_a_bid_makes_none_older()
    {
        var bid = Sample.Accept(BidRules.Place(Sample.Open, Sample.Bid, 0, Now));
        var edited = Sample.Accept(JobRules.Update(bid, new JobPatch { Positions = 3 }, Sample.Open.Edition, Now));
        Assert.Equal(
            RefusalCode.EtagMismatch, Sample.Refuse(JobRules.Update(edited, new JobPatch { Positions = 4 }, Sample.Open.Edition, Now)).Code);
    }

    [Fact]
    public void An_open_job_keeps_what_is_taken()
    {
        var job = Sample.Accept(PositionRules.Reserve(Sample.Open, Sample.Reservation("a")));
        job = Sample.Accept(PositionRules.Reserve(job, Sample.Reservation("b")));
        Assert.Equal(
            (RefusalCode.WrongState, "job.positions"),
            Sample.Refuse(JobRules.Update(job, new JobPatch { Positions = 1 }, null, Now)));
        Assert.Equal(5, Sample.Accept(JobRules.Update(job, new JobPatch { Positions = 5 }, null, Now)).Content!.Positions);
    }

    [Theory]
    [InlineData(59 * 60)]
    [InlineData(90 * 86_400 + 1)]
    public void Bidding_ends_neither_at_once_nor_never(int seconds) => Assert.Equal(
        (RefusalCode.InvalidArgument, "job.bids_close_time"),
        Sample.Refuse(JobRules.Post(Sample.Accept(JobRules.Update(
            Sample.Draft, new JobPatch { BidsCloseAt = Now + TimeSpan.FromSeconds(seconds) }, null, Now)), Now)));

    private static JobState At(string phase) => phase switch
    {
        "draft" => Sample.Draft,
        "review" => Sample.Accept(JobRules.Post(Sample.Draft, Now)),
        "open" => Sample.Open,
        _ => Sample.Accept(JobRules.Close(Sample.Open, Now)),
    };
}
