using System.Globalization;
using System.Numerics;
using System.Text.Json;

namespace Braintrust.Chain;

/// <summary>Strict readings of a node's JSON; anything else is <see cref="ChainProtocolException"/>.</summary>
internal static class RpcJson
{
    private const ulong BoundedMax = 1UL << 53;

    public static JsonElement Member(this JsonElement json, string name) =>
        json.ValueKind == JsonValueKind.Object && json.TryGetProperty(name, out var member)
            ? member
            : throw new ChainProtocolException($"The node's answer has no '{name}'.");

    /// <summary>A member that may be null or absent.</summary>
    public static JsonElement? MemberOrNull(this JsonElement json, string name) =>
        json.ValueKind == JsonValueKind.Object && json.TryGetProperty(name, out var member)
        && member.ValueKind is not JsonValueKind.Null and not JsonValueKind.Undefined
            ? member
            : null;

    public static string Text(this JsonElement json) =>
        json.ValueKind == JsonValueKind.String ? json.GetString()! : throw Bad("text", json);

    public static BigInteger BigQuantity(this JsonElement json)
    {
        var text = json.Text();
        if (text.Length is < 3 or > 66 || !text.StartsWith("0x", StringComparison.Ordinal)) throw Bad("a quantity", json);
        return BigInteger.TryParse("0" + text[2..], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var value)
            ? value
            : throw Bad("a quantity", json);
    }

    public static ulong Quantity(this JsonElement json) =>
        json.BigQuantity() is var value && value <= ulong.MaxValue ? (ulong)value : throw Bad("a 64-bit quantity", json);

    public static Hash32 Hash(this JsonElement json) =>
        Hash32.TryParse(json.Text(), out var hash) ? hash : throw Bad("a hash", json);

    /// <summary>In any case: not every node writes checksums.</summary>
    public static Address Address(this JsonElement json) =>
        Braintrust.Address.TryParse(json.Text().ToLowerInvariant(), out var address) ? address : throw Bad("an address", json);

    public static byte[] Bytes(this JsonElement json)
    {
        try
        {
            return Hex.Bytes(json.Text());
        }
        catch (FormatException)
        {
            throw Bad("bytes", json);
        }
    }

    public static BlockHeader Header(this JsonElement json) => new(
        json.Member("number").Bounded(), json.Member("hash").Hash(), json.Member("parentHash").Hash(),
        new BlockTime(json.Member("timestamp").Bounded()));

    /// <summary>A block number, a time or gas: far below 64 bits on any real chain, so that sums with it stay in them.</summary>
    public static ulong Bounded(this JsonElement json) =>
        json.Quantity() is var value and <= BoundedMax ? value : throw Bad("a number below 2^53", json);

    public static void WriteQuantity(this Utf8JsonWriter json, ulong value) => json.WriteStringValue($"0x{value:x}");

    public static void WriteQuantity(this Utf8JsonWriter json, string name, BigInteger value)
    {
        var digits = value.ToString("x", CultureInfo.InvariantCulture).TrimStart('0');
        json.WriteString(name, digits.Length == 0 ? "0x0" : "0x" + digits);
    }

    /// <summary>A tag, a number, or a hash that must be on the canonical chain (EIP-1898).</summary>
    public static void WriteBlock(this Utf8JsonWriter json, BlockId id)
    {
        if (id.Number is { } number)
        {
            json.WriteQuantity(number);
        }
        else if (id.Hash is { } hash)
        {
            json.WriteStartObject();
            json.WriteString("blockHash", hash.ToString());
            json.WriteBoolean("requireCanonical", true);
            json.WriteEndObject();
        }
        else
        {
            json.WriteStringValue(id.Tag ?? throw new ArgumentException("The block is not named."));
        }
    }

    private static ChainProtocolException Bad(string wanted, JsonElement json)
    {
        var text = json.GetRawText();
        return new ChainProtocolException($"The node's answer has {(text.Length > 80 ? text[..80] : text)} where {wanted} is expected.");
    }
}
