using System.Globalization;

namespace Braintrust.Chain;

/// <summary>
/// The key of what is named by a hash on a chain (agreements by their negotiation, transactions by their hash):
/// <c>{chain id}-{0x and 64 lower-case digits}</c>.
/// </summary>
public static class ChainKey
{
    public static string Of(ulong chain, Hash32 hash) =>
        string.Create(CultureInfo.InvariantCulture, $"{chain}-{hash}");

    /// <exception cref="FormatException">Not such a key.</exception>
    public static (ulong Chain, Hash32 Hash) Parse(string key)
    {
        var dash = key.IndexOf('-', StringComparison.Ordinal);
        if (dash > 0
            && ulong.TryParse(key.AsSpan(0, dash), NumberStyles.None, CultureInfo.InvariantCulture, out var chain)
            && Hash32.TryParse(key.AsSpan(dash + 1), out var hash)
            && Of(chain, hash) == key) return (chain, hash);
        throw new FormatException($"'{key}' is no key of the form <chain id>-0x<64 lower-case hexadecimal digits>.");
    }
}
