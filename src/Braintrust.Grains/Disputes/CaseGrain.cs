using Braintrust.Chain;
using Braintrust.Escrow;
using Braintrust.Storage;
using Orleans.Concurrency;

namespace Braintrust.Disputes;

/// <summary>It coordinates; what is allowed is in <see cref="DisputeRules"/>, what is true in the ledger.</summary>
[GrainType("case"), Reentrant]
public sealed class CaseGrain : Grain, ICaseGrain
{
    private readonly CourtServices _services;
    private readonly DisputeReader<CaseOnChain?> _reader;
    private readonly Folding<CaseView> _folding;
    private readonly ulong _chainId;
    private readonly Hash32 _caseId;

    public CaseGrain(CourtServices services, IChainLedger ledger)
    {
        _services = services;
        (_chainId, _caseId) = ChainKey.Parse(this.GetPrimaryKeyString());
        var subject = Subject.Case(_caseId);
        _reader = new DisputeReader<CaseOnChain?>(
            _chainId, subject, ledger, happened => CaseFolder.IsOf(happened, _caseId), null,
            (facts, cursor) => services.Folder.Fold(_chainId, _caseId, facts, cursor.FinalNo, CancellationToken.None));
        _folding = new Folding<CaseView>(services, GrainContext, _chainId, subject, _reader, () => View);
    }

    private FollowedChain? Chain => _services.Chains.Find(_chainId);

    /// <summary>Null while no court ever told of it.</summary>
    private CaseView? View => _reader.ChangedAt > 0
        ? new CaseView
        {
            ChainId = _chainId,
            CaseId = _caseId,
            Version = new ViewVersion(0, _reader.ChangedAt),
            Case = _reader.Fold is { } folded
                ? CaseFold.At(folded, _reader.Cursor, Chain?.Settings.ConfirmationsNeeded ?? 0)
                : null,
            Retractions = _reader.Retractions,
            Cursor = _reader.Cursor,
        }
        : null;

    public override async Task OnActivateAsync(CancellationToken ct)
    {
        if (Chain is not null) await _folding.Begin(GrainFactory.GetGrain<ICaseGrain>(this.GetPrimaryKeyString()).Look);
    }

    public override Task OnDeactivateAsync(DeactivationReason reason, CancellationToken ct)
    {
        _folding.End();
        return Task.CompletedTask;
    }

    public async Task<Outcome<CaseView>> Read(Caller caller)
    {
        // Nobody tells a case that is final of newer blocks, and whether it is over is a matter of their time.
        if (_services.Progress.Latest(_chainId) is { } cursor) _reader.Advance(cursor);
        if (View is not { Case: { } folded } view) return Unknown();
        return await RoleOf(folded, caller) != CaseRole.None
            ? view
            : new Refusal(RefusalCode.NotAParty, "Only its parties and its arbiters can see a case.");
    }

    public async Task<Outcome<CaseStanding>> Standing(Caller caller) => _reader.Fold is { } folded
        ? new CaseStanding(await RoleOf(folded, caller), folded.Phase != CasePhase.Concluded)
        : Unknown();

    public Task<bool> IsOnPanel(Caller caller) => Task.FromResult(
        _reader.Fold is { } folded && folded.Phase != CasePhase.Concluded && caller.Wallets.Any(folded.Sits));

    public async Task<Outcome<PreparedMove>> Prepare(Caller caller, Address wallet, CaseRequest request)
    {
        if (Chain is not { } chain || _reader.Fold is not { } folded) return Unknown();
        if (_services.Hindrance(_chainId, caller, wallet, _reader.Cursor) is { } hindered) return hindered;
        return await _services.Moves.Prepare(chain, folded, wallet, request, CancellationToken.None);
    }

    public IAsyncEnumerable<CaseView> Watch(CancellationToken ct = default) => _folding.Watch(ct);

    public Task Look(long pos) => _folding.Look(pos);

    /// <summary>Names cost a stranger nothing: what nobody knows must not stay in memory.</summary>
    private Refusal Unknown()
    {
        DeactivateOnIdle();
        return new Refusal(RefusalCode.NotFound, "There is no such case.", "name");
    }

    private async Task<CaseRole> RoleOf(CaseOnChain folded, Caller caller)
    {
        if (caller.Wallets.Contains(folded.EmployerSide) || caller.Wallets.Contains(folded.Talent)) return CaseRole.Party;
        if (caller.Wallets.Any(folded.Sits)) return CaseRole.Panel;
        // Any contract may open cases and name what it likes: only the agreement's own contract proves the agreement.
        var agreement = GrainFactory.GetGrain<IEscrowGrain>(ChainKey.Of(_chainId, folded.Opening.Negotiation));
        return (await agreement.Read(caller)).Accepted(out var view, out _) && view.Chain?.Contract == folded.Opening.Arbitrable
            ? CaseRole.Party
            : CaseRole.None;
    }
}

/// <summary>What cases and arbiters ask of their silo.</summary>
public sealed record CourtServices(
    IFollowedChains Chains, IChainProgress Progress, ActiveGrains Active, SiloWatchers Silo, CaseFolder Folder,
    DisputePreparer Moves) : IFoldingServices
{
    /// <summary>Why nothing can be prepared for the wallet at all, or null.</summary>
    public Refusal? Hindrance(ulong chainId, Caller caller, Address wallet, ChainCursor cursor)
    {
        if (!caller.Wallets.Contains(wallet))
            return new Refusal(RefusalCode.NotAParty, "The wallet is not one of yours.", "wallet");
        return (Progress.Latest(chainId) ?? cursor).Halted is { } halted
            ? new Refusal(RefusalCode.ChainHalted, $"Money waits for an operator: {halted}")
            : null;
    }
}
