using System.Runtime.CompilerServices;
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
    private readonly Watchers<CaseView> _watchers;
    private readonly DisputeReader _reader;
    private readonly SingleFlight _looking;
    private readonly ulong _chainId;
    private readonly Hash32 _caseId;
    private CaseOnChain? _case;
    private long _foldedAt = -1;
    private ActiveGrain? _me;

    public CaseGrain(CourtServices services, IChainLedger ledger)
    {
        _services = services;
        (_chainId, _caseId) = ChainKey.Parse(this.GetPrimaryKeyString());
        _watchers = services.Silo.Of<CaseView>(GrainContext);
        _reader = new DisputeReader(
            _chainId, Subject.Case(_caseId), ledger, happened => CaseFolder.IsOf(happened, _caseId));
        _looking = new SingleFlight(LookOnce);
    }

    private FollowedChain? Chain => _services.Chains.Find(_chainId);

    /// <summary>Null while no court ever told of it.</summary>
    private CaseView? View => _foldedAt > 0
        ? new CaseView
        {
            ChainId = _chainId,
            CaseId = _caseId,
            Version = new ViewVersion(0, _foldedAt),
            Case = _case is { } folded
                ? CaseFold.At(folded, _reader.Cursor, Chain?.Settings.ConfirmationsNeeded ?? 0)
                : null,
            Retractions = _reader.Retractions,
            Cursor = _reader.Cursor,
        }
        : null;

    public override async Task OnActivateAsync(CancellationToken ct)
    {
        if (Chain is null) return;
        var self = GrainFactory.GetGrain<ICaseGrain>(this.GetPrimaryKeyString());
        // Registered before it reads: entries appended in between are told or read, or both.
        var me = _services.Active.Add(_chainId, Subject.Case(_caseId), cursor => self.Look(cursor.Pos));
        try
        {
            await LookOnce();
        }
        catch
        {
            _services.Active.Remove(me);
            throw;
        }

        _me = me;
        _services.Active.SetPending(me, _reader.IsPending);
    }

    public override Task OnDeactivateAsync(DeactivationReason reason, CancellationToken ct)
    {
        if (_me is not null) _services.Active.Remove(_me);
        _watchers.End();
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

    public async Task<Outcome<CaseStanding>> Standing(Caller caller) => _case is { } folded
        ? new CaseStanding(await RoleOf(folded, caller), folded.Phase != CasePhase.Concluded)
        : Unknown();

    public Task<bool> IsOnPanel(Caller caller) => Task.FromResult(
        _case is { } folded && folded.Phase != CasePhase.Concluded && caller.Wallets.Any(folded.Sits));

    public async Task<Outcome<PreparedMove>> Prepare(Caller caller, Address wallet, CaseRequest request)
    {
        if (Chain is not { } chain || _case is not { } folded) return Unknown();
        if (_services.Hindrance(_chainId, caller, wallet, _reader.Cursor) is { } hindered) return hindered;
        return await _services.Moves.Prepare(chain, folded, wallet, request, CancellationToken.None);
    }

    public async IAsyncEnumerable<CaseView> Watch([EnumeratorCancellation] CancellationToken ct = default)
    {
        await foreach (var view in _watchers.Watch(() => View, ct)) yield return view;
    }

    public Task Look(long pos)
    {
        if (pos > _reader.Cursor.Pos || _foldedAt < 0) return _looking.Run();
        if (_services.Progress.Latest(_chainId) is { } cursor && _reader.Advance(cursor)) Moved();
        return Task.CompletedTask;
    }

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

    private async Task LookOnce()
    {
        var moved = await _reader.Look(CancellationToken.None);
        if (_foldedAt != _reader.ChangedAt)
        {
            // Until the court's rules were read nothing is believed: the next look tries again.
            _foldedAt = -1;
            var changedAt = _reader.ChangedAt;
            _case = await _services.Folder.Fold(
                _chainId, _caseId, _reader.Standing, _reader.Cursor.FinalNo, CancellationToken.None);
            _foldedAt = changedAt;
        }

        if (moved) Moved();
    }

    private void Moved()
    {
        if (_me is not null) _services.Active.SetPending(_me, _reader.IsPending);
        if (View is { } view) _watchers.Publish(view);
    }
}

/// <summary>What cases and arbiters ask of their silo.</summary>
public sealed record CourtServices(
    IFollowedChains Chains, IChainProgress Progress, ActiveGrains Active, SiloWatchers Silo, CaseFolder Folder,
    DisputePreparer Moves)
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
