using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Numerics;

namespace Braintrust.Chain;

/// <summary>What the scripted chain answers, and how it fails and lies.</summary>
public sealed partial class ScriptedChain
{
    private readonly Dictionary<Address, Func<CallRequest, BlockHeader, ReadOnlyMemory<byte>>> _calls = [];
    private readonly Dictionary<Address, ReadOnlyMemory<byte>> _code = [];
    private readonly Dictionary<Address, BigInteger> _balances = [];
    private readonly Queue<Func<Exception>> _failures = [];
    private int _lag;

    /// <summary>Newest blocks that nobody is told about.</summary>
    public int LagBlocks
    {
        get => _lag;
        set
        {
            lock (_gate) _lag = value;
        }
    }

    /// <summary>Stops announcing heads to watchers, as a socket does that is dead without saying so.</summary>
    public bool Muted { get; set; }

    /// <summary>A block left by a reorg is still found by its hash, as on most nodes; anvil forgets it.</summary>
    public bool KeepsOrphans { get; set; }

    /// <summary>How often a reader said that it does not believe what it was told.</summary>
    public int Doubts { get; private set; }

    /// <summary>Blocks that one range of logs may span; more is refused as providers do.</summary>
    public ulong LogRangeMax { get; set; } = ulong.MaxValue;

    /// <summary>Runs before each answer with the method's name: waits, counts, or throws.</summary>
    public Func<string, CancellationToken, ValueTask>? Before { get; set; }

    /// <summary>Changes a header before it is told: a lie.</summary>
    public Func<BlockHeader, BlockHeader?>? TellHeader { get; set; }

    /// <summary>Changes logs before they are told: a lie, a cut, a repetition.</summary>
    public Func<IReadOnlyList<PlacedLog>, IEnumerable<PlacedLog>>? TellLogs { get; set; }

    private ImmutableList<ScriptedBlock> Visible =>
        _canonical.RemoveRange(Math.Max(1, _canonical.Count - _lag), Math.Min(_lag, _canonical.Count - 1));

    /// <summary>The next <paramref name="calls"/> questions fail; the default is an unreachable node.</summary>
    public void FailNext(int calls, Func<Exception>? with = null)
    {
        lock (_gate)
            for (var i = 0; i < calls; i++) _failures.Enqueue(with ?? (() => new ChainUnavailableException("The script says so.")));
    }

    /// <summary>Answers calls to a contract; throw <see cref="EvmRevertException"/> to revert.</summary>
    public void OnCall(Address contract, Func<CallRequest, BlockHeader, ReadOnlyMemory<byte>> answer)
    {
        lock (_gate)
        {
            _calls[contract] = answer;
            _code.TryAdd(contract, new byte[] { 0xFE });
        }
    }

    public void SetCode(Address account, ReadOnlyMemory<byte> code)
    {
        lock (_gate) _code[account] = code;
    }

    public void SetBalance(Address account, BigInteger wei)
    {
        lock (_gate) _balances[account] = wei;
    }

    public async ValueTask<BlockHeader?> GetHeader(BlockId id, CancellationToken ct)
    {
        await Enter(nameof(GetHeader), ct);
        lock (_gate)
        {
            var header = Find(id)?.Header;
            return header is null || TellHeader is null ? header : TellHeader(header);
        }
    }

    public async ValueTask<long> ReadLogs(LogFilter filter, ILogSink sink, CancellationToken ct)
    {
        await Enter(nameof(ReadLogs), ct);
        IReadOnlyList<PlacedLog> logs;
        lock (_gate) logs = [.. Selected(filter).SelectMany(block => block.Logs).Where(log => filter.Contracts.Contains(log.Log.Contract))];
        var count = 0L;
        foreach (var log in TellLogs is null ? logs : TellLogs(logs))
        {
            Tell(log, sink);
            count++;
        }

        return count;
    }

    public async ValueTask<ReadOnlyMemory<byte>> Call(CallRequest call, BlockId at, CancellationToken ct)
    {
        await Enter(nameof(Call), ct);
        return Answer(call, at);
    }

    public async ValueTask<ulong> EstimateGas(CallRequest call, CancellationToken ct)
    {
        await Enter(nameof(EstimateGas), ct);
        Answer(call, BlockId.Latest);
        return 21_000 + 16 * (ulong)call.Data.Length;
    }

    public async ValueTask<FeeQuote> GetFees(CancellationToken ct)
    {
        await Enter(nameof(GetFees), ct);
        return new FeeQuote(3_000_000_000, 1_000_000_000);
    }

    public async ValueTask<ulong> GetNonce(Address account, BlockId at, CancellationToken ct)
    {
        await Enter(nameof(GetNonce), ct);
        lock (_gate)
        {
            var included = NonceOf(account, Visible.TakeWhile(block => block.Header.Number <= Need(at).Header.Number));
            return at == BlockId.Pending ? included + (ulong)_pool.Count(waiting => waiting.From == account) : included;
        }
    }

    public async ValueTask<BigInteger> GetBalance(Address account, BlockId at, CancellationToken ct)
    {
        await Enter(nameof(GetBalance), ct);
        lock (_gate) return _balances.GetValueOrDefault(account);
    }

    public async ValueTask<ReadOnlyMemory<byte>> GetCode(Address account, BlockId at, CancellationToken ct)
    {
        await Enter(nameof(GetCode), ct);
        lock (_gate) return _code.GetValueOrDefault(account);
    }

    public async ValueTask<Hash32> SendRaw(ReadOnlyMemory<byte> raw, CancellationToken ct)
    {
        await Enter(nameof(SendRaw), ct);
        if (!SignedTransaction.TryDecode(raw.Span, SignatureRecovery.Instance, out var signed))
            throw new TransactionRejectedException("failed to decode signed transaction");
        if (signed.Transaction.ChainId != ChainId) throw new TransactionRejectedException("invalid chain id for signer");
        OnSend?.Invoke(signed);
        lock (_gate) Accept(signed);
        if (AutoMine) Mine();
        return signed.Hash;
    }

    public async ValueTask<TxReceipt?> GetReceipt(Hash32 tx, CancellationToken ct)
    {
        await Enter(nameof(GetReceipt), ct);
        lock (_gate) return Visible.SelectMany(block => block.Receipts).FirstOrDefault(receipt => receipt.TxHash == tx);
    }

    public async ValueTask<bool> HasTransaction(Hash32 tx, CancellationToken ct)
    {
        await Enter(nameof(HasTransaction), ct);
        lock (_gate) return Known(tx);
    }

    public void Doubt(string why) => Doubts++;

    private bool Known(Hash32 tx) => _pool.Concat(Visible.SelectMany(block => block.Transactions)).Any(one => one.Hash == tx);

    private async ValueTask Enter(string method, CancellationToken ct)
    {
        ct.ThrowIfCancellationRequested();
        if (Before is { } before) await before(method, ct);
        lock (_gate)
            if (_failures.TryDequeue(out var failure)) throw failure();
    }

    private void Accept(SignedTransaction signed)
    {
        if (Known(signed.Hash)) return;
        if (signed.Transaction.Nonce < NonceOf(signed.From, _canonical)) throw new TransactionRejectedException("nonce too low");
        var rival = _pool.Find(waiting => waiting.From == signed.From && waiting.Transaction.Nonce == signed.Transaction.Nonce);
        // geth's rule: a replacement pays at least a tenth more.
        if (rival is not null && signed.Transaction.MaxFeePerGas * 10 < rival.Transaction.MaxFeePerGas * 11)
            throw new TransactionRejectedException("replacement transaction underpriced");
        if (rival is not null) _pool.Remove(rival);
        _pool.Add(signed);
    }

    private ReadOnlyMemory<byte> Answer(CallRequest call, BlockId at)
    {
        Func<CallRequest, BlockHeader, ReadOnlyMemory<byte>>? answer = null;
        BlockHeader header;
        lock (_gate)
        {
            header = Need(at).Header;
            if (call.To is { } to) _calls.TryGetValue(to, out answer);
        }

        if (call.To is null && call.Data.Length > ViewPage.Questions) return Page(call.Data, at);

        return answer is null ? ReadOnlyMemory<byte>.Empty : answer(call, header);
    }

    /// <summary>What a node makes of a page of questions.</summary>
    private byte[] Page(ReadOnlyMemory<byte> code, BlockId at)
    {
        var contract = new Address(code.Span.Slice(ViewPage.ContractAt, Address.Length));
        int length = BinaryPrimitives.ReadUInt16BigEndian(code.Span[ViewPage.LengthAt..]);
        int width = BinaryPrimitives.ReadUInt16BigEndian(code.Span[ViewPage.WidthAt..]);
        var answers = new List<byte> { 0 };
        for (var from = ViewPage.Questions; from < code.Length; from += length)
            answers.AddRange(Answer(new CallRequest(null, contract, code.Slice(from, length)), at)[..width].Span);
        return [.. answers];
    }

    private ScriptedBlock Need(BlockId id) => Find(id) ?? throw new ChainUnavailableException($"unknown block {id}");

    private ScriptedBlock? Find(BlockId id)
    {
        var visible = Visible;
        var depth = id == BlockId.Safe ? SafeDepth : id == BlockId.Finalized ? FinalizedDepth : 0;
        if (id.Tag is not null) return visible[Math.Max(0, visible.Count - 1 - depth)];
        if (id.Number is { } number) return number < (ulong)visible.Count ? visible[(int)number] : null;
        if (id.Hash is not { } hash || !_everMined.TryGetValue(hash, out var block)) return null;
        var at = block.Header.Number;
        return KeepsOrphans || (at < (ulong)visible.Count && visible[(int)at].Header.Hash == hash) ? block : null;
    }

    private IEnumerable<ScriptedBlock> Selected(LogFilter filter)
    {
        if (filter.BlockHash is { } hash) return [Need(BlockId.Of(hash))];
        if (filter.ToBlock - filter.FromBlock >= LogRangeMax)
            throw new ChainUnavailableException($"block range over {LogRangeMax}") { AnswerTooLarge = true };
        return Visible.Where(block => block.Header.Number >= filter.FromBlock && block.Header.Number <= filter.ToBlock);
    }

    private static void Tell(PlacedLog placed, ILogSink sink)
    {
        var log = placed.Log;
        sink.OnLog(new LogEntry
        {
            Contract = log.Contract, BlockNo = placed.Block.Number, BlockHash = placed.Block.Hash, TxHash = placed.TxHash,
            LogIndex = placed.LogIndex, Topics = log.Topics.AsSpan(), Data = log.Data.Span,
        });
    }
}
