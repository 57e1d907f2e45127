using System.Collections.Frozen;
using System.Runtime.CompilerServices;
using System.Text;
using Braintrust.Accounts;
using Braintrust.Chain;
using Braintrust.Escrow;
using Braintrust.Storage;
using Microsoft.Extensions.Logging;
using Orleans.Concurrency;

namespace Braintrust.Jobs;

/// <summary>
/// A negotiation. What is allowed is in <see cref="NegotiationRules"/>; here is the order of the steps. A position is
/// reserved before an acceptance is written and given back after the end is written, so that a crash in between leaves a
/// reservation too many, never one too few; <see cref="IHiringKeeperGrain"/> finds it.
/// </summary>
[GrainType("negotiation"), Reentrant]
public sealed class NegotiationGrain : Grain, INegotiationGrain
{
    public const string StateName = "negotiation/state";

    private static readonly StateKind<NegotiationState> Kind = new(StateName, NegotiationState.Empty, JobRows.Of);

    private readonly TimeProvider _clock;
    private readonly OfferDesk _desk;
    private readonly ILogger<NegotiationGrain> _logger;
    private readonly Watchers<NegotiationState> _watchers;
    private readonly Committed<NegotiationState> _negotiation;
    private readonly Employers _employers;
    private int _accepting;
    private int _tries;
    private DateTimeOffset _tryAgainAt;

    public NegotiationGrain(
        ICommitStore store, SiloWatchers silo, OfferDesk desk, Employers employers, TimeProvider clock,
        ILogger<NegotiationGrain> logger)
    {
        (_clock, _desk, _employers, _logger) = (clock, desk, employers, logger);
        _watchers = silo.Of<NegotiationState>(GrainContext);
        _negotiation = new Committed<NegotiationState>(Kind, Id, store, clock, logger, _watchers.Publish, Fail);
    }

    private string Id => this.GetPrimaryKeyString();
    private DateTimeOffset Now => _clock.GetUtcNow();
    private NegotiationState State => _negotiation.State;
    private IJobGrain Job => GrainFactory.GetGrain<IJobGrain>(State.Job);

    public override Task OnActivateAsync(CancellationToken ct) => _negotiation.Load(ct);

    public override Task OnDeactivateAsync(DeactivationReason reason, CancellationToken ct)
    {
        _watchers.End();
        return Task.CompletedTask;
    }

    public async Task<Outcome<NegotiationView>> Open(
        Caller caller, RequestKey request, string job, string? bid, string talent)
    {
        var engaged = await GrainFactory.GetGrain<IJobGrain>(job).Engage(caller, Step(request, "engage"), bid, talent);
        if (!engaged.Accepted(out var engagement, out var refusal)) return refusal;
        var opened = new NegotiationState
        {
            Job = job, Bid = bid, Employer = engagement.Employer, Talent = engagement.Talent, Pricing = engagement.Pricing,
            Wallet = engagement.Wallet, OpenedAt = Now,
        };
        return await Change(caller, request, (negotiation, _) => NegotiationRules.Open(negotiation, opened));
    }

    public async Task<Outcome<NegotiationView>> MakeOffer(Caller caller, RequestKey request, OfferDraft draft)
    {
        if (await SideOf(caller) is not { } side) return NegotiationRules.NoNegotiation;
        var drafted = await Check(caller, side, draft);
        return await Change(caller, request, (negotiation, now) => drafted.Then(full => NegotiationRules.MakeOffer(
            negotiation, Id, side, caller.AccountId, draft with { Terms = full.Terms }, full.Law.Contract, now)));
    }

    public async Task<Outcome<NegotiationView>> Accept(Caller caller, RequestKey request, Hash32 offer)
    {
        if (await SideOf(caller) is not { } side) return NegotiationRules.NoNegotiation;
        var may = await CheckAccept(caller, side, offer);
        if (may is not null || State.Phase != NegotiationPhase.Open)
            return await Change(caller, request, (state, now) => may ?? NegotiationRules.Accept(state, side, offer, state.Epoch, now));
        var terms = State.Newest!.Terms;
        var reservation = new Reservation(Id, State.Epoch, terms.ValidUntil, TermsHash.Negotiation(terms.Talent, terms.Nonce));
        _accepting++;
        Outcome<NegotiationView> outcome;
        try
        {
            var reserved = await Job.Reserve(reservation);
            outcome = await Change(caller, request, (state, now) =>
                reserved.Then(held => NegotiationRules.Accept(state, side, offer, held.Epoch, now)));
        }
        finally
        {
            _accepting--;
        }

        if (outcome.IsRefused && await Claim() == PositionClaim.None) await GiveBack(reservation.Epoch);
        return outcome;
    }

    public async Task<Outcome<NegotiationView>> Withdraw(Caller caller, RequestKey request, string reason)
    {
        if (await SideOf(caller) is not { } side) return NegotiationRules.NoNegotiation;
        // Signed and offered, or funded, past this grain: both sides consented, so the position stays taken.
        var bound = State.Phase == NegotiationPhase.Agreed && await Standing() is { Offer: not null } or { Funded: not null };
        var outcome = await Change(caller, request, (state, now) => bound
            ? new Refusal(RefusalCode.WrongState, "The terms were signed already.")
            : NegotiationRules.Withdraw(state, side, reason, now));
        if (!outcome.IsRefused) await GiveBack(State.Epoch);
        return outcome;
    }

    public async Task<Outcome<NegotiationView>> Sign(Caller caller, RequestKey request, Hash32 offer, byte[] signature)
    {
        if (await SideOf(caller) is not { } side) return NegotiationRules.NoNegotiation;
        if (side != Side.Talent) return new Refusal(RefusalCode.NotAParty, "The talent signs.");
        var invalid = State is { Phase: NegotiationPhase.Agreed, Newest: { } newest } && newest.Hash == offer
            ? await _desk.Verify(caller, State.Pricing!.ChainId, newest, signature)
            : null;
        var outcome = await Change(caller, request, (state, now) => invalid ?? NegotiationRules.Sign(state, offer, signature, now));
        if (outcome.IsRefused) return outcome;
        return await HandOver() is { } refusal ? refusal : await View();
    }

    public async Task<Outcome<NegotiationView>> Read(Caller caller) =>
        await SideOf(caller) is null ? NegotiationRules.NoNegotiation : await View();

    public Task<string?> AgreedText(Hash32 documents) => Task.FromResult(
        State.Offers.LastOrDefault(offer => offer.Terms.Documents == documents) is { } agreed
            ? Jobs.AgreedText.Write(Id, State.Job, agreed.Text, agreed.Attachments, agreed.Price)
            : null);

    public async Task<PositionClaim> Claim()
    {
        if (_accepting > 0) return PositionClaim.Held;
        if (State is { Phase: NegotiationPhase.Agreed or NegotiationPhase.Signed, Newest: { } accepted })
        {
            var prospect = await Prospect(accepted);
            if (prospect == FundingProspect.Funded) return PositionClaim.Funded;
            if (prospect == FundingProspect.Over) await _negotiation.Run(state => NegotiationRules.Lapse(state, Now));
        }
        else if (State.Phase == NegotiationPhase.Open)
        {
            await _negotiation.Run(state => NegotiationRules.Disclaim(state, Now));
        }

        return State.Phase is NegotiationPhase.Agreed or NegotiationPhase.Signed ? PositionClaim.Held : PositionClaim.None;
    }

    public async Task Pursue()
    {
        if (!State.Owes || Now < _tryAgainAt) return;
        _tryAgainAt = Now + Patience(_tries++);
        if (await HandOver() is { } refusal && _tries == 1)
            _logger.LogWarning("The escrow does not take the signed terms of {Negotiation}: {Why}", Id, refusal.Message);
    }

    public async IAsyncEnumerable<NegotiationState> Watch([EnumeratorCancellation] CancellationToken ct = default)
    {
        await foreach (var state in _watchers.Watch(() => State, ct)) yield return state;
    }

    private async Task<Side?> SideOf(Caller caller)
    {
        if (State.Version == 0) return null;
        if (State.Talent == caller.AccountId) return Side.Talent;
        return await _employers.ActsFor(caller, State.Employer) ? Side.Employer : null;
    }

    /// <summary>The terms with every default filled in, when the contract would take them and the wallets are whose they must be.</summary>
    private async Task<Outcome<DraftTerms>> Check(Caller caller, Side side, OfferDraft draft)
    {
        if (State.Pricing is not { } pricing) return NegotiationRules.NoNegotiation;
        if (await WrongWallet(caller, side, draft.Terms) is { } wrong) return wrong;
        if (State.Wallet is null && side == Side.Employer && !await IsTalents(draft.Terms.Talent))
            return new Refusal(RefusalCode.InvalidArgument, "The wallet is not one of the talent's.", "terms.talent");
        return await _desk.Draft(pricing.ChainId, NegotiationRules.Complete(State, Id, draft));
    }

    private async Task<Refusal?> CheckAccept(Caller caller, Side side, Hash32 offer)
    {
        if (NegotiationRules.CheckAccept(State, side, offer, Now) is { } refusal) return refusal;
        if (State.Phase != NegotiationPhase.Open) return null;
        var newest = State.Newest!;
        if (await Escrow().Standing() is { Funded: not null })
            return new Refusal(RefusalCode.WrongState, "An agreement of this negotiation is funded already.");
        if (await Prospect(newest) == FundingProspect.Over)
            return new Refusal(RefusalCode.OfferExpired, "The offer can be funded no more: the chain is past it, or its nonce is burned.");
        return await WrongWallet(caller, side, newest.Terms)
            ?? await _desk.Expired(State.Pricing!.ChainId, newest.Terms);
    }

    private async Task<Refusal?> WrongWallet(Caller caller, Side side, Terms terms) => side switch
    {
        Side.Talent when !caller.Wallets.Contains(terms.Talent) =>
            new Refusal(RefusalCode.InvalidArgument, "The wallet is not one of yours.", "terms.talent"),
        Side.Employer when !await _employers.PaysFrom(caller, State.Employer, terms.Employer) =>
            new Refusal(RefusalCode.InvalidArgument, "The employer does not pay from that wallet.", "terms.employer"),
        _ => null,
    };

    private async Task<bool> IsTalents(Address wallet) =>
        (await GrainFactory.GetGrain<IAccountGrain>(State.Talent).Read()).Accepted(out var account, out _)
        && account.Wallets.Contains(wallet);

    /// <summary>Gives signed terms to the escrow until it has them; null, or why it does not take them.</summary>
    private async Task<Refusal?> HandOver()
    {
        if (State is not { Owes: true, Newest: { } signed, Signature: { } signature }) return null;
        var talent = new Caller(State.Talent, new[] { signed.Terms.Talent }.ToFrozenSet());
        var context = new AgreementContext(State.Job, Id, Party.Organisation(State.Employer));
        var outcome = await Escrow().Offer(
            talent, Step(new RequestKey(Guid.Empty, signed.Hash), Id), signed.Terms, signature, context);
        // An answer may have been lost longer ago than it is kept, and meanwhile the employer may have funded.
        if (!outcome.Accepted(out _, out var refusal)
            && await Escrow().Standing() is var standing && standing.Offer != signed.Hash && standing.Funded is null)
            return refusal;
        await _negotiation.Run(state => NegotiationRules.HandOver(state, Now));
        return null;
    }

    /// <summary>Doubles with each try, from one second to about four minutes.</summary>
    private static TimeSpan Patience(int tries) => TimeSpan.FromSeconds(1 << Math.Min(tries, 8));

    private Task<FundingProspect> Prospect(Offer offer) => Escrow().Prospect(offer.Terms.ValidUntil, offer.Contract);

    private async Task GiveBack(long epoch)
    {
        try
        {
            await Job.GiveBack(Id, epoch);
        }
        catch (Exception lost) when (lost is StorageUnavailableException or TimeoutException or OrleansException)
        {
            _logger.LogInformation(lost, "The position of {Negotiation} was not given back; the keeper will find it", Id);
        }
    }

    private IEscrowGrain Escrow() => GrainFactory.GetGrain<IEscrowGrain>(ChainKey.Of(
        State.Pricing!.ChainId, TermsHash.Negotiation(State.Newest!.Terms.Talent, State.Newest.Terms.Nonce)));

    private async Task<AgreementStanding?> Standing() => State.Accepted is null ? null : await Escrow().Standing();

    private async Task<NegotiationView> View() => new(State, await Standing());

    private async Task<Outcome<NegotiationView>> Change(
        Caller caller, RequestKey request, Func<NegotiationState, DateTimeOffset, Outcome<NegotiationState>> rule)
    {
        var now = Now;
        var outcome = await _negotiation.Run(
            caller.AccountId, request, state => rule(state, now), state => new Receipt(state.Version));
        return outcome.Accepted(out _, out var refusal) ? await View() : refusal;
    }

    /// <summary>The identity of one step of a request that has several, so that each can be repeated by itself.</summary>
    private static RequestKey Step(RequestKey request, string step)
    {
        var hash = Hash32.Keccak(
            [.. request.Id.ToByteArray(bigEndian: true), .. request.BodyHash.ToBytes(), .. Encoding.UTF8.GetBytes(step)]);
        return new RequestKey(new Guid(hash.ToBytes().AsSpan(0, 16), bigEndian: true), request.BodyHash);
    }

    private void Fail()
    {
        _watchers.End();
        DeactivateOnIdle();
    }
}
