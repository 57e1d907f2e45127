using System.Collections.Immutable;
using System.Globalization;
using System.Text;

namespace Braintrust.Accounts;

/// <summary>
/// A Sign-In with Ethereum message. Source: EIP-4361 (ABNF of the message format), RFC 3986 (URIs), RFC 3339 (times).
/// Reading is strict: a text is either exactly what the grammar allows, or nothing.
/// </summary>
public sealed record SiweMessage
{
    /// <summary>Longer texts are not read.</summary>
    public const int LengthMax = 2048;

    public const int NonceLengthMin = 8;
    public const int NonceLengthMax = 64;

    private const string Invitation = " wants you to sign in with your Ethereum account:";
    private const string SchemeMark = "://";

    /// <summary>Scheme of the asking site, such as "https"; null when the message does not say.</summary>
    public string? Scheme { get; init; }

    /// <summary>RFC 3986 authority that asks for the sign-in, with its port when it is not the scheme's own.</summary>
    public required string Domain { get; init; }
    public required Address Address { get; init; }

    /// <summary>One line for people, or null.</summary>
    public string? Statement { get; init; }
    public required string Uri { get; init; }

    /// <summary>EIP-155 chain id.</summary>
    public required ulong ChainId { get; init; }

    /// <summary>At least 8 letters or digits.</summary>
    public required string Nonce { get; init; }
    public required DateTimeOffset IssuedAt { get; init; }
    public DateTimeOffset? ExpirationTime { get; init; }
    public DateTimeOffset? NotBefore { get; init; }
    public string? RequestId { get; init; }

    /// <summary>URIs, in order; null when the message has no such section.</summary>
    public ImmutableArray<string>? Resources { get; init; }

    /// <summary>The text to sign, times in UTC with seconds.</summary>
    public string Format()
    {
        var text = new StringBuilder();
        if (Scheme is not null) text.Append(Scheme).Append(SchemeMark);
        text.Append(Domain).Append(Invitation).Append('\n').Append(Address).Append("\n\n");
        if (Statement is not null) text.Append(Statement).Append('\n');
        text.Append("\nURI: ").Append(Uri).Append("\nVersion: 1\nChain ID: ")
            .Append(ChainId.ToString(CultureInfo.InvariantCulture))
            .Append("\nNonce: ").Append(Nonce).Append("\nIssued At: ").Append(Write(IssuedAt));
        if (ExpirationTime is { } expires) text.Append("\nExpiration Time: ").Append(Write(expires));
        if (NotBefore is { } from) text.Append("\nNot Before: ").Append(Write(from));
        if (RequestId is not null) text.Append("\nRequest ID: ").Append(RequestId);
        if (Resources is not { } resources) return text.ToString();
        text.Append("\nResources:");
        foreach (var resource in resources) text.Append("\n- ").Append(resource);
        return text.ToString();
    }

    /// <summary>
    /// Whether the message signs in here and now. Refused: InvalidArgument (another site, other URI, not its time) and
    /// ChainMismatch. The nonce and the signature are for the caller to check.
    /// </summary>
    public Refusal? Check(string domain, string uri, IReadOnlySet<ulong> chains, DateTimeOffset now)
    {
        if (Domain != domain) return Bad($"The message is for another site than {domain}.");
        if (Uri != uri) return Bad($"The message's URI is not {uri}.");
        if (Scheme is not null && !uri.StartsWith(Scheme + SchemeMark, StringComparison.Ordinal))
            return Bad("The message's scheme is not that of its URI.");
        if (!chains.Contains(ChainId))
            return new Refusal(RefusalCode.ChainMismatch, $"This server does not follow chain {ChainId}.", "message");
        if (IssuedAt > now + ClockSkewMax) return Bad("The message was issued in the future.");
        if (NotBefore > now) return Bad("The message is not valid yet.");
        return ExpirationTime <= now ? Bad("The message expired.") : null;

        static Refusal Bad(string why) => new(RefusalCode.InvalidArgument, why, "message");
    }

    /// <summary>How far ahead another computer's clock may be.</summary>
    public static readonly TimeSpan ClockSkewMax = TimeSpan.FromSeconds(30);

    /// <summary>The message, or null when the text is not one.</summary>
    public static SiweMessage? Parse(string text)
    {
        if (text.Length > LengthMax) return null;
        var lines = new Lines(text.Split('\n'));
        if (!Header(lines.Next(), out var scheme, out var domain)) return null;
        if (lines.Next() is not { } signer || !Address.TryParse(signer, out var address) || address.ToString() != signer)
            return null;
        if (lines.Next() is not "") return null;
        var statement = lines.Next();
        if (statement is not "" && (!IsStatement(statement) || lines.Next() is not "")) return null;

        if (lines.Field("URI: ") is not { } uri || !UriText.IsUri(uri)) return null;
        if (lines.Field("Version: ") is not "1") return null;
        if (lines.Field("Chain ID: ") is not { } chain || !IsChainId(chain, out var chainId)) return null;
        if (lines.Field("Nonce: ") is not { } nonce || !IsNonce(nonce)) return null;
        if (Rfc3339.Parse(lines.Field("Issued At: ")) is not { } issuedAt) return null;
        var message = new SiweMessage
        {
            Scheme = scheme, Domain = domain, Address = address, Statement = statement is "" ? null : statement,
            Uri = uri, ChainId = chainId, Nonce = nonce, IssuedAt = issuedAt,
        };
        return Optional(lines, message);
    }

    private static SiweMessage? Optional(Lines lines, SiweMessage message)
    {
        if (lines.Field("Expiration Time: ") is { } expires)
        {
            if (Rfc3339.Parse(expires) is not { } time) return null;
            message = message with { ExpirationTime = time };
        }

        if (lines.Field("Not Before: ") is { } from)
        {
            if (Rfc3339.Parse(from) is not { } time) return null;
            message = message with { NotBefore = time };
        }

        if (lines.Field("Request ID: ") is { } id)
        {
            if (!UriText.IsPathSegment(id)) return null;
            message = message with { RequestId = id };
        }

        if (lines.Field("Resources:") is { } rest)
        {
            if (rest.Length > 0) return null;
            var resources = ImmutableArray.CreateBuilder<string>();
            while (lines.Field("- ") is { } resource)
            {
                if (!UriText.IsUri(resource)) return null;
                resources.Add(resource);
            }

            message = message with { Resources = resources.ToImmutable() };
        }

        return lines.AtEnd ? message : null;
    }

    private static bool Header(string? line, out string? scheme, out string domain)
    {
        (scheme, domain) = (null, "");
        if (line is null || !line.EndsWith(Invitation, StringComparison.Ordinal)) return false;
        domain = line[..^Invitation.Length];
        if (domain.IndexOf(SchemeMark, StringComparison.Ordinal) is var mark and >= 0)
        {
            (scheme, domain) = (domain[..mark], domain[(mark + SchemeMark.Length)..]);
            if (!UriText.IsScheme(scheme)) return false;
        }

        // A name that the DNS has no room for (RFC 1123) is no site, though RFC 3986 would let it pass.
        return UriText.IsAuthority(domain) && !domain.Contains('_');
    }

    private static bool IsStatement(string? text) =>
        text is { Length: > 0 } && text.All(c => c == ' ' || UriText.IsReserved(c) || UriText.IsUnreserved(c));

    private static bool IsChainId(string digits, out ulong chainId)
    {
        chainId = 0;
        return digits.Length is > 0 and <= 20 && (digits[0] != '0' || digits.Length == 1)
            && ulong.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out chainId);
    }

    private static bool IsNonce(string text) =>
        text.Length is >= NonceLengthMin and <= NonceLengthMax && text.All(char.IsAsciiLetterOrDigit);

    private static string Write(DateTimeOffset time) =>
        time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);

    private sealed class Lines(string[] lines)
    {
        private int _at;

        public bool AtEnd => _at == lines.Length;

        public string? Next() => AtEnd ? null : lines[_at++];

        /// <summary>What follows the label when the next line has it; else null, and the line stays.</summary>
        public string? Field(string label) =>
            !AtEnd && lines[_at].StartsWith(label, StringComparison.Ordinal) ? lines[_at++][label.Length..] : null;
    }
}
