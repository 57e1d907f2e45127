using System.Numerics;

namespace Braintrust.Chain;

/// <summary>Where a deployment dies.</summary>
public enum Death
{
    /// <summary>A step is next, and nothing of it is written.</summary>
    BeforeSigning,

    /// <summary>It is in the journal, and no node heard of it.</summary>
    BeforeSending,

    /// <summary>The node has it, and nobody knows.</summary>
    AfterSending,

    /// <summary>It does not die: the node refuses the transaction once.</summary>
    Refused,
}

public sealed class DeadException() : Exception("The process died here.");

/// <summary>A node behind which the process dies, or that refuses, at the n-th transaction.</summary>
internal sealed class DyingChain(IEvmChain chain, Death death, int number) : IEvmChain
{
    private int _signed;
    private int _sent;

    public ulong ChainId => chain.ChainId;

    public ValueTask<FeeQuote> GetFees(CancellationToken ct) =>
        death == Death.BeforeSigning && ++_signed == number ? throw new DeadException() : chain.GetFees(ct);

    public async ValueTask<Hash32> SendRaw(ReadOnlyMemory<byte> raw, CancellationToken ct)
    {
        var here = ++_sent == number;
        if (here && death == Death.BeforeSending) throw new DeadException();
        if (here && death == Death.Refused) throw new TransactionRejectedException("max fee per gas less than block base fee");
        var hash = await chain.SendRaw(raw, ct);
        return here && death == Death.AfterSending ? throw new DeadException() : hash;
    }

    public ValueTask<BlockHeader?> GetHeader(BlockId id, CancellationToken ct) => chain.GetHeader(id, ct);
    public IAsyncEnumerable<BlockHeader> WatchHeads(CancellationToken ct) => chain.WatchHeads(ct);
    public ValueTask<long> ReadLogs(LogFilter filter, ILogSink sink, CancellationToken ct) => chain.ReadLogs(filter, sink, ct);
    public ValueTask<ReadOnlyMemory<byte>> Call(CallRequest call, BlockId at, CancellationToken ct) => chain.Call(call, at, ct);
    public ValueTask<ulong> EstimateGas(CallRequest call, CancellationToken ct) => chain.EstimateGas(call, ct);
    public ValueTask<ulong> GetNonce(Address account, BlockId at, CancellationToken ct) => chain.GetNonce(account, at, ct);
    public ValueTask<BigInteger> GetBalance(Address account, BlockId at, CancellationToken ct) => chain.GetBalance(account, at, ct);
    public ValueTask<ReadOnlyMemory<byte>> GetCode(Address account, BlockId at, CancellationToken ct) => chain.GetCode(account, at, ct);
    public ValueTask<TxReceipt?> GetReceipt(Hash32 tx, CancellationToken ct) => chain.GetReceipt(tx, ct);
    public ValueTask<bool> HasTransaction(Hash32 tx, CancellationToken ct) => chain.HasTransaction(tx, ct);
}
