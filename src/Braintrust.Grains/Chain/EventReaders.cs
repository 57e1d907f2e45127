using System.Collections.Frozen;

namespace Braintrust.Chain;

/// <summary>What a reader answers for one log: null when it is another event's.</summary>
internal delegate TEvent? EventReader<TEvent>(ReadOnlySpan<Hash32> topics, ReadOnlySpan<byte> data) where TEvent : class;

/// <summary>One contract's events by their topics: how its logs are read when they come, and its facts later.</summary>
internal sealed class EventReaders<TEvent>(Dictionary<Hash32, (FactKind Kind, EventReader<TEvent> Read)> readers)
    where TEvent : class
{
    private readonly FrozenDictionary<Hash32, (FactKind Kind, EventReader<TEvent> Read)> _readers = readers.ToFrozenDictionary();
    private readonly FrozenSet<FactKind> _kinds = readers.Values.Select(reader => reader.Kind).ToFrozenSet();

    /// <summary>The event, or null when the log is none of this contract's events.</summary>
    public (FactKind Kind, TEvent Event)? TryRead(ReadOnlySpan<Hash32> topics, ReadOnlySpan<byte> data) =>
        topics.Length > 0 && _readers.TryGetValue(topics[0], out var reader) && reader.Read(topics, data) is { } happened
            ? (reader.Kind, happened)
            : null;

    /// <summary>This contract's facts among some of the ledger's, each with what it says.</summary>
    /// <exception cref="FormatException">A stored row is damaged: it was readable when it was appended.</exception>
    public IEnumerable<(LedgerFact Entry, TEvent Event)> Among(IEnumerable<LedgerFact> entries) =>
        entries.Where(entry => _kinds.Contains(entry.Fact.Kind)).Select(entry => (entry, Read(entry.Fact)));

    private TEvent Read(Fact fact)
    {
        var (topics, data) = FactPayload.Decode(fact.Payload);
        return TryRead(topics, data.Span)?.Event
            ?? throw new FormatException($"The stored fact {fact.TxHash}/{fact.LogIndex} is no {fact.Kind}.");
    }
}
