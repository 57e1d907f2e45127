using System.Collections.Immutable;

namespace Braintrust;

/// <summary>
/// What to read of a side table, one page at a time. Values have the types of <see cref="Row"/>: string, long, byte[].
/// Text and bytes compare byte by byte (UTF-8), on every engine.
/// </summary>
/// <param name="Table">A table that storage's schema declares as a side table.</param>
/// <param name="Where">All of them must hold.</param>
/// <param name="OrderBy">Columns to sort by; the table's key follows, ascending, so that the order is total.</param>
/// <param name="PageSize">Most rows to answer, 1 to <see cref="PageSizeMax"/>.</param>
/// <param name="After">
/// Position of the last row seen, as <see cref="ListingPage"/> told it: values of the order's columns, then of the key.
/// Null for the first page.
/// </param>
public sealed record ListingQuery(
    string Table, ImmutableArray<ListingCondition> Where, ImmutableArray<ListingOrder> OrderBy, int PageSize,
    ImmutableArray<object>? After = null)
{
    public const int PageSizeMax = 200;
    public const int PageSizeDefault = 50;
}

/// <summary>How a column compares.</summary>
public enum ListingOperator
{
    Equal = 1,

    /// <summary>True for a column without value.</summary>
    NotEqual = 2,
    Less = 3,
    LessOrEqual = 4,
    Greater = 5,
    GreaterOrEqual = 6,
}

/// <summary>What a row must fulfil.</summary>
public abstract record ListingCondition
{
    private ListingCondition() { }

    /// <summary>A column without value fulfils <see cref="ListingOperator.NotEqual"/> only.</summary>
    public sealed record Compare(string Column, ListingOperator Operator, object Value) : ListingCondition;

    /// <summary>
    /// Some row of <paramref name="ChildTable"/>, whose key begins with the listed table's key, has this value.
    /// </summary>
    public sealed record Has(string ChildTable, string Column, object Value) : ListingCondition;

    /// <summary>At least one of them holds; false when there is none.</summary>
    public sealed record Any(ImmutableArray<ListingCondition> Of) : ListingCondition;

    public static ListingCondition Equal(string column, object value) =>
        new Compare(column, ListingOperator.Equal, value);

    /// <summary>The column has one of the values.</summary>
    public static ListingCondition OneOf(string column, IEnumerable<object> values) =>
        new Any([.. values.Select(value => Equal(column, value))]);
}

/// <param name="Column">A column that always has a value.</param>
public sealed record ListingOrder(string Column, bool Descending = false);

/// <param name="More">Whether rows follow.</param>
/// <param name="Last">Position of the last row, for <see cref="ListingQuery.After"/>; null when there is none.</param>
public sealed record ListingPage(ImmutableArray<StoredRow> Rows, bool More, ImmutableArray<object>? Last);

/// <summary>A side row as it is stored.</summary>
/// <param name="Key">Values of the key columns, in schema order.</param>
/// <param name="Values">Values of the other columns, in schema order.</param>
public sealed record StoredRow(ImmutableArray<object> Key, ImmutableArray<object?> Values);
