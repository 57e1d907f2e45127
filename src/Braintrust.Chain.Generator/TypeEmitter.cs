using System;
using System.Collections.Generic;
using System.Linq;

namespace Braintrust.Chain.Generator;

/// <summary>
/// C# for the types of one contract: names, expressions that read and statements that write, and the records and array
/// helpers those need.
/// </summary>
internal sealed class TypeEmitter(ISet<string> taken)
{
    private static readonly string[] RecordMembers =
        ["Equals", "GetHashCode", "ToString", "Deconstruct", "PrintMembers", "EqualityContract", "Clone", "Encode"];

    private readonly Dictionary<string, (string Name, AbiType Type)> _records = new(StringComparer.Ordinal);
    private readonly Dictionary<string, (string Name, AbiType Type)> _arrays = new(StringComparer.Ordinal);
    private int _recordsDone;
    private int _arraysDone;

    /// <summary>The smallest C# type that holds every value of the ABI type.</summary>
    public string Name(AbiType type) => type.Kind switch
    {
        Kind.UInt => type.Size switch
        {
            8 => "byte", 16 => "ushort", <= 32 => "uint", <= 64 => "ulong", <= 128 => "UInt128", _ => "BigInteger",
        },
        Kind.Int => type.Size switch
        {
            8 => "sbyte", 16 => "short", <= 32 => "int", <= 64 => "long", <= 128 => "Int128", _ => "BigInteger",
        },
        Kind.Address => "Address",
        Kind.Bool => "bool",
        Kind.Word => "Hash32",
        Kind.FixedBytes or Kind.Bytes => "byte[]",
        Kind.String => "string",
        Kind.Array => $"ImmutableArray<{Name(type.Element!)}>",
        _ => Record(type),
    };

    /// <summary>An expression that reads the value whose head stands at <paramref name="at"/>.</summary>
    public string Read(AbiType type, string at, string head, string r = "r")
    {
        var placed = type.IsDynamic ? $"{r}.Offset({at}, {head})" : at;
        return type.Kind switch
        {
            Kind.UInt when type.Size <= 64 => $"{Cast(type, 64)}{r}.UInt64({at}, {type.Size})",
            Kind.UInt => $"{r}.{(type.Size <= 128 ? "UInt128" : "UInt256")}({at}, {type.Size})",
            Kind.Int when type.Size <= 64 => $"{Cast(type, 64)}{r}.Int64({at}, {type.Size})",
            Kind.Int => $"{r}.{(type.Size <= 128 ? "Int128" : "Int256")}({at}, {type.Size})",
            Kind.FixedBytes => $"{r}.FixedBytes({at}, {type.Size})",
            Kind.Address or Kind.Bool or Kind.Word or Kind.Bytes or Kind.String => $"{r}.{type.Kind}({placed})",
            Kind.Array => $"Read{Array(type)}(ref {r}, {placed})",
            _ => $"{Record(type)}.Read(ref {r}, {placed})",
        };
    }

    /// <summary>Writes a value whose head stands at <paramref name="at"/>.</summary>
    public void Write(Code code, AbiType type, string at, string head, string value, string w = "w")
    {
        if (type.IsDynamic) code.Line($"{w}.Offset({at}, {head});");
        var placed = type.IsDynamic ? $"{w}.Reserve({type.BodyBytes})" : at;
        code.Line(type.Kind switch
        {
            Kind.UInt => $"{w}.UInt{Width(type)}({at}, {value}, {type.Size});",
            Kind.Int => $"{w}.Int{Math.Max(128, Width(type))}({at}, {value}, {type.Size});",
            Kind.FixedBytes => $"{w}.FixedBytes({at}, {value}, {type.Size});",
            Kind.Address or Kind.Bool or Kind.Word => $"{w}.{type.Kind}({at}, {value});",
            Kind.Bytes or Kind.String => $"{w}.{type.Kind}({value});",
            Kind.Array when type.Length is null => $"Write{Array(type)}({w}, {value});",
            Kind.Array => $"Write{Array(type)}({w}, {placed}, {value});",
            _ => $"{value}.Write({w}, {placed});",
        });
    }

    /// <summary>A comma-separated list that reads the members, which stand one after another from the head.</summary>
    public string ReadAll(IEnumerable<AbiType> types, string head)
    {
        var expressions = new List<string>();
        var at = 0;
        foreach (var type in types)
        {
            expressions.Add(Read(type, Plus(head, at), head));
            at += type.HeadBytes;
        }

        return string.Join(", ", expressions);
    }

    public void WriteAll(Code code, IEnumerable<(AbiType Type, string Value)> members, string head)
    {
        var at = 0;
        foreach (var (type, value) in members)
        {
            Write(code, type, Plus(head, at), head, value);
            at += type.HeadBytes;
        }
    }

    /// <summary>Writes the records and helpers that were asked for; asking goes on while they are written.</summary>
    public void Emit(Code code)
    {
        for (var done = 0; done < _records.Count + _arrays.Count;)
        {
            var records = _records.Values.ToArray();
            var arrays = _arrays.Values.ToArray();
            foreach (var record in records.Skip(_recordsDone)) EmitRecord(code, record.Name, record.Type);
            foreach (var array in arrays.Skip(_arraysDone)) EmitArray(code, array.Name, array.Type);
            (_recordsDone, _arraysDone) = (records.Length, arrays.Length);
            done = _recordsDone + _arraysDone;
        }
    }

    public IReadOnlyList<string> MemberNames(IReadOnlyList<AbiParameter> members, params string[] reserved)
    {
        var names = new HashSet<string>(
            [.. reserved, .. RecordMembers], StringComparer.Ordinal);
        return members.Select((member, index) => Names.Member(member, index, names)).ToArray();
    }

    private void EmitRecord(Code code, string name, AbiType type)
    {
        var names = MemberNames(type.Members, name, "Read", "Write");
        var fields = type.Members.Select((member, index) => $"{Name(member.Type)} {names[index]}");
        code.Line();
        code.Line($"/// <summary><c>{type.Canonical}</c></summary>");
        code.Block($"public sealed record {name}({string.Join(", ", fields)})", () =>
        {
            code.Line($"/// <summary>ABI encoding as a single parameter.</summary>");
            code.Block("public byte[] Encode()", () =>
            {
                code.Line("var w = new AbiWriter();");
                code.Line($"var head = w.Reserve({type.HeadBytes});");
                Write(code, type, "head", "head", "this");
                code.Line("return w.ToArray();");
            });
            code.Line("internal static " + name + " Read(ref AbiReader r, int at) =>");
            code.Line($"    new({ReadAll(type.Members.Select(member => member.Type), "at")});");
            code.Block("internal void Write(AbiWriter w, int at)", () =>
                WriteAll(code, type.Members.Select((member, index) => (member.Type, names[index])), "at"));
        });
    }

    private void EmitArray(Code code, string name, AbiType type)
    {
        var element = type.Element!;
        var step = element.HeadBytes;
        code.Line();
        code.Block($"private static {Name(type)} Read{name}(ref AbiReader r, int at)", () =>
        {
            code.Line(type.Length is { } length
                ? $"var length = r.Holds({(long)length * step}) ? {length} : 0;"
                : $"var length = r.Length(at, {step});");
            code.Line($"var items = new {NewArray(element, "length")};");
            code.Line(type.Length is null ? "var head = at + AbiWriter.WordBytes;" : "var head = at;");
            code.Line($"for (var i = 0; i < items.Length; i++) items[i] = {Read(element, $"head + i * {step}", "head")};");
            code.Line("return ImmutableCollectionsMarshal.AsImmutableArray(items);");
        });
        var place = type.Length is null ? "" : "int head, ";
        code.Block($"private static void Write{name}(AbiWriter w, {place}{Name(type)} items)", () =>
        {
            code.Line(type.Length is { } length
                ? $"ArgumentOutOfRangeException.ThrowIfNotEqual(items.Length, {length});"
                : $"var head = w.Array(items.Length, {step});");
            code.Block("for (var i = 0; i < items.Length; i++)", () =>
                Write(code, element, $"head + i * {step}", "head", "items[i]"));
        });
    }

    private string NewArray(AbiType element, string length)
    {
        var name = Name(element);
        return name == "byte[]" ? $"byte[{length}][]" : $"{name}[{length}]";
    }

    private string Record(AbiType type)
    {
        var key = type.Canonical + "|" + string.Join(",", Flatten(type));
        if (_records.TryGetValue(key, out var known)) return known.Name;
        var name = type.Hint;
        while (!taken.Add(name)) name += "Tuple";
        _records.Add(key, (name, type));
        return name;
    }

    private static IEnumerable<string> Flatten(AbiType type) => type.Kind switch
    {
        Kind.Tuple => type.Members.SelectMany(member => Flatten(member.Type).Prepend(member.Name)),
        Kind.Array => Flatten(type.Element!),
        _ => [],
    };

    private string Array(AbiType type)
    {
        var key = Name(type) + "|" + type.Canonical;
        if (_arrays.TryGetValue(key, out var known)) return known.Name;
        var name = "Array" + _arrays.Count;
        _arrays.Add(key, (name, type));
        return name;
    }

    private string Cast(AbiType type, int read) => type.Size == read ? "" : $"({Name(type)})";

    private static int Width(AbiType type) => type.Size <= 64 ? 64 : type.Size <= 128 ? 128 : 256;

    private static string Plus(string head, int at) => at == 0 ? head : head == "0" ? $"{at}" : $"{head} + {at}";
}
