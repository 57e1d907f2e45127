namespace Braintrust;

/// <summary>The character classes and shapes of RFC 3986 that messages to sign are held to.</summary>
public static class UriText
{
    public static bool IsUnreserved(char c) => char.IsAsciiLetterOrDigit(c) || c is '-' or '.' or '_' or '~';

    public static bool IsReserved(char c) => IsSubDelimiter(c) || c is ':' or '/' or '?' or '#' or '[' or ']' or '@';

    public static bool IsScheme(ReadOnlySpan<char> text)
    {
        if (text.IsEmpty || !char.IsAsciiLetter(text[0])) return false;
        foreach (var c in text)
            if (!char.IsAsciiLetterOrDigit(c) && c is not ('+' or '-' or '.')) return false;
        return true;
    }

    /// <summary>[user information@] host [:port]. The host is a name, an IPv4 address or an IPv6 address in brackets.</summary>
    public static bool IsAuthority(ReadOnlySpan<char> text)
    {
        var at = text.LastIndexOf('@');
        if (at >= 0 && !OnlyOf(text[..at], extra: ":")) return false;
        var place = text[(at + 1)..];
        var closing = place.StartsWith("[") ? place.IndexOf(']') : -1;
        var host = closing >= 0 ? place[..(closing + 1)] : place.IndexOf(':') is var colon and >= 0 ? place[..colon] : place;
        var port = place[host.Length..];
        return (closing >= 0 ? IsIpv6(host[1..^1]) : !host.IsEmpty && OnlyOf(host, extra: ""))
            && (port.IsEmpty || (port[0] == ':' && IsPort(port[1..])));
    }

    /// <summary>An absolute URI: a scheme and something after it, percent signs followed by two digits.</summary>
    public static bool IsUri(string text)
    {
        var colon = text.IndexOf(':');
        if (colon < 1 || colon == text.Length - 1 || !IsScheme(text.AsSpan(0, colon))) return false;
        var rest = text.AsSpan(colon + 1);
        if (!OnlyOf(rest, extra: ":/?#[]@")) return false;
        if (!rest.StartsWith("//")) return true;
        var end = rest[2..].IndexOfAny('/', '?', '#');
        return IsAuthority(end < 0 ? rest[2..] : rest.Slice(2, end));
    }

    /// <summary>Any number of path characters, none included.</summary>
    public static bool IsPathSegment(ReadOnlySpan<char> text) => OnlyOf(text, extra: ":@");

    private static bool IsIpv6(ReadOnlySpan<char> text) =>
        !text.Contains('%') && System.Net.IPAddress.TryParse(text, out var address)
        && address.AddressFamily == System.Net.Sockets.AddressFamily.InterNetworkV6;

    private static bool IsPort(ReadOnlySpan<char> digits) =>
        digits.Length is > 0 and <= 5 && ushort.TryParse(digits, System.Globalization.NumberStyles.None, null, out _);

    private static bool IsSubDelimiter(char c) =>
        c is '!' or '$' or '&' or '\'' or '(' or ')' or '*' or '+' or ',' or ';' or '=';

    private static bool OnlyOf(ReadOnlySpan<char> text, string extra)
    {
        for (var i = 0; i < text.Length; i++)
        {
            var c = text[i];
            if (c == '%')
            {
                if (i + 2 >= text.Length || !char.IsAsciiHexDigit(text[i + 1]) || !char.IsAsciiHexDigit(text[i + 2]))
                    return false;
                i += 2;
            }
            else if (!IsUnreserved(c) && !IsSubDelimiter(c) && !extra.Contains(c)) return false;
        }

        return true;
    }
}
