using System.Globalization;

namespace Braintrust.Escrow;

/// <summary>
/// How a token writes its sums for people (the optional <c>symbol</c> and <c>decimals</c> of ERC-20). What a token says of
/// itself proves nothing: whoever must know the token compares its address.
/// </summary>
/// <param name="Symbol">Null when the token has none worth showing: sums are then base units.</param>
public sealed record TokenUnit(Address Token, string? Symbol, int Decimals)
{
    public const int SymbolLengthMax = 12;
    public const int DecimalsMax = 38;

    /// <summary>Letters, digits, points and hyphens only, so that a symbol cannot pretend to be part of the sentence.</summary>
    public static TokenUnit Of(Address token, string symbol, int decimals) =>
        symbol.Length is > 0 and <= SymbolLengthMax && decimals is >= 0 and <= DecimalsMax
        && symbol.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '-')
            ? new TokenUnit(token, symbol, decimals)
            : Unknown(token);

    public static TokenUnit Unknown(Address token) => new(token, null, 0);

    /// <summary>Exact, thousands apart: every digit that is not a trailing zero is shown.</summary>
    public string Write(Amount sum)
    {
        if (Symbol is null) return $"{Words.Count(sum.Units, "base unit")} of token {Token}";
        var digits = sum.ToString().PadLeft(Decimals + 1, '0');
        var (whole, fraction) = (UInt128.Parse(digits[..^Decimals], CultureInfo.InvariantCulture), digits[^Decimals..].TrimEnd('0'));
        return $"{Words.Number(whole)}{(fraction.Length == 0 ? "" : "." + fraction)} {Symbol}";
    }
}
