using System.Globalization;
using System.Numerics;
using Orleans;

namespace Braintrust.Jobs;

/// <summary>An exchange rate that an offer pins: what a sum in a currency is in a token, until it expires.</summary>
/// <param name="Currency">ISO 4217.</param>
/// <param name="Rate">Base units of the token for one minor unit of the currency, a decimal such as "10000" or "0.25".</param>
/// <param name="At">When the rate was read.</param>
/// <param name="Source">Where, for people.</param>
[GenerateSerializer, Immutable, Alias("jobs.Quote")]
public sealed record Quote(
    [property: Id(0)] string Currency, [property: Id(1)] Address Token, [property: Id(2)] string Rate,
    [property: Id(3)] DateTimeOffset At, [property: Id(4)] string Source, [property: Id(5)] DateTimeOffset ExpiresAt)
{
    public const int RateDigitsMax = 39;
    public const int RateFractionDigitsMax = 18;
    public const int SourceLengthMax = 120;
    public static readonly TimeSpan LifetimeMax = TimeSpan.FromDays(7);

    private static readonly BigInteger UnitsMax = (BigInteger)UInt128.MaxValue;

    /// <summary>ceil(sum * rate): whoever is paid loses nothing. Null when it needs more than 128 bits or the rate is none.</summary>
    public Amount? Convert(Amount sum)
    {
        if (ReadRate(Rate) is not { } rate) return null;
        var (units, remainder) = BigInteger.DivRem(sum.Units * rate.Digits, rate.Scale);
        if (!remainder.IsZero) units++;
        return units <= UnitsMax ? new Amount((UInt128)units) : null;
    }

    /// <summary>
    /// The rate as digits / scale. A rate is digits without a leading zero but "0" itself, and perhaps a point with 1 to
    /// 18 digits behind it; it is not zero.
    /// </summary>
    public static (BigInteger Digits, BigInteger Scale)? ReadRate(string text)
    {
        var parts = text.Split('.');
        if (parts.Length > 2 || parts.Any(part => part.Length is 0 or > RateDigitsMax || part.AsSpan().ContainsAnyExceptInRange('0', '9')))
            return null;
        var fraction = parts.Length == 2 ? parts[1] : "";
        if (fraction.Length > RateFractionDigitsMax || (parts[0].Length > 1 && parts[0][0] == '0')) return null;
        var digits = BigInteger.Parse(parts[0] + fraction, NumberStyles.None, CultureInfo.InvariantCulture);
        return digits.IsZero ? null : (digits, BigInteger.Pow(10, fraction.Length));
    }
}
