using System.Buffers.Binary;
using Orleans;

namespace Braintrust;

/// <summary>32 bytes: a block hash, a transaction hash, a terms hash, a storage word. Compares big-endian.</summary>
[GenerateSerializer, Immutable, Alias("Hash32")]
public readonly record struct Hash32 : IComparable<Hash32>
{
    public const int Length = 32;

    [Id(0)] private readonly ulong _a;
    [Id(1)] private readonly ulong _b;
    [Id(2)] private readonly ulong _c;
    [Id(3)] private readonly ulong _d;

    /// <exception cref="ArgumentException">Not exactly 32 bytes.</exception>
    public Hash32(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length != Length) throw new ArgumentException($"A hash has {Length} bytes, not {bytes.Length}.");
        _a = BinaryPrimitives.ReadUInt64BigEndian(bytes);
        _b = BinaryPrimitives.ReadUInt64BigEndian(bytes[8..]);
        _c = BinaryPrimitives.ReadUInt64BigEndian(bytes[16..]);
        _d = BinaryPrimitives.ReadUInt64BigEndian(bytes[24..]);
    }

    /// <summary>The first 64 bits, big-endian.</summary>
    public ulong Prefix => _a;

    public bool IsZero => (_a | _b | _c | _d) == 0;

    public void WriteTo(Span<byte> into)
    {
        BinaryPrimitives.WriteUInt64BigEndian(into, _a);
        BinaryPrimitives.WriteUInt64BigEndian(into[8..], _b);
        BinaryPrimitives.WriteUInt64BigEndian(into[16..], _c);
        BinaryPrimitives.WriteUInt64BigEndian(into[24..], _d);
    }

    public byte[] ToBytes()
    {
        var bytes = new byte[Length];
        WriteTo(bytes);
        return bytes;
    }

    public static Hash32 Keccak(ReadOnlySpan<byte> data) => new(Keccak256.Hash(data.ToArray()));

    public static bool TryParse(ReadOnlySpan<char> text, out Hash32 hash)
    {
        Span<byte> bytes = stackalloc byte[Length];
        var good = Hex.TryParse(text, bytes);
        hash = good ? new Hash32(bytes) : default;
        return good;
    }

    /// <exception cref="FormatException">Not 0x and 64 hexadecimal digits.</exception>
    public static Hash32 Parse(ReadOnlySpan<char> text) =>
        TryParse(text, out var hash) ? hash : throw new FormatException("A hash is 0x and 64 hexadecimal digits.");

    public int CompareTo(Hash32 other) =>
        (_a, _b, _c, _d).CompareTo((other._a, other._b, other._c, other._d));

    public override string ToString() => Hex.Of(ToBytes());
}
