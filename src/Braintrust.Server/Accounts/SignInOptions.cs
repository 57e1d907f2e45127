namespace Braintrust.Accounts;

/// <summary>Section <c>SignIn</c>: what a sign-in message must say, and how long things last.</summary>
public sealed record SignInOptions
{
    /// <summary>RFC 3986 authority of the site people sign in to, as their wallet sees it. Default localhost:8080.</summary>
    public string Domain { get; init; } = "localhost:8080";

    /// <summary>The site's URI, on that domain. Default http://localhost:8080.</summary>
    public string Uri { get; init; } = "http://localhost:8080";

    /// <summary>How long a sign-in message can be used, seconds, 30 to 3,600. Default 300.</summary>
    public int MessageLifetimeSeconds { get; init; } = 300;

    /// <summary>How long a session lasts, minutes, 1 to 43,200 (30 days). Default 720 (12 hours).</summary>
    public int SessionLifetimeMinutes { get; init; } = 720;

    public IEnumerable<string> Problems()
    {
        if (!UriText.IsAuthority(Domain) || Domain.Contains('@'))
            yield return $"Domain is '{Domain}': it must be a host with an optional port (default localhost:8080).";
        if (!UriText.IsUri(Uri) || !System.Uri.TryCreate(Uri, UriKind.Absolute, out var uri) || uri.Authority != Domain)
            yield return $"Uri is '{Uri}': it must be a URI on Domain (default http://localhost:8080).";
        foreach (var problem in Setting.Range(MessageLifetimeSeconds, 30, 3_600, "seconds", 300)) yield return problem;
        foreach (var problem in Setting.Range(SessionLifetimeMinutes, 1, 43_200, "minutes", 720)) yield return problem;
    }
}
