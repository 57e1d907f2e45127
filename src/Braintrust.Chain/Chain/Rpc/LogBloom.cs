namespace Braintrust.Chain;

/// <summary>
/// The filter of 2048 bits that a header carries of its block's logs: each log's contract and topics set three bits each.
/// Source: the Yellow Paper, section 4.3.1.
/// </summary>
internal sealed class LogBloom
{
    public const int Length = 256;

    private readonly byte[] _bits;

    public LogBloom() => _bits = new byte[Length];

    public LogBloom(byte[] bits) => _bits = bits.Length == Length
        ? bits
        : throw new ChainProtocolException($"The node's header has a logs bloom of {bits.Length} bytes, not {Length}.");

    /// <summary>Some chains leave it empty whatever their blocks hold: then it says nothing.</summary>
    public bool IsEmpty => !_bits.AsSpan().ContainsAnyExcept((byte)0);

    public void Add(in LogEntry log)
    {
        Add(log.Contract.ToBytes());
        foreach (var topic in log.Topics) Add(topic.ToBytes());
    }

    /// <summary>False is certain; true may be chance.</summary>
    public bool MayHold(Address contract) => MayHold(contract.ToBytes());

    /// <summary>False is certain; true may be chance.</summary>
    public bool MayHold(in LogEntry log)
    {
        if (!MayHold(log.Contract)) return false;
        foreach (var topic in log.Topics)
            if (!MayHold(topic.ToBytes())) return false;
        return true;
    }

    /// <summary>Whether every bit that is set here is set there.</summary>
    public bool IsPartOf(LogBloom other)
    {
        for (var i = 0; i < Length; i++)
            if ((_bits[i] & ~other._bits[i]) != 0) return false;
        return true;
    }

    private void Add(byte[] item)
    {
        foreach (var bit in Bits(item)) _bits[Length - 1 - bit / 8] |= (byte)(1 << bit % 8);
    }

    private bool MayHold(byte[] item)
    {
        foreach (var bit in Bits(item))
            if ((_bits[Length - 1 - bit / 8] & (1 << bit % 8)) == 0) return false;
        return true;
    }

    private static int[] Bits(byte[] item)
    {
        var hash = Keccak256.Hash(item);
        return [Bit(0), Bit(2), Bit(4)];

        int Bit(int at) => ((hash[at] << 8) | hash[at + 1]) & 2047;
    }
}
