using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;

namespace Braintrust.Chain.Generator;

internal enum Kind
{
    UInt,
    Int,
    Address,
    Bool,
    Word,
    FixedBytes,
    Bytes,
    String,
    Array,
    Tuple,
}

/// <summary>An ABI type. Source: Solidity "Contract ABI Specification".</summary>
internal sealed class AbiType
{
    private const int HeadBytesMax = 1 << 20;

    public Kind Kind { get; private set; }

    /// <summary>Bits of an integer, bytes of bytesN.</summary>
    public int Size { get; private set; }

    public AbiType? Element { get; private set; }

    /// <summary>Length of a fixed array, or null.</summary>
    public int? Length { get; private set; }

    public IReadOnlyList<AbiParameter> Members { get; private set; } = [];

    /// <summary>The Solidity name of a struct when the file tells it, or the name of what holds it.</summary>
    public string Hint { get; private set; } = "";

    /// <summary>What stands in a topic for a value of dynamic or composite type.</summary>
    public static AbiType HashOfTopic { get; } = new() { Kind = Kind.Word };

    public bool IsDynamic => Kind switch
    {
        Kind.Bytes or Kind.String => true,
        Kind.Array => Length is null || Element!.IsDynamic,
        Kind.Tuple => Members.Any(member => member.Type.IsDynamic),
        _ => false,
    };

    /// <summary>Bytes in the head of what contains it.</summary>
    public int HeadBytes => IsDynamic ? 32 : BodyBytes;

    /// <summary>Bytes of its own head once it is placed.</summary>
    public int BodyBytes => Kind switch
    {
        Kind.Array => Bounded((long)(Length ?? 0) * Element!.HeadBytes),
        Kind.Tuple => Bounded(Members.Sum(member => (long)member.Type.HeadBytes)),
        _ => 32,
    };

    /// <summary>As it stands in a signature, for example (uint256,address[])[3].</summary>
    public string Canonical => Kind switch
    {
        Kind.UInt => "uint" + Size,
        Kind.Int => "int" + Size,
        Kind.Word => "bytes32",
        Kind.FixedBytes => "bytes" + Size,
        Kind.Array => $"{Element!.Canonical}[{Length?.ToString(CultureInfo.InvariantCulture)}]",
        Kind.Tuple => $"({string.Join(",", Members.Select(member => member.Type.Canonical))})",
        _ => Kind.ToString().ToLowerInvariant(),
    };

    public static AbiType Of(JsonNode parameter, string hint)
    {
        var text = parameter.Text("type");
        var brackets = text.IndexOf('[');
        var root = brackets < 0 ? text : text.Substring(0, brackets);
        var type = root == "tuple" ? Tuple(parameter, hint) : Plain(root, parameter.Need("type").At);
        return brackets < 0 ? type : Arrays(type, text.Substring(brackets), parameter.Need("type").At);
    }

    private static AbiType Tuple(JsonNode parameter, string hint)
    {
        var told = parameter.Find("internalType")?.Value as string;
        var name = told is not null && told.StartsWith("struct ", StringComparison.Ordinal)
            ? told.Substring(7).Split('[')[0].Split('.').Last()
            : hint;
        var members = AbiParameter.List(parameter.Need("components"), name);
        if (members.Count == 0) throw new BadFileException("a tuple without members has no size", parameter.At);
        return new AbiType { Kind = Kind.Tuple, Members = members, Hint = name };
    }

    private static AbiType Arrays(AbiType element, string brackets, int at)
    {
        foreach (var part in brackets.Split('[').Skip(1))
        {
            var length = -1;
            var good = part == "]" || (part.EndsWith("]", StringComparison.Ordinal)
                && int.TryParse(part.TrimEnd(']'), NumberStyles.None, CultureInfo.InvariantCulture, out length) && length > 0);
            if (!good) throw new BadFileException($"'{brackets}' is no array of the ABI", at);
            element = new AbiType { Kind = Kind.Array, Element = element, Length = length < 0 ? null : length };
            _ = element.BodyBytes;
        }

        return element;
    }

    private static AbiType Plain(string name, int at)
    {
        switch (name)
        {
            case "address": return new AbiType { Kind = Kind.Address };
            case "bool": return new AbiType { Kind = Kind.Bool };
            case "bytes": return new AbiType { Kind = Kind.Bytes };
            case "string": return new AbiType { Kind = Kind.String };
            case "bytes32": return new AbiType { Kind = Kind.Word };
        }

        var digits = name.Length - name.TrimEnd("0123456789".ToCharArray()).Length;
        var stem = name.Substring(0, name.Length - digits);
        if (int.TryParse(name.Substring(stem.Length), NumberStyles.None, CultureInfo.InvariantCulture, out var size))
        {
            if (stem is "uint" or "int" && size is >= 8 and <= 256 && size % 8 == 0)
                return new AbiType { Kind = stem == "uint" ? Kind.UInt : Kind.Int, Size = size };
            if (stem == "bytes" && size is >= 1 and <= 31) return new AbiType { Kind = Kind.FixedBytes, Size = size };
        }

        throw new BadFileException($"'{name}' is no type of the ABI", at);
    }

    private static int Bounded(long bytes) =>
        bytes <= HeadBytesMax ? (int)bytes : throw new BadFileException("the type is too large", 0);
}

internal sealed class AbiParameter(string name, AbiType type, bool indexed)
{
    /// <summary>As the file says it; may be empty.</summary>
    public string Name { get; } = name;
    public AbiType Type { get; } = type;
    public bool Indexed { get; } = indexed;

    public static IReadOnlyList<AbiParameter> List(JsonNode? parameters, string owner) =>
        parameters?.Items().Select(parameter =>
        {
            var name = parameter.Find("name")?.Text() ?? "";
            var hint = name.Length > 0 ? Names.Pascal(name) : Names.Pascal(owner) + "Result";
            return new AbiParameter(name, AbiType.Of(parameter, hint), parameter.Find("indexed")?.Value is true);
        }).ToArray() ?? [];
}

/// <summary>A function, event, error or constructor.</summary>
internal sealed class AbiEntry(JsonNode node)
{
    public string Kind { get; } = node.Find("type")?.Text() ?? "function";
    public string Name { get; } = node.Find("name")?.Text() ?? "";
    public int At { get; } = node.At;
    public bool Anonymous { get; } = node.Find("anonymous")?.Value is true;
    public bool ReadOnly { get; } = node.Find("stateMutability")?.Value is "view" or "pure";
    public IReadOnlyList<AbiParameter> Inputs { get; } = Parameters(node, "inputs");
    public IReadOnlyList<AbiParameter> Outputs { get; } = Parameters(node, "outputs");

    public string Signature => $"{Name}({string.Join(",", Inputs.Select(input => input.Type.Canonical))})";

    private static IReadOnlyList<AbiParameter> Parameters(JsonNode node, string which) =>
        AbiParameter.List(node.Find(which), node.Find("name")?.Text() ?? "");
}

/// <summary>One artifact: {abi, bytecode}, or a bare ABI array.</summary>
internal sealed class Artifact
{
    private Artifact(IReadOnlyList<AbiEntry> entries, string bytecode) => (Entries, Bytecode) = (entries, bytecode);

    public IReadOnlyList<AbiEntry> Entries { get; }

    /// <summary>Hexadecimal digits of the creation code without 0x; empty when the file has none.</summary>
    public string Bytecode { get; }

    public static Artifact Parse(string text)
    {
        var root = Json.Parse(text);
        var abi = root.Value is List<JsonNode> ? root : root.Need("abi");
        var entries = abi.Items().Select(node => new AbiEntry(node)).ToArray();
        foreach (var entry in entries) Check(entry);
        var code = root.Find("bytecode");
        return new Artifact(entries, Digits(code?.Find("object") ?? code));
    }

    private static void Check(AbiEntry entry)
    {
        if (entry.Kind is "function" or "event" or "error" && !Names.IsIdentifier(entry.Name))
            throw new BadFileException($"'{entry.Name}' is no name", entry.At);
        if (entry.Inputs.Count(input => input.Indexed) > (entry.Anonymous ? 4 : 3))
            throw new BadFileException($"event {entry.Name} has too many indexed values", entry.At);
    }

    private static string Digits(JsonNode? code)
    {
        if (code is null) return "";
        var text = code.Text();
        var digits = text.StartsWith("0x", StringComparison.Ordinal) ? text.Substring(2) : text;
        var good = digits.Length % 2 == 0
            && digits.All(digit => digit is (>= '0' and <= '9') or (>= 'a' and <= 'f') or (>= 'A' and <= 'F'));
        return good ? digits : throw new BadFileException("the bytecode is no hexadecimal; is a library not linked?", code.At);
    }
}
