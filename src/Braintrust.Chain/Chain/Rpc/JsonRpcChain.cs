using System.Net;
using System.Numerics;
using System.Text.Json;

namespace Braintrust.Chain;

/// <summary>
/// The port over a node's JSON-RPC. Source: ethereum/execution-apis; errors as EIP-1474 and the nodes have them.
/// </summary>
public sealed partial class JsonRpcChain : IEvmChain, IDisposable
{
    /// <summary>Offered when blocks show no tips, in wei per gas.</summary>
    private static readonly BigInteger TipMin = 1_000_000;

    /// <summary>Well below what providers allow in one request; the answer is some 200 KB.</summary>
    private const int HeadersInBatchMax = 64;

    private readonly JsonRpcChainOptions _options;
    private readonly TimeProvider _clock;
    private readonly BlockLogs _logs;
    private readonly RangePace _batch = new(HeadersInBatchMax);
    private int _verified = -1;

    /// <exception cref="ArgumentException">A setting is out of its range.</exception>
    public JsonRpcChain(JsonRpcChainOptions options, TimeProvider clock)
    {
        options.Validate();
        (_options, _clock) = (options, clock);
        Rpc = new JsonRpcTransport(options, clock);
        _logs = new BlockLogs((filter, sink, ct) => Rpc.Logs(filter, sink, json => WriteFilter(json, filter), ct));
    }

    internal JsonRpcTransport Rpc { get; }

    public ulong ChainId => _options.ChainId;

    public async ValueTask<BlockHeader?> GetHeader(BlockId id, CancellationToken ct)
    {
        BlockHeader? header;
        try
        {
            header = id.Hash is { } hash
                ? await Question("eth_getBlockByHash", json => WriteBlockOnly(json, hash.ToString()), HeaderOrNull, ct)
                : await Question("eth_getBlockByNumber", json => WriteBlockOnly(json, id), HeaderOrNull, ct);
        }
        catch (RpcErrorException error)
        {
            return error.IsMissingBlock ? null : throw error.OfRead();
        }

        if (header is null || ((id.Hash ?? header.Hash) == header.Hash && (id.Number ?? header.Number) == header.Number)) return header;
        throw new ChainProtocolException($"Asked for block {id}, the node answered {header.Number} {header.Hash}.");
    }

    /// <inheritdoc/>
    /// <remarks>In batches, whose size is learned like that of ranges; by a question each where a node takes no batch.</remarks>
    public async ValueTask<IReadOnlyList<BlockHeader?>> GetHeaders(IReadOnlyList<ulong> numbers, CancellationToken ct)
    {
        await Verify(ct);
        var headers = new List<BlockHeader?>(numbers.Count);
        while (headers.Count < numbers.Count)
        {
            var rest = numbers.Skip(headers.Count).ToArray();
            if (_batch.Blocks == 1 || rest.Length == 1)
            {
                headers.AddRange(await SingleHeaders.Ask(this, rest, ct));
                _batch.Answered(rest.Length);
            }
            else if (await Batch(rest[..Math.Min(rest.Length, _batch.Blocks)], ct) is { } some)
            {
                headers.AddRange(some);
            }
        }

        return headers;
    }

    public async ValueTask<long> ReadLogs(LogFilter filter, ILogSink sink, CancellationToken ct)
    {
        // Without addresses a node would answer the logs of every contract there is.
        if (filter.Contracts.Count == 0) return 0;
        await Verify(ct);
        try
        {
            return await _logs.Read(filter, sink, ct);
        }
        catch (RpcErrorException error)
        {
            throw error.OfLogs();
        }
    }

    public async ValueTask<ReadOnlyMemory<byte>> Call(CallRequest call, BlockId at, CancellationToken ct)
    {
        try
        {
            return await Question(
                "eth_call",
                json =>
                {
                    WriteCall(json, call);
                    json.WriteBlock(at);
                },
                result => result.Bytes(), ct);
        }
        catch (RpcErrorException error)
        {
            throw error.OfExecution();
        }
    }

    public async ValueTask<ulong> EstimateGas(CallRequest call, CancellationToken ct)
    {
        try
        {
            return await Question("eth_estimateGas", json => WriteCall(json, call), result => result.Bounded(), ct);
        }
        catch (RpcErrorException error)
        {
            throw error.OfExecution();
        }
    }

    /// <inheritdoc/>
    /// <remarks>
    /// The cap covers two doublings of the next block's base fee less one (six full blocks in a row); the tip is the median
    /// of the last five blocks' medians.
    /// </remarks>
    public ValueTask<FeeQuote> GetFees(CancellationToken ct) => Read(
        "eth_feeHistory",
        json =>
        {
            json.WriteQuantity(5);
            json.WriteStringValue("latest");
            json.WriteStartArray();
            json.WriteNumberValue(50);
            json.WriteEndArray();
        },
        Quote, ct);

    public ValueTask<ulong> GetNonce(Address account, BlockId at, CancellationToken ct) =>
        Read("eth_getTransactionCount", json => WriteAccount(json, account, at), result => result.Quantity(), ct);

    public ValueTask<BigInteger> GetBalance(Address account, BlockId at, CancellationToken ct) =>
        Read("eth_getBalance", json => WriteAccount(json, account, at), result => result.BigQuantity(), ct);

    public ValueTask<ReadOnlyMemory<byte>> GetCode(Address account, BlockId at, CancellationToken ct) =>
        Read("eth_getCode", json => WriteAccount(json, account, at), result => new ReadOnlyMemory<byte>(result.Bytes()), ct);

    public async ValueTask<Hash32> SendRaw(ReadOnlyMemory<byte> raw, CancellationToken ct)
    {
        var hash = Hash32.Keccak(raw.Span);
        try
        {
            var told = await Question(
                "eth_sendRawTransaction", json => json.WriteStringValue(Hex.Of(raw.Span)), result => result.Hash(), ct);
            return told == hash ? hash : throw new ChainProtocolException($"Sent transaction {hash}, the node answered {told}.");
        }
        catch (RpcErrorException error)
        {
            // A transaction in a block already is refused for its spent nonce.
            if (error.IsAlreadyKnown || await HasTransaction(hash, ct)) return hash;
            throw error.OfSending();
        }
    }

    public ValueTask<TxReceipt?> GetReceipt(Hash32 tx, CancellationToken ct) =>
        Read("eth_getTransactionReceipt", json => json.WriteStringValue(tx.ToString()), json => Receipt(json, tx), ct);

    public ValueTask<bool> HasTransaction(Hash32 tx, CancellationToken ct) =>
        Read(
            "eth_getTransactionByHash", json => json.WriteStringValue(tx.ToString()),
            result => result.ValueKind == JsonValueKind.Object, ct);

    public void Dispose() => Rpc.Dispose();

    /// <summary>A question whose errors need no telling apart.</summary>
    internal async ValueTask<T> Read<T>(
        string method, Action<Utf8JsonWriter>? parameters, Func<JsonElement, T> read, CancellationToken ct)
    {
        try
        {
            return await Question(method, parameters, read, ct);
        }
        catch (RpcErrorException error)
        {
            throw error.OfRead();
        }
    }

    private async ValueTask<T> Question<T>(
        string method, Action<Utf8JsonWriter>? parameters, Func<JsonElement, T> read, CancellationToken ct)
    {
        await Verify(ct);
        return await Rpc.Ask(method, parameters, read, ct);
    }

    private async ValueTask Verify(CancellationToken ct)
    {
        // Behind an address that was lost may stand another node when it is back.
        var losses = Rpc.Losses;
        if (Volatile.Read(ref _verified) == losses) return;
        try
        {
            var told = await Rpc.Ask("eth_chainId", null, result => result.Quantity(), ct);
            if (told != ChainId)
                throw new ChainProtocolException($"{_options.HttpUrl.Authority} follows chain {told}, not {ChainId} as configured.");
            Volatile.Write(ref _verified, losses);
        }
        catch (RpcErrorException error)
        {
            throw error.OfRead();
        }
    }

    private BlockHeader? HeaderOrNull(JsonElement result)
    {
        if (result.ValueKind == JsonValueKind.Null) return null;
        var header = result.Header();
        if (result.MemberOrNull("logsBloom") is { } bloom) _logs.Remember(header.Hash, new LogBloom(bloom.Bytes()));
        return header;
    }

    /// <summary>Null when the node refuses a batch of this size.</summary>
    private async ValueTask<BlockHeader?[]?> Batch(IReadOnlyList<ulong> numbers, CancellationToken ct)
    {
        try
        {
            var questions = numbers.Select(number => (Action<Utf8JsonWriter>)(json => WriteBlockOnly(json, BlockId.At(number))));
            var headers = await Rpc.AskAll("eth_getBlockByNumber", [.. questions], HeaderAlone, ct);
            _batch.Answered(headers.Length);
            return headers;
        }
        catch (Exception refused) when (refused is RpcErrorException or ChainProtocolException
            or ChainUnavailableException { InnerException: HttpRequestException { StatusCode: >= (HttpStatusCode)400 and < (HttpStatusCode)429 } })
        {
            _batch.Refused();
            return null;
        }
        catch (ChainUnavailableException)
        {
            _batch.Failed();
            throw;
        }
    }

    private static BlockHeader? HeaderAlone(JsonElement result) =>
        result.ValueKind == JsonValueKind.Null ? null : result.Header();

    private static FeeQuote Quote(JsonElement history)
    {
        var fees = history.Member("baseFeePerGas").EnumerateArray().ToArray();
        if (fees.Length == 0) throw new ChainProtocolException("The node's fee history is empty.");
        var tips = history.MemberOrNull("reward")?.EnumerateArray().SelectMany(block => block.EnumerateArray())
            .Select(tip => tip.BigQuantity()).Order().ToArray() ?? [];
        var tip = BigInteger.Max(tips.Length == 0 ? 0 : tips[tips.Length / 2], TipMin);
        var cap = fees[^1].BigQuantity() * 2 + tip;
        return cap <= UInt128.MaxValue ? new FeeQuote(cap, tip) : throw new ChainProtocolException($"The node tells a fee of {cap} wei.");
    }

    private static TxReceipt? Receipt(JsonElement json, Hash32 asked)
    {
        if (json.ValueKind == JsonValueKind.Null) return null;
        var hash = json.Member("transactionHash").Hash();
        if (hash != asked) throw new ChainProtocolException($"Asked for receipt {asked}, the node answered {hash}.");
        return new TxReceipt(
            hash, json.Member("blockNumber").Quantity(), json.Member("blockHash").Hash(),
            json.Member("status").Quantity() == 1, json.Member("from").Address(), json.MemberOrNull("to")?.Address(),
            json.Member("gasUsed").Quantity(), json.MemberOrNull("contractAddress")?.Address());
    }

    /// <summary>The block without its transactions.</summary>
    private static void WriteBlockOnly(Utf8JsonWriter json, BlockId id)
    {
        json.WriteBlock(id);
        json.WriteBooleanValue(false);
    }

    private static void WriteBlockOnly(Utf8JsonWriter json, string hash)
    {
        json.WriteStringValue(hash);
        json.WriteBooleanValue(false);
    }

    private static void WriteAccount(Utf8JsonWriter json, Address account, BlockId at)
    {
        json.WriteStringValue(account.ToString());
        json.WriteBlock(at);
    }

    private static void WriteCall(Utf8JsonWriter json, CallRequest call)
    {
        json.WriteStartObject();
        if (call.From is { } from) json.WriteString("from", from.ToString());
        if (call.To is { } to) json.WriteString("to", to.ToString());
        if (!call.Value.IsZero) json.WriteQuantity("value", call.Value);
        if (call.Gas is { } gas) json.WriteQuantity("gas", gas);
        json.WriteString("data", Hex.Of(call.Data.Span));
        json.WriteEndObject();
    }

    private static void WriteFilter(Utf8JsonWriter json, LogFilter filter)
    {
        json.WriteStartObject();
        if (filter.BlockHash is { } hash) json.WriteString("blockHash", hash.ToString());
        if (filter.FromBlock is { } from) json.WriteQuantity("fromBlock", from);
        if (filter.ToBlock is { } to) json.WriteQuantity("toBlock", to);
        if (!filter.IsOfAll)
        {
            json.WriteStartArray("address");
            foreach (var contract in filter.Contracts) json.WriteStringValue(contract.ToString());
            json.WriteEndArray();
        }

        json.WriteEndObject();
    }
}
