using System.Numerics;

namespace Braintrust.Reputation;

/// <summary>
/// What sums of different tokens are compared by: millionths of the reference unit. It stays at its largest value instead
/// of overflowing, which no real money reaches: one odd token must not stop everybody's reputation.
/// </summary>
public readonly record struct ReferenceValue(UInt128 Millionths)
{
    public static ReferenceValue operator +(ReferenceValue a, ReferenceValue b) =>
        new(a.Millionths > UInt128.MaxValue - b.Millionths ? UInt128.MaxValue : a.Millionths + b.Millionths);

    public override string ToString() => Millionths.ToString(System.Globalization.CultureInfo.InvariantCulture);
}

/// <summary>What a token is worth to reputation, as the policy states it.</summary>
/// <param name="Millionths">Of the reference unit, for 10^18 base units of the token.</param>
public sealed record TokenPrice(Address Token, UInt128 Millionths)
{
    private static readonly BigInteger BaseUnits = BigInteger.Pow(10, 18);

    /// <summary>Rounded down.</summary>
    public ReferenceValue Of(Amount sum)
    {
        var value = (BigInteger)sum.Units * Millionths / BaseUnits;
        return new ReferenceValue(value > UInt128.MaxValue ? UInt128.MaxValue : (UInt128)value);
    }
}
