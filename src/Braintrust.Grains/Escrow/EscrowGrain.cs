using Braintrust.Accounts;
using Braintrust.Chain;
using Braintrust.Storage;
using Microsoft.Extensions.Logging;
using Orleans.Concurrency;
using Orleans.Streams;
using Orleans.Streams.Core;

namespace Braintrust.Escrow;

/// <summary>
/// One negotiation. It coordinates; what is allowed is in <see cref="EscrowRules"/>, what is true in the ledger.
/// </summary>
[GrainType("escrow"), Reentrant, ImplicitStreamSubscription(Bells.Agreements)]
public sealed class EscrowGrain : Grain, IEscrowGrain, IStreamSubscriptionObserver, IAsyncObserver<Bell>
{
    public const string StateName = "escrow/state";
    public const string SnapshotName = "escrow/chain";

    private static readonly StateKind<EscrowState> Kind = new(StateName, EscrowState.Empty);

    private readonly IPersistentState<EscrowSnapshot> _snapshot;
    private readonly EscrowServices _services;
    private readonly ICommitStore _store;
    private readonly ILogger<EscrowGrain> _logger;
    private readonly Committed<EscrowState> _state;
    private readonly AgreementReader _reader;
    private readonly Folding<AgreementView> _folding;
    private readonly ulong _chainId;
    private readonly Hash32 _negotiation;
    private bool _saving;

    public EscrowGrain(
        [PersistentState(SnapshotName, StorageNames.Plain)] IPersistentState<EscrowSnapshot> snapshot,
        EscrowServices services, ICommitStore store, IChainLedger ledger, GrainOptions options, TimeProvider clock,
        ILogger<EscrowGrain> logger)
    {
        (_snapshot, _services, _store, _logger) = (snapshot, services, store, logger);
        (_chainId, _negotiation) = ChainKey.Parse(this.GetPrimaryKeyString());
        _state = new Committed<EscrowState>(
            Kind, this.GetPrimaryKeyString(), store, clock, logger, _ => _folding!.Show(), Fail);
        _reader = new AgreementReader(_chainId, _negotiation, ledger, options.SnapshotFacts);
        _folding = new Folding<AgreementView>(
            services, GrainContext, _chainId, Subject.Agreement(_negotiation), _reader, () => View, Keep);
    }

    private FollowedChain? Chain => _services.Chains.Find(_chainId);

    private AgreementView View
    {
        get
        {
            var fold = _reader.Fold;
            var fundable = fold is { Agreement: null, NonceBurned: false };
            return new AgreementView
            {
                ChainId = _chainId,
                Negotiation = _negotiation,
                Version = new ViewVersion(_state.State.Version, _reader.ChangedAt),
                Offer = fundable ? _state.State.Offer : null,
                Chain = fold.Agreement is { } agreement
                    ? EscrowFold.At(agreement, _reader.Cursor, Chain?.Settings.ConfirmationsNeeded ?? 0)
                    : null,
                Retractions = _reader.Retractions,
                Context = _state.State.Context,
                Consents = _state.State.Told(fold.Agreement, _reader.Cursor.HeadTime),
                Cursor = _reader.Cursor,
            };
        }
    }

    public override async Task OnActivateAsync(CancellationToken ct)
    {
        await _state.Load(ct);
        if (Chain is null) return;
        await _folding.Begin(
            GrainFactory.GetGrain<IEscrowGrain>(this.GetPrimaryKeyString()).Look,
            () => _reader.Begin(_snapshot.RecordExists ? _snapshot.State : EscrowSnapshot.Empty, ct));
    }

    public override Task OnDeactivateAsync(DeactivationReason reason, CancellationToken ct)
    {
        _folding.End();
        return Task.CompletedTask;
    }

    public async Task<Outcome<AgreementView>> Offer(
        Caller caller, RequestKey request, Terms terms, byte[] talentSignature, AgreementContext? context)
    {
        if (Chain is not { } chain)
            return new Refusal(RefusalCode.ChainMismatch, "This server does not follow that chain.", "chain_id");
        var offered = await _services.Offers.Check(chain, caller, terms, talentSignature, CancellationToken.None);
        var outcome = await _state.Run(
            caller.AccountId, request, state => Place(state, offered, context),
            state => new OfferReceipt(state.Offer!.Agreement, state.Version));
        return outcome.Accepted(out _, out var refusal) ? View : refusal;
    }

    public async Task<Outcome<AgreementView>> Read(Caller caller)
    {
        if (View is { Offer: null, Chain: null }) return Unknown();
        return IsParty(caller) || await IsMember(caller)
            ? View
            : new Refusal(RefusalCode.NotAParty, "Only its parties can see an agreement.");
    }

    public Task<AgreementStanding> Standing()
    {
        var view = View;
        return Task.FromResult(new AgreementStanding(
            this.GetPrimaryKeyString(), view.Offer?.Agreement, view.Chain?.FirstTerms,
            view.Chain?.Phase ?? AgreementPhase.None));
    }

    public Task<DisputedWork> Disputed() => Task.FromResult(new DisputedWork(
        [.. (_reader.Fold.Agreement?.Milestones ?? []).Select(milestone => milestone.Dispute?.CaseId).OfType<Hash32>()],
        _reader.Fold.Agreement?.Funded.Terms.Documents ?? default, _state.State.Context?.Negotiation));

    public async Task<FundingProspect> Prospect(ulong validUntil, Address contract)
    {
        // Asked before looking: what a contract registered late was told by then is seen by the look.
        if (!await _services.Book.IsComplete(_chainId, CancellationToken.None)) return FundingProspect.Open;
        // Without facts of its own nobody tells this grain that the final block moves on.
        await _folding.Look();
        var cursor = _reader.Cursor;
        if (Chain is not { } chain || cursor.Halted is not null) return FundingProspect.Open;
        if (_reader.Fold.Agreement is not null) return _reader.IsPending ? FundingProspect.Open : FundingProspect.Funded;
        if (_reader.IsBurned(contract)) return FundingProspect.Over;
        var final = await chain.Node.GetHeader(BlockId.At(cursor.FinalNo), CancellationToken.None);
        // Facts of every contract up to that final block are folded, and every later block has a later time.
        return final is not null && final.Time.Seconds > validUntil && _reader.Fold.Agreement is null
            ? FundingProspect.Over
            : FundingProspect.Open;
    }

    public async Task<Outcome<PreparedMove>> Prepare(Caller caller, Address wallet, MoveRequest move) =>
        Ground(caller, wallet).Accepted(out var ground, out var refusal)
            ? await _services.Moves.Prepare(ground, wallet, move, CancellationToken.None)
            : refusal;

    public async Task<Outcome<SignableCall>> PrepareCall(Caller caller, Address wallet, MoveRequest move, ulong expiry) =>
        Ground(caller, wallet).Accepted(out var ground, out var refusal)
            ? await _services.Moves.PrepareCall(ground, wallet, move, expiry, CancellationToken.None)
            : refusal;

    public async Task<Outcome<OperationState>> Relay(
        Caller caller, RequestKey request, Address wallet, MoveRequest move, SignedWord word)
    {
        if (!Ground(caller, wallet).Accepted(out var ground, out var refusal)) return refusal;
        if (ground.Chain.Relayer?.Signer.Address is not { } sender) return NoRelayer;
        var relayer = GrainFactory.GetGrain<IRelayerGrain>(RelayerKey.Of(_chainId, sender));
        if (await Requests.Find<RelayReceipt>(_store, caller.AccountId, request) is { } repeated)
            return repeated.Accepted(out var receipt, out refusal) ? await relayer.Find(caller.AccountId, receipt.Intent) : refusal;
        var ordered = await _services.Relays.Order(ground, wallet, move, word, caller.AccountId, sender, CancellationToken.None);
        if (ordered.Accepted(out var order, out refusal)) return await relayer.Relay(request, order);
        // What was relayed before changed the agreement: the same signature still answers what became of it.
        if (word.Digest.IsZero) return refusal;
        var found = await relayer.Find(caller.AccountId, word.Digest);
        return found.IsRefused ? refusal : found;
    }

    public async Task<Outcome<AgreementView>> Consent(
        Caller caller, RequestKey request, Address wallet, MoveRequest move, SignedWord word)
    {
        if (!Ground(caller, wallet).Accepted(out var ground, out var refusal)) return refusal;
        var consent = await _services.Relays.Consent(ground, wallet, move, word, CancellationToken.None);
        return await Run(caller, request, state => consent.Then<EscrowState>(
            given => state.Consented(given, _reader.Fold.Agreement, _reader.Cursor.HeadTime)));
    }

    public Task<Outcome<AgreementView>> WithdrawConsent(Caller caller, RequestKey request, Hash32 digest) =>
        Run(caller, request, state => state.Withdrawn(digest, caller.Wallets));

    public IAsyncEnumerable<AgreementView> Watch(CancellationToken ct = default) => _folding.Watch(ct);

    public Task Look(long pos) => _folding.Look(pos);

    public Task OnSubscribed(IStreamSubscriptionHandleFactory subscription) => subscription.Create<Bell>().ResumeAsync(this);

    public Task OnNextAsync(Bell bell, StreamSequenceToken? token = null) => Look(bell.Pos);

    public Task OnErrorAsync(Exception lost)
    {
        _logger.LogDebug(lost, "The bell of {Agreement} is out of order", this.GetPrimaryKeyString());
        return Task.CompletedTask;
    }

    /// <summary>What a move of one of the caller's wallets is judged by, or why none is.</summary>
    private Outcome<MoveGround> Ground(Caller caller, Address wallet)
    {
        if (Chain is not { } chain || View is { Offer: null, Chain: null }) return Unknown();
        if (!caller.Wallets.Contains(wallet))
            return new Refusal(RefusalCode.NotAParty, "The wallet is not one of yours.", "wallet");
        if ((_services.Progress.Latest(_chainId) ?? _reader.Cursor).Halted is { } halted)
            return new Refusal(RefusalCode.ChainHalted, $"Money waits for an operator: {halted}");
        return new MoveGround(chain, _state.State.Offer, _reader.Fold, _state.State.Consents, Allow);
    }

    /// <summary>A change of what is off chain; the same request again answers the present view.</summary>
    private async Task<Outcome<AgreementView>> Run(
        Caller caller, RequestKey request, Func<EscrowState, Outcome<EscrowState>> rule)
    {
        var outcome = await _state.Run(caller.AccountId, request, rule, state => new Receipt(state.Version));
        return outcome.Accepted(out _, out var refusal) ? View : refusal;
    }

    private Outcome<EscrowState> Place(EscrowState state, Outcome<CheckedOffer> outcome, AgreementContext? context)
    {
        if (!outcome.Accepted(out var offered, out var refusal)) return refusal;
        return EscrowRules.CheckOffer(
            state.Offer, _reader.Fold, _negotiation, offered.Signed.Terms, offered.Now, offered.Law) is { } refused
            ? refused
            : state.Place(offered.Signed, context);
    }

    /// <summary>Names cost a stranger nothing: what nobody knows must not stay in memory.</summary>
    private Refusal Unknown()
    {
        if (_state.Written.IsCompleted) DeactivateOnIdle();
        return new Refusal(RefusalCode.NotFound, "There is no such agreement.");
    }

    private bool IsParty(Caller caller)
    {
        Terms?[] known = [_state.State.Offer?.Terms, _reader.Fold.Agreement?.Funded.Terms];
        return known.OfType<Terms>().Any(terms =>
            caller.Wallets.Contains(terms.Talent) || caller.Wallets.Contains(terms.Employer)
            || caller.Wallets.Contains(terms.Manager));
    }

    private async Task<bool> IsMember(Caller caller) =>
        _state.State.Context?.Organisation is { } organisation
        && await GrainFactory.GetGrain<IOrganisationGrain>(organisation).RoleOf(caller.AccountId) != OrganisationRoles.None;

    /// <summary>Why this payment does not go yet, or null: because of a difference, or of the organisation that hires.</summary>
    private async Task<Refusal?> Allow(MovePlan plan, Address wallet)
    {
        var (contract, token) = (plan.Contract, plan.Terms.Token);
        List<DifferenceSubject> about = [DifferenceSubject.Agreement(_negotiation), DifferenceSubject.Token(contract, token)];
        if (plan.Move == EscrowMove.Withdraw) about.Add(DifferenceSubject.Credit(contract, token, wallet));
        if (await _services.Differences.Stops(_chainId, about, CancellationToken.None) is { } differs) return differs;
        if (_state.State.Context?.Organisation is not { } organisation || !Enum.IsDefined((ApprovedMove)plan.Move)) return null;
        var payment = new ApprovedPayment(this.GetPrimaryKeyString(), (ApprovedMove)plan.Move, plan.Milestone, plan.Payment);
        return await GrainFactory.GetGrain<IOrganisationGrain>(organisation)
            .UseApproval(_chainId, plan.Terms.Token, payment, wallet);
    }

    private void Keep()
    {
        if (!_saving && _reader.Snapshot() is { } snapshot) _ = Save(snapshot);
    }

    private async Task Save(EscrowSnapshot snapshot)
    {
        _saving = true;
        try
        {
            _snapshot.State = snapshot;
            await _snapshot.WriteStateAsync();
        }
        catch (Exception lost)
        {
            _logger.LogInformation(
                lost, "The snapshot of {Agreement} was not saved; the ledger has it all", this.GetPrimaryKeyString());
        }
        finally
        {
            _saving = false;
        }
    }

    private static Refusal NoRelayer { get; } = new(
        RefusalCode.RelayUnavailable, "This server relays nothing on that chain: anybody can send the prepared call.");

    private void Fail()
    {
        _folding.End();
        DeactivateOnIdle();
    }
}

/// <summary>What an agreement asks of its silo.</summary>
public sealed record EscrowServices(
    IFollowedChains Chains, IChainProgress Progress, ActiveGrains Active, SiloWatchers Silo, OfferChecker Offers,
    MovePreparer Moves, RelayDesk Relays, ContractBook Book, DifferenceBook Differences) : IFoldingServices;
