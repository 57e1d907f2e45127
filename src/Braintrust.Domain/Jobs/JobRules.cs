using System.Text.RegularExpressions;

namespace Braintrust.Jobs;

/// <summary>A job's life: draft, review, open, closed. Who acts is for the caller to check.</summary>
public static partial class JobRules
{
    public const int RejectionLengthMax = 500;
    public static readonly TimeSpan BidsOpenMin = TimeSpan.FromHours(1);
    public static readonly TimeSpan BidsOpenMax = TimeSpan.FromDays(90);

    public static Refusal NoJob { get; } = new(RefusalCode.NotFound, "There is no such job.");

    public static Outcome<JobState> Create(JobState job, string employer, JobContent content, DateTimeOffset now)
    {
        if (job.Version > 0) return new Refusal(RefusalCode.Conflict, "The job exists already.");
        if (Check(content) is { } bad) return bad;
        return new JobState
        {
            Version = 1, Edition = 1, Employer = employer, Phase = JobPhase.Draft, Content = content, CreatedAt = now,
        };
    }

    /// <summary>
    /// A draft or rejected job changes freely. What people bid on does not change under them: of an open job only the
    /// positions and the end of bidding.
    /// </summary>
    /// <param name="edition">The edition the change was made from, null to overwrite whatever there is.</param>
    public static Outcome<JobState> Update(JobState job, JobPatch patch, long? edition, DateTimeOffset now)
    {
        if (job.Content is not { } before) return NoJob;
        if (edition is { } expected && expected != job.Edition)
            return new Refusal(RefusalCode.EtagMismatch, "The job changed meanwhile: read it again.", "etag");
        var content = patch.Apply(before);
        if (Check(content) is { } bad) return bad;
        return job.Phase switch
        {
            JobPhase.Draft or JobPhase.Rejected => Edited(job with { Content = content }),
            JobPhase.Open => UpdateOpen(job, before, content, now),
            _ => new Refusal(RefusalCode.WrongState, "A job in review or closed does not change."),
        };
    }

    public static Outcome<JobState> Post(JobState job, DateTimeOffset now)
    {
        if (job.Content is not { } content) return NoJob;
        if (job.Phase is not (JobPhase.Draft or JobPhase.Rejected))
            return new Refusal(RefusalCode.WrongState, "Only a draft can be posted.");
        if (BidsClose(content, now) is { } bad) return bad;
        return Edited(job with { Phase = JobPhase.InReview, Rejection = null });
    }

    /// <param name="rejection">Why not, or null to approve.</param>
    public static Outcome<JobState> Review(JobState job, string? rejection, DateTimeOffset now)
    {
        if (job.Version == 0) return NoJob;
        if (rejection is not null && !Texts.IsProse(rejection, 1, RejectionLengthMax))
            return new Refusal(RefusalCode.InvalidArgument, $"A reason has 1 to {RejectionLengthMax} characters.", "reason");
        if (job.Phase != JobPhase.InReview) return new Refusal(RefusalCode.WrongState, "The job is not in review.");
        return rejection is null
            ? Edited(job with { Phase = JobPhase.Open, PostedAt = now })
            : Edited(job with { Phase = JobPhase.Rejected, Rejection = rejection });
    }

    /// <summary>Nobody else is hired from here on; what was agreed stands. Bids that stood lapse.</summary>
    public static Outcome<JobState> Close(JobState job, DateTimeOffset now)
    {
        if (job.Version == 0) return NoJob;
        if (job.Phase == JobPhase.Closed) return new Refusal(RefusalCode.WrongState, "The job is closed already.");
        var lapsed = job.Bids.Values.Where(bid => bid.IsLive(now))
            .Select(bid => KeyValuePair.Create(bid.Id, bid with { Phase = BidPhase.Lapsed, Version = bid.Version + 1 }));
        return Edited(job with { Phase = JobPhase.Closed, Bids = job.Bids.SetItems(lapsed) });
    }

    private static Outcome<JobState> UpdateOpen(JobState job, JobContent before, JobContent content, DateTimeOffset now)
    {
        if (before with { Positions = content.Positions, BidsCloseAt = content.BidsCloseAt, Skills = content.Skills } != content
            || !before.Skills.SequenceEqual(content.Skills))
            return new Refusal(
                RefusalCode.WrongState, "Of an open job only positions and bids_close_time can change.", "update_mask");
        if (content.Positions < job.Reservations.Count)
            return new Refusal(
                RefusalCode.WrongState, $"{job.Reservations.Count} positions are taken already.", "job.positions");
        if (content.BidsCloseAt != before.BidsCloseAt && BidsClose(content, now) is { } bad) return bad;
        return Edited(job with { Content = content });
    }

    private static JobState Edited(JobState job) => job with { Version = job.Version + 1, Edition = job.Edition + 1 };

    private static Refusal? BidsClose(JobContent content, DateTimeOffset now) =>
        content.BidsCloseAt - now < BidsOpenMin || content.BidsCloseAt - now > BidsOpenMax
            ? Bad("bids_close_time", "Bidding ends between 1 hour and 90 days from now.")
            : null;

    private static Refusal? Check(JobContent content)
    {
        if (!Texts.IsLine(content.Title, 1, JobContent.TitleLengthMax))
            return Bad("title", $"A title is one line of 1 to {JobContent.TitleLengthMax} characters.");
        if (!Texts.IsProse(content.Description, 1, JobContent.DescriptionLengthMax))
            return Bad("description", $"A description has 1 to {JobContent.DescriptionLengthMax} characters.");
        if (content.Skills.Length > JobContent.SkillsMax || content.Skills.Distinct().Count() != content.Skills.Length)
            return Bad("skills", $"At most {JobContent.SkillsMax} skills, no two alike.");
        for (var i = 0; i < content.Skills.Length; i++)
            if (!Skill().IsMatch(content.Skills[i]))
                return Bad($"skills[{i}]", "A skill is 1 to 40 characters: lower-case letters, digits and + # . -");
        if (content.Positions is < 1 or > JobContent.PositionsMax)
            return Bad("positions", $"A job has 1 to {JobContent.PositionsMax} positions.");
        return Check(content.Pricing);
    }

    private static Refusal? Check(JobPricing pricing)
    {
        if (pricing.Token is null == pricing.Currency is null)
            return Bad("pricing", "Name a token or a currency, not both.");
        if (pricing.Token is { IsZero: true }) return Bad("pricing.token", "A token must be named.");
        if (pricing.Currency is { } code && !Currency.IsKnown(code))
            return Bad("pricing.currency", "A currency is an ISO 4217 code such as EUR.");
        if (pricing.Budget.IsZero) return Bad("pricing.budget", "A job pays something.");
        if (pricing.Kind == PricingKind.Fixed)
            return pricing is { HoursPerWeekMax: 0, Weeks: 0 } ? null : Bad("pricing", "Only hourly jobs have hours and weeks.");
        if (pricing.HoursPerWeekMax is < 1 or > JobPricing.HoursOfAWeekMax)
            return Bad("pricing.hours_per_week_max", $"1 to {JobPricing.HoursOfAWeekMax} hours of a week are paid.");
        return pricing.Weeks is < 1 or > JobPricing.WeeksMax
            ? Bad("pricing.weeks", $"An hourly job takes 1 to {JobPricing.WeeksMax} weeks.")
            : null;
    }

    private static Refusal Bad(string field, string message) => new(RefusalCode.InvalidArgument, message, "job." + field);

    [GeneratedRegex(@"^[a-z0-9+#.\-]{1,40}\z")]
    private static partial Regex Skill();
}
