using System.Globalization;
using System.Text.Json;
using Microsoft.AspNetCore.Http;

namespace Braintrust.Chain;

/// <summary>Many headers at once from nodes that take batches, take small ones, take none, and answer them badly.</summary>
public sealed class HeaderBatchTests : IAsyncLifetime
{
    private const ulong LastBlock = 150;
    private static readonly ulong[] Asked = [.. Enumerable.Range(1, 100).Select(i => (ulong)(i * 2))];
    private readonly CancellationToken _ct = new CancellationTokenSource(TimeSpan.FromSeconds(30)).Token;
    private readonly List<int> _batches = [];
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
    public async Task Headers_come_in_the_order_they_were_asked_in_whatever_order_they_are_answered()
    {
        _node!.Answer = (context, request) => Reply(context, request, batch => batch.Reverse());
        await AllArrive();
        Assert.Equal([64, 36], _batches);
    }

    [Fact]
    public async Task A_node_that_takes_small_batches_is_asked_in_small_batches_from_then_on()
    {
        _node!.Answer = (context, request) => request.ValueKind == JsonValueKind.Array && request.GetArrayLength() > 10
            ? Refuse(context, request)
            : Reply(context, request);
        await AllArrive();
        await AllArrive();
        Assert.Equal([64, 32, 16], _batches.Where(size => size > 10));
    }

    [Theory]
    [InlineData(200, """{"jsonrpc":"2.0","id":null,"error":{"code":-32600,"message":"batches are not supported"}}""")]
    [InlineData(200, """{"jsonrpc":"2.0","id":1,"result":null}""")]
    [InlineData(200, "[]")]
    [InlineData(400, "bad request")]
    [InlineData(413, "too large")]
    public async Task A_node_that_takes_no_batch_is_asked_one_by_one(int status, string refusal)
    {
        _node!.Answer = (context, request) =>
        {
            if (request.ValueKind != JsonValueKind.Array) return Reply(context, request);
            context.Response.StatusCode = status;
            return LoopbackNode.Body(context, refusal);
        };
        await AllArrive();
    }

    [Fact]
    public async Task A_batch_answered_in_part_twice_or_for_another_question_is_not_believed()
    {
        var bad = 0;
        _node!.Answer = (context, request) => Reply(context, request, batch => (bad++ % 3) switch
        {
            0 => batch.Skip(1),
            1 => batch.Append(batch[0]),
            _ => batch.Skip(1).Prepend("""{"jsonrpc":"2.0","id":999999,"result":null}"""),
        });
        await AllArrive();
    }

    [Fact]
    public async Task A_node_that_is_away_is_away_and_asked_for_less_next_time()
    {
        _node!.Answer = (context, _) =>
        {
            context.Response.StatusCode = 503;
            return Task.CompletedTask;
        };
        await Assert.ThrowsAsync<ChainUnavailableException>(async () => await _chain!.GetHeaders(Asked, _ct));
        _node.Answer = (context, request) => Reply(context, request);
        await AllArrive();
        Assert.Equal(32, _batches[0]);
    }

    private async Task AllArrive()
    {
        var headers = await _chain!.GetHeaders(Asked, _ct);
        Assert.Equal(
            Asked.Select(number => number <= LastBlock ? LoopbackNode.Hash(number) : (Hash32?)null), headers.Select(header => header?.Hash));
    }

    private Task Refuse(HttpContext context, JsonElement batch)
    {
        _batches.Add(batch.GetArrayLength());
        return LoopbackNode.Error(context, batch[0], """{"code":-32005,"message":"batch too large"}""");
    }

    private Task Reply(HttpContext context, JsonElement request, Func<string[], IEnumerable<string>>? spoil = null)
    {
        if (request.ValueKind != JsonValueKind.Array) return LoopbackNode.Body(context, One(request));
        string[] all = [.. request.EnumerateArray().Select(One)];
        _batches.Add(all.Length);
        return LoopbackNode.Body(context, $"[{string.Join(',', spoil?.Invoke(all) ?? all)}]");
    }

    private static string One(JsonElement question)
    {
        var number = ulong.Parse(question.GetProperty("params")[0].GetString()![2..], NumberStyles.HexNumber, CultureInfo.InvariantCulture);
        var result = number <= LastBlock ? LoopbackNode.Header(number) : "null";
        return $$"""{"jsonrpc":"2.0","id":{{question.GetProperty("id")}},"result":{{result}}}""";
    }
}
