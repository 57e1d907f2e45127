namespace Braintrust;

/// <summary>
/// Section <c>Browser</c>: which web pages may call this process. The session token is a header that a page must set
/// itself, never a cookie: a page that is not listed gains nothing from its visitor's sign-in.
/// </summary>
public sealed record BrowserOptions
{
    /// <summary>
    /// Origins as browsers write them ("https://app.example"), at most 100; "*" for every page. Default: pages of this
    /// machine (localhost, 127.0.0.1, [::1], every port) while the chain is the embedded one, else none.
    /// </summary>
    public IReadOnlyList<string>? Origins { get; init; }

    public const int OriginsMax = 100;

    /// <summary>Whether pages of <paramref name="origin"/> may call.</summary>
    /// <param name="embedded">True when the chain is the embedded one.</param>
    public bool Allows(string origin, bool embedded) => Origins is { } listed
        ? listed.Contains("*") || listed.Contains(origin, StringComparer.OrdinalIgnoreCase)
        : embedded && Uri.TryCreate(origin, UriKind.Absolute, out var page) && page.IsLoopback;

    public IEnumerable<string> Problems()
    {
        if (Origins is not { } listed) yield break;
        if (listed.Count > OriginsMax) yield return $"Origins are {listed.Count}: at most {OriginsMax} (default: none).";
        for (var i = 0; i < listed.Count; i++)
            if (listed[i] != "*" && !IsOrigin(listed[i]))
                yield return $"Origins:{i} is '{listed[i]}': it must be * or a scheme, a host and an optional port, such as https://app.example.";
    }

    // RFC 6454: nothing behind the port, not even a slash.
    private static bool IsOrigin(string text) =>
        Uri.TryCreate(text, UriKind.Absolute, out var uri) && uri.Scheme is "http" or "https"
        && string.Equals(text, uri.GetLeftPart(UriPartial.Authority), StringComparison.OrdinalIgnoreCase);
}
