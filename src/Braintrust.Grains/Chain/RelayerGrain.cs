using System.Collections.Immutable;
using System.Numerics;
using Braintrust.Storage;
using Microsoft.Extensions.Logging;

namespace Braintrust.Chain;

/// <summary>
/// Not reentrant: one call is taken at a time, so nonces need no thought beyond <see cref="RelayRules"/>. Nothing is sent that
/// was not written before; a second activation loses at its first write and sends nothing.
/// </summary>
[GrainType("relayer"), KeepAlive]
public sealed class RelayerGrain : Grain, IRelayerGrain
{
    public const string StateName = "relayer/state";

    private static readonly TimeSpan Day = TimeSpan.FromDays(1);

    /// <summary>Between two looks at the balance of a relayer that has nothing to do.</summary>
    private static readonly TimeSpan BalanceRest = TimeSpan.FromSeconds(30);

    private readonly IFollowedChains _chains;
    private readonly IRows _rows;
    private readonly IListings _listings;
    private readonly IChainProgress _progress;
    private readonly ChainMetrics _metrics;
    private readonly TimeProvider _clock;
    private readonly ILogger<RelayerGrain> _logger;
    private readonly Committed<RelayerState> _state;
    private readonly ulong _chainId;
    private readonly Address _address;
    private UInt128 _balance;
    private DateTimeOffset _balanceAt;
    private string? _trouble;

    public RelayerGrain(
        IFollowedChains chains, IRows rows, IListings listings, IChainProgress progress, ChainMetrics metrics,
        ICommitStore store, TimeProvider clock, ILogger<RelayerGrain> logger)
    {
        (_chains, _rows, _listings, _progress, _metrics) = (chains, rows, listings, progress, metrics);
        (_clock, _logger) = (clock, logger);
        (_chainId, _address) = RelayerKey.Parse(this.GetPrimaryKeyString());
        var kind = new StateKind<RelayerState>(
            StateName, RelayerState.Empty, (_, before, after) => RelayRules.Rows(_chainId, _address, before, after), Taken);
        _state = new Committed<RelayerState>(
            kind, this.GetPrimaryKeyString(), store, clock, logger, _ => { }, DeactivateOnIdle);
    }

    private FollowedChain? Chain => _chains.Find(_chainId) is { Relayer: { } relayer } chain && relayer.Signer.Address == _address
        ? chain
        : null;

    public override Task OnActivateAsync(CancellationToken ct) => _state.Load(ct);

    public override Task OnDeactivateAsync(DeactivationReason reason, CancellationToken ct)
    {
        _metrics.RelayerLeft(_chainId);
        return Task.CompletedTask;
    }

    public async Task<Outcome<OperationState>> Relay(RequestKey request, RelayOrder order)
    {
        if (Chain is not { Relayer: { } relayer } chain) return NotHere;
        if (await Row(order.Intent) is { } row) return await Track(order.AccountId, row);
        if (await OverLimit(relayer.Limits, order) is { } limit) return limit;
        if (!(await Sign(chain, relayer, order)).Accepted(out var signed, out var refusal)) return refusal;
        var queued = await _state.Run(
            order.AccountId, request, state => RelayRules.Queue(state, signed, relayer.Limits.WaitingMax),
            _ => new RelayReceipt(order.Intent));
        if (!queued.Accepted(out var receipt, out refusal)) return refusal;
        await Try(() => Send(chain, signed));
        return await Find(order.AccountId, receipt.Intent);
    }

    public async Task<Outcome<OperationState>> Find(string accountId, Hash32 intent) =>
        await Row(intent) is { } row
            ? await Track(accountId, row)
            : new Refusal(RefusalCode.NotFound, "Nobody had that relayed here.");

    public Task<RelayerStatus> Status() => Task.FromResult(new RelayerStatus(
        _address, _balance, Chain?.Relayer is { } relayer && _balanceAt != default ? Low(relayer.Limits) : null, _state.State.Waiting.Length));

    public async Task Wake()
    {
        if (Chain is { Relayer: { } relayer } chain) await Try(() => Look(chain, relayer));
    }

    /// <summary>Forgets what is decided, sends again what the node lost, fills gaps, and raises what is stuck.</summary>
    private async Task Look(FollowedChain chain, Relayer relayer)
    {
        if (_clock.GetUtcNow() - _balanceAt > BalanceRest) await ReadBalance(chain);
        if (_state.State.Waiting.IsEmpty || _progress.Latest(_chainId) is not { } cursor) return;
        var final = await chain.Node.GetNonce(_address, BlockId.At(cursor.FinalNo), CancellationToken.None);
        await _state.Run(state => RelayRules.Forget(state, final));
        var included = await chain.Node.GetNonce(_address, BlockId.Latest, CancellationToken.None);
        var open = _state.State.Waiting.Where(waiting => waiting.Nonce >= included).ToArray();
        if (open.Length == 0) return;
        if (open[0].Nonce > included && IsStuck(open[0], relayer)) await Fill(chain, relayer, included);
        foreach (var waiting in open)
        {
            if (!await chain.Node.HasTransaction(waiting.TxHash, CancellationToken.None)) await Send(chain, waiting);
            await Track(waiting);
        }

        if (open[0].Nonce == included && IsStuck(open[0], relayer)) await Raise(chain, relayer, open[0]);
    }

    private bool IsStuck(RelayedTransaction waiting, Relayer relayer) =>
        _clock.GetUtcNow() - waiting.SignedAt > TimeSpan.FromSeconds(relayer.Limits.StuckSeconds);

    /// <summary>A nonce that nothing of ours has: a chain lost blocks that were final. It goes to nobody, so that the rest goes on.</summary>
    private async Task Fill(FollowedChain chain, Relayer relayer, ulong nonce)
    {
        var fees = await chain.Node.GetFees(CancellationToken.None);
        var filler = await Sign(chain, relayer, new RelayOrder(default, "", _address, [], 21_000), nonce, fees);
        _logger.LogWarning("The nonce {Nonce} of the relayer {Relayer} is in no block and not ours to send: filling it", nonce, _address);
        await _state.Run(state => RelayRules.Fill(state, filler));
        await Send(chain, filler);
    }

    private async Task Raise(FollowedChain chain, Relayer relayer, RelayedTransaction stuck)
    {
        var (quote, cap) = (await chain.Node.GetFees(CancellationToken.None), RelayRules.FeeCap(relayer.Limits));
        var fee = RelayRules.RaisedFee(stuck.MaxFeePerGas, (UInt128)quote.MaxFeePerGas, cap);
        var tip = RelayRules.RaisedFee(stuck.MaxPriorityFeePerGas, (UInt128)quote.MaxPriorityFeePerGas, fee ?? 0);
        if (fee is not { } raisedFee || tip is not { } raisedTip) return;
        var order = new RelayOrder(stuck.Intent, stuck.AccountId, stuck.To, stuck.Data, stuck.Gas);
        var raised = await Sign(chain, relayer, order, stuck.Nonce, new FeeQuote(raisedFee, raisedTip));
        await _state.Run(state => RelayRules.Raise(state, raised));
        if (!stuck.FillsGap) await Operation(stuck.TxHash).Supersede(raised.TxHash);
        await Send(chain, raised);
        await Track(raised);
    }

    private async Task<Refusal?> OverLimit(RelayLimits limits, RelayOrder order)
    {
        if (order.Gas > limits.GasMax)
            return new Refusal(RefusalCode.LimitReached, $"The call needs {order.Gas} gas; at most {limits.GasMax} are relayed.");
        var since = (_clock.GetUtcNow() - Day).ToUnixTimeMilliseconds();
        var query = new ListingQuery(
            RelayRules.Table,
            [
                ListingCondition.Equal("chain", (long)_chainId), ListingCondition.Equal("account", order.AccountId),
                new ListingCondition.Compare("at_ms", ListingOperator.Greater, since),
            ],
            [], limits.AccountCallsPerDayMax);
        var page = await _listings.Read(query, CancellationToken.None);
        return page.Rows.Length >= limits.AccountCallsPerDayMax
            ? new Refusal(
                RefusalCode.LimitReached, $"{limits.AccountCallsPerDayMax} calls were relayed for you in 24 hours: send this one yourself.")
            : null;
    }

    private async Task<Outcome<RelayedTransaction>> Sign(FollowedChain chain, Relayer relayer, RelayOrder order)
    {
        await ReadBalance(chain);
        var fees = await chain.Node.GetFees(CancellationToken.None);
        if (fees.MaxFeePerGas > RelayRules.FeeCap(relayer.Limits))
            return new Refusal(RefusalCode.RelayUnavailable, $"Gas costs more than {relayer.Limits.FeeGweiMax} gwei at the moment.");
        var needed = RelayRules.Reserved(_state.State) + order.Gas * (UInt128)fees.MaxFeePerGas;
        if (Low(relayer.Limits) is { } low || _balance < needed)
            return new Refusal(RefusalCode.RelayUnavailable, "The relayer's own balance is low: anybody else can send the call.");
        var counted = await chain.Node.GetNonce(_address, BlockId.Pending, CancellationToken.None);
        return await Sign(chain, relayer, order, RelayRules.NextNonce(_state.State, counted), fees);
    }

    private async Task<RelayedTransaction> Sign(
        FollowedChain chain, Relayer relayer, RelayOrder order, ulong nonce, FeeQuote fees)
    {
        var signed = await new Eip1559Transaction(
            chain.Settings.ChainId, nonce, fees.MaxPriorityFeePerGas, fees.MaxFeePerGas, order.Gas, order.To, BigInteger.Zero,
            order.Data).Sign(relayer.Signer, CancellationToken.None);
        return new RelayedTransaction(
            order.Intent, order.AccountId, nonce, order.To, order.Data, order.Gas, (UInt128)fees.MaxFeePerGas,
            (UInt128)fees.MaxPriorityFeePerGas, signed.Hash, signed.Raw.ToArray(), _clock.GetUtcNow());
    }

    /// <summary>What the node refuses stays in the queue and is tried again: only a final block decides a nonce.</summary>
    private async Task Send(FollowedChain chain, RelayedTransaction waiting)
    {
        try
        {
            await chain.Node.SendRaw(waiting.Raw, CancellationToken.None);
        }
        catch (TransactionRejectedException rejected)
        {
            Tell(rejected, $"the node refuses nonce {waiting.Nonce}");
        }
    }

    /// <summary>A node that is away takes nothing back that was written: the next look goes on.</summary>
    private async Task Try(Func<Task> work)
    {
        try
        {
            await work();
        }
        catch (Exception away) when (away is ChainUnavailableException or ChainProtocolException)
        {
            Tell(away, "the node is away");
        }
    }

    /// <summary>Once for each kind of trouble, not each second.</summary>
    private void Tell(Exception trouble, string what)
    {
        if (_trouble != what) _logger.LogWarning(trouble, "Relayer {Relayer}: {What}; it goes on trying", _address, what);
        _trouble = what;
    }

    private async Task ReadBalance(FollowedChain chain)
    {
        var balance = await chain.Node.GetBalance(_address, BlockId.Latest, CancellationToken.None);
        (_balance, _balanceAt) = ((UInt128)BigInteger.Min(balance, UInt128.MaxValue), _clock.GetUtcNow());
        _metrics.Relaying(_chainId, _balance, _state.State.Waiting.Length);
    }

    private string? Low(RelayLimits limits) => _balance < RelayRules.BalanceMin(limits)
        ? $"the balance of the relayer {_address} is below {limits.BalanceMilliMin} thousandths of the coin"
        : null;

    private async Task<StoredRow?> Row(Hash32 intent)
    {
        var rows = await _rows.ReadKeys(RelayRules.Table, [[(long)_chainId, intent.ToBytes()]], CancellationToken.None);
        return rows.FirstOrDefault();
    }

    private Task<Outcome<OperationState>> Track(string accountId, StoredRow row)
    {
        if ((string)row.Values[0]! != accountId)
            return Task.FromResult<Outcome<OperationState>>(new Refusal(RefusalCode.WrongState, "Somebody else has had this sent already: look again."));
        var (relayer, nonce) = (new Address((byte[])row.Values[1]!), (ulong)(long)row.Values[2]!);
        return Operation(new Hash32((byte[])row.Values[3]!)).Adopt(accountId, relayer, nonce);
    }

    private async Task Track(RelayedTransaction waiting)
    {
        if (!waiting.FillsGap) await Operation(waiting.TxHash).Adopt(waiting.AccountId, _address, waiting.Nonce);
    }

    private IOperationGrain Operation(Hash32 hash) => GrainFactory.GetGrain<IOperationGrain>(ChainKey.Of(_chainId, hash));

    private static Refusal Taken { get; } = new(RefusalCode.Conflict, "The call is being relayed: ask again.");

    private static Refusal NotHere { get; } = new(RefusalCode.RelayUnavailable, "This server relays nothing on that chain.");
}
