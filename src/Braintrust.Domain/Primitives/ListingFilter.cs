using System.Collections.Immutable;
using System.Text;

namespace Braintrust;

/// <summary>
/// Reads <c>filter</c> and <c>order_by</c>. The filter is a subset of AIP-160: comparisons joined by AND, such as
/// <c>phase = FUNDED AND held >= 1000 AND skills:"type design"</c>. Operators are = != &lt; &lt;= > >= and, for repeated
/// fields, <c>:</c> (has). A value with other characters than letters, digits and <c>_ - . : +</c> stands in double
/// quotes, in which a backslash takes the next character as it is. Sources: AIP-160, AIP-132 (ordering).
/// </summary>
public static class ListingFilter
{
    public const int LengthMax = 1_024;
    public const int TermsMax = 16;
    public const int OrdersMax = 4;

    /// <summary>Refused with FilterInvalid, naming the field <c>filter</c>.</summary>
    public static Outcome<ImmutableArray<ListingCondition>> Parse(string text, IReadOnlyList<ListingField> fields)
    {
        if (text.Length > LengthMax) return Bad($"A filter has at most {LengthMax} characters.");
        var reader = new Reader(text);
        var conditions = ImmutableArray.CreateBuilder<ListingCondition>();
        if (reader.AtEnd) return conditions.ToImmutable();
        do
        {
            if (conditions.Count == TermsMax) return Bad($"A filter has at most {TermsMax} comparisons.");
            if (!Term(ref reader, fields).Accepted(out var condition, out var refusal)) return refusal;
            conditions.Add(condition);
        }
        while (reader.TakeAnd());
        return reader.AtEnd ? conditions.ToImmutable() : Bad($"Join comparisons by AND: '{reader.Rest}' was not understood.");
    }

    /// <summary>
    /// Reads "field, field desc". Refused with InvalidArgument, naming the field <c>order_by</c>.
    /// </summary>
    public static Outcome<ImmutableArray<ListingOrder>> ParseOrder(string text, IReadOnlyList<ListingField> fields)
    {
        var orders = ImmutableArray.CreateBuilder<ListingOrder>();
        if (string.IsNullOrWhiteSpace(text)) return orders.ToImmutable();
        if (text.Length > LengthMax) return BadOrder($"An order has at most {LengthMax} characters.");
        foreach (var part in text.Split(','))
        {
            var words = part.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            if (words.Length is 0 or > 2 || (words.Length == 2 && words[1] is not ("asc" or "desc")))
                return BadOrder("An order is a list of fields, each with asc or desc behind it or nothing.");
            if (fields.FirstOrDefault(field => field.Sortable && field.Name == words[0]) is not { } named)
                return BadOrder($"Order by {Names(fields.Where(field => field.Sortable))}.");
            if (orders.Count == OrdersMax || orders.Any(order => order.Column == named.Column))
                return BadOrder($"At most {OrdersMax} fields, each once.");
            orders.Add(new ListingOrder(named.Column, words is [_, "desc"]));
        }

        return orders.ToImmutable();
    }

    private static Outcome<ListingCondition> Term(ref Reader reader, IReadOnlyList<ListingField> fields)
    {
        var name = reader.TakeWord();
        if (fields.FirstOrDefault(field => field.Name == name) is not { } field)
            return Bad($"Filter by {Names(fields)}, not by '{name}'.");
        var sign = reader.TakeOperator();
        if (sign.Length == 0) return Bad($"Behind {name} stands one of = != < <= > >= or :.");
        if (reader.TakeValue() is not { } text) return Bad($"A value is due behind {name} {sign}.");
        if (field.Read(text) is not { } value) return Bad($"{name} is {field.Shape}, not '{text}'.");
        if (field.ChildTable is { } table)
            return sign == ":" ? new ListingCondition.Has(table, field.Column, value) : Bad($"Ask for {name} by ':'.");
        return Operator(sign, field) is { } compared
            ? new ListingCondition.Compare(field.Column, compared, value)
            : Bad($"{name} cannot be compared by '{sign}'.");
    }

    private static ListingOperator? Operator(string sign, ListingField field) => sign switch
    {
        "=" => ListingOperator.Equal,
        "!=" => ListingOperator.NotEqual,
        _ when !field.IsOrdered => null,
        "<" => ListingOperator.Less,
        "<=" => ListingOperator.LessOrEqual,
        ">" => ListingOperator.Greater,
        ">=" => ListingOperator.GreaterOrEqual,
        _ => null,
    };

    private static string Names(IEnumerable<ListingField> fields) =>
        string.Join(", ", fields.Select(field => field.Name)) is { Length: > 0 } names ? names : "nothing";

    private static Refusal Bad(string message) => new(RefusalCode.FilterInvalid, message, "filter");

    private static Refusal BadOrder(string message) => new(RefusalCode.InvalidArgument, message, "order_by");

    /// <summary>A place in the text. What is taken is preceded by any number of spaces.</summary>
    private ref struct Reader(string text)
    {
        private int _at;

        public bool AtEnd
        {
            get
            {
                SkipSpaces();
                return _at == text.Length;
            }
        }

        public readonly string Rest => text[_at..];

        public string TakeWord() => Take(static c => char.IsAsciiLetterOrDigit(c) || c is '_' or '.');

        public string TakeOperator()
        {
            SkipSpaces();
            foreach (var sign in (ReadOnlySpan<string>)["!=", "<=", ">=", "=", "<", ">", ":"])
            {
                if (!text.AsSpan(_at).StartsWith(sign, StringComparison.Ordinal)) continue;
                _at += sign.Length;
                return sign;
            }

            return "";
        }

        /// <summary>The value without its quotes, or null when there is none or its quote never ends.</summary>
        public string? TakeValue()
        {
            SkipSpaces();
            if (_at < text.Length && text[_at] == '"') return TakeQuoted();
            var word = Take(static c => char.IsAsciiLetterOrDigit(c) || c is '_' or '-' or '.' or ':' or '+');
            return word.Length == 0 ? null : word;
        }

        public bool TakeAnd()
        {
            var before = _at;
            if (TakeWord() == "AND") return true;
            _at = before;
            return false;
        }

        private string? TakeQuoted()
        {
            var value = new StringBuilder();
            for (_at++; _at < text.Length && text[_at] != '"'; _at++)
            {
                if (text[_at] == '\\' && ++_at == text.Length) return null;
                value.Append(text[_at]);
            }

            return _at++ < text.Length ? value.ToString() : null;
        }

        private string Take(Func<char, bool> belongs)
        {
            SkipSpaces();
            var from = _at;
            while (_at < text.Length && belongs(text[_at])) _at++;
            return text[from.._at];
        }

        private void SkipSpaces()
        {
            while (_at < text.Length && text[_at] == ' ') _at++;
        }
    }
}
