using System.Globalization;
using System.Text;

namespace Braintrust;

/// <summary>
/// JSON in the one spelling that everybody who hashes it arrives at: no spaces, members sorted, strings escaped only
/// where they must be. Source: RFC 8785 (JCS), for objects, arrays and strings; numbers are written as strings.
/// </summary>
public static class CanonicalJson
{
    /// <param name="members">Names with values that are JSON already; a null value leaves its member out.</param>
    public static string Object(params ReadOnlySpan<(string Name, string? Json)> members)
    {
        var sorted = members.ToArray().Where(member => member.Json is not null)
            .OrderBy(member => member.Name, StringComparer.Ordinal);
        return "{" + string.Join(',', sorted.Select(member => Text(member.Name) + ":" + member.Json)) + "}";
    }

    public static string Array(IEnumerable<string> json) => "[" + string.Join(',', json) + "]";

    public static string Text(string text)
    {
        var written = new StringBuilder(text.Length + 2).Append('"');
        foreach (var c in text) Escape(written, c);
        return written.Append('"').ToString();
    }

    private static void Escape(StringBuilder written, char c) => _ = c switch
    {
        '"' => written.Append("\\\""),
        '\\' => written.Append("\\\\"),
        '\b' => written.Append("\\b"),
        '\t' => written.Append("\\t"),
        '\n' => written.Append("\\n"),
        '\f' => written.Append("\\f"),
        '\r' => written.Append("\\r"),
        < ' ' => written.Append("\\u").Append(((int)c).ToString("x4", CultureInfo.InvariantCulture)),
        _ => written.Append(c),
    };
}
