using System.Collections;
using System.Numerics;

namespace Braintrust.Chain;

/// <summary>
/// ABI encoding of types known at run time. Values read are <see cref="BigInteger"/> for integers, <see cref="Address"/>,
/// <see cref="bool"/>, <see cref="T:byte[]"/> for bytes and bytesN, <see cref="string"/>, and <c>object[]</c> for arrays
/// and tuples; every CLR integer, <see cref="Hash32"/>, <see cref="Amount"/> and any list are accepted for writing.
/// </summary>
public static class AbiCodec
{
    /// <summary>The parameters one after another, as in a call without its selector.</summary>
    /// <exception cref="ArgumentException">A value is not of its type or out of its range.</exception>
    public static byte[] Encode(IReadOnlyList<AbiType> types, IReadOnlyList<object> values)
    {
        var writer = new AbiWriter();
        var tuple = AbiType.Tuple(types);
        Write(writer, tuple, writer.Reserve(tuple.BodyBytes), values);
        return writer.ToArray();
    }

    /// <summary>Selector of a signature such as <c>transfer(address,uint256)</c>, then its arguments.</summary>
    /// <exception cref="FormatException">The signature names no types of the ABI.</exception>
    /// <exception cref="ArgumentException">A value is not of its type or out of its range.</exception>
    public static byte[] EncodeCall(string signature, params IReadOnlyList<object> values)
    {
        var open = signature.IndexOf('(');
        if (open < 1) throw new FormatException($"'{signature}' is no signature.");
        var selector = Hash32.Keccak(System.Text.Encoding.ASCII.GetBytes(signature)).ToBytes()[..4];
        var types = signature[open..] == "()" ? [] : AbiType.Parse(signature[open..]).Members;
        return [.. selector, .. Encode(types, values)];
    }

    /// <exception cref="AbiFormatException">The bytes are no encoding of these types.</exception>
    public static object[] Decode(IReadOnlyList<AbiType> types, ReadOnlySpan<byte> data)
    {
        var reader = new AbiReader(data);
        var values = ReadMembers(ref reader, types, 0);
        return reader.Failed
            ? throw new AbiFormatException($"The bytes do not encode ({string.Join(",", types)}).")
            : values;
    }

    private static object Read(ref AbiReader reader, AbiType type, int at, int head)
    {
        if (type.IsDynamic) at = reader.Offset(at, head);
        return type.Kind switch
        {
            AbiKind.UInt => reader.UInt256(at, type.Size),
            AbiKind.Int => reader.Int256(at, type.Size),
            AbiKind.Address => reader.Address(at),
            AbiKind.Bool => reader.Bool(at),
            AbiKind.FixedBytes => reader.FixedBytes(at, type.Size),
            AbiKind.Bytes => reader.Bytes(at),
            AbiKind.String => reader.String(at),
            AbiKind.Array => ReadArray(ref reader, type, at),
            _ => ReadMembers(ref reader, type.Members, at),
        };
    }

    private static object[] ReadArray(ref AbiReader reader, AbiType type, int at)
    {
        var element = type.Element!;
        // A failed read must not allocate a fixed array that the bytes cannot hold.
        if (type.Length is not null && !reader.Holds((long)type.Length * element.HeadBytes)) return [];
        var items = new object[type.Length ?? reader.Length(at, element.HeadBytes)];
        var head = type.Length is null ? at + AbiWriter.WordBytes : at;
        for (var i = 0; i < items.Length; i++) items[i] = Read(ref reader, element, head + i * element.HeadBytes, head);
        return items;
    }

    private static object[] ReadMembers(ref AbiReader reader, IReadOnlyList<AbiType> types, int head)
    {
        var values = new object[types.Count];
        var at = head;
        for (var i = 0; i < values.Length; at += types[i++].HeadBytes) values[i] = Read(ref reader, types[i], at, head);
        return values;
    }

    internal static void Write(AbiWriter writer, AbiType type, int at, object value)
    {
        switch (type.Kind)
        {
            case AbiKind.UInt: writer.UInt256(at, Integer(value), type.Size); break;
            case AbiKind.Int: writer.Int256(at, Integer(value), type.Size); break;
            case AbiKind.Address: writer.Address(at, As<Address>(value, type)); break;
            case AbiKind.Bool: writer.Bool(at, As<bool>(value, type)); break;
            case AbiKind.FixedBytes: writer.FixedBytes(at, Bytes(value, type), type.Size); break;
            case AbiKind.Bytes: writer.Bytes(Bytes(value, type)); break;
            case AbiKind.String: writer.String(As<string>(value, type)); break;
            case AbiKind.Array: WriteArray(writer, type, at, Items(value, type)); break;
            default: WriteMembers(writer, type.Members, at, Items(value, type)); break;
        }
    }

    private static void WriteArray(AbiWriter writer, AbiType type, int at, IReadOnlyList<object> items)
    {
        var element = type.Element!;
        if (type.Length is { } length && items.Count != length)
            throw new ArgumentException($"{type} takes {length} values, not {items.Count}.");
        var head = type.Length is null ? writer.Array(items.Count, element.HeadBytes) : at;
        for (var i = 0; i < items.Count; i++) WriteMember(writer, element, head + i * element.HeadBytes, head, items[i]);
    }

    private static void WriteMembers(AbiWriter writer, IReadOnlyList<AbiType> types, int head, IReadOnlyList<object> values)
    {
        if (values.Count != types.Count) throw new ArgumentException($"{types.Count} values are expected, not {values.Count}.");
        var at = head;
        for (var i = 0; i < values.Count; at += types[i++].HeadBytes) WriteMember(writer, types[i], at, head, values[i]);
    }

    private static void WriteMember(AbiWriter writer, AbiType type, int at, int head, object value)
    {
        if (type.IsDynamic)
        {
            writer.Offset(at, head);
            at = type.Kind is AbiKind.Tuple || type.Length is not null ? writer.Reserve(type.BodyBytes) : at;
        }

        Write(writer, type, at, value);
    }

    internal static BigInteger Integer(object value) => value switch
    {
        BigInteger big => big,
        Amount amount => amount.Units,
        UInt128 or Int128 or ulong or long or uint or int or ushort or short or byte or sbyte =>
            BigInteger.Parse(((IFormattable)value).ToString(null, null)),
        _ => throw new ArgumentException($"{value?.GetType().Name ?? "null"} is no integer."),
    };

    internal static byte[] Bytes(object value, AbiType type) => value switch
    {
        byte[] bytes => bytes,
        Hash32 hash => hash.ToBytes(),
        _ => throw Wrong(value, type),
    };

    internal static IReadOnlyList<object> Items(object value, AbiType type) => value switch
    {
        IReadOnlyList<object> list => list,
        string or byte[] => throw Wrong(value, type),
        IEnumerable items => [.. items.Cast<object>()],
        _ => throw Wrong(value, type),
    };

    private static T As<T>(object value, AbiType type) => value is T right ? right : throw Wrong(value, type);

    private static ArgumentException Wrong(object? value, AbiType type) =>
        new($"{value?.GetType().Name ?? "null"} is no value of {type}.");
}
