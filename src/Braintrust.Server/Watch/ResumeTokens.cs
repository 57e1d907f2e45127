using System.Buffers.Text;
using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text;

namespace Braintrust.Watch;

/// <summary>What a client has been told of a subject.</summary>
/// <param name="Digest">Of the value: finality can change it while the version stays.</param>
public readonly record struct Told(ViewVersion Version, ulong Digest);

/// <summary>
/// Resume tokens: what a client was told, by subject, sealed (HMAC-SHA256) together with the account. They hold nothing
/// that the client was not told, so they are not encrypted.
/// </summary>
public sealed class ResumeTokens(ClusterSecret secret, TimeProvider clock)
{
    /// <summary>Retractions are kept this long, so an older token cannot be honoured.</summary>
    public static readonly TimeSpan AgeMax = TimeSpan.FromDays(30);

    /// <summary>Longer tokens are not read; one of 100 subjects stays below.</summary>
    public const int LengthMax = 8192;

    private const byte Format = 1;
    private const int SealBytes = 16;
    private const int HeadBytes = 1 + sizeof(long);

    private static readonly Refusal Invalid =
        new(RefusalCode.ResumeTokenInvalid, "Not a resume token of this account: watch without it.", "resume_token");

    /// <summary>A subject's place in a token.</summary>
    public static ulong Key(string subject) => Hash(Encoding.UTF8.GetBytes(subject));

    /// <summary>The first 64 bits of SHA-256.</summary>
    public static ulong Hash(ReadOnlySpan<byte> data) =>
        System.Buffers.Binary.BinaryPrimitives.ReadUInt64BigEndian(SHA256.HashData(data));

    public string Seal(string accountId, IEnumerable<KeyValuePair<ulong, Told>> told)
    {
        using var body = new MemoryStream();
        using var writer = new BinaryWriter(body);
        writer.Write(Format);
        writer.Write(clock.GetUtcNow().ToUnixTimeSeconds());
        foreach (var (subject, state) in told)
        {
            writer.Write(subject);
            writer.Write7BitEncodedInt64(state.Version.State);
            writer.Write7BitEncodedInt64(state.Version.Pos);
            writer.Write(state.Digest);
        }

        writer.Flush();
        writer.Write(Mac(accountId, body.GetBuffer().AsSpan(0, (int)body.Length)));
        writer.Flush();
        return Base64Url.EncodeToString(body.GetBuffer().AsSpan(0, (int)body.Length));
    }

    /// <summary>Refused: ResumeTokenInvalid, ResumeTokenExpired.</summary>
    public Outcome<ImmutableDictionary<ulong, Told>> Open(string accountId, string token)
    {
        if (token.Length > LengthMax || !Base64Url.IsValid(token)) return Invalid;
        var bytes = Base64Url.DecodeFromChars(token);
        if (bytes.Length < HeadBytes + SealBytes || bytes[0] != Format) return Invalid;
        var body = bytes.AsSpan(..^SealBytes);
        if (!CryptographicOperations.FixedTimeEquals(Mac(accountId, body), bytes.AsSpan(^SealBytes..))) return Invalid;

        using var reader = new BinaryReader(new MemoryStream(bytes, 0, body.Length));
        reader.ReadByte();
        var sealedAt = DateTimeOffset.FromUnixTimeSeconds(reader.ReadInt64());
        if (clock.GetUtcNow() - sealedAt > AgeMax)
            return new Refusal(RefusalCode.ResumeTokenExpired, "The resume token is too old: watch without it.", "resume_token");
        return ReadTold(reader);
    }

    private static ImmutableDictionary<ulong, Told> ReadTold(BinaryReader reader)
    {
        var told = ImmutableDictionary.CreateBuilder<ulong, Told>();
        while (reader.BaseStream.Position < reader.BaseStream.Length)
        {
            var subject = reader.ReadUInt64();
            var version = new ViewVersion(reader.Read7BitEncodedInt64(), reader.Read7BitEncodedInt64());
            told[subject] = new Told(version, reader.ReadUInt64());
        }

        return told.ToImmutable();
    }

    private byte[] Mac(string accountId, ReadOnlySpan<byte> body)
    {
        byte[] about = [.. "braintrust resume token\0"u8, .. Encoding.UTF8.GetBytes(accountId), 0, .. body];
        return HMACSHA256.HashData(secret.Key, about)[..SealBytes];
    }
}
