using System.Text.RegularExpressions;

namespace Braintrust;

/// <summary>Keeps secrets out of what is printed: passwords in connection strings, credentials and keys in addresses.</summary>
public static partial class Masking
{
    public const string Mask = "***";

    public static string Setting(string name, string value) => name switch
    {
        _ when SecretName().IsMatch(name) => Mask,
        _ when name.EndsWith("ConnectionString", StringComparison.Ordinal) => Secret().Replace(value, $"$1={Mask}"),
        _ when AddressName().IsMatch(name) => Url(value),
        _ => value,
    };

    /// <summary>Scheme, host and port only: providers put their keys into the path, the query or the user part.</summary>
    public static string Url(string text)
    {
        if (!Uri.TryCreate(text, UriKind.Absolute, out var uri) || uri.Authority.Length == 0) return text.Length == 0 ? "" : Mask;
        return $"{uri.Scheme}://{uri.Authority}" + (uri.PathAndQuery is "/" or "" ? "" : "/" + Mask);
    }

    [GeneratedRegex("Url(s:[0-9]+)?$")]
    private static partial Regex AddressName();

    [GeneratedRegex("(?i)(password|secret|privatekey|apikey)$")]
    private static partial Regex SecretName();

    [GeneratedRegex("(?i)\\b(password|pwd|passfile|ssl password|sslkey)\\s*=\\s*(\"[^\"]*\"|'[^']*'|[^;]*)")]
    private static partial Regex Secret();
}
