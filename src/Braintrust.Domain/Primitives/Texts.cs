namespace Braintrust;

/// <summary>What people may write into a field. Lengths are in UTF-16 code units.</summary>
public static class Texts
{
    /// <summary>One line: no control characters, no spaces around it, no broken surrogates.</summary>
    public static bool IsLine(string text, int min, int max) =>
        text.Length >= min && text.Length <= max && text.Trim().Length == text.Length && !text.Any(char.IsControl) && IsWhole(text);

    /// <summary>Lines: the only control characters are line feed and tab; not only space when it may not be empty.</summary>
    public static bool IsProse(string text, int min, int max) =>
        text.Length <= max && (min == 0 || text.AsSpan().Trim().Length >= min)
        && !text.Any(c => char.IsControl(c) && c is not ('\n' or '\t')) && IsWhole(text);

    /// <summary>An https address with a host, as RFC 3986 writes it.</summary>
    public static bool IsWebAddress(string text, int max) =>
        text.Length <= max && text.StartsWith("https://", StringComparison.Ordinal) && UriText.IsUri(text);

    /// <summary>A lone half of a surrogate pair is no character and can be stored by no database.</summary>
    private static bool IsWhole(string text)
    {
        for (var i = 0; i < text.Length; i++)
        {
            if (!char.IsSurrogate(text[i])) continue;
            if (i + 1 == text.Length || !char.IsSurrogatePair(text[i], text[i + 1])) return false;
            i++;
        }

        return true;
    }
}
