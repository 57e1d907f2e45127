using System.Collections.Concurrent;

namespace Braintrust.Chain;

/// <summary>
/// Holds the logs of one block to what its header says of them. A log that the header does not know was invented. A contract
/// that the header knows and no log names was left out, or stands there by chance: then all logs of the block, whoever
/// emitted them, must explain every bit of the header.
/// </summary>
internal sealed class BlockLogs(Func<LogFilter, ILogSink, CancellationToken, ValueTask<long>> read)
{
    private const int BloomsMax = 512;

    private readonly ConcurrentDictionary<Hash32, LogBloom> _blooms = new();
    private readonly ConcurrentQueue<Hash32> _order = new();

    /// <summary>Keeps what a header says, for as long as its logs are likely to be asked for.</summary>
    public void Remember(Hash32 block, LogBloom bloom)
    {
        if (bloom.IsEmpty || !_blooms.TryAdd(block, bloom)) return;
        _order.Enqueue(block);
        while (_order.Count > BloomsMax && _order.TryDequeue(out var oldest)) _blooms.TryRemove(oldest, out _);
    }

    /// <exception cref="ChainProtocolException">The logs contradict the header.</exception>
    public async ValueTask<long> Read(LogFilter filter, ILogSink sink, CancellationToken ct)
    {
        if (filter.BlockHash is not { } block || !_blooms.TryGetValue(block, out var bloom)) return await read(filter, sink, ct);
        var held = new HeldLogs(sink, bloom);
        var count = await read(filter, held, ct);
        if (held.Invented is { } invented)
            throw new ChainProtocolException($"The node answered a log of {invented} that the header of block {block} does not know.");
        if (filter.Contracts.Any(contract => !held.Contracts.Contains(contract) && bloom.MayHold(contract)))
            await ProveMissing(filter, held.Contracts, block, bloom, ct);
        return count;
    }

    private async ValueTask ProveMissing(
        LogFilter filter, HashSet<Address> seen, Hash32 block, LogBloom bloom, CancellationToken ct)
    {
        var all = new AllLogs();
        await read(LogFilter.WholeBlock(block), all, ct);
        if (filter.Contracts.FirstOrDefault(contract => !seen.Contains(contract) && all.Contracts.Contains(contract)) is { IsZero: false } left)
            throw new ChainProtocolException($"The node left out logs of {left} in block {block}.");
        if (!bloom.IsPartOf(all.Bloom))
            throw new ChainProtocolException($"The header of block {block} knows of logs that the node does not answer.");
    }

    private sealed class HeldLogs(ILogSink inner, LogBloom bloom) : ILogSink
    {
        public HashSet<Address> Contracts { get; } = [];
        public Address? Invented { get; private set; }

        public void OnLog(in LogEntry log)
        {
            Contracts.Add(log.Contract);
            if (!bloom.MayHold(log)) Invented ??= log.Contract;
            inner.OnLog(log);
        }
    }

    private sealed class AllLogs : ILogSink
    {
        public HashSet<Address> Contracts { get; } = [];
        public LogBloom Bloom { get; } = new();

        public void OnLog(in LogEntry log)
        {
            Contracts.Add(log.Contract);
            Bloom.Add(log);
        }
    }
}
