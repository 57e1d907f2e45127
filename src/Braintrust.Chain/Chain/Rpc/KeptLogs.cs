namespace Braintrust.Chain;

/// <summary>Keeps logs until the answer they belong to is known to be whole, then hands them on.</summary>
internal sealed class KeptLogs : ILogSink
{
    private readonly List<Kept> _logs = [];

    private sealed record Kept(
        Address Contract, ulong BlockNo, Hash32 BlockHash, Hash32 TxHash, uint LogIndex, Hash32[] Topics, byte[] Data, bool Removed);

    public void Clear() => _logs.Clear();

    public void OnLog(in LogEntry log) => _logs.Add(new Kept(
        log.Contract, log.BlockNo, log.BlockHash, log.TxHash, log.LogIndex, log.Topics.ToArray(), log.Data.ToArray(), log.Removed));

    public void Tell(ILogSink sink)
    {
        foreach (var log in _logs)
            sink.OnLog(new LogEntry
            {
                Contract = log.Contract, BlockNo = log.BlockNo, BlockHash = log.BlockHash, TxHash = log.TxHash,
                LogIndex = log.LogIndex, Topics = log.Topics, Data = log.Data, Removed = log.Removed,
            });
    }
}
