using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Globalization;
using System.Numerics;
using Braintrust.Chain;

namespace Braintrust;

/// <summary>What a field of a listing holds, and so how its values are written in a filter and stored in a row.</summary>
public enum ListingFieldKind
{
    /// <summary>Any text, quoted when it has spaces.</summary>
    Text = 1,

    /// <summary>A whole number of 64 bits.</summary>
    Number = 2,

    /// <summary>true or false, stored as 1 and 0.</summary>
    Boolean = 3,

    /// <summary>One of the names in <see cref="ListingField.Names"/>, stored as its number.</summary>
    Name = 4,

    /// <summary>A sum in base units, stored by <see cref="ListingValue.Of(Amount)"/>.</summary>
    Amount = 5,

    /// <summary>An address with a right EIP-55 checksum or in one case, stored as 20 bytes.</summary>
    Address = 6,

    /// <summary>0x and 64 hexadecimal digits, stored as 32 bytes.</summary>
    Hash = 7,

    /// <summary>RFC 3339, stored as milliseconds since 1970.</summary>
    Time = 8,
}

/// <summary>A field that filters and orders of one listing may name. What is not declared cannot be asked for.</summary>
/// <param name="Name">As the proto names it; a dot parts nested names.</param>
/// <param name="Column">Column of the listed table, or of <see cref="ChildTable"/>.</param>
public sealed record ListingField(string Name, string Column, ListingFieldKind Kind)
{
    /// <summary>Set for a repeated field: its values are rows of this table, and only <c>:</c> asks for them.</summary>
    public string? ChildTable { get; init; }

    /// <summary>The numbers behind the names of an enum, for <see cref="ListingFieldKind.Name"/>.</summary>
    public ImmutableDictionary<string, long> Names { get; init; } = ImmutableDictionary<string, long>.Empty;

    /// <summary>Whether <c>order_by</c> may name it. The column must always have a value.</summary>
    public bool Sortable { get; init; }

    /// <summary>Whether values have an order that filters may use.</summary>
    public bool IsOrdered => Kind is ListingFieldKind.Number or ListingFieldKind.Amount or ListingFieldKind.Time;

    /// <summary>The stored form of a value written in a filter, or null when it is none.</summary>
    public object? Read(string text) => Kind switch
    {
        ListingFieldKind.Text => text.Contains('\0', StringComparison.Ordinal) ? null : text,
        ListingFieldKind.Number => long.TryParse(
            text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) ? number : null,
        ListingFieldKind.Boolean => text switch { "true" => 1L, "false" => 0L, _ => null },
        ListingFieldKind.Name => Names.TryGetValue(text, out var named) ? named : null,
        ListingFieldKind.Amount => Amount.TryParse(text, out var amount) ? ListingValue.Of(amount) : null,
        ListingFieldKind.Address => Address.TryParse(text, out var address) ? address.ToBytes() : null,
        ListingFieldKind.Hash => Hash32.TryParse(text, out var hash) ? hash.ToBytes() : null,
        _ => Rfc3339.Parse(text)?.ToUnixTimeMilliseconds(),
    };

    /// <summary>What a value looks like, for whoever wrote another one.</summary>
    public string Shape => Kind switch
    {
        ListingFieldKind.Text => "text without NUL characters",
        ListingFieldKind.Number => "a whole number",
        ListingFieldKind.Boolean => "true or false",
        ListingFieldKind.Name => $"one of {string.Join(", ", Names.Keys.Order(StringComparer.Ordinal))}",
        ListingFieldKind.Amount => "a decimal sum in base units",
        ListingFieldKind.Address => "an address",
        ListingFieldKind.Hash => "0x and 64 hexadecimal digits",
        _ => "a time such as 2026-01-31T12:00:00Z (RFC 3339)",
    };
}

/// <summary>Stored forms that keep the order of what they stand for.</summary>
public static class ListingValue
{
    /// <summary>32 bytes, big-endian, as the contracts' words are.</summary>
    public static byte[] Of(Amount amount)
    {
        var word = new byte[Hash32.Length];
        BinaryPrimitives.WriteUInt128BigEndian(word.AsSpan(Hash32.Length - 16), amount.Units);
        return word;
    }

    /// <summary>Milliseconds since 1970. What no calendar reaches is the last moment but one.</summary>
    public static long Of(BlockTime time) => (long)Math.Min(time.Seconds, long.MaxValue / 1_000 - 1) * 1_000;

    /// <summary>32 bytes, big-endian.</summary>
    /// <exception cref="OverflowException">Negative, or 2^256 or more.</exception>
    public static byte[] Of(BigInteger number)
    {
        var word = new byte[Hash32.Length];
        if (number.Sign < 0 || number.GetByteCount(isUnsigned: true) > Hash32.Length)
            throw new OverflowException("A stored number is 0 to 2^256 - 1.");
        number.TryWriteBytes(word.AsSpan(Hash32.Length - number.GetByteCount(isUnsigned: true)), out _, isUnsigned: true, isBigEndian: true);
        return word;
    }

    /// <summary>The number of such bytes.</summary>
    public static BigInteger Word(object value) => new((byte[])value, isUnsigned: true, isBigEndian: true);

    /// <exception cref="FormatException">Not 32 bytes of a sum below 2^128.</exception>
    public static Amount Amount(object value) =>
        value is byte[] { Length: Hash32.Length } word && !word.AsSpan(0, Hash32.Length - 16).ContainsAnyExcept((byte)0)
            ? new Amount(BinaryPrimitives.ReadUInt128BigEndian(word.AsSpan(Hash32.Length - 16)))
            : throw new FormatException("A stored sum is 32 bytes, the first 16 of them zero.");
}
