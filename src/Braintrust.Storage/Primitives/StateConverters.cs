using System.Collections.Immutable;
using System.Globalization;
using System.Numerics;
using System.Runtime.InteropServices;
using System.Text.Json;
using System.Text.Json.Serialization;
using Braintrust.Chain;

namespace Braintrust.Storage;

/// <summary>
/// How this system's values look in JSON: as people and wallets write them, and exact for every reader.
/// </summary>
public static class StateConverters
{
    public static readonly ImmutableArray<JsonConverter> All =
    [
        new Text<Address>(a => a.ToString(), t => Address.Parse(t)),
        new Text<Hash32>(h => h.ToString(), t => Hash32.Parse(t)),
        new Text<Amount>(a => a.ToString(), Amounts),
        new Text<UInt128>(
            u => u.ToString(CultureInfo.InvariantCulture),
            t => UInt128.Parse(t, NumberStyles.None, CultureInfo.InvariantCulture)),
        // Without this the serializer writes what it can see of the number, which is not its value, and reads zero.
        new Text<BigInteger>(
            n => n.ToString(CultureInfo.InvariantCulture),
            t => BigInteger.Parse(t, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture)),
        // As the JSON mapping of protocol buffers does: readers with 53-bit numbers lose nothing.
        new Text<ulong>(
            u => u.ToString(CultureInfo.InvariantCulture),
            t => ulong.Parse(t, NumberStyles.None, CultureInfo.InvariantCulture)),
        new Seconds(),
        new ImmutableArrays(),
        new JsonStringEnumConverter(),
    ];

    private static Amount Amounts(string text) =>
        Amount.TryParse(text, out var amount) ? amount : throw new FormatException($"{text} is not an amount.");

    private sealed class Text<T>(Func<T, string> write, Func<string, T> read) : JsonConverter<T> where T : notnull
    {
        public override T Read(ref Utf8JsonReader reader, Type type, JsonSerializerOptions options) =>
            Parse(reader.GetString());

        public override T ReadAsPropertyName(ref Utf8JsonReader reader, Type type, JsonSerializerOptions options) =>
            Parse(reader.GetString());

        public override void Write(Utf8JsonWriter writer, T value, JsonSerializerOptions options) =>
            writer.WriteStringValue(write(value));

        public override void WriteAsPropertyName(Utf8JsonWriter writer, T value, JsonSerializerOptions options) =>
            writer.WritePropertyName(write(value));

        private T Parse(string? text)
        {
            try
            {
                return read(text ?? throw new FormatException("null"));
            }
            catch (Exception e) when (e is FormatException or OverflowException)
            {
                throw new JsonException($"Not a {typeof(T).Name}: {e.Message}", e);
            }
        }
    }

    private sealed class Seconds : JsonConverter<BlockTime>
    {
        public override BlockTime Read(ref Utf8JsonReader reader, Type type, JsonSerializerOptions options) =>
            new(reader.GetUInt64());

        public override void Write(Utf8JsonWriter writer, BlockTime value, JsonSerializerOptions options) =>
            writer.WriteNumberValue(value.Seconds);
    }

    /// <summary>The default array, which the serializer itself refuses to enumerate, is null.</summary>
    private sealed class ImmutableArrays : JsonConverterFactory
    {
        public override bool CanConvert(Type type) =>
            type.IsGenericType && type.GetGenericTypeDefinition() == typeof(ImmutableArray<>);

        public override JsonConverter CreateConverter(Type type, JsonSerializerOptions options) =>
            (JsonConverter)Activator.CreateInstance(
                typeof(ImmutableArrayOf<>).MakeGenericType(type.GetGenericArguments()))!;
    }

    private sealed class ImmutableArrayOf<T> : JsonConverter<ImmutableArray<T>>
    {
        public override bool HandleNull => true;

        public override ImmutableArray<T> Read(ref Utf8JsonReader reader, Type type, JsonSerializerOptions options) =>
            JsonSerializer.Deserialize<T[]>(ref reader, options) is { } items ? [.. items] : default;

        public override void Write(Utf8JsonWriter writer, ImmutableArray<T> value, JsonSerializerOptions options)
        {
            if (value.IsDefault) writer.WriteNullValue();
            else JsonSerializer.Serialize(writer, ImmutableCollectionsMarshal.AsArray(value), options);
        }
    }
}
