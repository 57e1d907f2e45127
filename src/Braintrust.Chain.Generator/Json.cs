using System;
using System.Collections.Generic;
using System.Globalization;
using System.Text;

namespace Braintrust.Chain.Generator;

/// <summary>A file is not what the generator reads; <see cref="At"/> is the character where that showed.</summary>
internal sealed class BadFileException(string message, int at) : Exception(message)
{
    public int At { get; } = at;
}

/// <summary>A JSON value with its place, so that a diagnostic can point at it.</summary>
internal sealed class JsonNode(int at, object? value)
{
    public int At { get; } = at;

    /// <summary>null, bool, double, string, a list or a dictionary of nodes.</summary>
    public object? Value { get; } = value;

    public JsonNode? Find(string name) =>
        Value is Dictionary<string, JsonNode> members && members.TryGetValue(name, out var member) ? member : null;

    public JsonNode Need(string name) => Find(name) ?? throw new BadFileException($"'{name}' is missing", At);

    public string Text() => Value as string ?? throw new BadFileException("a string is expected", At);

    public string Text(string name) => Need(name).Text();

    public IReadOnlyList<JsonNode> Items() =>
        Value as List<JsonNode> ?? throw new BadFileException("an array is expected", At);
}

/// <summary>RFC 8259, as much as a compiler plug-in without dependencies needs.</summary>
internal sealed class Json
{
    private const int DepthMax = 64;
    private readonly string _text;
    private int _at;

    private Json(string text) => _text = text;

    public static JsonNode Parse(string text)
    {
        var json = new Json(text);
        var root = json.Value(0);
        json.SkipSpace();
        return json._at == text.Length ? root : throw json.Bad("text after the end");
    }

    private JsonNode Value(int depth)
    {
        if (depth > DepthMax) throw Bad("nested too deeply");
        SkipSpace();
        var at = _at;
        return new JsonNode(at, Peek() switch
        {
            '{' => Object(depth),
            '[' => Array(depth),
            '"' => String(),
            't' => Literal("true", true),
            'f' => Literal("false", false),
            'n' => Literal("null", null),
            _ => Number(),
        });
    }

    private Dictionary<string, JsonNode> Object(int depth)
    {
        var members = new Dictionary<string, JsonNode>(StringComparer.Ordinal);
        _at++;
        if (Take('}')) return members;
        do
        {
            SkipSpace();
            var name = Peek() == '"' ? String() : throw Bad("a name is expected");
            if (!Take(':')) throw Bad("':' is expected");
            members[name] = Value(depth + 1);
        }
        while (Take(','));
        return Take('}') ? members : throw Bad("'}' is expected");
    }

    private List<JsonNode> Array(int depth)
    {
        var items = new List<JsonNode>();
        _at++;
        if (Take(']')) return items;
        do items.Add(Value(depth + 1));
        while (Take(','));
        return Take(']') ? items : throw Bad("']' is expected");
    }

    private string String()
    {
        var into = new StringBuilder();
        for (_at++; Peek() != '"'; _at++)
        {
            if (Peek() == '\0') throw Bad("the string does not end");
            into.Append(Peek() == '\\' ? Escape() : Peek());
        }

        _at++;
        return into.ToString();
    }

    private char Escape()
    {
        _at++;
        switch (Peek())
        {
            case 'n': return '\n';
            case 't': return '\t';
            case 'r': return '\r';
            case 'b': return '\b';
            case 'f': return '\f';
            case '"' or '\\' or '/': return Peek();
            case 'u' when _at + 4 < _text.Length
                && ushort.TryParse(_text.Substring(_at + 1, 4), NumberStyles.AllowHexSpecifier,
                    CultureInfo.InvariantCulture, out var code):
                _at += 4;
                return (char)code;
            default: throw Bad("unknown escape");
        }
    }

    private object Number()
    {
        var from = _at;
        while (Peek() is (>= '0' and <= '9') or '-' or '+' or '.' or 'e' or 'E') _at++;
        return double.TryParse(_text.Substring(from, _at - from), NumberStyles.Float, CultureInfo.InvariantCulture, out var number)
            ? number
            : throw Bad("a value is expected");
    }

    private object? Literal(string word, object? value)
    {
        if (string.CompareOrdinal(_text, _at, word, 0, word.Length) != 0) throw Bad("a value is expected");
        _at += word.Length;
        return value;
    }

    private bool Take(char wanted)
    {
        SkipSpace();
        if (Peek() != wanted) return false;
        _at++;
        return true;
    }

    private void SkipSpace()
    {
        while (Peek() is ' ' or '\n' or '\r' or '\t') _at++;
    }

    private char Peek() => _at < _text.Length ? _text[_at] : '\0';

    private BadFileException Bad(string message) => new(message, _at);
}
