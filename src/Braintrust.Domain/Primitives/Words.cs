using System.Globalization;

namespace Braintrust;

/// <summary>Numbers in sentences for people, the same everywhere: English, never rounded.</summary>
public static class Words
{
    private static readonly (ulong Seconds, string One)[] Units = [(86_400, "day"), (3_600, "hour"), (60, "minute")];

    /// <summary>With thousands apart: "1,250".</summary>
    public static string Number(UInt128 number) => number.ToString("N0", CultureInfo.InvariantCulture);

    /// <summary>"1 seat", "1,250 seats".</summary>
    public static string Count(UInt128 number, string one) => $"{Number(number)} {one}{(number == 1 ? "" : "s")}";

    /// <summary>Seconds in the largest unit that tells them exactly: "3 days", "36 hours", "90 seconds".</summary>
    public static string Duration(ulong seconds)
    {
        foreach (var (unit, one) in Units)
            if (seconds >= unit && seconds % unit == 0)
                return Count(seconds / unit, one);
        return Count(seconds, "second");
    }

    /// <summary>Basis points as a percentage: "12.5 %".</summary>
    public static string Share(int basisPoints) => string.Create(CultureInfo.InvariantCulture, $"{basisPoints / 100m:0.##} %");
}
