namespace Braintrust;

/// <summary>
/// The text of a ULID, in the one spelling we write: 26 characters of Crockford's base 32 in upper case, the first 0 to 7.
/// Source: the ULID specification, canonical string representation.
/// </summary>
public static class UlidText
{
    public const int Length = 26;

    private const string Alphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

    public static bool IsValid(ReadOnlySpan<char> text) =>
        text.Length == Length && text[0] is >= '0' and <= '7' && !text.ContainsAnyExcept(Alphabet);
}
