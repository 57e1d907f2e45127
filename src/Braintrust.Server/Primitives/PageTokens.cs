using System.Buffers.Text;
using System.Collections.Immutable;
using System.Security.Cryptography;
using Braintrust.Watch;

namespace Braintrust;

/// <summary>
/// Page tokens: the position of the last row told, sealed (HMAC-SHA256) together with the caller and the query, so that
/// none can be made up, taken to another query or used by another account. Any server of the cluster can open them.
/// </summary>
public sealed class PageTokens(ClusterSecret secret)
{
    /// <summary>Longer tokens are not read.</summary>
    public const int LengthMax = 4_096;

    private const byte Format = 1;
    private const int SealBytes = 16;

    private static readonly Refusal Invalid = new(
        RefusalCode.PageTokenInvalid, "Not a page token of this query: begin without one.", "page_token");

    /// <param name="query">Everything that the token holds for: the caller, the listing, its filter and order.</param>
    public string Seal(IEnumerable<string> query, ImmutableArray<object> position)
    {
        using var body = new MemoryStream();
        using var writer = new BinaryWriter(body);
        writer.Write(Format);
        writer.Write((byte)position.Length);
        foreach (var value in position) Write(writer, value);
        writer.Flush();
        writer.Write(Mac(query, body.ToArray()));
        writer.Flush();
        return Base64Url.EncodeToString(body.ToArray());
    }

    /// <summary>Refused: PageTokenInvalid.</summary>
    public Outcome<ImmutableArray<object>> Open(IEnumerable<string> query, string token)
    {
        if (token.Length > LengthMax || !Base64Url.IsValid(token)) return Invalid;
        var bytes = Base64Url.DecodeFromChars(token);
        if (bytes.Length < 2 + SealBytes || bytes[0] != Format) return Invalid;
        if (!CryptographicOperations.FixedTimeEquals(Mac(query, bytes[..^SealBytes]), bytes.AsSpan(^SealBytes..)))
            return Invalid;
        using var reader = new BinaryReader(new MemoryStream(bytes, 1, bytes.Length - 1 - SealBytes));
        var position = new object[reader.ReadByte()];
        for (var i = 0; i < position.Length; i++) position[i] = Read(reader);
        return ImmutableArray.Create(position);
    }

    private static void Write(BinaryWriter writer, object value)
    {
        switch (value)
        {
            case string text:
                writer.Write((byte)'t');
                writer.Write(text);
                break;
            case long number:
                writer.Write((byte)'n');
                writer.Write(number);
                break;
            case byte[] bytes:
                writer.Write((byte)'b');
                writer.Write7BitEncodedInt(bytes.Length);
                writer.Write(bytes);
                break;
            default:
                throw new ArgumentException($"A position cannot hold {value.GetType().Name}.");
        }
    }

    /// <summary>Only what we sealed comes here.</summary>
    private static object Read(BinaryReader reader) => (char)reader.ReadByte() switch
    {
        't' => reader.ReadString(),
        'n' => reader.ReadInt64(),
        _ => reader.ReadBytes(reader.Read7BitEncodedInt()),
    };

    private byte[] Mac(IEnumerable<string> query, byte[] body)
    {
        using var about = new MemoryStream();
        using var writer = new BinaryWriter(about);
        writer.Write("braintrust page token");
        foreach (var part in query) writer.Write(part);
        writer.Write(body);
        writer.Flush();
        return HMACSHA256.HashData(secret.Key, about.ToArray())[..SealBytes];
    }
}
