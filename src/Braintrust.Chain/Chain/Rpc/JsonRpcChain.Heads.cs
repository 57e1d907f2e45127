using System.Runtime.CompilerServices;

namespace Braintrust.Chain;

/// <summary>Watching heads: announced over a socket while there is one, polled otherwise.</summary>
public sealed partial class JsonRpcChain
{
    /// <inheritdoc/>
    public async IAsyncEnumerable<BlockHeader> WatchHeads([EnumeratorCancellation] CancellationToken ct)
    {
        await using var watch = new HeadWatch(this, ct);
        while (true) yield return await watch.Next();
    }

    private sealed class HeadWatch(JsonRpcChain chain, CancellationToken ct) : IAsyncDisposable
    {
        private HeadSocket? _socket;
        private bool _fresh;
        private long _lostAt;
        private Hash32? _last;

        public async ValueTask<BlockHeader> Next()
        {
            while (true)
            {
                ct.ThrowIfCancellationRequested();
                if (_last is null && await Poll() is { } first) return first;
                Connect();
                if (await Announced() is { } head) return Seen(head);
                var fresh = _fresh;
                _fresh = false;
                if (await Poll() is not { } polled) continue;
                // An older socket that did not announce this head is dead without saying so.
                if (!fresh) await Drop();
                return polled;
            }
        }

        public ValueTask DisposeAsync() => _socket?.DisposeAsync() ?? default;

        private void Connect()
        {
            if (_socket is not null || chain._options.WebSocketUrl is not { } url) return;
            if (_lostAt != 0 && chain._clock.GetElapsedTime(_lostAt).TotalMilliseconds < chain._options.SocketRetryMs) return;
            _socket = HeadSocket.Open(url, chain._clock, chain._options.RequestTimeoutMs, ct);
            // A head may have come between the last poll and the subscription: look once, soon.
            _fresh = true;
        }

        /// <summary>The next announced head, or null when it is time to poll.</summary>
        private async ValueTask<BlockHeader?> Announced()
        {
            var waitMs = _socket is null || _fresh ? chain._options.PollIntervalMs : chain._options.SocketSilenceMs;
            using var stop = CancellationTokenSource.CreateLinkedTokenSource(ct);
            var time = Task.Delay(TimeSpan.FromMilliseconds(waitMs), chain._clock, stop.Token);
            var heads = _socket?.Heads.WaitToReadAsync(stop.Token).AsTask();
            var first = await (heads is null ? Task.WhenAny(time) : Task.WhenAny(time, heads));
            await stop.CancelAsync();
            ct.ThrowIfCancellationRequested();
            if (first != heads || _socket is null) return null;
            if (heads.IsCompletedSuccessfully && heads.Result && _socket.Heads.TryRead(out var head)) return head;
            await Drop();
            return null;
        }

        private async ValueTask Drop()
        {
            if (_socket is null) return;
            _lostAt = chain._clock.GetTimestamp();
            await _socket.DisposeAsync();
            _socket = null;
        }

        /// <summary>The latest head if it is another one; trouble is left to the caller's own reads.</summary>
        private async ValueTask<BlockHeader?> Poll()
        {
            try
            {
                return await chain.GetHeader(BlockId.Latest, ct) is { } head && head.Hash != _last ? Seen(head) : null;
            }
            catch (Exception passing) when (passing is ChainUnavailableException or ChainProtocolException)
            {
                return null;
            }
        }

        private BlockHeader Seen(BlockHeader head)
        {
            _last = head.Hash;
            return head;
        }
    }
}
