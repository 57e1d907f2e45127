using System.Text;

namespace Braintrust;

/// <summary>Ids of 128 bits as 26 characters of Crockford's base 32, upper case. Source: the ULID specification.</summary>
public static class Ulids
{
    public const int Length = 26;

    private const string Digits = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

    /// <summary>True for the one spelling that we write; the first digit holds three bits.</summary>
    public static bool IsUlid(ReadOnlySpan<char> text) =>
        text.Length == Length && text[0] <= '7' && !text.ContainsAnyExcept(Digits);

    /// <summary>
    /// The id of what a request creates: the same request names the same resource, whatever happened to its answer. Such
    /// ids are not ordered by time.
    /// </summary>
    /// <param name="caller">Account id.</param>
    /// <param name="kind">What is created, such as "organisation".</param>
    public static string Of(string caller, Guid requestId, string kind) => Of(Hash32.Keccak(
        [.. Encoding.UTF8.GetBytes(kind), 0, .. Encoding.UTF8.GetBytes(caller), 0, .. requestId.ToByteArray(bigEndian: true)]));

    /// <summary>The first 128 bits of a hash.</summary>
    public static string Of(Hash32 hash) => string.Create(Length, hash, static (into, hash) =>
    {
        var bits = System.Buffers.Binary.BinaryPrimitives.ReadUInt128BigEndian(hash.ToBytes());
        for (var i = Length - 1; i >= 0; i--, bits >>= 5) into[i] = Digits[(int)(bits & 31)];
    });
}
