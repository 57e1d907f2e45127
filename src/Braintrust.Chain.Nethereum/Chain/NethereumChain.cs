// Members of Nethereum 6 that this project uses, and no others:
//   Nethereum.Web3             Web3: .ctor(IClient), Client
//   Nethereum.JsonRpc.Client   RpcClient: .ctor(Uri); IClient: SendRequestAsync<T>(string, string, params object[]);
//                              RpcResponseException: RpcError; RpcError: Code, Message, Data;
//                              RpcClientUnknownException; RpcClientTimeoutException
//   Nethereum.Hex.HexTypes     HexBigInteger: Value
//   Nethereum.RPC.Eth.DTOs     BlockWithTransactionHashes: Number, BlockHash, ParentHash, Timestamp;
//                              FilterLog: Address, Topics, Data, BlockNumber, BlockHash, TransactionHash, LogIndex, Removed;
//                              TransactionReceipt: TransactionHash, BlockNumber, BlockHash, Status, From, To, GasUsed, ContractAddress;
//                              FeeHistoryResult: BaseFeePerGas, Reward; Transaction
//   Nethereum.Signer           EthECKey: .ctor(byte[], bool), GetPublicAddress(), SignAndCalculateV(byte[]);
//                              EthECDSASignature: R, S, V
using System.Numerics;
using System.Runtime.CompilerServices;
using Nethereum.Hex.HexTypes;
using Nethereum.JsonRpc.Client;
using Nethereum.RPC.Eth.DTOs;
using Nethereum.Web3;

namespace Braintrust.Chain;

/// <summary>
/// The port over Nethereum. Its answers are whole objects with strings, so that reading logs costs more than with
/// <see cref="JsonRpcChain"/>; heads are polled; what a node says in HTTP headers (Retry-After) is not known here.
/// </summary>
public sealed class NethereumChain : IEvmChain
{
    /// <summary>Offered when blocks show no tips, in wei per gas.</summary>
    private static readonly BigInteger TipMin = 1_000_000;

    private readonly JsonRpcChainOptions _options;
    private readonly TimeProvider _clock;
    private readonly IClient _client;
    private volatile bool _verified;

    /// <param name="options">The web socket's address, the limits of bytes and the number of connections are not used.</param>
    /// <exception cref="ArgumentException">A setting is out of its range.</exception>
    public NethereumChain(JsonRpcChainOptions options, TimeProvider clock)
    {
        options.Validate();
        (_options, _clock, _client) = (options, clock, new Web3(new RpcClient(options.HttpUrl)).Client);
    }

    public ulong ChainId => _options.ChainId;

    public async ValueTask<BlockHeader?> GetHeader(BlockId id, CancellationToken ct)
    {
        BlockWithTransactionHashes? block;
        try
        {
            block = id.Hash is { } hash
                ? await Ask<BlockWithTransactionHashes>("eth_getBlockByHash", ct, hash.ToString(), false)
                : await Ask<BlockWithTransactionHashes>("eth_getBlockByNumber", ct, NethereumJson.Block(id), false);
        }
        catch (RpcErrorException error)
        {
            return error.IsMissingBlock ? null : throw error.OfRead();
        }

        if (block is null) return null;
        var header = block.Header();
        return (id.Hash ?? header.Hash) == header.Hash && (id.Number ?? header.Number) == header.Number
            ? header
            : throw new ChainProtocolException($"Asked for block {id}, the node answered {header.Number} {header.Hash}.");
    }

    public async IAsyncEnumerable<BlockHeader> WatchHeads([EnumeratorCancellation] CancellationToken ct)
    {
        for (Hash32? last = null; ;)
        {
            if (await Head(ct) is { } head && head.Hash != last)
            {
                last = head.Hash;
                yield return head;
            }

            await Task.Delay(TimeSpan.FromMilliseconds(_options.PollIntervalMs), _clock, ct);
        }
    }

    public async ValueTask<long> ReadLogs(LogFilter filter, ILogSink sink, CancellationToken ct)
    {
        // Without addresses a node would answer the logs of every contract there is.
        if (filter.Contracts.Count == 0) return 0;
        FilterLog[]? logs;
        try
        {
            logs = await Ask<FilterLog[]>("eth_getLogs", ct, NethereumJson.Filter(filter));
        }
        catch (RpcErrorException error)
        {
            throw error.OfLogs();
        }

        if (logs is null) throw new ChainUnavailableException("The node has no logs for that block (yet, or any more).");
        NethereumLogs.Tell(logs, filter, sink);
        return logs.Length;
    }

    public async ValueTask<ReadOnlyMemory<byte>> Call(CallRequest call, BlockId at, CancellationToken ct)
    {
        try
        {
            return NethereumJson.Bytes(await Ask<string>("eth_call", ct, NethereumJson.Call(call), NethereumJson.Block(at)));
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
            return NethereumJson.Bounded(await Ask<HexBigInteger>("eth_estimateGas", ct, NethereumJson.Call(call)));
        }
        catch (RpcErrorException error)
        {
            throw error.OfExecution();
        }
    }

    public async ValueTask<FeeQuote> GetFees(CancellationToken ct)
    {
        var history = await Read<FeeHistoryResult>("eth_feeHistory", ct, "0x5", "latest", new[] { 50 });
        if (history?.BaseFeePerGas is not [.., var next]) throw new ChainProtocolException("The node's fee history is empty.");
        var tips = (history.Reward ?? []).SelectMany(block => block).Select(tip => NethereumJson.Number(tip)).Order().ToArray();
        var tip = BigInteger.Max(tips.Length == 0 ? 0 : tips[tips.Length / 2], TipMin);
        var cap = NethereumJson.Number(next) * 2 + tip;
        return cap <= UInt128.MaxValue ? new FeeQuote(cap, tip) : throw new ChainProtocolException($"The node tells a fee of {cap} wei.");
    }

    public async ValueTask<ulong> GetNonce(Address account, BlockId at, CancellationToken ct) => NethereumJson.Bounded(
        await Read<HexBigInteger>("eth_getTransactionCount", ct, account.ToString(), NethereumJson.Block(at)));

    public async ValueTask<BigInteger> GetBalance(Address account, BlockId at, CancellationToken ct) => NethereumJson.Number(
        await Read<HexBigInteger>("eth_getBalance", ct, account.ToString(), NethereumJson.Block(at)));

    public async ValueTask<ReadOnlyMemory<byte>> GetCode(Address account, BlockId at, CancellationToken ct) => NethereumJson.Bytes(
        await Read<string>("eth_getCode", ct, account.ToString(), NethereumJson.Block(at)));

    public async ValueTask<Hash32> SendRaw(ReadOnlyMemory<byte> raw, CancellationToken ct)
    {
        var hash = Hash32.Keccak(raw.Span);
        try
        {
            var told = NethereumJson.Hash(await Ask<string>("eth_sendRawTransaction", ct, Hex.Of(raw.Span)));
            return told == hash ? hash : throw new ChainProtocolException($"Sent transaction {hash}, the node answered {told}.");
        }
        catch (RpcErrorException error)
        {
            // A transaction in a block already is refused for its spent nonce.
            if (error.IsAlreadyKnown || await HasTransaction(hash, ct)) return hash;
            throw error.OfSending();
        }
    }

    public async ValueTask<TxReceipt?> GetReceipt(Hash32 tx, CancellationToken ct)
    {
        if (await Read<TransactionReceipt>("eth_getTransactionReceipt", ct, tx.ToString()) is not { } receipt) return null;
        var told = receipt.Receipt();
        return told.TxHash == tx ? told : throw new ChainProtocolException($"Asked for receipt {tx}, the node answered {told.TxHash}.");
    }

    public async ValueTask<bool> HasTransaction(Hash32 tx, CancellationToken ct) =>
        await Read<Transaction>("eth_getTransactionByHash", ct, tx.ToString()) is not null;

    /// <summary>The latest head; trouble is left to the caller's own reads.</summary>
    private async ValueTask<BlockHeader?> Head(CancellationToken ct)
    {
        try
        {
            return await GetHeader(BlockId.Latest, ct);
        }
        catch (Exception passing) when (passing is ChainUnavailableException or ChainProtocolException)
        {
            return null;
        }
    }

    /// <summary>A question whose errors need no telling apart.</summary>
    private async ValueTask<T?> Read<T>(string method, CancellationToken ct, params object[] parameters)
    {
        try
        {
            return await Ask<T>(method, ct, parameters);
        }
        catch (RpcErrorException error)
        {
            throw error.OfRead();
        }
    }

    private async ValueTask<T?> Ask<T>(string method, CancellationToken ct, params object[] parameters)
    {
        if (!_verified)
        {
            var told = NethereumJson.Number(await Exchange<HexBigInteger>("eth_chainId", [], ct));
            if (told != ChainId)
                throw new ChainProtocolException($"{_options.HttpUrl.Authority} follows chain {told}, not {ChainId} as configured.");
            _verified = true;
        }

        return await Exchange<T>(method, parameters, ct);
    }

    private async ValueTask<T?> Exchange<T>(string method, object[] parameters, CancellationToken ct)
    {
        ct.ThrowIfCancellationRequested();
        var timeoutMs = method == "eth_getLogs" ? _options.LogsTimeoutMs : _options.RequestTimeoutMs;
        try
        {
            return await _client.SendRequestAsync<T>(method, null, parameters)
                .WaitAsync(TimeSpan.FromMilliseconds(timeoutMs), _clock, ct);
        }
        catch (RpcResponseException refused)
        {
            var error = refused.RpcError;
            throw new RpcErrorException(method, error.Code, error.Message ?? "", NethereumJson.RevertData(error.Data));
        }
        catch (Exception away) when (away is RpcClientUnknownException or RpcClientTimeoutException or HttpRequestException or TimeoutException)
        {
            _verified = false;
            throw new ChainUnavailableException($"{_options.HttpUrl.Authority} cannot be asked {method}: {away.Message}", away)
            {
                AnswerTooLarge = away.InnerException is HttpRequestException { StatusCode: System.Net.HttpStatusCode.RequestEntityTooLarge },
            };
        }
        catch (Exception garbled) when (garbled is not OperationCanceledException)
        {
            // Each version of the library has exceptions of its own for an answer that it cannot read.
            throw new ChainProtocolException($"{_options.HttpUrl.Authority} answered {method} with something else: {garbled.Message}", garbled);
        }
    }
}
