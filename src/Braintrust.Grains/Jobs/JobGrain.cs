using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using Braintrust.Storage;
using Microsoft.Extensions.Logging;
using Orleans.Concurrency;

namespace Braintrust.Jobs;

/// <summary>A job. It coordinates; what is allowed is in the rules.</summary>
[GrainType("job"), Reentrant]
public sealed class JobGrain : Grain, IJobGrain
{
    public const string StateName = "job/state";

    private static readonly StateKind<JobState> Kind = new(StateName, JobState.Empty, JobRows.Of)
    {
        Children = JobRows.Children,
    };

    private readonly TimeProvider _clock;
    private readonly Watchers<JobState> _watchers;
    private readonly Committed<JobState> _job;
    private readonly Employers _employers;
    private readonly OfferDesk _desk;

    public JobGrain(
        ICommitStore store, SiloWatchers silo, Employers employers, OfferDesk desk, TimeProvider clock, ILogger<JobGrain> logger)
    {
        (_clock, _employers, _desk) = (clock, employers, desk);
        _watchers = silo.Of<JobState>(GrainContext);
        _job = new Committed<JobState>(Kind, Id, store, clock, logger, _watchers.Publish, Fail);
    }

    private string Id => this.GetPrimaryKeyString();
    private DateTimeOffset Now => _clock.GetUtcNow();
    private JobView View => JobView.Of(Id, _job.State);

    public override Task OnActivateAsync(CancellationToken ct) => _job.Load(ct);

    public override Task OnDeactivateAsync(DeactivationReason reason, CancellationToken ct)
    {
        _watchers.End();
        return Task.CompletedTask;
    }

    public async Task<Outcome<JobView>> Create(Caller caller, RequestKey request, string employer, JobContent content)
    {
        if (!await _employers.ActsFor(caller, employer)) return Employers.RoleRequired;
        return await Change(caller, request, (job, now) => JobRules.Create(job, employer, content, now));
    }

    public Task<Outcome<JobView>> Update(Caller caller, RequestKey request, JobPatch patch, long? edition) =>
        ForEmployer(caller, () => Change(caller, request, (job, now) => JobRules.Update(job, patch, edition, now)));

    public Task<Outcome<JobView>> Post(Caller caller, RequestKey request) => ForEmployer(caller, async () =>
    {
        var unpayable = await _desk.Unpayable(_job.State.Content!.Pricing);
        return await Change(caller, request, (job, now) => unpayable ?? JobRules.Post(job, now));
    });

    public Task<Outcome<JobView>> Review(Caller caller, RequestKey request, string? rejection) =>
        Change(caller, request, (job, now) => JobRules.Review(job, rejection, now));

    public Task<Outcome<JobView>> Close(Caller caller, RequestKey request) =>
        ForEmployer(caller, () => Change(caller, request, JobRules.Close));

    public async Task<Outcome<JobView>> Read(Caller caller, bool reviewer)
    {
        var seen = BidRules.Sees(_job.State, caller.AccountId) || (reviewer && _job.State.Phase == JobPhase.InReview)
            || await IsEmployer(caller);
        return seen ? View : JobRules.NoJob;
    }

    public async Task<bool> IsEmployer(Caller caller) =>
        _job.State.Version > 0 && await _employers.ActsFor(caller, _job.State.Employer);

    public async Task<Outcome<Bid>> PlaceBid(Caller caller, RequestKey request, Bid bid, int live)
    {
        if (!caller.Wallets.Contains(bid.Wallet))
            return new Refusal(RefusalCode.InvalidArgument, "The wallet is not one of yours.", "bid.wallet");
        var placed = bid with { Talent = caller.AccountId, PlacedAt = Now };
        var outcome = await Change(caller, request, (job, now) => BidRules.Place(job, placed, live, now));
        return outcome.Then<Bid>(_ => _job.State.Bids[bid.Id]);
    }

    public async Task<Outcome<Bid>> WithdrawBid(Caller caller, RequestKey request, string bid)
    {
        var outcome = await Change(caller, request, (job, _) => BidRules.Withdraw(job, bid, caller.AccountId));
        return outcome.Then<Bid>(_ => _job.State.Bids[bid]);
    }

    public Task<Outcome<Bid>> ShortlistBid(Caller caller, RequestKey request, string bid) => ForEmployer(caller, async () =>
    {
        var outcome = await Change(caller, request, (job, now) => BidRules.Shortlist(job, bid, now));
        return outcome.Then<Bid>(_ => _job.State.Bids[bid]);
    });

    public Task<Outcome<Bid>> DeclineBid(Caller caller, RequestKey request, string bid, string reason) =>
        ForEmployer(caller, async () =>
        {
            var outcome = await Change(caller, request, (job, _) => BidRules.Decline(job, bid, reason));
            return outcome.Then<Bid>(_ => _job.State.Bids[bid]);
        });

    public async Task<Outcome<Bid>> ReadBid(Caller caller, string bid) =>
        _job.State.Bids.TryGetValue(bid, out var found) && (found.Talent == caller.AccountId || await IsEmployer(caller))
            ? found
            : BidRules.NoBid;

    public Task<Outcome<ImmutableArray<ComparedBid>>> Compare(Caller caller, ImmutableArray<string> bids) =>
        ForEmployer(caller, () =>
        {
            var found = bids.Select(bid => _job.State.Bids.GetValueOrDefault(bid)).OfType<Bid>().ToArray();
            return Task.FromResult<Outcome<ImmutableArray<ComparedBid>>>(
                found.Length == bids.Length ? ComparedBid.Of(found) : BidRules.NoBid);
        });

    public Task<Outcome<Invitation>> Invite(Caller caller, RequestKey request, string talent, string message) =>
        ForEmployer(caller, async () =>
        {
            var outcome = await Change(caller, request, (job, now) => BidRules.Invite(job, talent, message, now));
            return outcome.Then<Invitation>(_ => _job.State.Invitations[talent]);
        });

    public async Task<Outcome<Invitation>> DeclineInvitation(Caller caller, RequestKey request)
    {
        var outcome = await Change(caller, request, (job, _) => BidRules.DeclineInvitation(job, caller.AccountId));
        return outcome.Then<Invitation>(_ => _job.State.Invitations[caller.AccountId]);
    }

    public async Task<Outcome<Question>> Ask(Caller caller, RequestKey request, string id, string text)
    {
        var question = new Question(id, caller.AccountId, text, Now, "", null);
        var outcome = await Change(caller, request, (job, _) => QuestionRules.Ask(job, question));
        return outcome.Then<Question>(_ => _job.State.Questions[id]);
    }

    public Task<Outcome<Question>> Answer(Caller caller, RequestKey request, string question, string answer) =>
        ForEmployer(caller, async () =>
        {
            var outcome = await Change(caller, request, (job, now) => QuestionRules.Answer(job, question, answer, now));
            return outcome.Then<Question>(_ => _job.State.Questions[question]);
        });

    public Task<Outcome<Engagement>> Engage(Caller caller, RequestKey request, string? bid, string talent) =>
        ForEmployer(caller, () => _job.Run(
            caller.AccountId, request,
            job => PositionRules.Engage(job, bid, talent, Now),
            job => PositionRules.Engaged(job, bid, talent)));

    public async Task<Outcome<Reservation>> Reserve(Reservation wanted)
    {
        var outcome = await Take();
        if (outcome.Accepted(out _, out var refusal) || refusal.Code != RefusalCode.PositionsFilled) return outcome;
        await Task.WhenAll(_job.State.Reservations.Values.Select(Recheck));
        return await Take();

        async Task<Outcome<Reservation>> Take() =>
            (await _job.Run(job => PositionRules.Reserve(job, wanted))).Then<Reservation>(_ => wanted);
    }

    public Task Recheck(string negotiation) =>
        _job.State.Reservations.TryGetValue(negotiation, out var held) ? Recheck(held) : Task.CompletedTask;

    public Task GiveBack(string negotiation, long epoch) => _job.Run(job => PositionRules.GiveBack(job, negotiation, epoch));

    public async IAsyncEnumerable<JobView> Watch([EnumeratorCancellation] CancellationToken ct = default)
    {
        await foreach (var job in _watchers.Watch(() => _job.State, ct)) yield return JobView.Of(Id, job);
    }

    public async IAsyncEnumerable<Bid> WatchBid(string bid, [EnumeratorCancellation] CancellationToken ct = default)
    {
        var told = 0L;
        await foreach (var job in _watchers.Watch(() => _job.State, ct))
        {
            if (!job.Bids.TryGetValue(bid, out var found) || found.Version == told) continue;
            told = found.Version;
            yield return found;
        }
    }

    private async Task Recheck(Reservation held)
    {
        if (held.Funded) return;
        var claim = await GrainFactory.GetGrain<INegotiationGrain>(held.Negotiation).Claim();
        await _job.Run(job => PositionRules.Settle(job, held, claim));
    }

    /// <summary>A job that is not the caller's to see must not be told from one that does not exist.</summary>
    private async Task<Outcome<T>> ForEmployer<T>(Caller caller, Func<Task<Outcome<T>>> act) where T : notnull
    {
        if (await IsEmployer(caller)) return await act();
        return BidRules.Sees(_job.State, caller.AccountId) ? NotTheEmployer : JobRules.NoJob;
    }

    private async Task<Outcome<JobView>> Change(
        Caller caller, RequestKey request, Func<JobState, DateTimeOffset, Outcome<JobState>> rule)
    {
        var now = Now;
        var outcome = await _job.Run(caller.AccountId, request, job => rule(job, now), job => new Receipt(job.Version));
        return outcome.Then<JobView>(_ => View);
    }

    private void Fail()
    {
        _watchers.End();
        DeactivateOnIdle();
    }

    private static Refusal NotTheEmployer { get; } =
        new(RefusalCode.NotAParty, "Only the job's employer can do that.");
}
