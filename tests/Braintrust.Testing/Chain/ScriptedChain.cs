using System.Collections.Immutable;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Threading.Channels;

namespace Braintrust.Chain;

/// <summary>
/// A chain made by a test, in memory and without a clock: equal scripts give equal blocks, hash by hash. The script mines,
/// reorganises, flips between forks, hides the newest blocks, fails, and lies.
/// </summary>
public sealed partial class ScriptedChain : IEvmChain, IDevChain
{
    private readonly Lock _gate = new();
    private readonly Dictionary<Hash32, ScriptedBlock> _everMined = [];
    private readonly List<SignedTransaction> _pool = [];
    private readonly List<Channel<BlockHeader>> _watchers = [];
    private ImmutableList<ScriptedBlock> _canonical;
    private ulong _mined;
    private ulong _timeAhead;

    public ScriptedChain(ulong chainId = 31337, ulong genesisSeconds = 1_760_000_000)
    {
        ChainId = chainId;
        var hash = Hash32.Keccak([.. "genesis"u8, .. BitConverter.GetBytes(chainId)]);
        var genesis = new ScriptedBlock(new BlockHeader(0, hash, default, new BlockTime(genesisSeconds)), [], [], []);
        _everMined.Add(hash, genesis);
        _canonical = [genesis];
    }

    public ulong ChainId { get; }

    /// <summary>Seconds between two blocks.</summary>
    public ulong BlockSeconds { get; init; } = 12;

    /// <summary>Depth of the tag <c>safe</c>.</summary>
    public int SafeDepth { get; init; } = 4;

    /// <summary>Depth of the tag <c>finalized</c>.</summary>
    public int FinalizedDepth { get; init; } = 8;

    /// <summary>Mines a block for every transaction sent.</summary>
    public bool AutoMine { get; set; }

    /// <summary>Executes a transaction; the default succeeds without logs.</summary>
    public Func<SignedTransaction, ScriptedExecution> Execute { get; set; } = _ => ScriptedExecution.Success();

    /// <summary>Runs before a transaction enters the pool; throws what the node would.</summary>
    public Action<SignedTransaction>? OnSend { get; set; }

    /// <summary>The canonical chain as it is, without lag and lies.</summary>
    public ImmutableList<ScriptedBlock> Blocks
    {
        get
        {
            lock (_gate) return _canonical;
        }
    }

    public BlockHeader Head => Blocks[^1].Header;

    /// <summary>The logs so far of the block that is being made: what a transaction finds of those before it in its block.</summary>
    public IReadOnlyList<PlacedLog> Making { get; private set; } = [];

    /// <summary>Transactions that wait for a block.</summary>
    public ImmutableArray<SignedTransaction> Pool
    {
        get
        {
            lock (_gate) return [.. _pool];
        }
    }

    /// <summary>Mines one block with these logs and what the pool allows.</summary>
    public BlockHeader Mine(params IEnumerable<ScriptedLog> logs)
    {
        lock (_gate)
        {
            var block = NextBlock([.. logs]);
            _everMined.Add(block.Header.Hash, block);
            _canonical = _canonical.Add(block);
            Announce();
            return block.Header;
        }
    }

    /// <summary>
    /// Replaces the newest <paramref name="depth"/> blocks: one new block for each list of logs, which may be fewer (a
    /// shorter chain) or more. Transactions of replaced blocks are gone unless <paramref name="returnToPool"/>.
    /// </summary>
    public BlockHeader Reorg(int depth, IReadOnlyList<IReadOnlyList<ScriptedLog>> replacement, bool returnToPool = false)
    {
        lock (_gate)
        {
            var dropped = Cut(depth);
            if (returnToPool) _pool.InsertRange(0, dropped.SelectMany(block => block.Transactions));
            if (replacement.Count == 0) Announce();
            foreach (var logs in replacement) Mine(logs);
            return Head;
        }
    }

    /// <summary>Makes a block that was mined once, on any fork, the head again.</summary>
    public void SwitchTo(Hash32 head)
    {
        lock (_gate)
        {
            var blocks = new List<ScriptedBlock>();
            for (var at = _everMined[head]; ; at = _everMined[at.Header.ParentHash])
            {
                blocks.Add(at);
                if (at.Header.Number == 0) break;
            }

            blocks.Reverse();
            _canonical = [.. blocks];
            Announce();
        }
    }

    ValueTask IDevChain.Mine(int blocks, CancellationToken ct)
    {
        for (var i = 0; i < blocks; i++) Mine();
        return ValueTask.CompletedTask;
    }

    ValueTask IDevChain.Reorg(int depth, CancellationToken ct)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(depth, 1);
        Reorg(depth, [.. Enumerable.Range(0, depth).Select(_ => Array.Empty<ScriptedLog>())]);
        return ValueTask.CompletedTask;
    }

    /// <summary>The next block comes that much later.</summary>
    public ValueTask AdvanceTime(TimeSpan by, CancellationToken ct)
    {
        lock (_gate) _timeAhead += (ulong)by.TotalSeconds;
        return ValueTask.CompletedTask;
    }

    public ValueTask<string> Snapshot(CancellationToken ct) => new(Head.Hash.ToString());

    public ValueTask Revert(string snapshot, CancellationToken ct)
    {
        SwitchTo(Hash32.Parse(snapshot));
        return ValueTask.CompletedTask;
    }

    public async IAsyncEnumerable<BlockHeader> WatchHeads([EnumeratorCancellation] CancellationToken ct)
    {
        await Enter(nameof(WatchHeads), ct);
        var heads = Channel.CreateBounded<BlockHeader>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropOldest });
        lock (_gate)
        {
            _watchers.Add(heads);
            heads.Writer.TryWrite(Visible[^1].Header);
        }

        try
        {
            while (await heads.Reader.WaitToReadAsync(ct))
                while (heads.Reader.TryRead(out var head)) yield return head;
        }
        finally
        {
            lock (_gate) _watchers.Remove(heads);
        }
    }

    private ImmutableList<ScriptedBlock> Cut(int depth)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(depth, _canonical.Count);
        var dropped = _canonical.GetRange(_canonical.Count - depth, depth);
        _canonical = _canonical.RemoveRange(_canonical.Count - depth, depth);
        return dropped;
    }

    private ScriptedBlock NextBlock(ImmutableArray<ScriptedLog> logs)
    {
        var parent = _canonical[^1].Header;
        var salt = ++_mined;
        var hash = Hash32.Keccak([.. parent.Hash.ToBytes(), .. BitConverter.GetBytes(salt)]);
        var time = parent.Time.After(BlockSeconds + _timeAhead);
        _timeAhead = 0;
        var header = new BlockHeader(parent.Number + 1, hash, parent.Hash, time);
        var placed = ImmutableArray.CreateBuilder<PlacedLog>();
        var receipts = ImmutableArray.CreateBuilder<TxReceipt>();
        Making = placed;
        var included = TakeFromPool();
        foreach (var transaction in included)
        {
            var execution = Execute(transaction);
            receipts.Add(Receipt(transaction, header, execution.Succeeded));
            foreach (var log in execution.Logs) Place(log with { TxHash = transaction.Hash });
        }

        foreach (var log in logs) Place(log);
        Making = [];
        return new ScriptedBlock(header, placed.ToImmutable(), receipts.ToImmutable(), included);

        void Place(ScriptedLog log)
        {
            var index = (uint)placed.Count;
            var tx = log.TxHash ?? Hash32.Keccak([.. hash.ToBytes(), .. BitConverter.GetBytes(index)]);
            placed.Add(new PlacedLog(log, header, tx, index));
        }
    }

    private ImmutableArray<SignedTransaction> TakeFromPool()
    {
        var taken = ImmutableArray.CreateBuilder<SignedTransaction>();
        var nonces = new Dictionary<Address, ulong>();
        foreach (var waiting in _pool.OrderBy(one => one.Transaction.Nonce).ToArray())
        {
            var next = nonces.TryGetValue(waiting.From, out var nonce) ? nonce : NonceOf(waiting.From, _canonical);
            if (waiting.Transaction.Nonce > next) continue;
            _pool.Remove(waiting);
            if (waiting.Transaction.Nonce < next) continue;
            nonces[waiting.From] = next + 1;
            taken.Add(waiting);
        }

        return taken.ToImmutable();
    }

    private static TxReceipt Receipt(SignedTransaction signed, BlockHeader header, bool succeeded)
    {
        var (transaction, from) = (signed.Transaction, signed.From);
        var created = transaction.To is null && succeeded ? ContractAddress.Of(from, transaction.Nonce) : (Address?)null;
        return new TxReceipt(signed.Hash, header.Number, header.Hash, succeeded, from, transaction.To, 21_000, created);
    }

    private static ulong NonceOf(Address account, IEnumerable<ScriptedBlock> blocks) =>
        (ulong)blocks.Sum(block => block.Transactions.Count(transaction => transaction.From == account));

    private void Announce()
    {
        if (Muted) return;
        foreach (var watcher in _watchers) watcher.Writer.TryWrite(Visible[^1].Header);
    }
}
