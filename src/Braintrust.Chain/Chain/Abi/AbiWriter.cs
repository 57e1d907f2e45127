using System.Buffers.Binary;
using System.Numerics;
using System.Text;

namespace Braintrust.Chain;

/// <summary>
/// Writes contract ABI words. A composite value reserves its head first; a dynamic member then stores its offset in the
/// head and appends itself at the end, which is exactly the specification's head/tail form. Source: Solidity "Contract
/// ABI Specification". Values out of their type's range are <see cref="ArgumentOutOfRangeException"/>.
/// </summary>
public sealed class AbiWriter
{
    public const int WordBytes = 32;

    private byte[] _bytes = new byte[16 * WordBytes];
    private int _length;

    public AbiWriter()
    {
    }

    /// <summary>Starts with a function or error selector, or with creation code.</summary>
    public AbiWriter(ReadOnlySpan<byte> prefix) => prefix.CopyTo(Span(Reserve(prefix.Length), prefix.Length));

    /// <summary>Appends that many zero bytes; answers where they begin.</summary>
    public int Reserve(int bytes)
    {
        var at = _length;
        var length = checked(at + bytes);
        if (length > _bytes.Length) System.Array.Resize(ref _bytes, Math.Max(length, checked(_bytes.Length * 2)));
        _length = length;
        return at;
    }

    /// <summary>Stores, at <paramref name="at"/>, that a dynamic member begins at the end of what is written.</summary>
    public void Offset(int at, int head) => UInt64(at, (ulong)(_length - head), 64);

    /// <summary>Appends an array's length and reserves the heads of its elements; answers where those begin.</summary>
    public int Array(int count, int elementBytes)
    {
        UInt64(Reserve(WordBytes), (ulong)count, 64);
        return Reserve(checked(count * elementBytes));
    }

    public void Address(int at, Address value) => value.WriteTo(Span(at + 12, 20));

    public void Word(int at, Hash32 value) => value.WriteTo(Span(at, WordBytes));

    public void Bool(int at, bool value) => Span(at + 31, 1)[0] = value ? (byte)1 : (byte)0;

    public void UInt64(int at, ulong value, int bits)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(value, ulong.MaxValue >> (64 - bits), nameof(value));
        BinaryPrimitives.WriteUInt64BigEndian(Span(at + 24, 8), value);
    }

    public void UInt128(int at, UInt128 value, int bits)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(value, System.UInt128.MaxValue >> (128 - bits), nameof(value));
        BinaryPrimitives.WriteUInt128BigEndian(Span(at + 16, 16), value);
    }

    public void UInt256(int at, BigInteger value, int bits)
    {
        if (value.Sign < 0 || value.GetBitLength() > bits) throw OutOfRange("uint", bits);
        var size = value.GetByteCount(isUnsigned: true);
        value.TryWriteBytes(Span(at + WordBytes - size, size), out _, isUnsigned: true, isBigEndian: true);
    }

    public void Int128(int at, Int128 value, int bits) => Int256(at, (BigInteger)value, bits);

    public void Int256(int at, BigInteger value, int bits)
    {
        // GetBitLength is the shortest two's complement form without its sign bit.
        if (value.GetBitLength() > bits - 1) throw OutOfRange("int", bits);
        var size = value.GetByteCount();
        if (value.Sign < 0) Span(at, WordBytes - size).Fill(0xFF);
        value.TryWriteBytes(Span(at + WordBytes - size, size), out _, isBigEndian: true);
    }

    /// <summary>bytes1 to bytes32: left-aligned, exactly <paramref name="size"/> bytes.</summary>
    public void FixedBytes(int at, ReadOnlySpan<byte> value, int size)
    {
        if (value.Length != size)
            throw new ArgumentOutOfRangeException(nameof(value), $"bytes{size} takes {size} bytes, not {value.Length}.");
        value.CopyTo(Span(at, WordBytes));
    }

    /// <summary>Appends the length and the bytes, padded to whole words.</summary>
    public void Bytes(ReadOnlySpan<byte> value)
    {
        UInt64(Reserve(WordBytes), (ulong)value.Length, 64);
        value.CopyTo(Span(Reserve(checked((value.Length + 31) / WordBytes * WordBytes)), value.Length));
    }

    public void String(string value) => Bytes(Encoding.UTF8.GetBytes(value));

    public byte[] ToArray() => _bytes.AsSpan(0, _length).ToArray();

    private Span<byte> Span(int at, int length) => _bytes.AsSpan(0, _length).Slice(at, length);

    private static ArgumentOutOfRangeException OutOfRange(string type, int bits) =>
        new("value", $"The value does not fit into {type}{bits}.");
}
