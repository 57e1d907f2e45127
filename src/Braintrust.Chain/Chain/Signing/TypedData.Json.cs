using System.Globalization;
using System.Numerics;
using System.Text;
using System.Text.Json;

namespace Braintrust.Chain;

/// <summary>The JSON of <c>eth_signTypedData_v4</c>.</summary>
public sealed partial class TypedData
{
    /// <summary>Characters of JSON that are read at most.</summary>
    public const int JsonCharactersMax = 256 * 1024;

    /// <summary>
    /// {types, primaryType, domain, message}: integers as decimal strings (but the domain's chainId, which wallets compare
    /// with their own as a number), bytes as 0x hexadecimal, addresses with their EIP-55 checksum.
    /// </summary>
    public string ToJson()
    {
        using var stream = new MemoryStream();
        using (var json = new Utf8JsonWriter(stream))
        {
            json.WriteStartObject();
            json.WriteStartObject("types");
            foreach (var (name, fields) in Types.OrderBy(type => type.Key, StringComparer.Ordinal)) WriteType(json, name, fields);
            json.WriteEndObject();
            json.WriteString("primaryType", PrimaryType);
            json.WritePropertyName("domain");
            WriteStruct(json, Domain);
            json.WritePropertyName("message");
            WriteStruct(json, Message);
            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(stream.ToArray());
    }

    /// <summary>Reads what <see cref="ToJson"/> or a wallet library wrote; numbers may be JSON numbers or strings.</summary>
    /// <exception cref="FormatException">Not such JSON, too long, or a value does not fit its type.</exception>
    public static TypedData Parse(string text)
    {
        if (text.Length > JsonCharactersMax) throw new FormatException($"Typed data is longer than {JsonCharactersMax} characters.");
        try
        {
            using var json = JsonDocument.Parse(text);
            var root = json.RootElement;
            var types = root.GetProperty("types").EnumerateObject()
                .ToDictionary(type => type.Name, type => ReadFields(type.Value), StringComparer.Ordinal);
            var primary = root.GetProperty("primaryType").GetString()!;
            var domain = root.GetProperty("domain");
            if (!types.ContainsKey(DomainType)) types.Add(DomainType, FieldsOf(name => domain.TryGetProperty(name, out _)));
            return new TypedData(types, primary, ReadStruct(types, DomainType, domain, 0),
                primary == DomainType ? new Dictionary<string, object>() : ReadStruct(types, primary, root.GetProperty("message"), 0));
        }
        catch (Exception bad) when (bad is JsonException or KeyNotFoundException or InvalidOperationException or ArgumentException)
        {
            throw new FormatException("Not the JSON of typed data: " + bad.Message, bad);
        }
    }

    private static void WriteType(Utf8JsonWriter json, string name, IReadOnlyList<TypedDataField> fields)
    {
        json.WriteStartArray(name);
        foreach (var field in fields)
        {
            json.WriteStartObject();
            json.WriteString("name", field.Name);
            json.WriteString("type", field.Type);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private void WriteStruct(Utf8JsonWriter json, IReadOnlyDictionary<string, object> members)
    {
        json.WriteStartObject();
        foreach (var (name, value) in members)
        {
            json.WritePropertyName(name);
            if (ReferenceEquals(members, Domain) && name == "chainId" && AbiCodec.Integer(value) is var id && id <= 1L << 53)
                json.WriteNumberValue((long)id);
            else
                WriteValue(json, value);
        }

        json.WriteEndObject();
    }

    private void WriteValue(Utf8JsonWriter json, object value)
    {
        switch (value)
        {
            case string text: json.WriteStringValue(text); break;
            case bool flag: json.WriteBooleanValue(flag); break;
            case byte[] bytes: json.WriteStringValue(Hex.Of(bytes)); break;
            case Hash32 or Address: json.WriteStringValue(value.ToString()); break;
            case IReadOnlyDictionary<string, object> members: WriteStruct(json, members); break;
            case System.Collections.IEnumerable items:
                json.WriteStartArray();
                foreach (var item in items) WriteValue(json, item);
                json.WriteEndArray();
                break;
            default: json.WriteStringValue(AbiCodec.Integer(value).ToString(CultureInfo.InvariantCulture)); break;
        }
    }

    private static IReadOnlyList<TypedDataField> ReadFields(JsonElement fields) =>
        [.. fields.EnumerateArray().Select(field =>
            new TypedDataField(Text(field.GetProperty("name")), Text(field.GetProperty("type"))))];

    private static Dictionary<string, object> ReadStruct(
        Dictionary<string, IReadOnlyList<TypedDataField>> types, string type, JsonElement json, int depth)
    {
        if (depth > DepthMax) throw new ArgumentException($"The message is nested deeper than {DepthMax}.");
        var members = new Dictionary<string, object>(StringComparer.Ordinal);
        foreach (var field in types[type]) members.Add(field.Name, ReadValue(types, field.Type, json.GetProperty(field.Name), depth));
        return members;
    }

    private static object ReadValue(
        Dictionary<string, IReadOnlyList<TypedDataField>> types, string type, JsonElement json, int depth)
    {
        if (type.EndsWith(']'))
        {
            var element = type[..Math.Max(0, type.LastIndexOf('['))];
            return json.EnumerateArray().Select(item => ReadValue(types, element, item, depth + 1)).ToArray();
        }

        if (types.ContainsKey(type)) return ReadStruct(types, type, json, depth + 1);
        return Atomic(type).Kind switch
        {
            AbiKind.Bool => json.GetBoolean(),
            AbiKind.String => Text(json),
            AbiKind.Address => Braintrust.Address.Parse(json.GetString()),
            AbiKind.Bytes or AbiKind.FixedBytes => Hex.Bytes(Text(json)),
            _ => ReadInteger(json),
        };
    }

    private static string Text(JsonElement json) => json.GetString() ?? throw new ArgumentException("A string is expected.");

    private static object ReadInteger(JsonElement json)
    {
        var text = json.ValueKind == JsonValueKind.Number ? json.GetRawText() : json.GetString() ?? "";
        if (text.Length > 100) throw new ArgumentException("An integer is too long.");
        return text.StartsWith("0x", StringComparison.Ordinal)
            ? BigInteger.Parse("0" + text.AsSpan(2).ToString(), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture)
            : BigInteger.Parse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture);
    }
}
