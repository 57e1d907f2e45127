using System.Buffers.Binary;
using System.Numerics;

namespace Braintrust.Chain;

/// <summary>Writes RLP. Source: Ethereum yellow paper, appendix B.</summary>
internal static class Rlp
{
    public static byte[] Bytes(ReadOnlySpan<byte> value) =>
        value.Length == 1 && value[0] < 0x80 ? value.ToArray() : [.. Prefix(0x80, value.Length), .. value];

    /// <summary>Big-endian without leading zeros; zero is the empty string.</summary>
    public static byte[] Integer(BigInteger value) =>
        value.Sign >= 0
            ? Bytes(value.IsZero ? [] : value.ToByteArray(isUnsigned: true, isBigEndian: true))
            : throw new ArgumentOutOfRangeException(nameof(value), "RLP has no negative integers.");

    public static byte[] List(params IEnumerable<byte[]> items)
    {
        byte[] body = [.. items.SelectMany(item => item)];
        return [.. Prefix(0xC0, body.Length), .. body];
    }

    private static byte[] Prefix(byte kind, int length)
    {
        if (length < 56) return [(byte)(kind + length)];
        var size = new byte[4];
        BinaryPrimitives.WriteInt32BigEndian(size, length);
        var significant = size.AsSpan().TrimStart((byte)0);
        return [(byte)(kind + 55 + significant.Length), .. significant];
    }
}

/// <summary>
/// Reads RLP from a stranger. Like <see cref="AbiReader"/> it never throws: a fault sets <see cref="Failed"/>. Only the one
/// shortest encoding of each value is accepted.
/// </summary>
internal ref struct RlpReader(ReadOnlySpan<byte> data)
{
    private ReadOnlySpan<byte> _rest = data;

    public bool Failed { get; private set; }

    public readonly bool AtEnd => _rest.IsEmpty;

    public ReadOnlySpan<byte> Bytes() => Item(list: false);

    public RlpReader List() => new(Item(list: true)) { Failed = Failed };

    public BigInteger Integer(int bytesMax)
    {
        var bytes = Bytes();
        return Require(bytes.Length <= bytesMax && (bytes.IsEmpty || bytes[0] != 0))
            ? new BigInteger(bytes, isUnsigned: true, isBigEndian: true)
            : default;
    }

    private ReadOnlySpan<byte> Item(bool list)
    {
        if (!Require(!_rest.IsEmpty)) return default;
        var first = _rest[0];
        if (first < 0x80) return list ? Fail() : Cut(0, 1);
        if (!Require(first >= 0xC0 == list)) return default;
        var length = first - (list ? 0xC0 : 0x80);
        if (length >= 56) return Long(length - 55);
        // A single byte below 0x80 stands for itself.
        if (!list && length == 1 && _rest.Length > 1 && _rest[1] < 0x80) return Fail();
        return Cut(1, length);
    }

    private ReadOnlySpan<byte> Long(int sizeBytes)
    {
        if (!Require(sizeBytes <= 4 && _rest.Length > sizeBytes && _rest[1] != 0)) return default;
        var length = 0L;
        foreach (var digit in _rest.Slice(1, sizeBytes)) length = (length << 8) | digit;
        return Require(length >= 56 && length <= int.MaxValue) ? Cut(1 + sizeBytes, (int)length) : default;
    }

    private ReadOnlySpan<byte> Cut(int skip, int length)
    {
        if (!Require(_rest.Length - skip >= length)) return default;
        var item = _rest.Slice(skip, length);
        _rest = _rest[(skip + length)..];
        return item;
    }

    /// <summary>Says that a value read is not what its place allows.</summary>
    public ReadOnlySpan<byte> Fail()
    {
        Failed = true;
        return default;
    }

    private bool Require(bool good)
    {
        Failed |= !good;
        return !Failed;
    }
}
