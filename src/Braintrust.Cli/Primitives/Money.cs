using System.Globalization;
using System.Numerics;

namespace Braintrust;

/// <summary>Sums of an 18-decimal token for people to read, never rounded.</summary>
public static class Money
{
    private const int Decimals = 18;
    private static readonly BigInteger One = BigInteger.Pow(10, Decimals);

    /// <summary>"1,250.000000000000000007 BTRST", to the last wei.</summary>
    public static string Btrst(BigInteger units)
    {
        var sign = units.Sign < 0 ? "-" : "";
        var whole = BigInteger.DivRem(BigInteger.Abs(units), One, out var rest);
        var fraction = rest.IsZero ? "" : "." + rest.ToString("D18", CultureInfo.InvariantCulture).TrimEnd('0');
        return $"{sign}{whole.ToString("N0", CultureInfo.InvariantCulture)}{fraction} BTRST";
    }

    /// <summary>Decimal base units as they cross the wire.</summary>
    public static BigInteger Parse(string units) =>
        units.Length == 0 ? BigInteger.Zero : BigInteger.Parse(units, NumberStyles.None, CultureInfo.InvariantCulture);

    public static string Wire(BigInteger units) => units.ToString(CultureInfo.InvariantCulture);
}
