using System.Collections.Immutable;
using System.Numerics;

namespace Braintrust.Chain;

/// <summary>
/// One node's view of a scripted chain, which may lag, stand on a fork that the others have left, limit, fail and lie. Every
/// lie is one that somebody can find out: with it goes a question that would show it.
/// </summary>
internal sealed class SimulatedNode(ScriptedChain truth, Random random) : IEvmChain
{
    private ImmutableList<ScriptedBlock> _view = truth.Blocks;

    public ulong ChainId => truth.ChainId;

    /// <summary>Of a hundred answers, so many are failures, and so many lies.</summary>
    public int FailuresPerCent { get; set; }
    public int LiesPerCent { get; set; }

    /// <summary>Blocks that one range of logs may span.</summary>
    public ulong RangeMax { get; set; } = ulong.MaxValue;

    /// <summary>Runs before an answer: whatever happens meanwhile.</summary>
    public Func<ValueTask>? Aside { get; set; }

    public void Sync(int lag = 0) => _view = truth.Blocks.GetRange(0, Math.Max(1, truth.Blocks.Count - lag));

    /// <summary>The newest block that it shares with the others.</summary>
    public ulong Shares => (ulong)_view.Zip(truth.Blocks).TakeWhile(pair => pair.First == pair.Second).Count() - 1;

    public async ValueTask<BlockHeader?> GetHeader(BlockId id, CancellationToken ct)
    {
        await Answer();
        var header = id.Hash is { } hash ? _view.Find(block => block.Header.Hash == hash)?.Header
            : id.Number is { } number ? (number < (ulong)_view.Count ? _view[(int)number].Header : null)
            : _view[Math.Max(0, _view.Count - 1 - (id == BlockId.Finalized ? truth.FinalizedDepth : 0))].Header;
        if (header is null || !Lies()) return header;
        var strange = Hash32.Keccak(BitConverter.GetBytes(random.Next()));
        return random.Next(4) switch
        {
            0 => id.Hash is null ? header with { Hash = strange } : null,
            1 => header with { ParentHash = strange },
            2 => id == BlockId.Latest ? header with { Hash = strange, ParentHash = strange } : header with { Number = header.Number + 1 },
            _ => null,
        };
    }

    public async ValueTask<long> ReadLogs(LogFilter filter, ILogSink sink, CancellationToken ct)
    {
        await Answer();
        if (filter.ToBlock - filter.FromBlock >= RangeMax) throw new ChainUnavailableException("range") { AnswerTooLarge = true };
        var blocks = filter.BlockHash is { } hash
            ? _view.FindAll(block => block.Header.Hash == hash)
            : _view.FindAll(block => block.Header.Number >= filter.FromBlock && block.Header.Number <= filter.ToBlock);
        if (blocks.Count == 0) throw new ChainUnavailableException("unknown block");
        var logs = blocks.SelectMany(block => block.Logs).Where(log => filter.Contracts.Contains(log.Log.Contract)).ToList();
        var lies = logs.Count > 0 && Lies();
        var cut = lies && random.Next(4) == 0;
        var told = cut ? logs.Take(random.Next(logs.Count)) : lies ? Lied(logs) : logs;
        foreach (var log in told) Tell(log, sink);
        // What was told until then must count for nothing.
        return cut ? throw new ChainUnavailableException("cut") : logs.Count;
    }

    public IAsyncEnumerable<BlockHeader> WatchHeads(CancellationToken ct) => throw Unasked();

    public ValueTask<ReadOnlyMemory<byte>> Call(CallRequest call, BlockId at, CancellationToken ct) => throw Unasked();

    public ValueTask<ulong> EstimateGas(CallRequest call, CancellationToken ct) => throw Unasked();

    public ValueTask<FeeQuote> GetFees(CancellationToken ct) => throw Unasked();

    public ValueTask<ulong> GetNonce(Address account, BlockId at, CancellationToken ct) => throw Unasked();

    public ValueTask<BigInteger> GetBalance(Address account, BlockId at, CancellationToken ct) => throw Unasked();

    public ValueTask<ReadOnlyMemory<byte>> GetCode(Address account, BlockId at, CancellationToken ct) => throw Unasked();

    public ValueTask<Hash32> SendRaw(ReadOnlyMemory<byte> raw, CancellationToken ct) => throw Unasked();

    public ValueTask<TxReceipt?> GetReceipt(Hash32 tx, CancellationToken ct) => throw Unasked();

    public ValueTask<bool> HasTransaction(Hash32 tx, CancellationToken ct) => throw Unasked();

    private async ValueTask Answer()
    {
        if (Aside is { } aside) await aside();
        if (random.Next(100) >= FailuresPerCent) return;
        throw random.Next(3) switch
        {
            0 => new ChainProtocolException("garbled"),
            1 => new ChainUnavailableException("busy") { RetryAfter = TimeSpan.FromSeconds(random.Next(90)) },
            _ => new ChainUnavailableException("away"),
        };
    }

    private bool Lies() => random.Next(100) < LiesPerCent;

    private IEnumerable<PlacedLog> Lied(List<PlacedLog> logs)
    {
        var strange = Hash32.Keccak(BitConverter.GetBytes(random.Next()));
        return random.Next(5) switch
        {
            0 => logs.Append(logs[^1]),
            1 => logs.Prepend(logs[^1]),
            2 => logs.Select(log => log with { Block = log.Block with { Hash = strange } }),
            3 => logs.Select(log => log with { Block = log.Block with { Number = log.Block.Number + 100_000 } }),
            _ => logs.Select(log => log with { Log = log.Log with { Contract = Address.Zero } }),
        };
    }

    private static void Tell(PlacedLog placed, ILogSink sink) => sink.OnLog(new LogEntry
    {
        Contract = placed.Log.Contract, BlockNo = placed.Block.Number, BlockHash = placed.Block.Hash, TxHash = placed.TxHash,
        LogIndex = placed.LogIndex, Topics = placed.Log.Topics.AsSpan(), Data = placed.Log.Data.Span,
    });

    private static InvalidOperationException Unasked() => new("The watcher does not ask this.");
}
