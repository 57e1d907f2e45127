using System.Globalization;
using System.Numerics;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Braintrust.Chain;

/// <summary>
/// How plans, journals and deployment files are written: sums as decimal strings, unknown members refused, so that a
/// misspelt role is no role left out.
/// </summary>
internal static class DeploymentJson
{
    public static readonly JsonSerializerOptions Options = Make(indented: false);
    public static readonly JsonSerializerOptions Indented = Make(indented: true);

    private static JsonSerializerOptions Make(bool indented) => new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
        AllowDuplicateProperties = false,
        RespectRequiredConstructorParameters = true,
        RespectNullableAnnotations = true,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        IgnoreReadOnlyProperties = true,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        WriteIndented = indented,
        Converters =
        {
            new Text<Address>(text => Address.TryParse(text, out var address) ? address : null, "an address with a right EIP-55 checksum"),
            new Text<Hash32>(text => Hash32.TryParse(text, out var hash) ? hash : null, "0x and 64 hexadecimal digits"),
            new Text<BigInteger>(Unsigned, "a decimal string"),
            new Text<UInt128>(text => Unsigned(text) is { } sum && sum <= UInt128.MaxValue ? (UInt128)sum : null, "a decimal string below 2^128"),
        },
    };

    private static BigInteger? Unsigned(string text) =>
        text.Length is > 0 and <= 78 && BigInteger.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var sum) ? sum : null;

    private sealed class Text<T>(Func<string, T?> parse, string what) : JsonConverter<T> where T : struct
    {
        public override T Read(ref Utf8JsonReader reader, Type type, JsonSerializerOptions options) =>
            reader.TokenType == JsonTokenType.String && parse(reader.GetString()!) is { } value
                ? value
                : throw new JsonException($"{System.Text.Encoding.UTF8.GetString(reader.ValueSpan)} is not {what}.");

        public override void Write(Utf8JsonWriter writer, T value, JsonSerializerOptions options) =>
            writer.WriteStringValue(Convert.ToString(value, CultureInfo.InvariantCulture));
    }
}
