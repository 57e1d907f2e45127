using System.Text;

namespace Braintrust;

/// <summary>Names in a word, as Solidity writes string literals into a <c>bytes32</c>: ASCII, padded with zeros.</summary>
public static class ShortText
{
    /// <exception cref="ArgumentException">More than 32 characters, or not ASCII.</exception>
    public static Hash32 Word(string text)
    {
        var bytes = new byte[Hash32.Length];
        if (!Ascii.IsValid(text) || text.Length > bytes.Length)
            throw new ArgumentException($"'{text}' is not at most {Hash32.Length} characters of ASCII.");
        Encoding.ASCII.GetBytes(text, bytes);
        return new Hash32(bytes);
    }

    /// <summary>The name; of a word that holds none, its hexadecimal digits.</summary>
    public static string Read(Hash32 word)
    {
        var text = Encoding.ASCII.GetString(word.ToBytes()).TrimEnd('\0');
        return text.Length > 0 && text.All(c => c is > ' ' and <= '~') ? text : word.ToString();
    }
}
