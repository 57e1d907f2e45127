using System.Buffers.Binary;
using System.Text;
using Orleans;

namespace Braintrust;

/// <summary>The 20-byte address of an account or contract. Written with the EIP-55 checksum.</summary>
[GenerateSerializer, Immutable, Alias("Address")]
public readonly record struct Address : IComparable<Address>
{
    public const int Length = 20;

    [Id(0)] private readonly ulong _a;
    [Id(1)] private readonly ulong _b;
    [Id(2)] private readonly uint _c;

    /// <exception cref="ArgumentException">Not exactly 20 bytes.</exception>
    public Address(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length != Length) throw new ArgumentException($"An address has {Length} bytes, not {bytes.Length}.");
        _a = BinaryPrimitives.ReadUInt64BigEndian(bytes);
        _b = BinaryPrimitives.ReadUInt64BigEndian(bytes[8..]);
        _c = BinaryPrimitives.ReadUInt32BigEndian(bytes[16..]);
    }

    public static Address Zero => default;

    public bool IsZero => (_a | _b | _c) == 0;

    public void WriteTo(Span<byte> into)
    {
        BinaryPrimitives.WriteUInt64BigEndian(into, _a);
        BinaryPrimitives.WriteUInt64BigEndian(into[8..], _b);
        BinaryPrimitives.WriteUInt32BigEndian(into[16..], _c);
    }

    public byte[] ToBytes()
    {
        var bytes = new byte[Length];
        WriteTo(bytes);
        return bytes;
    }

    /// <summary>
    /// Accepts 0x and 40 hexadecimal digits: all lower case, all upper case, or mixed case with a right EIP-55 checksum.
    /// </summary>
    public static bool TryParse(ReadOnlySpan<char> text, out Address address)
    {
        Span<byte> bytes = stackalloc byte[Length];
        address = default;
        if (!Hex.TryParse(text, bytes)) return false;
        var parsed = new Address(bytes);
        var digits = text[2..];
        var oneCase = !digits.ContainsAnyInRange('a', 'f') || !digits.ContainsAnyInRange('A', 'F');
        if (!oneCase && !digits.SequenceEqual(parsed.ToString().AsSpan(2))) return false;
        address = parsed;
        return true;
    }

    /// <exception cref="FormatException">Not an address, or mixed case with a wrong checksum.</exception>
    public static Address Parse(ReadOnlySpan<char> text) =>
        TryParse(text, out var address)
            ? address
            : throw new FormatException("An address is 0x and 40 hexadecimal digits with a right EIP-55 checksum.");

    public int CompareTo(Address other) => (_a, _b, _c).CompareTo((other._a, other._b, other._c));

    /// <summary>EIP-55: a letter is upper case where the hash of the lower-case digits has a nibble of 8 or more.</summary>
    public override string ToString()
    {
        var digits = Convert.ToHexStringLower(ToBytes());
        var hash = Keccak256.Hash(Encoding.ASCII.GetBytes(digits));
        return string.Create(42, (digits, hash), static (into, from) =>
        {
            "0x".CopyTo(into);
            for (var i = 0; i < 40; i++)
            {
                var nibble = (from.hash[i / 2] >> (i % 2 == 0 ? 4 : 0)) & 0xF;
                into[i + 2] = nibble >= 8 ? char.ToUpperInvariant(from.digits[i]) : from.digits[i];
            }
        });
    }
}
