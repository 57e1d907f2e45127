using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using Braintrust.Chain;
using Braintrust.Escrow;
using Braintrust.Storage;
using Orleans.Concurrency;

namespace Braintrust.Disputes;

/// <summary>It coordinates; what is allowed is in <see cref="DisputeRules"/>, what is true in the ledger.</summary>
[GrainType("arbiter"), Reentrant]
public sealed class ArbiterGrain : Grain, IArbiterGrain
{
    private readonly CourtServices _services;
    private readonly IChainLedger _ledger;
    private readonly IContractRegistry _registry;
    private readonly Watchers<ArbiterView> _watchers;
    private readonly DisputeReader _reader;
    private readonly SingleFlight _looking;
    private readonly ulong _chainId;
    private readonly Address _account;
    private ArbiterOnChain _arbiter = ArbiterOnChain.Empty;
    private long _foldedAt = -1;
    private ActiveGrain? _me;

    public ArbiterGrain(CourtServices services, IChainLedger ledger, IContractRegistry registry)
    {
        (_services, _ledger, _registry) = (services, ledger, registry);
        (_chainId, _account) = ArbiterKey.Parse(this.GetPrimaryKeyString());
        _watchers = services.Silo.Of<ArbiterView>(GrainContext);
        // Others' events change nothing of its fold.
        _reader = new DisputeReader(_chainId, Subject.Arbiter(_account), ledger, _ => true);
        _looking = new SingleFlight(LookOnce);
    }

    private FollowedChain? Chain => _services.Chains.Find(_chainId);

    private ArbiterView View => new()
    {
        ChainId = _chainId,
        Account = _account,
        Version = new ViewVersion(0, Math.Max(0, _foldedAt)),
        Arbiter = _arbiter with { Seen = _arbiter.Seen?.At(_reader.Cursor, Chain?.Settings.ConfirmationsNeeded ?? 0) },
        Retractions = _reader.Retractions,
        Cursor = _reader.Cursor,
    };

    public override async Task OnActivateAsync(CancellationToken ct)
    {
        if (Chain is null) return;
        var self = GrainFactory.GetGrain<IArbiterGrain>(this.GetPrimaryKeyString());
        // Registered before it reads: entries appended in between are told or read, or both.
        var me = _services.Active.Add(_chainId, Subject.Arbiter(_account), cursor => self.Look(cursor.Pos));
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

    public Task<ArbiterView> Read() => Task.FromResult(View);

    public async Task<Outcome<PreparedMove>> Prepare(Caller caller, ArbiterRequest request)
    {
        if (Chain is not { } chain) return new Refusal(RefusalCode.ChainMismatch, "This server does not follow that chain.", "name");
        if (_services.Hindrance(_chainId, caller, _account, _reader.Cursor) is { } hindered) return hindered;
        var known = await _registry.Read(_chainId, CancellationToken.None);
        if (!known.Any(contract => contract.Kind == DisputeFacts.ContractKind && contract.Address == request.Court))
            return new Refusal(RefusalCode.ChainMismatch, "This server follows no such court.", "court");
        return await _services.Moves.Prepare(chain, _arbiter, _account, request, CancellationToken.None);
    }

    public async IAsyncEnumerable<ArbiterView> Watch([EnumeratorCancellation] CancellationToken ct = default)
    {
        await foreach (var view in _watchers.Watch(() => View, ct)) yield return view;
    }

    public Task Look(long pos)
    {
        if (pos > _reader.Cursor.Pos || _foldedAt < 0) return _looking.Run();
        if (_services.Progress.Latest(_chainId) is { } cursor && _reader.Advance(cursor)) Moved();
        return Task.CompletedTask;
    }

    private async Task LookOnce()
    {
        var moved = await _reader.Look(CancellationToken.None);
        if (_foldedAt != _reader.ChangedAt)
        {
            _foldedAt = -1;
            var changedAt = _reader.ChangedAt;
            var fold = _reader.Standing.Aggregate(
                ArbiterOnChain.Empty, (view, fact) => ArbiterFold.Apply(view, fact.Event, fact.At, _account));
            _arbiter = fold with { Seats = await WithWindows(fold.Seats) };
            _foldedAt = changedAt;
        }

        if (moved) Moved();
    }

    /// <summary>The seats with their deadlines, which the rules of their cases tell.</summary>
    private async Task<ImmutableArray<LockedSeat>> WithWindows(ImmutableArray<LockedSeat> seats)
    {
        if (seats.IsEmpty) return seats;
        var facts = DisputeFacts.Among(await _ledger.ReadStanding(
            _chainId, [.. seats.Select(seat => Subject.Case(seat.CaseId)).Distinct()], CancellationToken.None)).ToArray();
        var told = ImmutableArray.CreateBuilder<LockedSeat>();
        foreach (var seat in seats)
        {
            var about = await _services.Folder.Fold(
                _chainId, seat.CaseId, facts, _reader.Cursor.FinalNo, CancellationToken.None);
            told.Add(about is null ? seat : seat.Under(about.Rules));
        }

        return told.ToImmutable();
    }

    private void Moved()
    {
        if (_me is not null) _services.Active.SetPending(_me, _reader.IsPending);
        _watchers.Publish(View);
    }
}
