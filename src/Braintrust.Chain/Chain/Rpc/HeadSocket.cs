using System.Net.Http;
using System.Net.Sockets;
using System.Net.WebSockets;
using System.Text.Json;
using System.Threading.Channels;

namespace Braintrust.Chain;

/// <summary>
/// A subscription to new heads over one socket. It ends, and says nothing, when the socket is lost, closed or talks
/// nonsense: the watch goes on by polling.
/// </summary>
internal sealed class HeadSocket : IAsyncDisposable
{
    private const int MessageBytesMax = 1 << 20;
    private const int TcpLevel = 6;
    private const int TcpQuickAck = 12;

    private readonly CancellationTokenSource _stop;
    private readonly Task _pump;
    private Socket? _tcp;

    // Only the newest head matters to a watch, and a slow watcher must not make us queue.
    private readonly Channel<BlockHeader> _heads = Channel.CreateBounded<BlockHeader>(
        new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropOldest });

    private HeadSocket(Uri url, TimeProvider clock, int connectTimeoutMs, CancellationToken ct)
    {
        _stop = CancellationTokenSource.CreateLinkedTokenSource(ct);
        _pump = Pump(url, clock, connectTimeoutMs);
    }

    public static HeadSocket Open(Uri url, TimeProvider clock, int connectTimeoutMs, CancellationToken ct) =>
        new(url, clock, connectTimeoutMs, ct);

    /// <summary>Completes when the socket is lost.</summary>
    public ChannelReader<BlockHeader> Heads => _heads.Reader;

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _pump;
        _stop.Dispose();
    }

    private async Task Pump(Uri url, TimeProvider clock, int connectTimeoutMs)
    {
        try
        {
            using var socket = new ClientWebSocket();
            using var http = new HttpMessageInvoker(new SocketsHttpHandler { ConnectCallback = Connect });
            socket.Options.KeepAliveInterval = TimeSpan.FromSeconds(15);
            socket.Options.KeepAliveTimeout = TimeSpan.FromSeconds(15);
            using (var timeout = new CancellationTokenSource(TimeSpan.FromMilliseconds(connectTimeoutMs), clock))
            using (var either = CancellationTokenSource.CreateLinkedTokenSource(_stop.Token, timeout.Token))
            {
                await socket.ConnectAsync(url, http, either.Token);
                await socket.SendAsync(Subscribe, WebSocketMessageType.Text, true, either.Token);
            }

            while (await Receive(socket) is { } message)
                if (Head(message) is { } head) _heads.Writer.TryWrite(head);
        }
        catch (Exception lost) when (lost is WebSocketException or OperationCanceledException or IOException
            or JsonException or InvalidOperationException or ChainProtocolException)
        {
            // Whoever watches learns it from the completed channel, and polls.
        }
        finally
        {
            _heads.Writer.TryComplete();
        }
    }

    private async ValueTask<Stream> Connect(SocketsHttpConnectionContext context, CancellationToken ct)
    {
        _tcp = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await _tcp.ConnectAsync(context.DnsEndPoint, ct);
        return new NetworkStream(_tcp, ownsSocket: true);
    }

    /// <summary>
    /// A node that keeps Nagle's algorithm holds an announcement back until the one before it was acknowledged, which Linux
    /// puts off for 40 ms. The switch falls back by itself, so it is set after each message (tcp(7), TCP_QUICKACK).
    /// </summary>
    private void AcknowledgeAtOnce()
    {
        if (OperatingSystem.IsLinux()) _tcp?.SetRawSocketOption(TcpLevel, TcpQuickAck, BitConverter.GetBytes(1));
    }

    private async ValueTask<ReadOnlyMemory<byte>?> Receive(ClientWebSocket socket)
    {
        var message = new System.Buffers.ArrayBufferWriter<byte>(4096);
        while (true)
        {
            var part = await socket.ReceiveAsync(message.GetMemory(4096), _stop.Token);
            if (part.MessageType != WebSocketMessageType.Text) return null;
            AcknowledgeAtOnce();
            message.Advance(part.Count);
            if (message.WrittenCount > MessageBytesMax) return null;
            if (part.EndOfMessage) return message.WrittenMemory;
        }
    }

    private static BlockHeader? Head(ReadOnlyMemory<byte> message)
    {
        using var json = JsonDocument.Parse(message);
        if (json.RootElement.MemberOrNull("error") is not null)
            throw new ChainProtocolException("The node refuses to announce heads.");
        return json.RootElement.MemberOrNull("params")?.Member("result").Header();
    }

    private static readonly ReadOnlyMemory<byte> Subscribe =
        """{"jsonrpc":"2.0","id":1,"method":"eth_subscribe","params":["newHeads"]}"""u8.ToArray();
}
