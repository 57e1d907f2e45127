using System.Collections.Concurrent;
using System.Net.WebSockets;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.Extensions.Logging;

namespace Braintrust.Chain;

/// <summary>A node on the loopback that answers as the test says, well or badly. It tells its chain id by itself.</summary>
internal sealed class LoopbackNode : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly ConcurrentBag<WebSocket> _sockets = [];

    private LoopbackNode(WebApplication app) => _app = app;

    /// <summary>Answers a request; the default answers null results.</summary>
    public Func<HttpContext, JsonElement, Task> Answer { get; set; } = (context, request) => Result(context, request, "null");

    /// <summary>The chain it says to follow: 31337.</summary>
    public string ChainId { get; set; } = "0x7a69";

    /// <summary>Parameters of the last request, or the first of its batch, that was not about the chain id, as JSON.</summary>
    public string LastParameters { get; private set; } = "";

    public Uri Url => new(_app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single());

    public Uri SocketUrl => new UriBuilder(Url) { Scheme = "ws" }.Uri;

    /// <summary>Completes once a socket has subscribed.</summary>
    public TaskCompletionSource Subscribed { get; private set; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public int Subscriptions { get; private set; }

    public static async Task<LoopbackNode> Start()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var node = new LoopbackNode(builder.Build());
        node._app.UseWebSockets();
        node._app.Run(node.Serve);
        await node._app.StartAsync();
        return node;
    }

    public JsonRpcChain Connect(Func<JsonRpcChainOptions, JsonRpcChainOptions>? with = null, TimeProvider? clock = null)
    {
        var options = new JsonRpcChainOptions { HttpUrl = Url, ChainId = 31337, PollIntervalMs = 5, SocketRetryMs = 5 };
        return new JsonRpcChain(with is null ? options : with(options), clock ?? TimeProvider.System);
    }

    public static Task Result(HttpContext context, JsonElement request, string result) =>
        Body(context, $$"""{"jsonrpc":"2.0","id":{{request.GetProperty("id")}},"result":{{result}}}""");

    public static Task Error(HttpContext context, JsonElement request, string error) =>
        Body(context, $$"""{"jsonrpc":"2.0","id":{{request.GetProperty("id")}},"error":{{error}}}""");

    public static Task Body(HttpContext context, string body) => context.Response.WriteAsync(body);

    public async Task Announce(string header)
    {
        var message = Encoding.UTF8.GetBytes(
            $$$"""{"jsonrpc":"2.0","method":"eth_subscription","params":{"subscription":"0x1","result":{{{header}}}}}""");
        foreach (var socket in _sockets.Where(socket => socket.State == WebSocketState.Open))
            await socket.SendAsync(message, WebSocketMessageType.Text, true, CancellationToken.None);
    }

    public void CutSockets()
    {
        Subscribed = new(TaskCreationOptions.RunContinuationsAsynchronously);
        foreach (var socket in _sockets) socket.Abort();
    }

    public ValueTask DisposeAsync()
    {
        CutSockets();
        return _app.DisposeAsync();
    }

    public static string Header(ulong number, byte mark = 0) =>
        $$"""{"number":"0x{{number:x}}","hash":"{{Hash(number, mark)}}","parentHash":"{{Hash(number - 1, mark)}}","timestamp":"0x64","transactions":["0x00"]}""";

    public static Hash32 Hash(ulong number, byte mark = 0) => Hash32.Keccak([.. BitConverter.GetBytes(number), mark]);

    private async Task Serve(HttpContext context)
    {
        if (context.WebSockets.IsWebSocketRequest)
        {
            await ServeSocket(context);
            return;
        }

        using var json = await JsonDocument.ParseAsync(context.Request.Body);
        var request = json.RootElement;
        var first = request.ValueKind == JsonValueKind.Array ? request[0] : request;
        if (first.GetProperty("method").GetString() == "eth_chainId")
        {
            await Result(context, request, $"\"{ChainId}\"");
            return;
        }

        LastParameters = first.GetProperty("params").GetRawText();
        await Answer(context, request);
    }

    private async Task ServeSocket(HttpContext context)
    {
        using var socket = await context.WebSockets.AcceptWebSocketAsync();
        var buffer = new byte[4096];
        try
        {
            await socket.ReceiveAsync(buffer, context.RequestAborted);
            _sockets.Add(socket);
            await socket.SendAsync("""{"jsonrpc":"2.0","id":1,"result":"0x1"}"""u8.ToArray(), WebSocketMessageType.Text, true, context.RequestAborted);
            Subscriptions++;
            Subscribed.TrySetResult();
            await socket.ReceiveAsync(buffer, context.RequestAborted);
        }
        catch (Exception gone) when (gone is WebSocketException or OperationCanceledException)
        {
            // The client or the test cut the line.
        }
    }
}
