using System.Collections.Immutable;
using System.Numerics;
using Braintrust.Chain;

namespace Braintrust.Reputation;

/// <summary>
/// The arithmetic of reputation: integers only, so that every machine has the same result. A release of value <c>v</c> to
/// a talent, by an employer with whom the talent had settled <c>V</c> before, at block time <c>t</c>, earns
/// <code>
/// gain   = log2(1 + (V + v)/unit) - log2(1 + V/unit)       unit      = 100 reference units
/// trust  = fees / (fees + half)                            half      = 50 reference units
/// points = gain * trust * 2^((t - now) / half-life)        half-life = 730 days
/// </code>
/// where <c>fees</c> is what the employer's releases have paid in fees, this one included. Gains telescope: many small
/// releases earn what one large one does, and each further deal with the same employer earns less, so that a score grows
/// with the number of different employers. As log2(1 + x) is at most x/ln 2 and trust at most 1, no ring of wallets earns
/// a point for less than <c>feeRate * unit * ln 2</c> in fees: 10.4 reference units at a fee of 15 %.
/// </summary>
public static class ReputationMath
{
    /// <summary>Fraction bits of gains.</summary>
    public const int GainBits = 40;

    /// <summary>Fraction bits of trust.</summary>
    public const int TrustBits = 32;

    /// <summary>Fraction bits of points as they are stored.</summary>
    public const int PointBits = 64;

    /// <summary>Points are stored as they count at this moment: 2026-01-01T00:00:00Z.</summary>
    public const ulong EpochSeconds = 1_767_225_600;

    /// <summary>Seconds after which a release counts half: 730 days.</summary>
    public const ulong HalfLifeSeconds = 730 * 24 * 3600;

    /// <summary>Beyond this many half-lives from the epoch a chain's clock is not believed.</summary>
    public const int HalfLivesMax = 96;

    private const int ExponentBits = 32;
    private const int FactorBits = 62;

    private static readonly UInt128 Unit = 100_000_000;
    private static readonly UInt128 HalfTrust = 50_000_000;

    /// <summary>2^(1/2), 2^(1/4), ... with <see cref="FactorBits"/> fraction bits, each the root of the one before.</summary>
    private static readonly ImmutableArray<UInt128> Roots = MakeRoots();

    /// <summary>What a release adds to the logarithm of all that was settled with one employer.</summary>
    public static long Gain(ReferenceValue before, ReferenceValue release) =>
        Log2((before + release + new ReferenceValue(Unit)).Millionths) - Log2((before + new ReferenceValue(Unit)).Millionths);

    /// <summary>How much an employer's word counts, 0 to just below 1.</summary>
    public static long Trust(ReferenceValue fees) =>
        (long)(((BigInteger)fees.Millionths << TrustBits) / ((BigInteger)fees.Millionths + HalfTrust));

    /// <summary>Points of a release, as they count at the epoch: they only grow by being later.</summary>
    public static BigInteger Points(long gain, long trust, BlockTime at) =>
        Scale((BigInteger)gain * trust, Exponent(at)) >> (GainBits + TrustBits - PointBits);

    /// <summary>Millionths of a point that stored points count at a moment. Rounded down.</summary>
    public static long Shown(BigInteger points, BlockTime now) =>
        (long)BigInteger.Min(long.MaxValue, Scale(points * 1_000_000, -Exponent(now)) >> PointBits);

    /// <summary>Millionths that remain at <paramref name="now"/> of what was earned at <paramref name="at"/>.</summary>
    public static long Decay(BlockTime at, BlockTime now) =>
        (long)Scale(1_000_000, Math.Min(0, Exponent(at) - Exponent(now)));

    /// <summary>
    /// log2 of a whole number, not zero, with <see cref="GainBits"/> fraction bits, rounded down; never falls when the
    /// number grows. The classic way: square the mantissa, and where it passes two, a bit is one.
    /// </summary>
    public static long Log2(UInt128 number)
    {
        var whole = (int)(127 - UInt128.LeadingZeroCount(number));
        var mantissa = (ulong)(whole >= 63 ? number >> (whole - 63) : number << (63 - whole));
        long log = whole;
        for (var bit = 0; bit < GainBits; bit++)
        {
            var square = (UInt128)mantissa * mantissa;
            var passes = square >> 127 == 1;
            mantissa = (ulong)(square >> (passes ? 64 : 63));
            log = (log << 1) | (passes ? 1L : 0L);
        }

        return log;
    }

    /// <summary>Half-lives since the epoch, with <see cref="ExponentBits"/> fraction bits, rounded down.</summary>
    private static long Exponent(BlockTime at)
    {
        const long most = (long)HalfLivesMax << ExponentBits;
        var seconds = (Int128)at.Seconds - EpochSeconds;
        var (halfLives, rest) = Int128.DivRem(seconds << ExponentBits, HalfLifeSeconds);
        if (rest < 0) halfLives--;
        return (long)Int128.Clamp(halfLives, -most, most);
    }

    /// <summary>value * 2^exponent, rounded down.</summary>
    private static BigInteger Scale(BigInteger value, long exponent)
    {
        var factor = UInt128.One << FactorBits;
        for (var i = 0; i < ExponentBits; i++)
            if ((exponent >> (ExponentBits - 1 - i) & 1) == 1) factor = factor * Roots[i] >> FactorBits;
        var shift = (int)(exponent >> ExponentBits) - FactorBits;
        return shift >= 0 ? value * factor << shift : value * factor >> -shift;
    }

    private static ImmutableArray<UInt128> MakeRoots()
    {
        var roots = ImmutableArray.CreateBuilder<UInt128>(ExponentBits);
        var root = (BigInteger)2 << FactorBits;
        for (var i = 0; i < ExponentBits; i++)
        {
            root = SquareRoot(root << FactorBits);
            roots.Add((UInt128)root);
        }

        return roots.MoveToImmutable();
    }

    /// <summary>Rounded down. Newton's iteration from above.</summary>
    private static BigInteger SquareRoot(BigInteger number)
    {
        var root = BigInteger.One << (int)((number.GetBitLength() + 1) / 2);
        while (true)
        {
            var next = (root + number / root) >> 1;
            if (next >= root) return root;
            root = next;
        }
    }
}
