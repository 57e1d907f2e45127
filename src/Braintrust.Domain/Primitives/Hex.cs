namespace Braintrust;

/// <summary>0x-prefixed hexadecimal, as JSON-RPC and wallets write bytes.</summary>
public static class Hex
{
    /// <summary>Lower-case, 0x-prefixed.</summary>
    public static string Of(ReadOnlySpan<byte> bytes) => "0x" + Convert.ToHexStringLower(bytes);

    /// <summary>True when <paramref name="text"/> is 0x followed by exactly <c>into.Length</c> bytes.</summary>
    public static bool TryParse(ReadOnlySpan<char> text, Span<byte> into) =>
        text.Length == 2 + into.Length * 2 && text[0] == '0' && text[1] is 'x' or 'X'
        && Convert.FromHexString(text[2..], into, out _, out _) == System.Buffers.OperationStatus.Done;

    /// <summary>The bytes of an 0x-prefixed string of any even length.</summary>
    /// <exception cref="FormatException">No 0x prefix, an odd number of digits, or a character that is no digit.</exception>
    public static byte[] Bytes(string text) =>
        text.StartsWith("0x", StringComparison.OrdinalIgnoreCase)
            ? Convert.FromHexString(text.AsSpan(2))
            : throw new FormatException("Hexadecimal bytes start with 0x.");
}
