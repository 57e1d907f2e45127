using System.Buffers;
using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using Microsoft.Extensions.Logging;
using Orleans.Storage;

namespace Braintrust.Storage;

/// <summary>
/// Grain states as JSON: <c>{"schemaVersion":1,"state":{...}}</c>, property names in camel case, no type names, so that
/// classes and assemblies stay free to move. A property the class does not have is an error, not silently lost data.
/// </summary>
public static class StateSerializer
{
    private const string SchemaVersionName = "schemaVersion";
    private const string StateName = "state";

    /// <summary>The format of states; also right for anything else stored as JSON.</summary>
    public static JsonSerializerOptions Options { get; } = CreateOptions();

    /// <summary>
    /// The version that <see cref="Serialize"/> writes: one more than the upgrade steps of the state.
    /// </summary>
    public static int SchemaVersion<T>() => StateUpgrades.Of(typeof(T)).Length + 1;

    public static byte[] Serialize<T>(T state)
    {
        var bytes = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(bytes))
        {
            writer.WriteStartObject();
            writer.WriteNumber(SchemaVersionName, SchemaVersion<T>());
            writer.WritePropertyName(StateName);
            JsonSerializer.Serialize(writer, state, Options);
            writer.WriteEndObject();
        }

        return bytes.WrittenSpan.ToArray();
    }

    /// <exception cref="JsonException">Not a payload of this state, or written by newer software.</exception>
    public static T Deserialize<T>(ReadOnlySpan<byte> payload) => Deserialize<T>(payload, StateUpgrades.Of(typeof(T)));

    /// <summary>
    /// As <see cref="Deserialize{T}(ReadOnlySpan{byte})"/>, but a cache that cannot be read is empty: it is said, and made
    /// again.
    /// </summary>
    internal static T Read<T>(ReadOnlySpan<byte> payload, ILogger log)
    {
        try
        {
            return Deserialize<T>(payload);
        }
        catch (Exception unreadable) when (typeof(ICachedState).IsAssignableFrom(typeof(T)))
        {
            log.LogWarning(unreadable, "A stored {State} cannot be read: it is made again", typeof(T).Name);
            return Activator.CreateInstance<T>();
        }
    }

    internal static T Deserialize<T>(ReadOnlySpan<byte> payload, ImmutableArray<Func<JsonNode, JsonNode>> upgrades)
    {
        var reader = new Utf8JsonReader(payload);
        Expect(reader.Read() && reader.TokenType == JsonTokenType.StartObject);
        var version = 0;
        Expect(IsAt(ref reader, SchemaVersionName));
        Expect(reader.TokenType == JsonTokenType.Number && reader.TryGetInt32(out version));
        Expect(IsAt(ref reader, StateName));
        if (version < 1 || version > upgrades.Length + 1)
            throw new JsonException(
                $"{typeof(T).Name} has schema version {version}; this software knows 1 to {upgrades.Length + 1}.");
        if (version == upgrades.Length + 1) return Known(JsonSerializer.Deserialize<T>(ref reader, Options));
        var old = Known(JsonNode.Parse(ref reader));
        var current = upgrades.Skip(version - 1).Aggregate(old, (state, upgrade) => upgrade(state));
        return Known(current.Deserialize<T>(Options));
    }

    /// <summary>True when the next property has this name; the reader is then at its value.</summary>
    private static bool IsAt(ref Utf8JsonReader reader, string name) =>
        reader.Read() && reader.TokenType == JsonTokenType.PropertyName && reader.ValueTextEquals(name)
        && reader.Read();

    private static void Expect(bool asExpected)
    {
        if (!asExpected) throw new JsonException("A state's payload starts with its schema version, then the state.");
    }

    private static T Known<T>(T? state) => state ?? throw new JsonException($"A {typeof(T).Name} cannot be null.");

    private static JsonSerializerOptions CreateOptions()
    {
        var options = new JsonSerializerOptions
        {
            PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
            DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
            IgnoreReadOnlyProperties = true,
            UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
        };
        foreach (var converter in StateConverters.All) options.Converters.Add(converter);
        options.MakeReadOnly(populateMissingResolver: true);
        return options;
    }
}

/// <summary>
/// How older payloads become current ones. A state whose shape changes gets a line here: the step from version n is the
/// n-th of its type, works on the JSON of the state and is never changed again.
/// </summary>
internal static class StateUpgrades
{
    private static readonly ImmutableDictionary<Type, ImmutableArray<Func<JsonNode, JsonNode>>> Steps =
        ImmutableDictionary<Type, ImmutableArray<Func<JsonNode, JsonNode>>>.Empty;

    public static ImmutableArray<Func<JsonNode, JsonNode>> Of(Type state) => Steps.GetValueOrDefault(state, []);
}

/// <summary>
/// Marks a state that only saves work: it can be made again from elsewhere at any time. Its class has a constructor without
/// parameters, which makes the empty one.
/// </summary>
public interface ICachedState;

/// <summary>The same format for the AdoNet provider.</summary>
public sealed class StateStorageSerializer(ILogger<StateStorageSerializer> log) : IGrainStorageSerializer
{
    public BinaryData Serialize<T>(T? input) => new(StateSerializer.Serialize(input));

    public T Deserialize<T>(BinaryData input) => StateSerializer.Read<T>(input.ToMemory().Span, log);
}
