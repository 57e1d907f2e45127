namespace Braintrust.Jobs;

/// <summary>
/// Positions and who holds them. Messages may be repeated, late or out of order: an epoch older than the one that stands
/// changes nothing, and what a late message reserves is found and given back.
/// </summary>
public static class PositionRules
{
    public static Refusal PositionsFilled { get; } = new(RefusalCode.PositionsFilled, "Every position of the job is taken.");

    /// <summary>Notes a negotiation about to open with somebody who bid or was invited.</summary>
    public static Outcome<JobState> Engage(JobState job, string? bid, string talent, DateTimeOffset now)
    {
        if (job.Version == 0) return JobRules.NoJob;
        if (job.Phase != JobPhase.Open) return new Refusal(RefusalCode.WrongState, "The job is not open.");
        if (bid is not null && !(job.Bids.TryGetValue(bid, out var standing) && standing.IsLive(now)))
            return new Refusal(RefusalCode.WrongState, "The bid does not stand any more.", "bid");
        if (bid is null && job.Invitations.GetValueOrDefault(talent) is not { Phase: not InvitationPhase.Declined })
            return new Refusal(RefusalCode.WrongState, "The person has no bid and no invitation.", "talent");
        if (job.Negotiations >= JobState.NegotiationsMax)
            return new Refusal(RefusalCode.LimitReached, $"A job has at most {JobState.NegotiationsMax} negotiations.");
        return job with { Version = job.Version + 1, Negotiations = job.Negotiations + 1 };
    }

    /// <summary>What the negotiation opens with, once it was noted.</summary>
    public static Engagement Engaged(JobState job, string? bid, string talent)
    {
        var from = bid is null ? null : job.Bids[bid];
        return new Engagement(job.Employer, from?.Talent ?? talent, job.Content!.Pricing, from?.Wallet);
    }

    /// <summary>Takes a position for a negotiation; again, it only notes the newer epoch and time.</summary>
    public static Outcome<JobState> Reserve(JobState job, Reservation wanted)
    {
        if (job.Version == 0) return JobRules.NoJob;
        if (job.Reservations.TryGetValue(wanted.Negotiation, out var standing))
            return wanted == standing || standing.Funded ? job
                : wanted.Epoch >= standing.Epoch ? Reserved(job, wanted)
                : new Refusal(RefusalCode.Conflict, "The negotiation has gone on.");
        if (job.Phase != JobPhase.Open) return new Refusal(RefusalCode.WrongState, "The job is not open.");
        return job.Reservations.Count < job.Content!.Positions ? Reserved(job, wanted) : PositionsFilled;
    }

    /// <summary>Frees what the negotiation held in this epoch or before.</summary>
    public static Outcome<JobState> GiveBack(JobState job, string negotiation, long epoch) =>
        job.Reservations.TryGetValue(negotiation, out var standing) && standing.Epoch <= epoch
            ? job with { Version = job.Version + 1, Reservations = job.Reservations.Remove(negotiation) }
            : job;

    /// <summary>Keeps or frees a position by what its negotiation said when it was asked about this reservation.</summary>
    public static Outcome<JobState> Settle(JobState job, Reservation asked, PositionClaim claim) => claim switch
    {
        PositionClaim.None => GiveBack(job, asked.Negotiation, asked.Epoch),
        PositionClaim.Funded when job.Reservations.TryGetValue(asked.Negotiation, out var standing) && !standing.Funded =>
            Reserved(job, standing with { Funded = true }),
        _ => job,
    };

    private static JobState Reserved(JobState job, Reservation wanted) => job with
    {
        Version = job.Version + 1, Reservations = job.Reservations.SetItem(wanted.Negotiation, wanted),
    };
}
