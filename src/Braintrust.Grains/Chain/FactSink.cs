using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace Braintrust.Chain;

/// <summary>
/// Takes a node's logs and believes none of it: the contract must be asked for, the block the right one, the order
/// strictly ascending. The first fault is kept and thrown when the read is over.
/// </summary>
internal sealed class FactSink(
    IReadOnlyCollection<RegisteredContract> contracts, ulong from, ulong to,
    ConcurrentDictionary<(Address, Hash32), bool> unknownEvents, ILogger logger)
    : ILogSink
{
    private readonly Dictionary<Address, RegisteredContract> _contracts = contracts.ToDictionary(contract => contract.Address);
    private readonly List<ReadLog> _logs = [];
    private (ulong Block, uint Index)? _last;
    private string? _fault;

    /// <exception cref="ChainProtocolException">The node answered what cannot be.</exception>
    public IReadOnlyList<ReadLog> Logs => _fault is null ? _logs : throw new ChainProtocolException(_fault);

    public void OnLog(in LogEntry log)
    {
        _fault ??= Fault(log);
        if (_fault is not null) return;
        _last = (log.BlockNo, log.LogIndex);
        if (FollowedLogs.TryRead(_contracts[log.Contract], log.Topics, log.Data) is { } read)
            _logs.Add(new ReadLog(
                log.BlockNo, log.BlockHash, log.TxHash, log.LogIndex, log.Contract, read,
                FactPayload.Encode(log.Topics, log.Data)));
        else if (!FollowedLogs.SaysNothingNew(_contracts[log.Contract], log.Topics))
            Ignore(log);
    }

    private string? Fault(in LogEntry log)
    {
        if (log.Removed) return $"The node answered a removed log of block {log.BlockNo}.";
        if (!_contracts.ContainsKey(log.Contract)) return $"The node answered a log of {log.Contract}, which was not asked for.";
        if (log.BlockNo < from || log.BlockNo > to)
            return $"The node answered a log of block {log.BlockNo} when asked for {from} to {to}.";
        return _last is { } last && (log.BlockNo, log.LogIndex).CompareTo(last) <= 0
            ? $"The node answered log {log.LogIndex} of block {log.BlockNo} twice or out of order."
            : null;
    }

    /// <summary>
    /// A registered contract's code is known, so an event we cannot read means a wrong registration. It is left out: it
    /// cannot be folded, and stopping would hold every other agreement. Said once, loudly.
    /// </summary>
    private void Ignore(in LogEntry log)
    {
        var topic = log.Topics.IsEmpty ? default : log.Topics[0];
        if (unknownEvents.TryAdd((log.Contract, topic), true))
            logger.LogError(
                "The registered contract {Contract} emits an event {Topic} that is not its own", log.Contract, topic);
    }
}

/// <summary>A log that was checked and read.</summary>
internal sealed record ReadLog(
    ulong BlockNo, Hash32 BlockHash, Hash32 TxHash, uint LogIndex, Address Contract, FollowedLog Log, byte[] Payload)
{
    public Fact At(BlockTime time) =>
        new(BlockNo, BlockHash, time, TxHash, LogIndex, Contract, Log.Kind, Payload, Log.Subjects);
}
