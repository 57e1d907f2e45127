using System.Numerics;

namespace Braintrust.Jobs;

/// <summary>Bids and invitations. Who is the employer is for the caller to check.</summary>
public static class BidRules
{
    public static readonly TimeSpan StandsMin = TimeSpan.FromHours(1);
    public static readonly TimeSpan StandsMax = TimeSpan.FromDays(90);

    public static Refusal NoBid { get; } = new(RefusalCode.NotFound, "There is no such bid.");

    /// <summary>
    /// One live bid a person, at most <see cref="Bid.AttemptsMax"/> over the job's life, and <see cref="Bid.LiveMax"/> live
    /// ones over all jobs.
    /// </summary>
    /// <param name="live">The person's live bids on all jobs.</param>
    public static Outcome<JobState> Place(JobState job, Bid bid, int live, DateTimeOffset now)
    {
        if (!MayBid(job, bid.Talent)) return JobRules.NoJob;
        if (job.Phase != JobPhase.Open) return new Refusal(RefusalCode.WrongState, "The job is not open.");
        if (now >= job.Content!.BidsCloseAt) return new Refusal(RefusalCode.TooLate, "Bidding has closed.");
        if (Party.Account(job.Employer) == bid.Talent)
            return new Refusal(RefusalCode.WrongState, "The employer does not bid on the own job.");
        if (Check(bid, now) is { } bad) return bad;
        var mine = job.Bids.Values.Where(other => other.Talent == bid.Talent).ToArray();
        if (mine.Any(other => other.IsLive(now)))
            return new Refusal(RefusalCode.BidExists, "Your bid on this job stands: withdraw it before you place another.");
        if (mine.Length >= Bid.AttemptsMax)
            return new Refusal(RefusalCode.LimitReached, $"A person bids on a job at most {Bid.AttemptsMax} times.");
        if (live >= Bid.LiveMax)
            return new Refusal(RefusalCode.LimitReached, $"A person has at most {Bid.LiveMax} live bids.");
        if (job.Bids.Count >= JobState.BidsMax)
            return new Refusal(RefusalCode.LimitReached, $"A job holds at most {JobState.BidsMax} bids.");
        var placed = job with { Version = job.Version + 1, Bids = job.Bids.SetItem(bid.Id, bid) };
        return job.Invitations.TryGetValue(bid.Talent, out var invitation)
            ? placed with { Invitations = job.Invitations.SetItem(bid.Talent, invitation with { Phase = InvitationPhase.Answered }) }
            : placed;
    }

    public static Outcome<JobState> Withdraw(JobState job, string bid, string talent) =>
        !job.Bids.TryGetValue(bid, out var standing) || standing.Talent != talent ? NoBid
        : standing.Phase is BidPhase.Placed or BidPhase.Shortlisted ? Change(job, standing, BidPhase.Withdrawn, null)
        : new Refusal(RefusalCode.WrongState, "The bid does not stand any more.");

    public static Outcome<JobState> Shortlist(JobState job, string bid, DateTimeOffset now) =>
        !job.Bids.TryGetValue(bid, out var standing) ? NoBid
        : standing.Phase == BidPhase.Shortlisted ? job
        : standing.IsLive(now) ? Change(job, standing, BidPhase.Shortlisted, null)
        : new Refusal(RefusalCode.WrongState, "The bid does not stand any more.");

    public static Outcome<JobState> Decline(JobState job, string bid, string reason) =>
        !job.Bids.TryGetValue(bid, out var standing) ? NoBid
        : !Texts.IsProse(reason, 1, Bid.ReasonLengthMax)
            ? new Refusal(RefusalCode.InvalidArgument, $"A reason has 1 to {Bid.ReasonLengthMax} characters.", "reason")
        : standing.Phase is BidPhase.Placed or BidPhase.Shortlisted ? Change(job, standing, BidPhase.Declined, reason)
        : new Refusal(RefusalCode.WrongState, "The bid does not stand any more.");

    public static Outcome<JobState> Invite(JobState job, string talent, string message, DateTimeOffset now)
    {
        if (job.Version == 0) return JobRules.NoJob;
        if (job.Phase != JobPhase.Open) return new Refusal(RefusalCode.WrongState, "The job is not open.");
        if (Party.Account(job.Employer) == talent)
            return new Refusal(RefusalCode.InvalidArgument, "The employer does not invite themselves.", "talent");
        if (!Texts.IsProse(message, 0, Invitation.MessageLengthMax))
            return new Refusal(RefusalCode.InvalidArgument, $"At most {Invitation.MessageLengthMax} characters.", "message");
        if (job.Invitations.TryGetValue(talent, out var standing))
            return standing.Message == message ? job : new Refusal(RefusalCode.Conflict, "The person is invited already.", "talent");
        if (job.Invitations.Count >= JobState.InvitationsMax)
            return new Refusal(RefusalCode.LimitReached, $"A job has at most {JobState.InvitationsMax} invitations.");
        return Invited(job, new Invitation(talent, message, InvitationPhase.Pending, now));
    }

    public static Outcome<JobState> DeclineInvitation(JobState job, string talent)
    {
        if (!job.Invitations.TryGetValue(talent, out var invitation))
            return new Refusal(RefusalCode.NotFound, "There is no such invitation.");
        return invitation.Phase switch
        {
            InvitationPhase.Declined => job,
            InvitationPhase.Pending => Invited(job, invitation with { Phase = InvitationPhase.Declined }),
            _ => new Refusal(RefusalCode.WrongState, "The invitation was answered by a bid."),
        };
    }

    /// <summary>Whether the job is there at all for somebody who is not the employer.</summary>
    public static bool Sees(JobState job, string account) =>
        job.Phase is JobPhase.Open or JobPhase.Closed && (job.Content!.Visibility == JobVisibility.Public
            || job.Invitations.ContainsKey(account) || job.Bids.Values.Any(bid => bid.Talent == account));

    private static bool MayBid(JobState job, string talent) =>
        Sees(job, talent) && (job.Content!.Visibility == JobVisibility.Public || job.Invitations.ContainsKey(talent));

    private static JobState Change(JobState job, Bid bid, BidPhase phase, string? reason) => job with
    {
        Version = job.Version + 1,
        Bids = job.Bids.SetItem(bid.Id, bid with { Phase = phase, Reason = reason, Version = bid.Version + 1 }),
    };

    private static JobState Invited(JobState job, Invitation invitation) => job with
    {
        Version = job.Version + 1, Invitations = job.Invitations.SetItem(invitation.Talent, invitation),
    };

    private static Refusal? Check(Bid bid, DateTimeOffset now)
    {
        if (bid.Amount.IsZero) return Bad("amount", "A bid asks for something.");
        if (bid.Days is < 1 or > Bid.DaysMax) return Bad("delivery_days", $"1 to {Bid.DaysMax} days.");
        if (!Texts.IsProse(bid.Cover, 1, Bid.CoverLengthMax)) return Bad("cover", $"1 to {Bid.CoverLengthMax} characters.");
        if (bid.ExpiresAt - now < StandsMin || bid.ExpiresAt - now > StandsMax)
            return Bad("expire_time", "A bid stands for 1 hour to 90 days.");
        return CheckMilestones(bid);
    }

    private static Refusal? CheckMilestones(Bid bid)
    {
        if (bid.Milestones.Length > Bid.MilestonesMax) return Bad("milestones", $"At most {Bid.MilestonesMax} milestones.");
        for (var i = 0; i < bid.Milestones.Length; i++)
        {
            if (!Texts.IsLine(bid.Milestones[i].Title, 1, ProposedMilestone.TitleLengthMax))
                return Bad($"milestones[{i}].title", $"1 to {ProposedMilestone.TitleLengthMax} characters.");
            if (bid.Milestones[i].Amount.IsZero) return Bad($"milestones[{i}].amount", "A milestone pays something.");
            if (bid.Milestones[i].Days is < 1 or > Bid.DaysMax) return Bad($"milestones[{i}].days", $"1 to {Bid.DaysMax} days.");
        }

        var sum = bid.Milestones.Aggregate(BigInteger.Zero, (all, milestone) => all + milestone.Amount.Units);
        return bid.Milestones.IsEmpty || sum == bid.Amount.Units
            ? null
            : Bad("milestones", "The milestones' amounts sum to the bid's.");
    }

    private static Refusal Bad(string field, string message) => new(RefusalCode.InvalidArgument, message, "bid." + field);
}
