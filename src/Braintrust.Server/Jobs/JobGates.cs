using Braintrust.Documents;

namespace Braintrust.Jobs;

/// <summary>Whoever sees a job reads its documents; who acts for the employer attaches them.</summary>
public sealed class JobGate(IGrainFactory grains, Reviewers reviewers) : ISubjectGate
{
    public string Collection => JobsWire.Collection;

    public async Task<Outcome<SubjectRights>> RightsOf(Caller caller, string subject, string field)
    {
        var grain = grains.GetGrain<IJobGrain>(JobsWire.Id(subject, field));
        // Asked first: who is let in after a role has ended is let in for something else, and without its rights.
        var writes = await grain.IsEmployer(caller);
        var read = await grain.Read(caller, reviewers.Include(caller));
        if (!read.Accepted(out var job, out var refusal)) return refusal;
        return new SubjectRights(writes, writes ? Party.Organisation(job.Employer) : null, Hires: true);
    }
}

/// <summary>Both sides of a negotiation.</summary>
public sealed class NegotiationGate(IGrainFactory grains) : ISubjectGate
{
    public string Collection => NegotiationsWire.Collection;

    public async Task<Outcome<SubjectRights>> RightsOf(Caller caller, string subject, string field)
    {
        var read = await grains.GetGrain<INegotiationGrain>(NegotiationsWire.Id(subject, field)).Read(caller);
        if (!read.Accepted(out var negotiation, out var refusal)) return refusal;
        var talent = negotiation.State.Talent == caller.AccountId;
        return new SubjectRights(Writes: true, talent ? null : Party.Organisation(negotiation.State.Employer), Hires: true)
        {
            Offers = [.. negotiation.State.Offers.Select(offer => offer.Hash)],
            Bound = [.. negotiation.State.Offers.SelectMany(offer => offer.Attachments.Append(offer.Terms.Documents))],
        };
    }
}
