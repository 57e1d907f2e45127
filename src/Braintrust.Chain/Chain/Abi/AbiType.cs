using System.Globalization;

namespace Braintrust.Chain;

public enum AbiKind
{
    UInt,
    Int,
    Address,
    Bool,
    FixedBytes,
    Bytes,
    String,
    Array,
    Tuple,
}

/// <summary>
/// An ABI type known at run time. Types known at compile time have generated bindings. Source: Solidity "Contract ABI
/// Specification".
/// </summary>
public sealed class AbiType
{
    /// <summary>Arrays in tuples in arrays, at most this deep.</summary>
    public const int DepthMax = 32;

    /// <summary>Bytes that the static part of one value may take.</summary>
    public const int HeadBytesMax = 1 << 20;

    private AbiType(
        AbiKind kind, int size = 0, AbiType? element = null, int? length = null, IReadOnlyList<AbiType>? members = null)
    {
        (Kind, Size, Element, Length, Members) = (kind, size, element, length, members ?? []);
        IsDynamic = kind switch
        {
            AbiKind.Bytes or AbiKind.String => true,
            AbiKind.Array => length is null || element!.IsDynamic,
            AbiKind.Tuple => Members.Any(member => member.IsDynamic),
            _ => false,
        };
        var body = kind switch
        {
            AbiKind.Array => (long)(length ?? 0) * element!.HeadBytes,
            AbiKind.Tuple => Members.Sum(member => (long)member.HeadBytes),
            _ => AbiWriter.WordBytes,
        };
        if (body > HeadBytesMax) throw new FormatException($"{this} takes more than {HeadBytesMax} bytes.");
        BodyBytes = (int)body;
    }

    public AbiKind Kind { get; }

    /// <summary>Bits of an integer, bytes of bytesN.</summary>
    public int Size { get; }

    public AbiType? Element { get; }

    /// <summary>Length of a fixed array, or null.</summary>
    public int? Length { get; }

    public IReadOnlyList<AbiType> Members { get; }

    public bool IsDynamic { get; }

    /// <summary>Bytes of its own head once it is placed.</summary>
    internal int BodyBytes { get; }

    /// <summary>Bytes in the head of what contains it.</summary>
    internal int HeadBytes => IsDynamic ? AbiWriter.WordBytes : BodyBytes;

    /// <summary>Reads a canonical type: uint256, bytes4, (address,uint8[3])[], with or without the word tuple.</summary>
    /// <exception cref="FormatException">No type of the ABI, or one without size (empty tuple, array of length 0).</exception>
    public static AbiType Parse(string text)
    {
        var at = 0;
        var type = Parse(text, ref at, 0);
        return at == text.Length ? type : throw Bad(text);
    }

    internal static AbiType Tuple(IReadOnlyList<AbiType> members) => new(AbiKind.Tuple, members: members);

    internal static AbiType Array(AbiType element, int? length) => new(AbiKind.Array, element: element, length: length);

    private static AbiType Parse(string text, ref int at, int depth)
    {
        if (depth > DepthMax) throw Bad(text);
        if (string.CompareOrdinal(text, at, "tuple(", 0, 6) == 0) at += 5;
        var root = at < text.Length && text[at] == '(' ? ParseTuple(text, ref at, depth) : ParsePlain(text, ref at);
        for (var nested = depth; at < text.Length && text[at] == '['; nested++)
        {
            if (nested == DepthMax) throw Bad(text);
            root = new AbiType(AbiKind.Array, element: root, length: ParseLength(text, ref at));
        }

        return root;
    }

    private static AbiType ParseTuple(string text, ref int at, int depth)
    {
        var members = new List<AbiType>();
        do
        {
            at++;
            members.Add(Parse(text, ref at, depth + 1));
        }
        while (at < text.Length && text[at] == ',');
        if (at == text.Length || text[at++] != ')') throw Bad(text);
        return Tuple(members);
    }

    private static int? ParseLength(string text, ref int at)
    {
        var end = text.IndexOf(']', at);
        if (end < 0) throw Bad(text);
        var digits = text.AsSpan(at + 1, end - at - 1);
        at = end + 1;
        if (digits.IsEmpty) return null;
        return ParseSize(digits) is var length and > 0 ? length : throw Bad(text);
    }

    private static AbiType ParsePlain(string text, ref int at)
    {
        var from = at;
        while (at < text.Length && char.IsAsciiLetterOrDigit(text[at])) at++;
        var name = text.AsSpan(from, at - from);
        var stem = name.TrimEnd("0123456789");
        int? size = stem.Length == name.Length ? null : ParseSize(name[stem.Length..]);
        return (stem.ToString(), size) switch
        {
            ("address", null) => new AbiType(AbiKind.Address),
            ("bool", null) => new AbiType(AbiKind.Bool),
            ("bytes", null) => new AbiType(AbiKind.Bytes),
            ("string", null) => new AbiType(AbiKind.String),
            ("bytes", >= 1 and <= 32) => new AbiType(AbiKind.FixedBytes, size.Value),
            ("uint", >= 8 and <= 256) when size % 8 == 0 => new AbiType(AbiKind.UInt, size.Value),
            ("int", >= 8 and <= 256) when size % 8 == 0 => new AbiType(AbiKind.Int, size.Value),
            _ => throw Bad(text),
        };
    }

    private static int ParseSize(ReadOnlySpan<char> digits) =>
        digits[0] != '0' && int.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var size) ? size : -1;

    private static FormatException Bad(string text) => new($"'{text}' is no type of the ABI.");

    /// <summary>The canonical type, as it stands in signatures.</summary>
    public override string ToString() => Kind switch
    {
        AbiKind.UInt => $"uint{Size}",
        AbiKind.Int => $"int{Size}",
        AbiKind.FixedBytes => $"bytes{Size}",
        AbiKind.Array => $"{Element}[{Length}]",
        AbiKind.Tuple => $"({string.Join(",", Members)})",
        _ => Kind.ToString().ToLowerInvariant(),
    };
}
