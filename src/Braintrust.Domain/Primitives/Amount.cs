using System.Globalization;
using System.Numerics;
using Orleans;

namespace Braintrust;

/// <summary>
/// A sum in a token's base units, 0 to 2^128 - 1, which is what one milestone can hold in the contracts. Arithmetic is
/// checked; products go through 256 bits. Decimals and symbol belong to the token, not to the sum.
/// </summary>
[GenerateSerializer, Immutable, Alias("Amount")]
public readonly record struct Amount : IComparable<Amount>
{
    /// <summary>Digits of 2^128 - 1: nothing longer is read.</summary>
    public const int DigitsMax = 39;

    /// <summary>Parts in one whole: a fee or a share of 10,000 is everything.</summary>
    public const uint BasisPoints = 10_000;

    public Amount(UInt128 units) => Units = units;

    [Id(0)] public UInt128 Units { get; }

    public static Amount Zero => default;

    public bool IsZero => Units == 0;

    public static Amount operator +(Amount a, Amount b) => new(checked(a.Units + b.Units));
    /// <summary>
    /// The sum, or the most that an amount holds: for what strangers can credit without end, where one token made to overflow must
    /// not stop what is folded together with it.
    /// </summary>
    public Amount PlusCapped(Amount other) => new(other.Units > UInt128.MaxValue - Units ? UInt128.MaxValue : Units + other.Units);

    public static Amount operator -(Amount a, Amount b) => new(checked(a.Units - b.Units));
    public static bool operator <(Amount a, Amount b) => a.Units < b.Units;
    public static bool operator >(Amount a, Amount b) => a.Units > b.Units;
    public static bool operator <=(Amount a, Amount b) => a.Units <= b.Units;
    public static bool operator >=(Amount a, Amount b) => a.Units >= b.Units;

    /// <summary>floor(this * numerator / denominator), the product in more than 128 bits. Rounds down.</summary>
    /// <exception cref="OverflowException">The result needs more than 128 bits.</exception>
    public Amount MulDivFloor(UInt128 numerator, UInt128 denominator) =>
        new((UInt128)((BigInteger)Units * numerator / denominator));

    /// <summary>Decimal digits only, no sign, no separators, no leading zero but "0" itself, at most 39 of them.</summary>
    public static bool TryParse(ReadOnlySpan<char> text, out Amount amount)
    {
        amount = default;
        if (text.Length is 0 or > DigitsMax || text.ContainsAnyExceptInRange('0', '9')) return false;
        if (text[0] == '0' && text.Length > 1) return false;
        if (!UInt128.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var units)) return false;
        amount = new Amount(units);
        return true;
    }

    public int CompareTo(Amount other) => Units.CompareTo(other.Units);

    public override string ToString() => Units.ToString(CultureInfo.InvariantCulture);
}
