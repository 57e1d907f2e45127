using System.Text.Json.Nodes;
using Google.Protobuf.Reflection;

namespace Braintrust.OpenApi;

/// <summary>
/// JSON Schema 2020-12 of messages in ProtoJSON, as this server writes them: 64-bit numbers are strings, bytes are base64,
/// enums are names. Each message is a component of its own and is referred to.
/// </summary>
internal sealed class JsonSchemas
{
    private readonly Dictionary<string, JsonObject> _components = [];

    /// <summary>Every message and enum that was referred to, by its full name.</summary>
    public JsonObject Components() =>
        new(_components.OrderBy(component => component.Key, StringComparer.Ordinal).Select(component => KeyValuePair.Create(component.Key, (JsonNode?)component.Value)));

    public JsonObject Of(MessageDescriptor message)
    {
        if (WellKnown(message.FullName) is { } known) return known;
        if (_components.TryAdd(message.FullName, []))
            foreach (var (name, value) in Object(message, message.Fields.InDeclarationOrder()).ToList())
                _components[message.FullName][name] = value?.DeepClone();
        return Reference(message.FullName);
    }

    /// <summary>The message without some of its fields, in place.</summary>
    public JsonObject Object(MessageDescriptor message, IEnumerable<FieldDescriptor> fields)
    {
        var properties = new JsonObject();
        foreach (var field in fields) properties[field.JsonName] = Of(field);
        var schema = new JsonObject { ["type"] = "object", ["properties"] = properties };
        if (message.Comment() is { Length: > 0 } comment) schema["description"] = comment;
        return schema;
    }

    /// <summary>A field with its comment.</summary>
    public JsonObject Of(FieldDescriptor field)
    {
        var schema = field.IsMap ? Map(field) : field.IsRepeated ? new JsonObject { ["type"] = "array", ["items"] = Single(field) } : Single(field);
        var comment = field.Comment();
        if (field.RealContainingOneof is { } oneof)
            comment += $" At most one of {string.Join(", ", oneof.Fields.Select(other => other.JsonName))} is there.";
        if (comment.Length > 0) schema["description"] = comment;
        return schema;
    }

    private JsonObject Map(FieldDescriptor field) =>
        new() { ["type"] = "object", ["additionalProperties"] = Single(field.MessageType.FindFieldByName("value")) };

    private JsonObject Single(FieldDescriptor field) => field.FieldType switch
    {
        FieldType.Message => Of(field.MessageType),
        FieldType.Enum => Of(field.EnumType),
        FieldType.String => new JsonObject { ["type"] = "string" },
        FieldType.Bytes => new JsonObject { ["type"] = "string", ["contentEncoding"] = "base64" },
        FieldType.Bool => new JsonObject { ["type"] = "boolean" },
        FieldType.Double or FieldType.Float => new JsonObject { ["type"] = "number" },
        FieldType.Int32 or FieldType.SInt32 or FieldType.SFixed32 => new JsonObject { ["type"] = "integer", ["format"] = "int32" },
        FieldType.UInt32 or FieldType.Fixed32 => new JsonObject { ["type"] = "integer", ["minimum"] = 0, ["maximum"] = uint.MaxValue },
        FieldType.Int64 or FieldType.SInt64 or FieldType.SFixed64 => Wide("int64", "^-?[0-9]+$"),
        FieldType.UInt64 or FieldType.Fixed64 => Wide("uint64", "^[0-9]+$"),
        _ => throw new NotSupportedException($"{field.FullName} is a {field.FieldType}."),
    };

    /// <summary>A JSON number would lose digits in every client that reads it as a double.</summary>
    private static JsonObject Wide(string format, string pattern) =>
        new() { ["type"] = "string", ["format"] = format, ["pattern"] = pattern };

    private JsonObject Of(EnumDescriptor type)
    {
        if (!_components.ContainsKey(type.FullName))
        {
            _components[type.FullName] = new JsonObject
            {
                ["type"] = "string",
                ["description"] = string.Join('\n', [type.Comment(), "", .. type.Values.Select(value => $"- `{value.Name}`: {value.Comment()}")]),
                ["enum"] = new JsonArray([.. type.Values.Select(value => (JsonNode)value.Name)]),
            };
        }

        return Reference(type.FullName);
    }

    private static JsonObject Reference(string name) => new() { ["$ref"] = $"#/components/schemas/{name}" };

    /// <summary>Messages with a form of their own in ProtoJSON.</summary>
    private static JsonObject? WellKnown(string name) => name switch
    {
        "google.protobuf.Timestamp" => new JsonObject { ["type"] = "string", ["format"] = "date-time" },
        "google.protobuf.Duration" => new JsonObject { ["type"] = "string", ["pattern"] = @"^-?[0-9]+(\.[0-9]{1,9})?s$" },
        "google.protobuf.FieldMask" => new JsonObject { ["type"] = "string" },
        "google.protobuf.Struct" => new JsonObject { ["type"] = "object" },
        "google.protobuf.Any" => Any(),
        _ => null,
    };

    private static JsonObject Any() => new()
    {
        ["type"] = "object",
        ["properties"] = new JsonObject { ["@type"] = new JsonObject { ["type"] = "string" } },
        ["required"] = new JsonArray("@type"),
        ["additionalProperties"] = true,
    };
}
