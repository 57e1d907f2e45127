using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace Braintrust.Chain;

/// <summary>What one step did.</summary>
/// <param name="Again">True when there is more to do at once.</param>
/// <param name="Touched">Negotiations with new facts, for the bells.</param>
/// <param name="Waiting">What it waits for, or null.</param>
public sealed record FollowReport(
    ChainCursor Cursor, ulong NodeHeadNo, bool Again, IReadOnlyCollection<Hash32> Touched, string? Waiting);

/// <summary>
/// Copies one chain into the ledger, a step at a time: <see cref="Follow"/> decides, this asks the node and writes. It
/// remembers nothing that matters: every step reads the cursor, and every write is fenced by it, so that two followers
/// of one ledger disturb each other and nothing else.
/// </summary>
public sealed class ChainFollower(
    FollowedChain chain, IChainLedger ledger, IContractRegistry registry, TimeProvider clock, ILogger logger)
{
    private const string OtherWasFirst = "Another watcher of this chain was first.";

    private readonly ChainSettings _settings = chain.Settings;
    private readonly IEvmChain _node = chain.Node;
    private readonly ConcurrentDictionary<(Address, Hash32), bool> _unknownEvents = new();
    private readonly RangePace _range = new(chain.Settings.RangeBlocksMax);
    private DateTimeOffset? _behindSince;
    private bool _backfillsNext;
    private ulong _nodeHeadNo;
    private AheadRead? _ahead;

    /// <summary>
    /// Throws what the node and the ledger throw; nothing was lost then, the next step continues. While older blocks of a
    /// contract are to be read, every other step reads some of them, so that neither waits for the other.
    /// </summary>
    public async ValueTask<FollowReport> Step(CancellationToken ct)
    {
        try
        {
            return await Next(ct);
        }
        catch (ChainProtocolException lie)
        {
            _node.Doubt(lie.Message);
            throw;
        }
    }

    private async ValueTask<FollowReport> Next(CancellationToken ct)
    {
        var watched = await Watched.Read(registry, _settings.ChainId, ct);
        var cursor = await ledger.ReadCursor(_settings.ChainId, ct);
        if (watched.Contracts.Count == 0) return Report(cursor, 0, "No contract is registered on this chain.");
        var window = await ledger.ReadHeaders(_settings.ChainId, ct);
        var behind = cursor.Halted is null ? watched.Behind.FirstOrDefault() : null;
        _backfillsNext = behind is not null && !_backfillsNext;
        if (_backfillsNext) return await Backfill(behind!, cursor, window, watched, ct);
        var report = await Forward(cursor, window, watched, ct);
        return report with { Again = report.Again || behind is not null };
    }

    private async ValueTask<FollowReport> Forward(
        ChainCursor cursor, IReadOnlyList<BlockHeader> window, Watched watched, CancellationToken ct)
    {
        var node = await Ask(cursor, ct);
        while (true)
        {
            var step = Follow.Decide(cursor, window, watched.First, node, Policy);
            if (step is not FollowStep.Fetch fetch) return await Do(step, cursor, node, watched, ct);
            if (await Header(fetch.Number, ct) is not { } header)
                return Report(cursor, node.Head.Number, $"The node has no block {fetch.Number} at the moment.");
            node.Add(header);
        }
    }

    private FollowPolicy Policy => new(
        _settings.ConfirmationsMin, _settings.FinalityTag is not null, _range.Blocks, _settings.BelowFinalRewinds);

    private async ValueTask<NodeView> Ask(ChainCursor cursor, CancellationToken ct)
    {
        var head = await _node.GetHeader(BlockId.Latest, ct)
            ?? throw new ChainUnavailableException($"The node of chain {_settings.ChainId} has no newest block.");
        var final = _settings.FinalityTag switch
        {
            null => null,
            "safe" => await _node.GetHeader(BlockId.Safe, ct),
            _ => await _node.GetHeader(BlockId.Finalized, ct),
        };
        _nodeHeadNo = head.Number;
        _behindSince = head.Number < cursor.HeadNo ? _behindSince ?? clock.GetUtcNow() : null;
        var patience = TimeSpan.FromMilliseconds(_settings.BehindPatienceMs);
        return new NodeView(head, final?.Number, clock.GetUtcNow() - _behindSince > patience);
    }

    private async ValueTask<BlockHeader?> Header(ulong number, CancellationToken ct)
    {
        var header = await _node.GetHeader(BlockId.At(number), ct);
        return header is null || header.Number == number
            ? header
            : throw new ChainProtocolException($"The node answered block {header.Number} when asked for {number}.");
    }

    private async ValueTask<FollowReport> Do(
        FollowStep step, ChainCursor cursor, NodeView node, Watched watched, CancellationToken ct)
    {
        if (step is FollowStep.Rewind or FollowStep.RewindByFacts or FollowStep.Halt) await Confirm(node.Head, ct);
        switch (step)
        {
            case FollowStep.Extend extend:
                return await Append(node, await Read(extend, cursor, watched, ct), ct);
            case FollowStep.ReadRange range:
                var batch = await Read(range, cursor, watched, ct);
                ReadAhead(range, node, watched, ct);
                return await Append(node, batch, ct);
            case FollowStep.Rewind rewind:
                return await Rewind(cursor, node, rewind.To, ct);
            case FollowStep.RewindByFacts:
                return await RewindByFacts(cursor, node, watched, ct);
            case FollowStep.Halt halt:
                if (await ledger.Halt(_settings.ChainId, cursor, halt.Why, ct) is not { } halted) return Fenced(cursor, node);
                logger.LogCritical("Chain {Chain} is not followed any more: {Why}", _settings.ChainId, halt.Why);
                return Report(halted, node.Head.Number, halt.Why);
            default:
                return Report(cursor, node.Head.Number, (step as FollowStep.Nothing)?.Why);
        }
    }

    /// <summary>One wrong answer must take nothing back, and halt nothing: the head that speaks of a fork is asked for again.</summary>
    private async ValueTask Confirm(BlockHeader head, CancellationToken ct)
    {
        if (await _node.GetHeader(BlockId.Of(head.Hash), ct) != head)
            throw new ChainProtocolException($"The node told of head {head.Number} {head.Hash} and does not have it.");
    }

    /// <summary>Near the head: block by block, by hash, so that the logs belong to the header that was checked.</summary>
    private async ValueTask<Batch> Read(
        FollowStep.Extend extend, ChainCursor cursor, Watched watched, CancellationToken ct)
    {
        var (facts, touched) = await ReadBlocks(extend.Headers, watched.UpTo, ct);
        var head = extend.Headers.Count > 0 ? extend.Headers[^1] : null;
        IReadOnlyList<BlockHeader> kept = extend.Base is { } below ? [below, .. extend.Headers] : extend.Headers;
        return new Batch(
            new LedgerAppend(
                _settings.ChainId, cursor, kept, facts, head?.Number ?? cursor.HeadNo, head?.Hash ?? cursor.HeadHash,
                head?.Time ?? cursor.HeadTime, extend.FinalNo) { Contracts = watched.Registered, Late = watched.Late },
            touched);
    }

    private async ValueTask<(List<Fact> Facts, HashSet<Hash32> Touched)> ReadBlocks(
        IReadOnlyList<BlockHeader> headers, Func<ulong, IReadOnlyList<RegisteredContract>> contracts, CancellationToken ct)
    {
        var (facts, touched) = (new List<Fact>(), new HashSet<Hash32>());
        foreach (var header in headers)
        {
            var deployed = contracts(header.Number);
            if (deployed.Count == 0) continue;
            var sink = new FactSink(deployed, header.Number, header.Number, _unknownEvents, logger);
            await _node.ReadLogs(LogFilter.Block(Addresses(deployed), header.Hash), sink, ct);
            foreach (var log in sink.Logs) Add(log, header, facts, touched);
        }

        return (facts, touched);
    }

    /// <summary>Far behind: a range of final blocks at once; the header of every block with logs is checked.</summary>
    private async ValueTask<Batch> Read(
        FollowStep.ReadRange range, ChainCursor cursor, Watched watched, CancellationToken ct)
    {
        var contracts = watched.UpTo(range.To.Number);
        var read = await Paced(TakeAhead(range, contracts) ?? ReadRange(range.From, range.To, contracts, ct));
        // What was read ahead is of a chain that the node has left since.
        if (read.To != range.To) read = await Paced(ReadRange(range.From, range.To, contracts, ct));
        return new Batch(
            new LedgerAppend(
                _settings.ChainId, cursor, [range.To], read.Facts, range.To.Number, range.To.Hash, range.To.Time, range.FinalNo)
            {
                Contracts = watched.Registered, Late = watched.Late,
            },
            read.Touched);
    }

    /// <summary>
    /// Begins to read the range after this one, so that neither the node nor the database waits for the other. What is read
    /// counts only when the next step decides for the same range, contracts and last block.
    /// </summary>
    private void ReadAhead(FollowStep.ReadRange range, NodeView node, Watched watched, CancellationToken ct)
    {
        var from = range.To.Number + 1;
        if (watched.Behind.Count > 0 || Follow.RangeEnd(from, node, Policy) is not { } to) return;
        var contracts = watched.UpTo(to);
        _ahead = new AheadRead(from, to, contracts, ReadRange(from, to, contracts, ct));
    }

    private Task<RangeRead>? TakeAhead(FollowStep.ReadRange range, IReadOnlyList<RegisteredContract> contracts)
    {
        var ahead = _ahead;
        _ahead = null;
        return ahead is not null && ahead.From == range.From && ahead.To == range.To.Number && ahead.Contracts.SequenceEqual(contracts)
            ? ahead.Reading
            : null;
    }

    /// <summary>
    /// Blocks that were read before this contract was registered: its facts are appended at the positions that come next,
    /// the cursor's blocks stay where they are.
    /// </summary>
    private async ValueTask<FollowReport> Backfill(
        Backfill late, ChainCursor cursor, IReadOnlyList<BlockHeader> window, Watched watched, CancellationToken ct)
    {
        // A node on another fork would answer the logs of its own blocks, and nothing in them would show it.
        await Stands(window[0], ct);
        var (facts, touched, next) = late.Next <= cursor.FinalNo
            ? await ReadFinal(late, cursor, watched, ct)
            : await ReadYoung(late, cursor, window, watched, ct);
        await Stands(window[0], ct);
        var append = new LedgerAppend(
            _settings.ChainId, cursor, [], facts, cursor.HeadNo, cursor.HeadHash, cursor.HeadTime, cursor.FinalNo)
        {
            Contracts = watched.Registered, Late = watched.Late, Backfilled = new BackfillStep(late.Contract, late.Next, next),
        };
        if (await ledger.Append(append, ct) is not { } appended)
            return new FollowReport(cursor, _nodeHeadNo, Again: true, [], OtherWasFirst);
        if (next > cursor.HeadNo)
            logger.LogInformation("Chain {Chain}: {Contract} has caught up at block {Block}", _settings.ChainId, late.Contract, cursor.HeadNo);
        return new FollowReport(appended, _nodeHeadNo, Again: true, touched, null);
    }

    private async ValueTask<(List<Fact> Facts, HashSet<Hash32> Touched, ulong Next)> ReadFinal(
        Backfill late, ChainCursor cursor, Watched watched, CancellationToken ct)
    {
        var last = Math.Min(cursor.FinalNo, late.Next + (ulong)_range.Blocks - 1);
        var read = await Paced(ReadRange(late.Next, last, [watched.Of(late)], ct));
        return (read.Facts, read.Touched, last + 1);
    }

    /// <summary>By hash, like everything near the head: an answer from another fork is no answer.</summary>
    private async ValueTask<(List<Fact> Facts, HashSet<Hash32> Touched, ulong Next)> ReadYoung(
        Backfill late, ChainCursor cursor, IReadOnlyList<BlockHeader> window, Watched watched, CancellationToken ct)
    {
        var headers = window.Where(header => header.Number >= late.Next && header.Number <= cursor.HeadNo)
            .Take(FollowPolicy.HeadersMax).ToList();
        // Nothing left; or another follower dropped headers since the cursor was read, and the append will be fenced off.
        if (headers.Count == 0 || headers[0].Number != late.Next) return ([], [], Math.Min(late.Next, cursor.HeadNo + 1));
        var (facts, touched) = await ReadBlocks(headers, _ => [watched.Of(late)], ct);
        return (facts, touched, headers[^1].Number + 1);
    }

    private async Task<RangeRead> ReadRange(
        ulong from, ulong to, IReadOnlyList<RegisteredContract> deployed, CancellationToken ct)
    {
        var last = await Header(to, ct) ?? throw new ChainProtocolException($"The node has no block {to}, which is final.");
        return await ReadRange(from, last, deployed, ct);
    }

    private async Task<RangeRead> ReadRange(
        ulong from, BlockHeader to, IReadOnlyList<RegisteredContract> deployed, CancellationToken ct)
    {
        var sink = new FactSink(deployed, from, to.Number, _unknownEvents, logger);
        await _node.ReadLogs(LogFilter.Range(Addresses(deployed), from, to.Number), sink, ct);
        var logs = sink.Logs;
        var headers = await Headers([.. logs.Select(log => log.BlockNo).Distinct().Where(number => number != to.Number)], to, ct);
        // Logs and headers are asked for by number: a fork that came in between would have them agree.
        await Stands(to, ct);
        var (facts, touched) = (new List<Fact>(logs.Count), new HashSet<Hash32>());
        foreach (var log in logs) Add(log, headers[log.BlockNo], facts, touched);
        return new RangeRead(to, facts, touched);
    }

    /// <summary>
    /// The pace learns from a range when it is used, not while it is read ahead: what a step decides must be what the step
    /// before it began.
    /// </summary>
    private async ValueTask<RangeRead> Paced(Task<RangeRead> reading)
    {
        try
        {
            var read = await reading;
            _range.Answered(read.Facts.Count);
            return read;
        }
        catch (ChainUnavailableException refused) when (refused.AnswerTooLarge)
        {
            _range.Refused();
            throw;
        }
        catch (Exception failed) when (failed is ChainUnavailableException or ChainProtocolException)
        {
            _range.Failed();
            throw;
        }
    }

    private async ValueTask Stands(BlockHeader ours, CancellationToken ct)
    {
        if ((await Header(ours.Number, ct))?.Hash != ours.Hash)
            throw new ChainProtocolException($"The node is not on the ledger's chain at block {ours.Number}.");
    }

    private async ValueTask<Dictionary<ulong, BlockHeader>> Headers(
        IReadOnlyList<ulong> numbers, BlockHeader known, CancellationToken ct)
    {
        var headers = new Dictionary<ulong, BlockHeader> { [known.Number] = known };
        foreach (var (number, told) in numbers.Zip(await _node.GetHeaders(numbers, ct)))
        {
            headers[number] = told is null || told.Number == number
                ? told ?? throw new ChainProtocolException($"The node answered logs of block {number} but not the block.")
                : throw new ChainProtocolException($"The node answered block {told.Number} when asked for {number}.");
        }

        return headers;
    }

    private static void Add(ReadLog log, BlockHeader header, List<Fact> facts, HashSet<Hash32> touched)
    {
        if (log.BlockHash != header.Hash)
            throw new ChainProtocolException(
                $"A log of block {log.BlockNo} names block hash {log.BlockHash}, not {header.Hash}.");
        facts.Add(log.At(header.Time));
        if (log.Log.Negotiation is { } negotiation) touched.Add(negotiation);
    }

    private static IReadOnlyList<Address> Addresses(IEnumerable<RegisteredContract> contracts) =>
        [.. contracts.Select(contract => contract.Address)];

    private async ValueTask<FollowReport> Append(NodeView node, Batch batch, CancellationToken ct) =>
        await ledger.Append(batch.Append, ct) is { } next
            ? new FollowReport(next, node.Head.Number, next.HeadNo < node.Head.Number, batch.Touched, null)
            : Fenced(batch.Append.Expected, node);

    private async ValueTask<FollowReport> Rewind(ChainCursor cursor, NodeView node, BlockHeader to, CancellationToken ct)
    {
        logger.LogInformation(
            "Chain {Chain} replaced its blocks above {Block}; its head was {Head}", _settings.ChainId, to.Number, cursor.HeadNo);
        var request = new RewindRequest(_settings.ChainId, cursor, to, _settings.BelowFinalRewinds);
        return await ledger.Rewind(request, ct) is { } next
            ? new FollowReport(next, node.Head.Number, next.Halted is null, [], next.Halted)
            : Fenced(cursor, node);
    }

    /// <summary>To the newest block of ours that the node still has; else to below our first block.</summary>
    private async ValueTask<FollowReport> RewindByFacts(
        ChainCursor cursor, NodeView node, Watched watched, CancellationToken ct)
    {
        var below = watched.First == 0 ? 0 : watched.First - 1;
        var to = await CommonBlock.Find(ledger, _node, _settings.ChainId, ct) ?? await Header(below, ct);
        return to is null
            ? Report(cursor, node.Head.Number, "The node's chain ends below our first block.")
            : await Rewind(cursor, node, to, ct);
    }

    private static FollowReport Fenced(ChainCursor cursor, NodeView node) =>
        new(cursor, node.Head.Number, Again: true, [], OtherWasFirst);

    private static FollowReport Report(ChainCursor cursor, ulong nodeHeadNo, string? waiting) =>
        new(cursor, nodeHeadNo, Again: false, [], waiting);

    private sealed record Batch(LedgerAppend Append, IReadOnlyCollection<Hash32> Touched);

    /// <summary>The facts of a range whose last block, when it was read, was this one.</summary>
    private sealed record RangeRead(BlockHeader To, List<Fact> Facts, HashSet<Hash32> Touched);

    private sealed record AheadRead(ulong From, ulong To, IReadOnlyList<RegisteredContract> Contracts, Task<RangeRead> Reading);
}
