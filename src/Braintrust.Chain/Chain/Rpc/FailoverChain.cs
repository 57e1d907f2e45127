using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.ExceptionServices;

namespace Braintrust.Chain;

/// <summary>
/// One chain over several endpoints, the preferred one first: each question goes to the healthiest, and to the next when
/// that one is away, contradicts itself or lags behind the others. Nothing is voted on: what an endpoint answers is held to
/// block hashes like everything else, and a fork between two of them is a fork of the chain until one of them gives in.
/// </summary>
public sealed class FailoverChain : IEvmChain, IDisposable
{
    /// <summary>Blocks that an endpoint may be behind the newest head that any of them told.</summary>
    public const ulong LagBlocksMax = 4;

    private readonly IReadOnlyList<Endpoint> _endpoints;
    private readonly TimeProvider _clock;
    private readonly Action<string> _tell;
    private Endpoint _current;

    /// <param name="endpoints">Of the same chain, the preferred one first; disposed with this.</param>
    /// <param name="tell">Hears when another endpoint takes over, and why.</param>
    /// <exception cref="ArgumentException">No endpoint, or endpoints of several chains.</exception>
    public FailoverChain(IReadOnlyList<(string Name, IEvmChain Chain)> endpoints, TimeProvider clock, Action<string> tell)
    {
        if (endpoints.DistinctBy(endpoint => endpoint.Chain.ChainId).Count() != 1)
            throw new ArgumentException("Endpoints must be of one chain.", nameof(endpoints));
        _endpoints = [.. endpoints.Select(one => new Endpoint(one.Name, one.Chain, new EndpointHealth(clock)))];
        (_clock, _tell, _current) = (clock, tell, _endpoints[0]);
    }

    public ulong ChainId => _endpoints[0].Chain.ChainId;

    /// <summary>The endpoint that answered last.</summary>
    public string Current => Volatile.Read(ref _current).Name;

    public async ValueTask<BlockHeader?> GetHeader(BlockId id, CancellationToken ct)
    {
        if (id != BlockId.Latest) return await Ask(node => node.GetHeader(id, ct));
        BlockHeader? newest = null;
        foreach (var _ in _endpoints)
        {
            var (head, endpoint) = await AskWhom(node => node.GetHeader(BlockId.Latest, ct));
            if (head is not null && head.Number >= (newest?.Number ?? 0)) newest = head;
            endpoint.HeadNo = head?.Number ?? 0;
            // A chain that became shorter everywhere is believed when all have said so.
            if (endpoint.HeadNo + LagBlocksMax >= _endpoints.Max(one => one.HeadNo)) break;
            Blame(endpoint, null, $"it stands at block {endpoint.HeadNo}");
        }

        return newest;
    }

    public ValueTask<IReadOnlyList<BlockHeader?>> GetHeaders(IReadOnlyList<ulong> numbers, CancellationToken ct) =>
        Ask(node => node.GetHeaders(numbers, ct));

    public async IAsyncEnumerable<BlockHeader> WatchHeads([EnumeratorCancellation] CancellationToken ct)
    {
        // Whoever lists heads ends when another endpoint takes over; the reader asks again then.
        var endpoint = InOrder()[0];
        using var over = CancellationTokenSource.CreateLinkedTokenSource(ct);
        endpoint.Over = over;
        await foreach (var head in endpoint.Chain.WatchHeads(over.Token)) yield return head;
    }

    public async ValueTask<long> ReadLogs(LogFilter filter, ILogSink sink, CancellationToken ct)
    {
        var logs = new KeptLogs();
        var count = await Ask(node =>
        {
            logs.Clear();
            return node.ReadLogs(filter, logs, ct);
        });
        logs.Tell(sink);
        return count;
    }

    public ValueTask<ReadOnlyMemory<byte>> Call(CallRequest call, BlockId at, CancellationToken ct) =>
        Ask(node => node.Call(call, at, ct));

    public ValueTask<ulong> EstimateGas(CallRequest call, CancellationToken ct) => Ask(node => node.EstimateGas(call, ct));

    public ValueTask<FeeQuote> GetFees(CancellationToken ct) => Ask(node => node.GetFees(ct));

    public ValueTask<ulong> GetNonce(Address account, BlockId at, CancellationToken ct) =>
        Ask(node => node.GetNonce(account, at, ct));

    public ValueTask<BigInteger> GetBalance(Address account, BlockId at, CancellationToken ct) =>
        Ask(node => node.GetBalance(account, at, ct));

    public ValueTask<ReadOnlyMemory<byte>> GetCode(Address account, BlockId at, CancellationToken ct) =>
        Ask(node => node.GetCode(account, at, ct));

    public ValueTask<Hash32> SendRaw(ReadOnlyMemory<byte> raw, CancellationToken ct) => Ask(node => node.SendRaw(raw, ct));

    public ValueTask<TxReceipt?> GetReceipt(Hash32 tx, CancellationToken ct) => Ask(node => node.GetReceipt(tx, ct));

    public ValueTask<bool> HasTransaction(Hash32 tx, CancellationToken ct) => Ask(node => node.HasTransaction(tx, ct));

    public void Doubt(string why) => Blame(Volatile.Read(ref _current), null, why);

    public void Dispose()
    {
        foreach (var endpoint in _endpoints) (endpoint.Chain as IDisposable)?.Dispose();
    }

    private async ValueTask<T> Ask<T>(Func<IEvmChain, ValueTask<T>> question) => (await AskWhom(question)).Answer;

    private async ValueTask<(T Answer, Endpoint Whom)> AskWhom<T>(Func<IEvmChain, ValueTask<T>> question)
    {
        ExceptionDispatchInfo? first = null;
        foreach (var endpoint in InOrder())
        {
            try
            {
                var answer = await question(endpoint.Chain);
                endpoint.Health.Worked();
                if (Interlocked.Exchange(ref _current, endpoint) != endpoint) _tell($"{endpoint.Name} answers for chain {ChainId} now.");
                return (answer, endpoint);
            }
            catch (Exception failed) when (failed is ChainProtocolException or ChainUnavailableException { AnswerTooLarge: false })
            {
                endpoint.HeadNo = 0;
                Blame(endpoint, (failed as ChainUnavailableException)?.RetryAfter, failed.Message);
                first ??= ExceptionDispatchInfo.Capture(failed);
            }
        }

        first!.Throw();
        throw first.SourceException;
    }

    private void Blame(Endpoint endpoint, TimeSpan? asked, string why)
    {
        endpoint.Health.Failed(asked);
        if (endpoint == InOrder()[0]) return;
        _tell($"{endpoint.Name} is left alone for a while: {why}");
        endpoint.EndWatch();
    }

    /// <summary>Those that rest only when all do, the one that rests the shortest first.</summary>
    private List<Endpoint> InOrder()
    {
        var now = _clock.GetUtcNow();
        var awake = _endpoints.Where(one => one.Health.RestsUntil <= now).OrderByDescending(one => one.Health.Score).ToList();
        return awake.Count > 0 ? awake : [_endpoints.MinBy(one => one.Health.RestsUntil)!];
    }

    private sealed record Endpoint(string Name, IEvmChain Chain, EndpointHealth Health)
    {
        public ulong HeadNo { get; set; }
        public CancellationTokenSource? Over { get; set; }

        public void EndWatch()
        {
            try
            {
                Over?.Cancel();
            }
            catch (ObjectDisposedException)
            {
                // It ended by itself meanwhile.
            }
        }
    }
}
