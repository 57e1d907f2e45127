using System.Runtime.CompilerServices;
using Braintrust.Chain;
using Orleans.Concurrency;

namespace Braintrust.Governance;

/// <summary>The policy of one chain: a fold of the ledger, with no state of its own.</summary>
[GrainType("policy"), Reentrant]
public sealed class PolicyGrain : Grain, IPolicyGrain
{
    private readonly IFollowedChains _chains;
    private readonly IContractRegistry _registry;
    private readonly IChainLedger _ledger;
    private readonly IChainProgress _progress;
    private readonly ActiveGrains _active;
    private readonly Watchers<PolicyView> _watchers;
    private readonly SingleFlight _looking;
    private readonly ulong _chainId;
    private PolicyReader? _reader;
    private ActiveGrain? _me;

    public PolicyGrain(
        IFollowedChains chains, IContractRegistry registry, IChainLedger ledger, IChainProgress progress,
        ActiveGrains active, SiloWatchers silo)
    {
        (_chains, _registry, _ledger, _progress, _active) = (chains, registry, ledger, progress, active);
        _chainId = unchecked((ulong)this.GetPrimaryKeyLong());
        _watchers = silo.Of<PolicyView>(GrainContext);
        _looking = new SingleFlight(LookOnce);
    }

    private ulong ConfirmationsNeeded => _chains.Find(_chainId)?.Settings.ConfirmationsNeeded ?? 0;

    private PolicyView? View => _reader is { Fold.Current: { } current } reader
        ? new PolicyView
        {
            ChainId = _chainId,
            Contract = reader.Contract,
            Version = new ViewVersion(0, reader.ChangedAt),
            Current = PolicyFold.At(current, reader.Cursor, ConfirmationsNeeded),
            CourtRules = reader.Fold.CourtRules,
            Retractions = reader.Retractions,
            Cursor = reader.Cursor,
        }
        : null;

    public override async Task OnActivateAsync(CancellationToken ct)
    {
        if (_chains.Find(_chainId) is null || await Contract(ct) is not { } contract) return;
        var self = GrainFactory.GetGrain<IPolicyGrain>(this.GetPrimaryKeyLong());
        _reader = new PolicyReader(_chainId, contract, _ledger);
        // Registered before it reads: entries appended in between are told or read, or both.
        var me = _active.Add(_chainId, Subject.Policy(contract), cursor => self.Look(cursor.Pos));
        try
        {
            await _reader.Look(ct);
        }
        catch
        {
            _active.Remove(me);
            throw;
        }

        _me = me;
        _active.SetPending(me, _reader.IsPending);
    }

    public override Task OnDeactivateAsync(DeactivationReason reason, CancellationToken ct)
    {
        if (_me is not null) _active.Remove(_me);
        _watchers.End();
        return Task.CompletedTask;
    }

    public Task<Outcome<PolicyView>> Read()
    {
        // A contract that is registered later is found by the next activation.
        if (_reader is null) DeactivateOnIdle();
        return Task.FromResult<Outcome<PolicyView>>(
            View is { } view ? view : new Refusal(RefusalCode.NotFound, "No policy is known on this chain.", "name"));
    }

    public Task<Outcome<PolicyVersion>> ReadVersion(uint number)
    {
        var fold = _reader?.Fold ?? PolicyOnChain.Empty;
        return Task.FromResult<Outcome<PolicyVersion>>((number == 0 ? fold.Current : fold.Find(number)) is { } version
            ? PolicyFold.At(version, _reader!.Cursor, ConfirmationsNeeded)
            : new Refusal(RefusalCode.NotFound, "There is no such policy version.", "name"));
    }

    public async IAsyncEnumerable<PolicyView> Watch([EnumeratorCancellation] CancellationToken ct = default)
    {
        await foreach (var view in _watchers.Watch(() => View, ct)) yield return view;
    }

    public Task Look(long pos)
    {
        if (_reader is null || pos > _reader.Cursor.Pos) return _looking.Run();
        if (_progress.Latest(_chainId) is { } cursor && _reader.Advance(cursor)) Moved();
        return Task.CompletedTask;
    }

    /// <summary>The contract that new agreements go by: the one deployed last.</summary>
    private async Task<Address?> Contract(CancellationToken ct) =>
        (await _registry.Read(_chainId, ct)).Where(contract => contract.Kind == PolicyFacts.ContractKind)
        .MaxBy(contract => contract.FromBlock)?.Address;

    private async Task LookOnce()
    {
        if (_reader is not null && await _reader.Look(CancellationToken.None)) Moved();
    }

    private void Moved()
    {
        if (_me is not null) _active.SetPending(_me, _reader!.IsPending);
        if (View is { } view) _watchers.Publish(view);
    }
}
