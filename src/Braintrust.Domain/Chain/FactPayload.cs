namespace Braintrust.Chain;

/// <summary>A log's content as the ledger keeps it: one byte with the number of topics, the topics, then the data.</summary>
public static class FactPayload
{
    public const int TopicsMax = 4;

    public static byte[] Encode(ReadOnlySpan<Hash32> topics, ReadOnlySpan<byte> data)
    {
        var payload = new byte[1 + topics.Length * Hash32.Length + data.Length];
        payload[0] = (byte)topics.Length;
        for (var i = 0; i < topics.Length; i++) topics[i].WriteTo(payload.AsSpan(1 + i * Hash32.Length));
        data.CopyTo(payload.AsSpan(1 + topics.Length * Hash32.Length));
        return payload;
    }

    /// <exception cref="FormatException">Not such a payload: the stored row is damaged.</exception>
    public static (Hash32[] Topics, ReadOnlyMemory<byte> Data) Decode(ReadOnlyMemory<byte> payload)
    {
        var count = payload.IsEmpty ? TopicsMax + 1 : payload.Span[0];
        if (count > TopicsMax || payload.Length < 1 + count * Hash32.Length)
            throw new FormatException("A stored fact has no readable topics.");
        var topics = new Hash32[count];
        for (var i = 0; i < count; i++) topics[i] = new Hash32(payload.Span.Slice(1 + i * Hash32.Length, Hash32.Length));
        return (topics, payload[(1 + count * Hash32.Length)..]);
    }
}
