using System.Numerics;
using Braintrust.Chain.Contracts;

namespace Braintrust.Chain;

/// <summary>The scripted chain keeps the port's promises, so that tests against it mean something.</summary>
public sealed class ScriptedChainContractTests : EvmChainContract
{
    private readonly ScriptedChain _chain = new();
    private readonly Dictionary<Hash32, (Address Token, BigInteger Moved)> _transfers = [];

    public ScriptedChainContractTests()
    {
        _chain.SetBalance(DevelopmentKeys.Address(0), BigInteger.Pow(10, 18));
        _chain.Execute = Execute;
    }

    protected override IEvmChain Chain => _chain;

    protected override IDevChain Dev => _chain;

    private ScriptedExecution Execute(SignedTransaction signed)
    {
        if (signed.Transaction.To is null) return Deploy(ContractAddress.Of(signed.From, signed.Transaction.Nonce));
        if (!BraintrustTokenContract.Transfer.TryDecodeInput(signed.Transaction.Data.Span, out var to, out var value))
            return ScriptedExecution.Success();
        var token = signed.Transaction.To.Value;
        _transfers[signed.Hash] = (token, value);
        return ScriptedExecution.Success(
            ScriptedLog.Of(token, new BraintrustTokenContract.TransferEvent(signed.From, to, value).Encode()));
    }

    private ScriptedExecution Deploy(Address token)
    {
        _chain.OnCall(token, (call, block) =>
        {
            var balance = _transfers.Values.Where(one => one.Token == token).Aggregate(BigInteger.Zero, (sum, one) => sum + one.Moved);
            if (!BraintrustTokenContract.Transfer.TryDecodeInput(call.Data.Span, out _, out var value) || value <= balance)
                return BraintrustTokenContract.BalanceOf.EncodeResult(balance);
            throw new EvmRevertException(
                "execution reverted", new BraintrustTokenContract.ERC20InsufficientBalanceError(call.From!.Value, balance, value).Encode());
        });
        return ScriptedExecution.Success();
    }
}

public sealed class ScriptedChainTests
{
    private static readonly CancellationToken Ct = CancellationToken.None;
    private static readonly Address Contract = new(Hash32.Keccak([1]).ToBytes().AsSpan(12));

    [Fact]
    public void Equal_scripts_make_equal_chains_and_another_fork_differs()
    {
        static ScriptedChain Play()
        {
            var chain = new ScriptedChain();
            chain.Mine();
            chain.Mine();
            return chain;
        }

        var (one, two) = (Play(), Play());
        Assert.Equal(one.Head, two.Head);
        one.Reorg(1, [[]]);
        Assert.Equal(one.Head.Number, two.Head.Number);
        Assert.NotEqual(one.Head.Hash, two.Head.Hash);
    }

    [Fact]
    public void A_left_fork_can_become_the_chain_again()
    {
        var chain = new ScriptedChain();
        chain.Mine();
        var left = chain.Mine(Log(1));
        chain.Reorg(2, [[], [], []]);
        chain.SwitchTo(left.Hash);
        Assert.Equal(left, chain.Head);
        Assert.Equal(3, chain.Blocks.Count);
    }

    [Fact]
    public async Task A_reorg_may_end_in_a_shorter_chain()
    {
        var chain = new ScriptedChain();
        for (var i = 0; i < 5; i++) chain.Mine(Log((byte)i));
        chain.Reorg(3, [[Log(9)]]);
        Assert.Equal(3UL, chain.Head.Number);
        Assert.Equal([0, 1, 9], await Read(chain));
    }

    [Fact]
    public async Task A_lagging_node_hides_its_newest_blocks_everywhere()
    {
        var chain = new ScriptedChain();
        for (var i = 0; i < 3; i++) chain.Mine(Log((byte)i));
        chain.LagBlocks = 2;
        Assert.Equal(1UL, (await chain.GetHeader(BlockId.Latest, Ct))!.Number);
        Assert.Null(await chain.GetHeader(BlockId.Of(chain.Head.Hash), Ct));
        Assert.Equal([0], await Read(chain));
    }

    [Fact]
    public async Task Failures_come_as_often_as_scripted()
    {
        var chain = new ScriptedChain();
        chain.FailNext(2);
        for (var i = 0; i < 2; i++)
            await Assert.ThrowsAsync<ChainUnavailableException>(async () => await chain.GetHeader(BlockId.Latest, Ct));
        Assert.NotNull(await chain.GetHeader(BlockId.Latest, Ct));
    }

    [Fact]
    public async Task A_range_too_large_says_so()
    {
        var chain = new ScriptedChain { LogRangeMax = 10 };
        var refused = await Assert.ThrowsAsync<ChainUnavailableException>(async () => await Read(chain));
        Assert.True(refused.AnswerTooLarge);
    }

    [Fact]
    public async Task It_lies_as_told()
    {
        var chain = new ScriptedChain
        {
            TellHeader = header => header with { Hash = Hash32.Keccak([7]) },
            TellLogs = logs => logs.Concat(logs),
        };
        chain.Mine(Log(1));
        Assert.Equal(Hash32.Keccak([7]), (await chain.GetHeader(BlockId.Latest, Ct))!.Hash);
        Assert.Equal([1, 1], await Read(chain));
    }

    [Fact]
    public async Task Transactions_of_a_replaced_block_return_to_the_pool_only_when_told()
    {
        var chain = new ScriptedChain { AutoMine = true };
        var signed = await new Eip1559Transaction(31337, 0, 1, 2, 21_000, Contract, 0, default).Sign(DevelopmentKeys.Signer(0), Ct);
        await chain.SendRaw(signed.Raw, Ct);
        var first = await chain.GetReceipt(signed.Hash, Ct);
        chain.Reorg(1, [[]], returnToPool: true);
        var moved = await chain.GetReceipt(signed.Hash, Ct);
        Assert.NotEqual(first!.BlockHash, moved!.BlockHash);
        chain.Reorg(1, [[]]);
        Assert.False(await chain.HasTransaction(signed.Hash, Ct));
    }

    private static ScriptedLog Log(byte mark) => new(Contract, [Hash32.Keccak([0])], new[] { mark });

    private static async Task<List<byte>> Read(ScriptedChain chain)
    {
        var sink = new MarkSink();
        await chain.ReadLogs(LogFilter.Range([Contract], 0, 100), sink, Ct);
        return sink.Marks;
    }

    private sealed class MarkSink : ILogSink
    {
        public List<byte> Marks { get; } = [];

        public void OnLog(in LogEntry log) => Marks.Add(log.Data[0]);
    }
}
