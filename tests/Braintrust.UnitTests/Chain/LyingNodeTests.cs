using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Time.Testing;

namespace Braintrust.Chain;

/// <summary>What a node says of one block's logs is held to the block's header; a node that limits us is obeyed.</summary>
public sealed class LyingNodeTests : IAsyncLifetime
{
    private static readonly Address Ours = DevelopmentKeys.Address(1);
    private static readonly Address Strange = DevelopmentKeys.Address(2);
    private static readonly Hash32 Topic = Hash32.Keccak("Happened()"u8);
    private static readonly Hash32 Block = LoopbackNode.Hash(7);
    private readonly CancellationToken _ct = new CancellationTokenSource(TimeSpan.FromSeconds(60)).Token;
    private LoopbackNode? _node;
    private JsonRpcChain? _chain;

    public async Task InitializeAsync()
    {
        _node = await LoopbackNode.Start();
        _chain = _node.Connect();
    }

    public async Task DisposeAsync()
    {
        _chain!.Dispose();
        await _node!.DisposeAsync();
    }

    [Fact]
    public async Task Logs_that_the_header_knows_are_believed() =>
        Assert.Equal(1, await Read(bloom: [Ours], answered: [Ours], all: []));

    [Fact]
    public async Task A_bloom_that_is_set_while_the_logs_are_empty_is_a_contradiction() =>
        await Assert.ThrowsAsync<ChainProtocolException>(() => Read(bloom: [Ours], answered: [], all: []));

    [Fact]
    public async Task Logs_left_out_for_some_contracts_only_are_a_contradiction() =>
        await Assert.ThrowsAsync<ChainProtocolException>(() => Read(bloom: [Ours], answered: [], all: [Ours]));

    [Fact]
    public async Task A_log_that_the_header_does_not_know_was_invented() =>
        await Assert.ThrowsAsync<ChainProtocolException>(() => Read(bloom: [Strange], answered: [Ours], all: [Strange]));

    [Fact]
    public async Task A_bloom_that_holds_a_contract_by_chance_is_explained_by_the_others_logs()
    {
        var crowd = Crowd();
        Assert.Equal(0, await Read(bloom: crowd, answered: [], all: crowd));
    }

    [Fact]
    public async Task A_chain_without_blooms_is_believed_by_its_block_hashes() =>
        Assert.Equal(1, await Read(bloom: [], answered: [Ours], all: []));

    [Fact]
    public async Task A_bloom_of_another_length_breaks_the_protocol()
    {
        _node!.Answer = (context, request) => LoopbackNode.Result(context, request, Header("0x00"));
        await Assert.ThrowsAsync<ChainProtocolException>(async () => await _chain!.GetHeader(BlockId.At(7), _ct));
    }

    [Fact]
    public async Task A_node_that_asks_to_be_left_alone_is_asked_nothing_by_anybody_until_then()
    {
        var clock = new FakeTimeProvider();
        using var chain = _node!.Connect(clock: clock);
        var asked = 0;
        _node.Answer = (context, request) =>
        {
            asked++;
            if (asked > 1) return LoopbackNode.Result(context, request, LoopbackNode.Header(7));
            context.Response.StatusCode = 429;
            context.Response.Headers.RetryAfter = "30";
            return Task.CompletedTask;
        };
        await Assert.ThrowsAsync<ChainUnavailableException>(async () => await chain.GetHeader(BlockId.At(7), _ct));
        clock.Advance(TimeSpan.FromSeconds(20));
        var waits = await Assert.ThrowsAsync<ChainUnavailableException>(async () => await chain.GetBalance(Ours, BlockId.Latest, _ct));
        Assert.Equal((1, TimeSpan.FromSeconds(10)), (asked, waits.RetryAfter));
        clock.Advance(TimeSpan.FromSeconds(11));
        Assert.Equal(7ul, (await chain.GetHeader(BlockId.At(7), _ct))!.Number);
    }

    [Theory]
    [InlineData("""{"code":-32005,"message":"Too Many Requests"}""")]
    [InlineData("""{"code":429,"message":"exceeded its compute units per second capacity: more than 330"}""")]
    public async Task A_busy_node_is_not_taken_for_a_range_too_large(string error)
    {
        _node!.Answer = (context, request) => LoopbackNode.Error(context, request, error);
        var failure = await Assert.ThrowsAsync<ChainUnavailableException>(async () =>
            await _chain!.ReadLogs(LogFilter.Range([Ours], 1, 5), new LogSink(), _ct));
        Assert.False(failure.AnswerTooLarge);
    }

    [Fact]
    public async Task A_node_that_comes_back_as_another_chain_is_not_believed()
    {
        _node!.Answer = (context, request) => LoopbackNode.Result(context, request, LoopbackNode.Header(7));
        await _chain!.GetHeader(BlockId.At(7), _ct);
        _node.ChainId = "0x1";
        Assert.NotNull(await _chain.GetHeader(BlockId.At(7), _ct));
        _node.Answer = (context, _) =>
        {
            context.Abort();
            return Task.CompletedTask;
        };
        await Assert.ThrowsAsync<ChainUnavailableException>(async () => await _chain.GetHeader(BlockId.At(7), _ct));
        _node.Answer = (context, request) => LoopbackNode.Result(context, request, LoopbackNode.Header(7));
        await Assert.ThrowsAsync<ChainProtocolException>(async () => await _chain.GetHeader(BlockId.At(7), _ct));
    }

    /// <summary>Strangers whose logs, together, set every bit of ours.</summary>
    private static Address[] Crowd()
    {
        var (crowd, bloom) = (new List<Address>(), new LogBloom());
        for (var i = 0; !bloom.MayHold(Ours); i++)
        {
            crowd.Add(new Address(Hash32.Keccak(BitConverter.GetBytes(i)).ToBytes()[..20]));
            bloom.Add(new LogEntry
            {
                Contract = crowd[^1], BlockNo = 1, BlockHash = default, TxHash = default, LogIndex = 0, Topics = [Topic], Data = [],
            });
        }

        return [.. crowd];
    }

    /// <param name="bloom">Contracts with a log, by the header.</param>
    /// <param name="answered">Contracts with a log, when ours is asked for.</param>
    /// <param name="all">Contracts with a log, when nobody's in particular is asked for.</param>
    private async Task<long> Read(Address[] bloom, Address[] answered, Address[] all)
    {
        var bits = new byte[LogBloom.Length];
        foreach (var item in bloom.SelectMany(contract => (byte[][])[contract.ToBytes(), Topic.ToBytes()]))
        {
            var hash = Hash32.Keccak(item).ToBytes();
            foreach (var at in (int[])[0, 2, 4])
            {
                var bit = ((hash[at] << 8) | hash[at + 1]) & 2047;
                bits[255 - bit / 8] |= (byte)(1 << (bit % 8));
            }
        }

        _node!.Answer = (context, request) => Answer(context, request, Header(Hex.Of(bits)), answered, all);
        await _chain!.GetHeader(BlockId.At(7), _ct);
        return await _chain.ReadLogs(LogFilter.Block([Ours], Block), new LogSink(), _ct);
    }

    private static Task Answer(HttpContext context, JsonElement request, string header, Address[] answered, Address[] all)
    {
        if (request.GetProperty("method").GetString() != "eth_getLogs") return LoopbackNode.Result(context, request, header);
        var some = request.GetProperty("params")[0].TryGetProperty("address", out _) ? answered : all;
        return LoopbackNode.Result(context, request, $"[{string.Join(',', some.Select(Log))}]");
    }

    private static string Header(string bloom) =>
        LoopbackNode.Header(7).Replace("\"transactions\"", $"\"logsBloom\":\"{bloom}\",\"transactions\"");

    private static string Log(Address contract, int index) =>
        $$"""
        {"address":"{{contract.ToString().ToLowerInvariant()}}","topics":["{{Topic}}"],"data":"0x","blockNumber":"0x7","blockHash":"{{Block}}","transactionHash":"{{Topic}}","transactionIndex":"0x0","logIndex":"0x{{index:x}}"}
        """;
}
