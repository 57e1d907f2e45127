using Braintrust.Chain;

namespace Braintrust.Escrow;

/// <summary>The events of one negotiation among the logs of a node, in its order; their blocks' times are not known yet.</summary>
internal sealed class FoldSink(Hash32 negotiation) : ILogSink
{
    public List<(EscrowEvent, FactPlace)> Events { get; } = [];

    public void OnLog(in LogEntry log)
    {
        var happened = EscrowFacts.TryRead(log.Topics, log.Data)!.Value.Event;
        if (happened.About != negotiation) return;
        var seen = new Seen(log.BlockNo, log.BlockHash, default, log.TxHash, FinalityStatus.Pending, 0, 0);
        Events.Add((happened, new FactPlace(Events.Count + 1, log.Contract, seen, log.LogIndex)));
    }
}
