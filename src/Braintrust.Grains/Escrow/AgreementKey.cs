using System.Globalization;

namespace Braintrust.Escrow;

/// <summary>The key of an agreement's grain: <c>{chain id}-{negotiation, 0x and 64 lower-case digits}</c>.</summary>
public static class AgreementKey
{
    public static string Of(ulong chain, Hash32 negotiation) =>
        string.Create(CultureInfo.InvariantCulture, $"{chain}-{negotiation}");

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
