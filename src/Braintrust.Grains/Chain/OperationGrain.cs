using System.Runtime.CompilerServices;
using Braintrust.Storage;
using Microsoft.Extensions.Logging;
using Orleans.Concurrency;

namespace Braintrust.Chain;

/// <summary>Follows one transaction: its state is who asked and what was found last; where it is now, the chain says.</summary>
[GrainType("operation"), Reentrant]
public sealed class OperationGrain : Grain, IOperationGrain
{
    public const string StateName = "operation/state";

    private static readonly StateKind<OperationState> Kind = new(StateName, new OperationState());

    private readonly IFollowedChains _chains;
    private readonly ISignatureRecovery _recovery;
    private readonly IChainProgress _progress;
    private readonly IChainLedger _ledger;
    private readonly ActiveGrains _active;
    private readonly TimeProvider _clock;
    private readonly ILogger<OperationGrain> _logger;
    private readonly Watchers<OperationState> _watchers;
    private readonly Committed<OperationState> _operation;
    private readonly SingleFlight _looking;
    private readonly ulong _chainId;
    private readonly Hash32 _hash;
    private ActiveGrain? _me;
    private ChainCursor? _cursor;
    private bool _sentAgain;

    public OperationGrain(
        IFollowedChains chains, ISignatureRecovery recovery, IChainProgress progress, IChainLedger ledger,
        ICommitStore store, ActiveGrains active, SiloWatchers silo, TimeProvider clock, ILogger<OperationGrain> logger)
    {
        (_chains, _recovery, _progress, _ledger) = (chains, recovery, progress, ledger);
        (_active, _clock, _logger) = (active, clock, logger);
        (_chainId, _hash) = ChainKey.Parse(this.GetPrimaryKeyString());
        _watchers = silo.Of<OperationState>(GrainContext);
        _operation = new Committed<OperationState>(
            Kind, this.GetPrimaryKeyString(), store, clock, logger, _ => Show(), Fail);
        _looking = new SingleFlight(LookOnce);
    }

    private FollowedChain? Chain => _chains.Find(_chainId);

    private OperationState Shown => OperationRules.Show(_operation.State, _cursor, Chain?.Settings.ConfirmationsNeeded ?? 0);

    private bool IsKnown => _operation.State.OwnerAccountId.Length > 0;

    public override async Task OnActivateAsync(CancellationToken ct)
    {
        await _operation.Load(ct);
        if (Chain is null) return;
        _cursor = _progress.Latest(_chainId) ?? await _ledger.ReadCursor(_chainId, ct);
        var self = GrainFactory.GetGrain<IOperationGrain>(this.GetPrimaryKeyString());
        _me = _active.Add(_chainId, null, self.Look);
        Follow();
    }

    public override Task OnDeactivateAsync(DeactivationReason reason, CancellationToken ct)
    {
        if (_me is not null) _active.Remove(_me);
        _watchers.End();
        return Task.CompletedTask;
    }

    public async Task<Outcome<OperationState>> Submit(Caller caller, RequestKey request, byte[] raw)
    {
        if (Chain is not { } chain) return NotFollowed;
        if (!SignedTransaction.TryDecode(raw, _recovery, out var signed))
            return Wrong(RefusalCode.SignatureInvalid, "This is no signed EIP-1559 transaction.");
        if (signed.Transaction.ChainId != _chainId)
            return Wrong(RefusalCode.ChainMismatch, $"The transaction is for chain {signed.Transaction.ChainId}.");
        if (signed.Hash != _hash) return Wrong(RefusalCode.InvalidArgument, "The transaction has another hash.");
        if (!caller.Wallets.Contains(signed.From)) return NotAParty;
        var known = IsKnown;
        var begun = await Begin(caller, request, signed.From, signed.Transaction.Nonce, raw);
        if (!begun.Accepted(out _, out var refusal)) return refusal;
        return await Broadcast(chain, raw, known) is { } rejected ? rejected : await LookNow();
    }

    public async Task<Outcome<OperationState>> Follow(Caller caller, RequestKey request, Address sender, ulong nonce)
    {
        if (Chain is null) return NotFollowed;
        if (!caller.Wallets.Contains(sender)) return NotAParty;
        var begun = await Begin(caller, request, sender, nonce, null);
        return begun.Accepted(out _, out var refusal) ? await LookNow() : refusal;
    }

    public async Task<Outcome<OperationState>> Adopt(string accountId, Address sender, ulong nonce)
    {
        if (Chain is null) return NotFollowed;
        var asked = Asked(accountId, sender, nonce, null);
        var begun = await _operation.Run(operation => OperationRules.Begin(operation, asked));
        return begun.Accepted(out _, out var refusal) ? await LookNow() : refusal;
    }

    public async Task Supersede(Hash32 by) => await _operation.Run(operation => OperationRules.Supersede(operation, by));

    public async Task<Outcome<OperationState>> Read(Caller caller)
    {
        if (!IsKnown)
        {
            // Names cost a stranger nothing: what nobody follows must not stay in memory.
            if (_operation.Written.IsCompleted) DeactivateOnIdle();
            return new Refusal(RefusalCode.NotFound, "Nobody follows this transaction here.");
        }

        if (_operation.State.OwnerAccountId != caller.AccountId) return NotAParty;
        // What was dropped is looked for by nobody any more; whoever asks learns whether it came back.
        return _operation.State.Status == OperationStatus.Dropped ? await LookNow() : Shown;
    }

    public async IAsyncEnumerable<OperationState> Watch([EnumeratorCancellation] CancellationToken ct = default)
    {
        Follow();
        await foreach (var operation in _watchers.Watch(() => Shown, ct)) yield return operation;
    }

    public Task Look(ChainCursor cursor)
    {
        _cursor = cursor;
        return _looking.Run();
    }

    /// <summary>
    /// Stores before anything is sent. A saved answer may stem from a try that the node then rejected for good: that one
    /// left nothing behind, and is tried again.
    /// </summary>
    private async Task<Outcome<OperationState>> Begin(
        Caller caller, RequestKey request, Address sender, ulong nonce, byte[]? raw)
    {
        var asked = Asked(caller.AccountId, sender, nonce, raw);
        var begun = await _operation.Run(
            caller.AccountId, request,
            operation => OperationRules.Begin(operation, asked), operation => operation with { Raw = null });
        if (!begun.IsRefused && !IsKnown) begun = await _operation.Run(operation => OperationRules.Begin(operation, asked));
        // Whatever becomes of this call: what is stored is followed, and sent when the node does not have it.
        Follow();
        return begun;
    }

    private OperationState Asked(string accountId, Address sender, ulong nonce, byte[]? raw) => new()
    {
        ChainId = _chainId, TxHash = _hash, Sender = sender, Nonce = nonce, Raw = raw,
        OwnerAccountId = accountId, Status = OperationStatus.Submitted, SubmittedAt = _clock.GetUtcNow(),
    };

    private async Task<Refusal?> Broadcast(FollowedChain chain, byte[] raw, bool known)
    {
        try
        {
            if (await IsForEver(chain) || await chain.Node.HasTransaction(_hash, CancellationToken.None)) return null;
            if (_operation.State.Ended) await _operation.Run(OperationRules.Reopen);
            await chain.Node.SendRaw(raw, CancellationToken.None);
            _sentAgain = false;
            return null;
        }
        catch (TransactionRejectedException rejected)
        {
            // "Nonce too low" is also what a node says of a transaction that was mined while we asked.
            if (await chain.Node.GetReceipt(_hash, CancellationToken.None) is not null) return null;
            if (!known) await _operation.Run(OperationRules.Withdraw);
            return new Refusal(RefusalCode.TransactionRejected, $"The node refused the transaction: {rejected.Message}");
        }
    }

    /// <summary>
    /// What ended stays so, but for final blocks that a chain lost: a development chain by being killed, any other when a
    /// person resumed it from a block below.
    /// </summary>
    private async Task<bool> IsForEver(FollowedChain chain)
    {
        if (_operation.State is not { Ended: true } ended || chain.Settings.BelowFinalRewinds) return false;
        if (ended.BlockNo == 0) return true;
        var there = await chain.Node.GetHeader(BlockId.At(ended.BlockNo), CancellationToken.None);
        return there is null || there.Hash == ended.BlockHash;
    }

    /// <summary>The answer of a call that changed something: where it is at once, if the node can tell.</summary>
    private async Task<Outcome<OperationState>> LookNow()
    {
        Follow();
        try
        {
            await _looking.Run();
        }
        catch (Exception away) when (away is ChainUnavailableException or ChainProtocolException)
        {
            _logger.LogDebug(away, "{Operation} could not be looked up yet", this.GetPrimaryKeyString());
        }

        return Shown;
    }

    private async Task LookOnce()
    {
        if (Chain is not { } chain || _cursor is not { } cursor || !IsKnown || _operation.State.Ended) return;
        if (await new TransactionFinder(chain.Node).Find(_operation.State, cursor, CancellationToken.None) is not { } sighting)
            return;
        if (sighting is { Block: null, NonceSpent: false, NodeHasIt: false } && await SendAgain(chain))
            sighting = sighting with { NodeHasIt = true };
        await _operation.Run(operation => OperationRules.See(operation, sighting));
        Show();
        Follow();
    }

    /// <summary>A node may lose its pool; once, we give it back what it lost before we say so.</summary>
    private async Task<bool> SendAgain(FollowedChain chain)
    {
        if (_sentAgain || _operation.State is not { Raw: { } raw, Status: not OperationStatus.Dropped }) return false;
        try
        {
            await chain.Node.SendRaw(raw, CancellationToken.None);
            return _sentAgain = true;
        }
        catch (TransactionRejectedException)
        {
            _sentAgain = true;
            return false;
        }
    }

    /// <summary>Follows while it can still change; what was dropped only while somebody looks.</summary>
    private void Follow()
    {
        if (_me is null) return;
        var operation = _operation.State;
        var waits = operation.Status != OperationStatus.Dropped || _watchers.Count > 0;
        _active.SetPending(_me, IsKnown && !operation.Ended && waits);
    }

    private void Show() => _watchers.Publish(Shown);

    private void Fail()
    {
        _watchers.End();
        DeactivateOnIdle();
    }

    private static Refusal Wrong(RefusalCode code, string message) => new(code, message, "raw_transaction");

    private static Refusal NotAParty { get; } =
        new(RefusalCode.NotAParty, "The transaction is of a wallet that is not yours.", "sender");

    private static Refusal NotFollowed { get; } =
        new(RefusalCode.ChainMismatch, "This server does not follow that chain.", "chain_id");
}
