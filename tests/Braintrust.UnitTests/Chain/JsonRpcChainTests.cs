using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Time.Testing;

namespace Braintrust.Chain;

/// <summary>The client against a node on the loopback: questions as the node needs them, and every class of failure.</summary>
public sealed class JsonRpcChainTests : IAsyncLifetime
{
    private static readonly Address Alice = DevelopmentKeys.Address(0);
    private static readonly CallRequest SomeCall = new(Alice, Alice, new byte[] { 1, 2 });
    private readonly CancellationToken _ct = new CancellationTokenSource(TimeSpan.FromSeconds(30)).Token;
    private LoopbackNode? _node;
    private JsonRpcChain? _chain;

    private LoopbackNode Node => _node!;

    private JsonRpcChain Chain => _chain!;

    public async Task InitializeAsync()
    {
        _node = await LoopbackNode.Start();
        _chain = _node.Connect();
    }

    public async Task DisposeAsync()
    {
        Chain.Dispose();
        await Node.DisposeAsync();
    }

    [Fact]
    public async Task Blocks_are_named_by_tag_by_number_and_by_hash()
    {
        Answers(LoopbackNode.Header(258));
        var header = await Chain.GetHeader(BlockId.At(258), _ct);
        Assert.Equal(new BlockHeader(258, LoopbackNode.Hash(258), LoopbackNode.Hash(257), new BlockTime(100)), header);
        Assert.Equal("""["0x102",false]""", Node.LastParameters);
        await Chain.GetHeader(BlockId.Of(header!.Hash), _ct);
        Assert.Equal($"""["{header.Hash}",false]""", Node.LastParameters);
        await Chain.GetHeader(BlockId.Finalized, _ct);
        Assert.Equal("""["finalized",false]""", Node.LastParameters);
        Answers("\"0x\"");
        await Chain.GetCode(Alice, BlockId.Of(header.Hash), _ct);
        Assert.Equal($$"""["{{Alice}}",{"blockHash":"{{header.Hash}}","requireCanonical":true}]""", Node.LastParameters);
    }

    [Fact]
    public async Task A_call_carries_only_what_was_given()
    {
        Answers("\"0x0102\"");
        Assert.Equal([1, 2], (await Chain.Call(SomeCall with { Value = 255, Gas = 16 }, BlockId.Latest, _ct)).ToArray());
        Assert.Equal($$"""[{"from":"{{Alice}}","to":"{{Alice}}","value":"0xff","gas":"0x10","data":"0x0102"},"latest"]""", Node.LastParameters);
        await Chain.Call(new CallRequest(null, null, default), BlockId.At(1), _ct);
        Assert.Equal("""[{"data":"0x"},"0x1"]""", Node.LastParameters);
    }

    [Fact]
    public async Task Fees_cover_a_doubled_base_fee_and_the_median_tip()
    {
        Answers("""{"oldestBlock":"0x1","baseFeePerGas":["0x1","0x64"],"gasUsedRatio":[0.5],"reward":[["0x4c4b40"],["0x989680"],["0xe4e1c0"]]}""");
        Assert.Equal(new FeeQuote(200 + 10_000_000, 10_000_000), await Chain.GetFees(_ct));
    }

    [Theory]
    [InlineData("""{"number":"0x1"}""")]
    [InlineData("""{"number":1,"hash":"0x1","parentHash":"0x1","timestamp":"0x1"}""")]
    [InlineData("\"0x\"")]
    [InlineData("[]")]
    [InlineData("true")]
    public async Task A_header_of_another_shape_breaks_the_protocol(string result)
    {
        Answers(result);
        await Assert.ThrowsAsync<ChainProtocolException>(async () => await Chain.GetHeader(BlockId.Latest, _ct));
    }

    [Fact]
    public async Task Numbers_that_no_chain_has_break_the_protocol_before_they_break_sums()
    {
        const string Huge = "0xffffffffffffffff";
        foreach (var lie in (string[])[LoopbackNode.Header(5).Replace("0x64", Huge), LoopbackNode.Header(5).Replace("\"0x5\"", $"\"{Huge}\"")])
        {
            Answers(lie);
            await Assert.ThrowsAsync<ChainProtocolException>(async () => await Chain.GetHeader(BlockId.Latest, _ct));
        }

        Answers($"\"{Huge}\"");
        await Assert.ThrowsAsync<ChainProtocolException>(async () => await Chain.EstimateGas(SomeCall, _ct));
        Answers($$"""{"oldestBlock":"0x1","baseFeePerGas":["0x{{new string('f', 60)}}"],"gasUsedRatio":[]}""");
        await Assert.ThrowsAsync<ChainProtocolException>(async () => await Chain.GetFees(_ct));
    }

    [Fact]
    public async Task A_node_that_answers_another_block_or_receipt_contradicts_itself()
    {
        Answers(LoopbackNode.Header(5));
        await Assert.ThrowsAsync<ChainProtocolException>(async () => await Chain.GetHeader(BlockId.At(6), _ct));
        await Assert.ThrowsAsync<ChainProtocolException>(async () => await Chain.GetHeader(BlockId.Of(LoopbackNode.Hash(6)), _ct));
        Answers($$"""{"transactionHash":"{{LoopbackNode.Hash(1)}}"}""");
        await Assert.ThrowsAsync<ChainProtocolException>(async () => await Chain.GetReceipt(LoopbackNode.Hash(2), _ct));
    }

    [Theory]
    [InlineData("""{"jsonrpc":"2.0","id":1""")]
    [InlineData("""{"jsonrpc":"2.0","id":999999,"result":[]}""")]
    [InlineData("""{"jsonrpc":"2.0","result":[]}""")]
    [InlineData("""{"jsonrpc":"2.0","id":"x","result":[]}""")]
    [InlineData("[]")]
    [InlineData("<html>bad gateway</html>")]
    [InlineData("")]
    public async Task An_answer_that_is_no_answer_breaks_the_protocol(string body)
    {
        Node.Answer = (context, _) => LoopbackNode.Body(context, body);
        await Assert.ThrowsAsync<ChainProtocolException>(async () => await Chain.GetHeader(BlockId.Latest, _ct));
        await Assert.ThrowsAsync<ChainProtocolException>(async () => await ReadLogs());
    }

    [Theory]
    [InlineData(500, false)]
    [InlineData(502, false)]
    [InlineData(404, false)]
    [InlineData(302, false)]
    [InlineData(413, true)]
    public async Task An_http_failure_is_an_unavailable_node(int status, bool tooLarge)
    {
        Node.Answer = (context, _) => Status(context, status);
        var failure = await Assert.ThrowsAsync<ChainUnavailableException>(async () => await ReadLogs());
        Assert.Equal(tooLarge, failure.AnswerTooLarge);
        Assert.Null(failure.RetryAfter);
    }

    [Fact]
    public async Task A_limit_says_when_to_come_back()
    {
        Node.Answer = (context, _) =>
        {
            context.Response.Headers.RetryAfter = "7";
            return Status(context, 429);
        };
        var failure = await Assert.ThrowsAsync<ChainUnavailableException>(async () => await Chain.GetHeader(BlockId.Latest, _ct));
        Assert.Equal(TimeSpan.FromSeconds(7), failure.RetryAfter);
    }

    [Fact]
    public async Task Nobody_listening_is_an_unavailable_node_and_its_key_is_not_repeated()
    {
        using var free = new TcpListener(IPAddress.Loopback, 0);
        free.Start();
        var port = ((IPEndPoint)free.LocalEndpoint).Port;
        free.Stop();
        using var nobody = Node.Connect(options => options with { HttpUrl = new Uri($"http://127.0.0.1:{port}/v2/secret") });
        var failure = await Assert.ThrowsAsync<ChainUnavailableException>(async () => await nobody.GetHeader(BlockId.Latest, _ct));
        Assert.DoesNotContain("secret", failure.Message);
    }

    [Fact]
    public async Task A_line_cut_in_the_middle_is_an_unavailable_node()
    {
        Node.Answer = async (context, _) =>
        {
            context.Response.ContentLength = 1000;
            await context.Response.WriteAsync("""{"jsonrpc":"2.0","id":2,"result":[""");
            await context.Response.Body.FlushAsync();
            context.Abort();
        };
        await Assert.ThrowsAsync<ChainUnavailableException>(async () => await Chain.GetHeader(BlockId.Latest, _ct));
        await Assert.ThrowsAsync<ChainUnavailableException>(async () => await ReadLogs());
    }

    [Fact]
    public async Task A_silent_node_is_unavailable_after_the_timeout_and_a_cancelled_question_is_cancelled()
    {
        var clock = new FakeTimeProvider();
        using var chain = Node.Connect(clock: clock);
        var asked = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        Node.Answer = async (context, _) =>
        {
            asked.SetResult();
            await new TaskCompletionSource().Task.WaitAsync(context.RequestAborted);
        };
        var waiting = chain.GetHeader(BlockId.Latest, _ct).AsTask();
        await asked.Task.WaitAsync(_ct);
        clock.Advance(TimeSpan.FromMilliseconds(10_000));
        await Assert.ThrowsAsync<ChainUnavailableException>(() => waiting);

        asked = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using var stop = new CancellationTokenSource();
        waiting = chain.GetHeader(BlockId.Latest, stop.Token).AsTask();
        await asked.Task.WaitAsync(_ct);
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
    }

    [Fact]
    public async Task An_answer_over_the_limit_is_not_read_to_its_end()
    {
        using var chain = Node.Connect(options => options with { ResponseBytesMax = 1000 });
        Answers($"\"0x{new string('0', 2000)}\"");
        var failure = await Assert.ThrowsAsync<ChainUnavailableException>(async () => await chain.GetCode(Alice, BlockId.Latest, _ct));
        Assert.True(failure.AnswerTooLarge);
        Answers($"[{new string(' ', 2000)}]");
        failure = await Assert.ThrowsAsync<ChainUnavailableException>(async () => await ReadLogs(chain));
        Assert.True(failure.AnswerTooLarge);
    }

    [Theory]
    [InlineData("""{"code":3,"message":"execution reverted","data":"0x01020304"}""", "0x01020304")]
    [InlineData("""{"code":-32000,"message":"execution reverted"}""", "0x")]
    [InlineData("""{"code":-32015,"message":"VM execution error.","data":"Reverted 0x0102"}""", "0x0102")]
    [InlineData("""{"code":-32603,"message":"oh","data":{"message":"oh","data":"0x05"}}""", "0x05")]
    [InlineData("""{"code":-32000,"message":"out of gas"}""", "0x")]
    public async Task The_evms_refusal_is_a_revert_with_its_data(string error, string data)
    {
        Fails(error);
        var revert = await Assert.ThrowsAsync<EvmRevertException>(async () => await Chain.Call(SomeCall, BlockId.Latest, _ct));
        Assert.Equal(data, Hex.Of(revert.RevertData.Span));
        await Assert.ThrowsAsync<EvmRevertException>(async () => await Chain.EstimateGas(SomeCall, _ct));
    }

    [Theory]
    [InlineData("""{"code":-32000,"message":"header not found"}""", typeof(ChainUnavailableException))]
    [InlineData("""{"code":-32603,"message":"internal error"}""", typeof(ChainUnavailableException))]
    [InlineData("""{"code":-32005,"message":"request rate exceeded"}""", typeof(ChainUnavailableException))]
    [InlineData("""{"code":-32601,"message":"method not found"}""", typeof(ChainProtocolException))]
    [InlineData("""{"code":-32602,"message":"invalid params"}""", typeof(ChainProtocolException))]
    [InlineData("""{"message":"no code"}""", typeof(ChainProtocolException))]
    [InlineData("\"a string\"", typeof(ChainProtocolException))]
    public async Task Other_errors_are_trouble_that_passes_or_a_broken_protocol(string error, Type expected)
    {
        Fails(error);
        await Assert.ThrowsAsync(expected, async () => await Chain.Call(SomeCall, BlockId.Latest, _ct));
        await Assert.ThrowsAsync(expected, async () => await Chain.GetNonce(Alice, BlockId.Latest, _ct));
    }

    [Theory]
    [InlineData("""{"code":-32000,"message":"unknown block"}""")]
    [InlineData("""{"code":-39001,"message":"Unknown block"}""")]
    [InlineData("""{"code":-32000,"message":"finalized block not found"}""")]
    public async Task A_block_the_node_does_not_have_is_null_however_it_says_so(string error)
    {
        Fails(error);
        Assert.Null(await Chain.GetHeader(BlockId.Finalized, _ct));
    }

    [Theory]
    [InlineData("""{"code":-32000,"message":"nonce too low: next nonce 5, tx nonce 4"}""", true)]
    [InlineData("""{"code":-32003,"message":"transaction rejected"}""", true)]
    [InlineData("""{"code":-32000,"message":"replacement transaction underpriced"}""", true)]
    [InlineData("""{"code":-32000,"message":"insufficient funds for gas * price + value"}""", true)]
    [InlineData("""{"code":-32602,"message":"Failed to decode transaction"}""", true)]
    [InlineData("""{"code":-32000,"message":"txpool is full"}""", false)]
    [InlineData("""{"code":-32603,"message":"internal error"}""", false)]
    [InlineData("""{"code":-32005,"message":"daily limit, see chain id docs"}""", false)]
    public async Task A_transaction_is_rejected_for_good_or_may_be_tried_again(string error, bool forGood)
    {
        Node.Answer = (context, request) => request.GetProperty("method").GetString() == "eth_getTransactionByHash"
            ? LoopbackNode.Result(context, request, "null")
            : LoopbackNode.Error(context, request, error);
        await Assert.ThrowsAsync(
            forGood ? typeof(TransactionRejectedException) : typeof(ChainUnavailableException),
            async () => await Chain.SendRaw(new byte[] { 2 }, _ct));
    }

    [Theory]
    [InlineData("already known")]
    [InlineData("AlreadyKnown: already known")]
    [InlineData("transaction already imported")]
    [InlineData("known transaction: 0x01")]
    public async Task A_transaction_the_node_has_counts_as_sent(string message)
    {
        Fails($$"""{"code":-32000,"message":"{{message}}"}""");
        Assert.Equal(Hash32.Keccak([2]), await Chain.SendRaw(new byte[] { 2 }, _ct));
    }

    [Fact]
    public async Task A_node_that_names_a_sent_transaction_otherwise_contradicts_itself()
    {
        Answers($"\"{Hash32.Keccak([3])}\"");
        await Assert.ThrowsAsync<ChainProtocolException>(async () => await Chain.SendRaw(new byte[] { 2 }, _ct));
    }

    [Theory]
    [InlineData("""{"code":-32005,"message":"query returned more than 10000 results"}""", true)]
    [InlineData("""{"code":-32000,"message":"eth_getLogs block range is too large, max range is 2000"}""", true)]
    [InlineData("""{"code":-32008,"message":"Response is too big, response size limit exceeded"}""", true)]
    [InlineData("""{"code":-32005,"message":"request rate limit exceeded"}""", false)]
    [InlineData("""{"code":-32000,"message":"unknown block"}""", false)]
    public async Task A_provider_refuses_large_ranges_in_words_of_its_own(string error, bool tooLarge)
    {
        Fails(error);
        var failure = await Assert.ThrowsAsync<ChainUnavailableException>(async () => await ReadLogs());
        Assert.Equal(tooLarge, failure.AnswerTooLarge);
    }

    [Fact]
    public async Task No_contracts_are_no_question()
    {
        Node.Answer = (_, _) => throw new InvalidOperationException("asked");
        Assert.Equal(0, await Chain.ReadLogs(LogFilter.Range([], 0, 9), new LogSink(), _ct));
    }

    [Fact]
    public async Task A_watcher_polls_goes_on_through_trouble_and_ends_when_cancelled()
    {
        var head = 1UL;
        Node.Answer = (context, request) => head == 0
            ? Status(context, 500)
            : LoopbackNode.Result(context, request, LoopbackNode.Header(head));
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(_ct);
        await using var heads = Chain.WatchHeads(stop.Token).GetAsyncEnumerator(_ct);
        await heads.MoveNextAsync();
        head = 0;
        var next = heads.MoveNextAsync();
        head = 2;
        Assert.True(await next);
        Assert.Equal(2UL, heads.Current.Number);
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await heads.MoveNextAsync());
    }

    [Fact]
    public async Task A_watcher_takes_heads_from_the_socket_and_polls_when_it_is_lost()
    {
        var polled = 1UL;
        Node.Answer = (context, request) => LoopbackNode.Result(context, request, LoopbackNode.Header(polled));
        using var chain = Node.Connect(options => options with { WebSocketUrl = Node.SocketUrl });
        await using var heads = chain.WatchHeads(_ct).GetAsyncEnumerator(_ct);
        await heads.MoveNextAsync();
        var next = heads.MoveNextAsync();
        await Node.Subscribed.Task.WaitAsync(_ct);
        await Node.Announce(LoopbackNode.Header(7));
        Assert.True(await next);
        Assert.Equal(7UL, heads.Current.Number);
        polled = 8;
        Node.CutSockets();
        await heads.MoveNextAsync();
        Assert.Equal(8UL, heads.Current.Number);
    }

    [Fact]
    public async Task A_socket_that_missed_a_head_is_replaced()
    {
        var polled = 1UL;
        Node.Answer = (context, request) => LoopbackNode.Result(context, request, LoopbackNode.Header(polled));
        using var chain = Node.Connect(options => options with { WebSocketUrl = Node.SocketUrl, SocketSilenceMs = 5 });
        await using var heads = chain.WatchHeads(_ct).GetAsyncEnumerator(_ct);
        await heads.MoveNextAsync();
        while (Node.Subscriptions < 2)
        {
            var next = heads.MoveNextAsync();
            await Node.Subscribed.Task.WaitAsync(_ct);
            polled++;
            Assert.True(await next);
        }

        Assert.Equal(polled, heads.Current.Number);
    }

    [Theory]
    [InlineData("ftp://x", 1, 1)]
    [InlineData("http://x", 0, 1)]
    [InlineData("http://x", 1, 0)]
    public void Settings_out_of_range_are_refused_by_name(string url, ulong chainId, int timeout) =>
        Assert.Throws<ArgumentException>(() => new JsonRpcChain(
            new JsonRpcChainOptions { HttpUrl = new Uri(url), ChainId = chainId, RequestTimeoutMs = timeout }, TimeProvider.System));

    private void Answers(string result) => Node.Answer = (context, request) => LoopbackNode.Result(context, request, result);

    private void Fails(string error) => Node.Answer = (context, request) => LoopbackNode.Error(context, request, error);

    private static Task Status(HttpContext context, int status)
    {
        context.Response.StatusCode = status;
        return Task.CompletedTask;
    }

    private ValueTask<long> ReadLogs(JsonRpcChain? chain = null) =>
        (chain ?? Chain).ReadLogs(LogFilter.Range([Alice], 1, 5), new LogSink(), _ct);
}
