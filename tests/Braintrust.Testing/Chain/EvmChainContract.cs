using Braintrust.Chain.Contracts;
using Xunit;

namespace Braintrust.Chain;

/// <summary>
/// What every implementation of <see cref="IEvmChain"/> keeps, with a development node behind it. The node mines only when
/// told; the first development account has coin.
/// </summary>
public abstract class EvmChainContract
{
    private readonly CancellationToken _ct = new CancellationTokenSource(TimeSpan.FromSeconds(60)).Token;
    private static readonly LocalSigner Alice = DevelopmentKeys.Signer(0);
    private static readonly Address Bob = DevelopmentKeys.Address(1);

    protected abstract IEvmChain Chain { get; }

    protected abstract IDevChain Dev { get; }

    [Fact]
    public async Task A_block_is_the_same_by_tag_by_number_and_by_hash()
    {
        await Dev.Mine(2, _ct);
        var latest = await Head();
        Assert.Equal(latest, await Chain.GetHeader(BlockId.At(latest.Number), _ct));
        Assert.Equal(latest, await Chain.GetHeader(BlockId.Of(latest.Hash), _ct));
        Assert.Equal(latest.ParentHash, (await Chain.GetHeader(BlockId.At(latest.Number - 1), _ct))!.Hash);
    }

    [Fact]
    public async Task A_block_that_is_not_there_is_null()
    {
        Assert.Null(await Chain.GetHeader(BlockId.At(1_000_000), _ct));
        Assert.Null(await Chain.GetHeader(BlockId.Of(Hash32.Keccak([1])), _ct));
    }

    [Fact]
    public async Task Safe_and_finalized_blocks_are_not_above_the_head()
    {
        await Dev.Mine(3, _ct);
        var head = await Head();
        var safe = await Chain.GetHeader(BlockId.Safe, _ct);
        var final = await Chain.GetHeader(BlockId.Finalized, _ct);
        Assert.True(final!.Number <= safe!.Number && safe.Number <= head.Number);
    }

    [Fact]
    public async Task A_transaction_is_known_then_included_and_its_nonce_is_spent()
    {
        var nonce = await Chain.GetNonce(Alice.Address, BlockId.Latest, _ct);
        var signed = await Signed(Bob, []);
        Assert.Equal(signed.Hash, await Chain.SendRaw(signed.Raw, _ct));
        Assert.True(await Chain.HasTransaction(signed.Hash, _ct));
        Assert.Null(await Chain.GetReceipt(signed.Hash, _ct));
        Assert.Equal(nonce + 1, await Chain.GetNonce(Alice.Address, BlockId.Pending, _ct));

        await Dev.Mine(1, _ct);
        var receipt = await Chain.GetReceipt(signed.Hash, _ct);
        Assert.True(receipt!.Succeeded);
        Assert.Equal((Alice.Address, Bob, (Address?)null), (receipt.From, receipt.To, receipt.Created));
        Assert.Equal((await Chain.GetHeader(BlockId.At(receipt.BlockNo), _ct))!.Hash, receipt.BlockHash);
        Assert.Equal(nonce + 1, await Chain.GetNonce(Alice.Address, BlockId.Latest, _ct));
    }

    [Fact]
    public async Task Sending_what_the_node_already_has_is_no_error()
    {
        var signed = await Signed(Bob, []);
        await Chain.SendRaw(signed.Raw, _ct);
        Assert.Equal(signed.Hash, await Chain.SendRaw(signed.Raw, _ct));
        await Dev.Mine(1, _ct);
        Assert.Equal(signed.Hash, await Chain.SendRaw(signed.Raw, _ct));
    }

    [Fact]
    public async Task A_spent_nonce_and_garbage_are_rejected()
    {
        var spent = await Signed(Bob, []);
        await Chain.SendRaw(spent.Raw, _ct);
        await Dev.Mine(1, _ct);
        var again = await (spent.Transaction with { Value = 7 }).Sign(Alice, _ct);
        await Assert.ThrowsAsync<TransactionRejectedException>(async () => await Chain.SendRaw(again.Raw, _ct));
        await Assert.ThrowsAsync<TransactionRejectedException>(async () => await Chain.SendRaw(new byte[] { 2, 1, 2, 3 }, _ct));
    }

    [Fact]
    public async Task An_unknown_transaction_has_no_receipt()
    {
        Assert.Null(await Chain.GetReceipt(Hash32.Keccak([2]), _ct));
        Assert.False(await Chain.HasTransaction(Hash32.Keccak([2]), _ct));
    }

    [Fact]
    public async Task Logs_are_the_same_by_range_and_by_block_and_only_of_the_contracts_asked_for()
    {
        var token = await DeployToken();
        var receipt = await Include(token, BraintrustTokenContract.Transfer.Encode(Bob, 5));
        var byBlock = await Transfers(LogFilter.Block([token], receipt.BlockHash));
        var byRange = await Transfers(LogFilter.Range([token], receipt.BlockNo, receipt.BlockNo));
        Assert.Equal([(Alice.Address, Bob, receipt.TxHash, receipt.BlockHash)], byBlock);
        Assert.Equal(byBlock, byRange);
        Assert.Empty(await Transfers(LogFilter.Block([Bob], receipt.BlockHash)));
        Assert.Empty(await Transfers(LogFilter.Block([], receipt.BlockHash)));
    }

    [Fact]
    public async Task Logs_of_an_unknown_block_are_trouble_and_not_silence() =>
        await Assert.ThrowsAsync<ChainUnavailableException>(async () =>
            await Transfers(LogFilter.Block([Bob], Hash32.Keccak([3]))));

    [Fact]
    public async Task A_call_answers_and_a_revert_carries_its_data()
    {
        var token = await DeployToken();
        await Include(token, BraintrustTokenContract.Transfer.Encode(Bob, 5));
        Assert.Equal(5, await BraintrustTokenContract.BalanceOf.Call(Chain, token, Bob, BlockId.Latest, _ct));

        var tooMuch = new CallRequest(Bob, token, BraintrustTokenContract.Transfer.Encode(Alice.Address, 6));
        var revert = await Assert.ThrowsAsync<EvmRevertException>(async () => await Chain.Call(tooMuch, BlockId.Latest, _ct));
        Assert.True(BraintrustTokenContract.ERC20InsufficientBalanceError.TryDecode(revert.RevertData.Span, out var error));
        Assert.Equal((Bob, 5, 6), (error.Sender, error.Balance, error.Needed));
        await Assert.ThrowsAsync<EvmRevertException>(async () => await Chain.EstimateGas(tooMuch, _ct));
    }

    [Fact]
    public async Task Code_and_balances_are_told()
    {
        var token = await DeployToken();
        Assert.False((await Chain.GetCode(token, BlockId.Latest, _ct)).IsEmpty);
        Assert.True((await Chain.GetCode(Bob, BlockId.Latest, _ct)).IsEmpty);
        Assert.True(await Chain.GetBalance(Alice.Address, BlockId.Latest, _ct) > 0);
        Assert.True(await Chain.EstimateGas(new CallRequest(Alice.Address, Bob, default), _ct) >= 21_000);
        var fees = await Chain.GetFees(_ct);
        Assert.True(fees.MaxFeePerGas >= fees.MaxPriorityFeePerGas && fees.MaxPriorityFeePerGas > 0);
    }

    [Fact]
    public async Task A_reorg_replaces_blocks_at_the_same_heights_and_forgets_their_transactions()
    {
        var token = await DeployToken();
        var receipt = await Include(token, BraintrustTokenContract.Transfer.Encode(Bob, 5));
        await Dev.Reorg(1, _ct);
        var replaced = await Chain.GetHeader(BlockId.At(receipt.BlockNo), _ct);
        Assert.NotEqual(receipt.BlockHash, replaced!.Hash);
        Assert.Null(await Chain.GetReceipt(receipt.TxHash, _ct));
        Assert.Empty(await Transfers(LogFilter.Block([token], replaced.Hash)));
        Assert.False((await Chain.GetCode(token, BlockId.Latest, _ct)).IsEmpty);
    }

    [Fact]
    public async Task Going_back_to_a_snapshot_and_mining_makes_another_fork()
    {
        var snapshot = await Dev.Snapshot(_ct);
        var before = await Head();
        await Dev.Mine(1, _ct);
        var left = await Head();
        await Dev.Revert(snapshot, _ct);
        Assert.Equal(before, await Head());
        await Dev.AdvanceTime(TimeSpan.FromHours(1), _ct);
        await Dev.Mine(1, _ct);
        var taken = await Head();
        Assert.Equal((before.Number + 1, before.Hash), (taken.Number, taken.ParentHash));
        Assert.NotEqual(left.Hash, taken.Hash);
        Assert.True(taken.Time >= before.Time.After(3600));
    }

    [Fact]
    public async Task A_watcher_sees_the_head_and_then_a_new_one()
    {
        await using var heads = Chain.WatchHeads(_ct).GetAsyncEnumerator(_ct);
        Assert.True(await heads.MoveNextAsync());
        var first = heads.Current;
        await Dev.Mine(1, _ct);
        Assert.True(await heads.MoveNextAsync());
        Assert.True(heads.Current.Number > first.Number);
    }

    [Fact]
    public async Task A_cancelled_question_is_cancelled()
    {
        var cancelled = new CancellationToken(canceled: true);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await Chain.GetHeader(BlockId.Latest, cancelled));
    }

    private async Task<BlockHeader> Head() => (await Chain.GetHeader(BlockId.Latest, _ct))!;

    private async Task<SignedTransaction> Signed(Address? to, byte[] data)
    {
        var nonce = await Chain.GetNonce(Alice.Address, BlockId.Pending, _ct);
        var fees = await Chain.GetFees(_ct);
        return await new Eip1559Transaction(
            Chain.ChainId, nonce, fees.MaxPriorityFeePerGas, fees.MaxFeePerGas, 5_000_000, to, 0, data).Sign(Alice, _ct);
    }

    private async Task<TxReceipt> Include(Address? to, byte[] data)
    {
        var signed = await Signed(to, data);
        await Chain.SendRaw(signed.Raw, _ct);
        await Dev.Mine(1, _ct);
        var receipt = await Chain.GetReceipt(signed.Hash, _ct);
        Assert.True(receipt!.Succeeded);
        return receipt;
    }

    private async Task<Address> DeployToken() =>
        (await Include(null, BraintrustTokenContract.DeployData(Alice.Address))).Created!.Value;

    private async Task<List<(Address From, Address To, Hash32 Tx, Hash32 Block)>> Transfers(LogFilter filter)
    {
        var sink = new TransferSink();
        Assert.Equal(await Chain.ReadLogs(filter, sink, _ct), sink.Seen.Count);
        return sink.Seen;
    }

    private sealed class TransferSink : ILogSink
    {
        public List<(Address From, Address To, Hash32 Tx, Hash32 Block)> Seen { get; } = [];

        public void OnLog(in LogEntry log)
        {
            Assert.True(BraintrustTokenContract.TransferEvent.TryDecode(log.Topics, log.Data, out var transfer));
            Seen.Add((transfer.From, transfer.To, log.TxHash, log.BlockHash));
        }
    }
}
