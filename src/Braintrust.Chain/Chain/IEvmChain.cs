using System.Numerics;

namespace Braintrust.Chain;

/// <summary>
/// The one way this system reads and writes an EVM chain. Failures of the node or the network are
/// <see cref="ChainUnavailableException"/>; a node that contradicts itself or breaks the protocol is
/// <see cref="ChainProtocolException"/>; a call the EVM refused is <see cref="EvmRevertException"/>; a transaction the
/// node refused is <see cref="TransactionRejectedException"/>. Nothing else escapes but cancellation.
/// </summary>
public interface IEvmChain
{
    /// <summary>EIP-155 chain id, checked against the node before the first answer.</summary>
    ulong ChainId { get; }

    /// <summary>The header, or null when the node does not have that block.</summary>
    ValueTask<BlockHeader?> GetHeader(BlockId id, CancellationToken ct);

    /// <summary>The headers of some blocks, in the order of their numbers here; null for what the node does not have.</summary>
    ValueTask<IReadOnlyList<BlockHeader?>> GetHeaders(IReadOnlyList<ulong> numbers, CancellationToken ct) =>
        SingleHeaders.Ask(this, numbers, ct);

    /// <summary>New heads as the node announces them: a wake-up only; may skip, repeat or end.</summary>
    IAsyncEnumerable<BlockHeader> WatchHeads(CancellationToken ct);

    /// <summary>
    /// Streams the logs of a range or of one block into <paramref name="sink"/>, ordered by block and log index; answers
    /// how many. When it throws, what the sink got must be discarded. No contracts means no logs.
    /// </summary>
    ValueTask<long> ReadLogs(LogFilter filter, ILogSink sink, CancellationToken ct);

    /// <summary>eth_call. An EVM revert is an <see cref="EvmRevertException"/> carrying its data.</summary>
    ValueTask<ReadOnlyMemory<byte>> Call(CallRequest call, BlockId at, CancellationToken ct);

    ValueTask<ulong> EstimateGas(CallRequest call, CancellationToken ct);

    /// <summary>EIP-1559 fees for a transaction sent now, in wei per gas, below 2^128.</summary>
    ValueTask<FeeQuote> GetFees(CancellationToken ct);

    /// <summary>Transactions sent by the account, up to the block (or the pool, with <see cref="BlockId.Pending"/>).</summary>
    ValueTask<ulong> GetNonce(Address account, BlockId at, CancellationToken ct);

    /// <summary>Balance of the chain's own coin, in wei.</summary>
    ValueTask<BigInteger> GetBalance(Address account, BlockId at, CancellationToken ct);

    /// <summary>Runtime code, empty when the account has none.</summary>
    ValueTask<ReadOnlyMemory<byte>> GetCode(Address account, BlockId at, CancellationToken ct);

    /// <summary>Broadcasts a signed transaction; a transaction the node already knows is not an error.</summary>
    ValueTask<Hash32> SendRaw(ReadOnlyMemory<byte> raw, CancellationToken ct);

    /// <summary>The receipt, or null while the transaction is in no block the node has.</summary>
    ValueTask<TxReceipt?> GetReceipt(Hash32 tx, CancellationToken ct);

    /// <summary>True while the node has the transaction, in a block or in its pool.</summary>
    ValueTask<bool> HasTransaction(Hash32 tx, CancellationToken ct);

    /// <summary>The last answers contradict each other: whoever has the choice asks another node next.</summary>
    void Doubt(string why) { }
}

/// <summary>Takes logs as they are parsed. The entry's memory is only valid during the call.</summary>
public interface ILogSink
{
    void OnLog(in LogEntry log);
}

/// <summary>Headers by a question each.</summary>
internal static class SingleHeaders
{
    private const int AtOnce = 16;

    /// <summary>Several questions at once: one after another their waiting takes longer than all the rest.</summary>
    public static async ValueTask<IReadOnlyList<BlockHeader?>> Ask(
        IEvmChain node, IReadOnlyList<ulong> numbers, CancellationToken ct)
    {
        var headers = new List<BlockHeader?>(numbers.Count);
        foreach (var some in numbers.Chunk(AtOnce))
            headers.AddRange(await Task.WhenAll(some.Select(number => node.GetHeader(BlockId.At(number), ct).AsTask())));
        return headers;
    }
}

/// <summary>What only a development node can do.</summary>
public interface IDevChain
{
    /// <summary>Mines <paramref name="blocks"/> empty (or pool-filled) blocks.</summary>
    ValueTask Mine(int blocks, CancellationToken ct);

    /// <summary>Replaces the newest <paramref name="depth"/> blocks with as many others, without their transactions.</summary>
    ValueTask Reorg(int depth, CancellationToken ct);

    /// <summary>Moves the time of the next block forward.</summary>
    ValueTask AdvanceTime(TimeSpan by, CancellationToken ct);

    ValueTask<string> Snapshot(CancellationToken ct);

    /// <summary>Goes back to a snapshot; mining afterwards makes another fork.</summary>
    ValueTask Revert(string snapshot, CancellationToken ct);
}

/// <summary>Signs with one key that may live elsewhere (file, KMS, wallet).</summary>
public interface IEvmSigner
{
    Address Address { get; }

    /// <summary>65 bytes r ‖ s ‖ v, v in {27, 28}, low s (EIP-2), deterministic (RFC 6979).</summary>
    ValueTask<byte[]> Sign(Hash32 digest, CancellationToken ct);
}

/// <summary>Finds the signer of a digest.</summary>
public interface ISignatureRecovery
{
    /// <summary>
    /// The address that signed, or null when the signature is malformed, has a high s (EIP-2) or recovers to nothing.
    /// Accepts v in {0, 1, 27, 28}.
    /// </summary>
    Address? Recover(Hash32 digest, ReadOnlySpan<byte> signature);
}
