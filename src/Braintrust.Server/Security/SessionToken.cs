using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;

namespace Braintrust.Security;

/// <summary>An opaque session token: 256 random bits in base64url. Only its SHA-256 is ever stored.</summary>
public static class SessionToken
{
    public const int Bytes = 32;
    public const int Length = 43;

    private const string Scheme = "Bearer ";

    public static string New() => Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(Bytes));

    public static Hash32 Hash(string token) => new(SHA256.HashData(Encoding.ASCII.GetBytes(token)));

    /// <summary>The token's hash from an <c>authorization</c> header, or null when it carries no token of our shape.</summary>
    public static Hash32? FromHeader(string? header) =>
        header is not null && header.Length == Scheme.Length + Length
            && header.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase) && Base64Url.IsValid(header.AsSpan(Scheme.Length))
            ? Hash(header[Scheme.Length..])
            : null;
}
