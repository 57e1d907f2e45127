using System.Collections.Immutable;
using System.Text;

namespace Braintrust.Chain;

/// <param name="Type">An atomic type, bytes, string, a struct's name, or an array of any of them.</param>
public sealed record TypedDataField(string Name, string Type);

/// <summary>
/// Structured data that a wallet shows and signs. Source: EIP-712. Values are as in <see cref="AbiCodec"/>; a struct is an
/// <c>IReadOnlyDictionary&lt;string, object&gt;</c> with exactly the struct's fields.
/// </summary>
public sealed partial class TypedData
{
    public const string DomainType = "EIP712Domain";

    /// <summary>Structs in arrays in structs, at most this deep.</summary>
    public const int DepthMax = 32;

    private readonly Dictionary<string, Hash32> _typeHashes = new(StringComparer.Ordinal);

    /// <param name="types">Struct types by name. The domain's type is added when it is missing.</param>
    /// <param name="primaryType">The struct that is signed.</param>
    /// <param name="domain">Any of name, version, chainId, verifyingContract, salt.</param>
    /// <exception cref="ArgumentException">A type is missing or malformed, or a value does not fit its type.</exception>
    public TypedData(
        IReadOnlyDictionary<string, IReadOnlyList<TypedDataField>> types, string primaryType,
        IReadOnlyDictionary<string, object> domain, IReadOnlyDictionary<string, object> message)
    {
        Types = types.ContainsKey(DomainType) ? types : types.ToImmutableDictionary().Add(DomainType, FieldsOf(domain.ContainsKey));
        (PrimaryType, Domain, Message) = (primaryType, domain, message);
        DomainSeparator = HashStruct(DomainType, domain, 0);
        // A domain may be signed alone; it then stands for itself.
        StructHash = primaryType == DomainType ? DomainSeparator : HashStruct(primaryType, message, 0);
        byte[] separated = [0x19, 0x01, .. DomainSeparator.ToBytes()];
        Digest = Hash32.Keccak(primaryType == DomainType ? separated : [.. separated, .. StructHash.ToBytes()]);
    }

    public IReadOnlyDictionary<string, IReadOnlyList<TypedDataField>> Types { get; }
    public string PrimaryType { get; }
    public IReadOnlyDictionary<string, object> Domain { get; }
    public IReadOnlyDictionary<string, object> Message { get; }

    public Hash32 DomainSeparator { get; }

    /// <summary>What is signed: keccak(0x19 0x01, domain separator, hash of the message).</summary>
    public Hash32 Digest { get; }

    /// <summary>hashStruct of the message.</summary>
    public Hash32 StructHash { get; }

    /// <summary>The usual domain of one contract on one chain.</summary>
    public static IReadOnlyDictionary<string, object> ContractDomain(
        string name, string version, ulong chainId, Address contract) => new Dictionary<string, object>
        {
            ["name"] = name, ["version"] = version, ["chainId"] = chainId, ["verifyingContract"] = contract,
        };

    /// <summary>Fields of one struct type, written as in Solidity: "address employer,uint128[] amounts".</summary>
    public static IReadOnlyList<TypedDataField> Fields(string declaration) =>
        [.. declaration.Split(',', StringSplitOptions.TrimEntries).Select(field => field.Split(' ') is [var type, var name]
            ? new TypedDataField(name, type)
            : throw new ArgumentException($"'{field}' is not a type and a name."))];

    /// <summary>The type with every type it uses, in the order that EIP-712 fixes.</summary>
    public string EncodeType(string type)
    {
        var used = new SortedSet<string>(StringComparer.Ordinal);
        Collect(type, used, 0);
        used.Remove(type);
        var text = new StringBuilder();
        foreach (var name in used.Prepend(type))
            text.Append(name).Append('(').AppendJoin(',', Struct(name).Select(field => $"{field.Type} {field.Name}")).Append(')');
        return text.ToString();
    }

    private void Collect(string type, SortedSet<string> used, int depth)
    {
        var root = Root(type);
        if (!Types.ContainsKey(root) || !used.Add(root)) return;
        // Types may name each other in a chain longer than any message is deep.
        if (depth > DepthMax) throw new ArgumentException($"The types are nested deeper than {DepthMax}.");
        foreach (var field in Struct(root)) Collect(field.Type, used, depth + 1);
    }

    private Hash32 HashStruct(string type, IReadOnlyDictionary<string, object> value, int depth)
    {
        if (depth > DepthMax) throw new ArgumentException($"The message is nested deeper than {DepthMax}.");
        var fields = Struct(type);
        if (value.Count != fields.Count) throw new ArgumentException($"{type} has {fields.Count} fields, not {value.Count}.");
        var encoded = new byte[(fields.Count + 1) * 32];
        TypeHash(type).WriteTo(encoded);
        for (var i = 0; i < fields.Count; i++)
        {
            if (!value.TryGetValue(fields[i].Name, out var member))
                throw new ArgumentException($"{type}.{fields[i].Name} is missing.");
            Word(fields[i].Type, member, depth).WriteTo(encoded.AsSpan((i + 1) * 32));
        }

        return Hash32.Keccak(encoded);
    }

    private Hash32 TypeHash(string type)
    {
        if (!_typeHashes.TryGetValue(type, out var hash))
            _typeHashes.Add(type, hash = Hash32.Keccak(Encoding.UTF8.GetBytes(EncodeType(type))));
        return hash;
    }

    /// <summary>encodeData of one member: always one word.</summary>
    private Hash32 Word(string type, object value, int depth)
    {
        if (type.EndsWith(']'))
            return Hash32.Keccak([.. Elements(type, value).SelectMany(one => Word(one.Type, one.Value, depth + 1).ToBytes())]);
        if (Types.ContainsKey(type))
            return value is IReadOnlyDictionary<string, object> members
                ? HashStruct(type, members, depth + 1)
                : throw new ArgumentException($"A {type} is a struct.");
        var abi = Atomic(type);
        if (abi.Kind == AbiKind.String && value is string text) return Hash32.Keccak(Encoding.UTF8.GetBytes(text));
        if (abi.Kind == AbiKind.Bytes) return Hash32.Keccak(AbiCodec.Bytes(value, abi));
        var writer = new AbiWriter();
        AbiCodec.Write(writer, abi, writer.Reserve(AbiWriter.WordBytes), value);
        return new Hash32(writer.ToArray());
    }

    private static IEnumerable<(string Type, object Value)> Elements(string type, object value)
    {
        var open = type.LastIndexOf('[');
        if (open < 1) throw new ArgumentException($"'{type}' is no array.");
        var (inner, length) = (type[..open], type[(open + 1)..^1]);
        var items = AbiCodec.Items(value, AbiType.Array(AbiType.Parse("bytes32"), null));
        if (length.Length > 0 && length != items.Count.ToString(System.Globalization.CultureInfo.InvariantCulture))
            throw new ArgumentException($"{type} has {length} elements, not {items.Count}.");
        return items.Select(item => (inner, item));
    }

    private IReadOnlyList<TypedDataField> Struct(string name) =>
        Types.TryGetValue(name, out var fields) ? fields : throw new ArgumentException($"The type {name} is missing.");

    private static AbiType Atomic(string type)
    {
        try
        {
            return type is "uint" or "int" || type.Contains('(')
                ? throw new ArgumentException($"'{type}' is no type of EIP-712.")
                : AbiType.Parse(type);
        }
        catch (FormatException unknown)
        {
            throw new ArgumentException($"The type {type} is missing.", unknown);
        }
    }

    private static string Root(string type) => type.IndexOf('[') is var open and > 0 ? type[..open] : type;

    private static IReadOnlyList<TypedDataField> FieldsOf(Func<string, bool> domainHas) =>
        [.. Fields("string name,string version,uint256 chainId,address verifyingContract,bytes32 salt")
            .Where(field => domainHas(field.Name))];
}
