using System.Buffers.Binary;
using System.Numerics;
using System.Text;

namespace Braintrust.Chain;

/// <summary>
/// Reads contract ABI words from bytes that anybody may have made. It never throws and never reads outside: the first
/// fault sets <see cref="Failed"/> and every later read answers an empty value, so decoders are straight lines with one
/// check at the end. Refused are offsets and lengths that leave the data, offsets that are no multiple of 32, values
/// with dirty padding, and data read more than once (overlapping tails would let a few bytes decode into gigabytes).
/// </summary>
public ref struct AbiReader(ReadOnlySpan<byte> data)
{
    private readonly ReadOnlySpan<byte> _data = data;
    private int _unread = data.Length;

    /// <summary>True after the first fault; nothing that was read may then be used.</summary>
    public bool Failed { get; private set; }

    /// <summary>Lays a log's indexed values out as words: topic 1 at 0, topic 2 at 32, topic 3 at 64.</summary>
    public static AbiReader OfTopics(ReadOnlySpan<Hash32> topics, Span<byte> words)
    {
        for (var i = 1; i < topics.Length; i++) topics[i].WriteTo(words[((i - 1) * AbiWriter.WordBytes)..]);
        return new AbiReader(words);
    }

    public Address Address(int at)
    {
        var word = Take(at, AbiWriter.WordBytes);
        return Clean(word[..12]) ? new Address(word[12..]) : default;
    }

    public Hash32 Word(int at) => new(Take(at, AbiWriter.WordBytes));

    public bool Bool(int at) => UInt64(at, 1) == 1;

    public ulong UInt64(int at, int bits)
    {
        var word = Take(at, AbiWriter.WordBytes);
        var value = BinaryPrimitives.ReadUInt64BigEndian(word[24..]);
        return Clean(word[..24]) && Require(value <= ulong.MaxValue >> (64 - bits)) ? value : 0;
    }

    public UInt128 UInt128(int at, int bits)
    {
        var word = Take(at, AbiWriter.WordBytes);
        var value = BinaryPrimitives.ReadUInt128BigEndian(word[16..]);
        return Clean(word[..16]) && Require(value <= System.UInt128.MaxValue >> (128 - bits)) ? value : 0;
    }

    public BigInteger UInt256(int at, int bits)
    {
        var word = Take(at, AbiWriter.WordBytes);
        return Clean(word[..(32 - bits / 8)]) ? new BigInteger(word, isUnsigned: true, isBigEndian: true) : default;
    }

    public long Int64(int at, int bits) => (long)Int256(at, bits);

    public Int128 Int128(int at, int bits) => (Int128)Int256(at, bits);

    public BigInteger Int256(int at, int bits)
    {
        var value = new BigInteger(Take(at, AbiWriter.WordBytes), isUnsigned: false, isBigEndian: true);
        return Require(value.GetBitLength() <= bits - 1) ? value : default;
    }

    /// <summary>bytes1 to bytes32.</summary>
    public byte[] FixedBytes(int at, int size)
    {
        var word = Take(at, AbiWriter.WordBytes);
        return Clean(word[size..]) ? word[..size].ToArray() : new byte[size];
    }

    /// <summary>Where the dynamic member begins whose offset stands at <paramref name="at"/>.</summary>
    public int Offset(int at, int head)
    {
        var offset = UInt64(at, 64);
        return Require(offset % AbiWriter.WordBytes == 0 && offset <= (ulong)(_data.Length - head))
            ? head + (int)offset
            : 0;
    }

    /// <summary>The length of the array that begins at <paramref name="at"/>; its elements begin one word later.</summary>
    public int Length(int at, int elementBytes)
    {
        var length = UInt64(at, 64);
        return Require(length <= (ulong)(_unread / elementBytes)) ? (int)length : 0;
    }

    /// <summary>False, and a fault, when fewer bytes than that are left unread.</summary>
    public bool Holds(long bytes) => Require(bytes <= _unread);

    /// <summary>bytes, whose length word stands at <paramref name="at"/>.</summary>
    public byte[] Bytes(int at) => Blob(at).ToArray();

    /// <summary>
    /// string, whose length word stands at <paramref name="at"/>. Invalid UTF-8 becomes U+FFFD: contracts do not check
    /// it, and a stranger's bad text must not stop the reading of a log.
    /// </summary>
    public string String(int at) => Encoding.UTF8.GetString(Blob(at));

    private ReadOnlySpan<byte> Blob(int at)
    {
        var length = Length(at, 1);
        var padded = (length + 31) / AbiWriter.WordBytes * AbiWriter.WordBytes;
        if (length == 0 || !Require(padded <= _unread)) return default;
        var blob = Take(at + AbiWriter.WordBytes, padded);
        return !Failed && Clean(blob[length..]) ? blob[..length] : default;
    }

    private ReadOnlySpan<byte> Take(int at, int bytes)
    {
        if (!Require(at >= 0 && at <= _data.Length - bytes && bytes <= _unread)) return Zeros[..Math.Min(bytes, 32)];
        _unread -= bytes;
        return _data.Slice(at, bytes);
    }

    private bool Clean(ReadOnlySpan<byte> padding) => Require(!padding.ContainsAnyExcept((byte)0));

    private bool Require(bool good)
    {
        Failed |= !good;
        return !Failed;
    }

    private static ReadOnlySpan<byte> Zeros => new byte[32];
}
