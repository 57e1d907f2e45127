using Braintrust.Jobs;
using V1 = Braintrust.Api.Watch.V1;

namespace Braintrust.Watch;

public sealed partial class WatchSources
{
    private async Task<WatchSource> Job(string subject, string field, Caller caller)
    {
        if (subject.Contains($"/{JobsWire.BidCollection}/", StringComparison.Ordinal)) return await Bid(subject, field, caller);
        var grain = grains.GetGrain<IJobGrain>(JobsWire.Id(subject, field));
        // Asked first: who is let in after a role has ended is let in for something else.
        var hires = await grain.IsEmployer(caller);
        var seen = Visible(await grain.Read(caller, reviewers.Include(caller)), field);
        return new WatchSource(subject, new ViewVersion(seen.Version, 0), ct => Map(grain.Watch(ct), job => new Published(
            new V1.Update { Subject = subject, Job = JobsWire.Job(job) }, new ViewVersion(job.Version, 0), [])))
        {
            Guard = hires ? Guard(seen.Employer, caller) : null,
        };
    }

    private async Task<WatchSource> Bid(string subject, string field, Caller caller)
    {
        var (job, id) = JobsWire.ChildId(subject, JobsWire.BidCollection, field);
        var grain = grains.GetGrain<IJobGrain>(job);
        var seen = Visible(await grain.ReadBid(caller, id), field);
        var employer = seen.Talent == caller.AccountId ? "" : Visible(await grain.Read(caller, reviewer: false), field).Employer;
        return new WatchSource(subject, new ViewVersion(seen.Version, 0), ct => Map(grain.WatchBid(id, ct), bid => new Published(
            new V1.Update { Subject = subject, Bid = JobsWire.Bid(job, bid) }, new ViewVersion(bid.Version, 0), [])))
        {
            Guard = Guard(employer, caller),
        };
    }

    private async Task<WatchSource> Negotiation(string subject, string field, Caller caller)
    {
        var id = NegotiationsWire.Id(subject, field);
        var grain = grains.GetGrain<INegotiationGrain>(id);
        var seen = Visible(await grain.Read(caller), field).State;
        return new WatchSource(subject, new ViewVersion(seen.Version, 0), ct => Map(grain.Watch(ct), state => new Published(
            new V1.Update { Subject = subject, Negotiation = NegotiationsWire.Negotiation(id, state) },
            new ViewVersion(state.Version, 0), [])))
        {
            Guard = seen.Talent == caller.AccountId ? null : Guard(seen.Employer, caller),
        };
    }

    /// <summary>Who watches for an organisation stops with the role.</summary>
    private WatchGuard? Guard(string employer, Caller caller) =>
        Party.Organisation(employer) is { } organisation ? Membership(organisation, caller, hires: true) : null;
}
