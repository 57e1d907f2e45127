using System.Collections.Immutable;
using System.Security.Cryptography;
using Braintrust.Chain;
using Braintrust.Escrow;
using Braintrust.Storage;
using Microsoft.Extensions.Logging;
using Orleans.Concurrency;

namespace Braintrust.Reputation;

[GrainType("review"), Reentrant]
public sealed class ReviewGrain : Grain, IReviewGrain
{
    public const string StateName = "review/state";

    private static readonly StateKind<ReviewState> Kind = new(StateName, ReviewState.Empty, ReviewRows.Of);

    private readonly ReviewDesk _desk;
    private readonly TimeProvider _clock;
    private readonly Committed<ReviewState> _state;
    private readonly ulong _chainId;
    private readonly Hash32 _negotiation;
    private readonly int _milestone;

    public ReviewGrain(ReviewDesk desk, ICommitStore store, TimeProvider clock, ILogger<ReviewGrain> logger)
    {
        (_desk, _clock) = (desk, clock);
        (_chainId, _negotiation, _milestone) = ReviewKey.Parse(this.GetPrimaryKeyString());
        _state = new Committed<ReviewState>(
            Kind, this.GetPrimaryKeyString(), store, clock, logger, _ => { }, DeactivateOnIdle);
    }

    private IEscrowGrain Escrow => GrainFactory.GetGrain<IEscrowGrain>(ChainKey.Of(_chainId, _negotiation));

    public override Task OnActivateAsync(CancellationToken ct) => _state.Load(ct);

    public async Task<Outcome<PreparedReview>> Prepare(
        Caller caller, Address reviewer, Ratings ratings, ImmutableArray<SkillRating> skills, string text)
    {
        if (!(await Agreement(caller)).Accepted(out var view, out var unknown)) return unknown;
        var review = new Review
        {
            Escrow = view.Chain!.Contract,
            Negotiation = _negotiation,
            Agreement = view.Chain.Funded.Agreement,
            Milestone = _milestone,
            Reviewer = reviewer,
            Ratings = ratings,
            Skills = skills,
            Text = ReviewRules.HashOf(text),
            Salt = new Hash32(RandomNumberGenerator.GetBytes(Hash32.Length)),
        };
        var outcome = await _desk.Check(caller, view, review, text);
        return outcome.Accepted(out var good, out var refusal) ? new PreparedReview(review, good.Contract) : refusal;
    }

    public async Task<Outcome<ReviewReceipt>> File(
        Caller caller, RequestKey request, Review review, string text, byte[] signature)
    {
        var filed = await Sign(caller, review, text, signature);
        return await _state.Run(
            caller.AccountId, request,
            state => filed.Accepted(out var signed, out var refusal) ? ReviewRules.File(state, signed) : refusal,
            state => new ReviewReceipt(
                filed.Accepted(out var signed, out _) ? signed.Seal : default,
                filed.Accepted(out signed, out _) ? signed.Side : default));
    }

    private async Task<Outcome<FiledReview>> Sign(Caller caller, Review review, string text, byte[] signature)
    {
        if (review.Negotiation != _negotiation || review.Milestone != _milestone)
            throw new InvalidOperationException("The review is about another milestone than the one asked.");
        if (!(await Agreement(caller)).Accepted(out var view, out var unknown)) return unknown;
        if (!(await _desk.Check(caller, view, review, text)).Accepted(out var good, out var refusal)) return refusal;
        return await _desk.Sign(view, review, text, signature, good, _clock.GetUtcNow().Stored());
    }

    private async Task<Outcome<AgreementView>> Agreement(Caller caller)
    {
        var outcome = await Escrow.Read(caller);
        if (outcome.Accepted(out var view, out _) && view.Chain is null)
            return new Refusal(RefusalCode.WrongState, "The agreement is not funded.", "agreement");
        return outcome;
    }
}
