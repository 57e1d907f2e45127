using Nethereum.RPC.Eth.DTOs;

namespace Braintrust.Chain;

/// <summary>Hands logs on, and believes of them no more than the streaming reader does: asked for, sorted, each once.</summary>
internal static class NethereumLogs
{
    private const int TopicsMax = 4;

    /// <exception cref="ChainProtocolException">The node answered what cannot be.</exception>
    public static void Tell(IReadOnlyList<FilterLog> logs, LogFilter filter, ILogSink sink)
    {
        var contracts = filter.Contracts.ToHashSet();
        (ulong BlockNo, ulong LogIndex)? last = null;
        foreach (var told in logs)
        {
            var log = Read(told);
            if (!contracts.Contains(log.Contract)) throw NethereumJson.Bad("a contract that was asked for", log.Contract);
            var wanted = filter.BlockHash is { } hash
                ? log.BlockHash == hash
                : log.BlockNo >= filter.FromBlock && log.BlockNo <= filter.ToBlock;
            if (!wanted) throw NethereumJson.Bad("a block that was asked for", log.BlockNo);
            if (last is { } before && (log.BlockNo, (ulong)log.LogIndex).CompareTo(before) <= 0)
                throw NethereumJson.Bad("a log after the one before", log.LogIndex);
            last = (log.BlockNo, log.LogIndex);
            sink.OnLog(log);
        }
    }

    private static LogEntry Read(FilterLog told)
    {
        var topics = (told.Topics ?? []).Select(topic => NethereumJson.Hash(topic?.ToString())).ToArray();
        var index = NethereumJson.Bounded(told.LogIndex);
        if (topics.Length > TopicsMax || index > uint.MaxValue) throw NethereumJson.Bad("a log", told.TransactionHash);
        return new LogEntry
        {
            Contract = NethereumJson.Address(told.Address), BlockNo = NethereumJson.Bounded(told.BlockNumber),
            BlockHash = NethereumJson.Hash(told.BlockHash), TxHash = NethereumJson.Hash(told.TransactionHash),
            LogIndex = (uint)index, Topics = topics, Data = NethereumJson.Bytes(told.Data), Removed = told.Removed,
        };
    }
}
