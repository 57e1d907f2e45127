using System.Data.Common;
using System.Text;

namespace Braintrust.Storage;

/// <summary>
/// Writes the statement of a query. Every name comes from the declared tables and every value is a parameter: nothing a
/// caller wrote becomes SQL.
/// </summary>
internal sealed class ListingSql
{
    private readonly StringBuilder _sql = new();
    private readonly List<(string, object?)> _args = [];
    private readonly SideTable _table;
    private readonly Func<string, SideTable> _named;
    private readonly string _collation;

    private ListingSql(SideTable table, Func<string, SideTable> named, IDialect dialect) =>
        (_table, _named, _collation) = (table, named, dialect.TextCollation);

    public string Text => _sql.ToString();

    public (string, object?)[] Args => [.. _args];

    /// <summary>One row more than the page, so that it tells whether rows follow.</summary>
    public static ListingSql Page(ListingQuery query, Func<string, SideTable> named, IDialect dialect)
    {
        var sql = new ListingSql(named(query.Table), named, dialect);
        var orders = Orders(query, sql._table);
        sql.Select();
        sql._sql.Append(" WHERE ");
        sql.Join(" AND ", query.Where, sql.Condition, "1 = 1");
        if (query.After is { } after) sql.After(orders, after);
        sql._sql.Append(" ORDER BY ");
        sql.Join(", ", orders, order => sql.Sorted(order.Column).Append(order.Descending ? " DESC" : ""), "");
        sql._sql.Append(" LIMIT ").Append(sql.Arg((long)query.PageSize + 1));
        return sql;
    }

    public static ListingSql Leading(SideTable table, IReadOnlyList<object> leadingKey, IDialect dialect)
    {
        if (leadingKey.Count == 0 || leadingKey.Count > table.Key.Length)
            throw new ArgumentException($"Name 1 to {table.Key.Length} values of the key of {table.Name}.");
        var sql = new ListingSql(table, _ => table, dialect);
        sql.Select();
        sql._sql.Append(" WHERE ");
        sql.Join(" AND ", table.Key.Zip(leadingKey), part => sql.Compare(part.First, "=", part.Second), "");
        sql._sql.Append(" ORDER BY ");
        sql.Join(", ", table.Key, column => sql.Sorted(column), "");
        return sql;
    }

    /// <summary>The order asked for, made total by the key.</summary>
    public static List<(SideColumn Column, bool Descending)> Orders(ListingQuery query, SideTable table)
    {
        var orders = query.OrderBy.Select(order => (Column: table.Column(order.Column), order.Descending)).ToList();
        if (orders.Find(order => order.Column.Nullable).Column is { } absent)
            throw new ArgumentException($"{table.Name} cannot be sorted by {absent.Name}, which may be without value.");
        orders.AddRange(table.Key.Except(orders.Select(order => order.Column)).Select(column => (column, false)));
        return orders;
    }

    public static StoredRow Row(SideTable table, DbDataReader row)
    {
        var key = table.Key.Select((column, i) => Value(column, row, i)!);
        return new([.. key], [.. table.Values.Select((column, i) => Value(column, row, table.Key.Length + i))]);
    }

    private static object? Value(SideColumn column, DbDataReader row, int at) =>
        row.IsDBNull(at) ? null : column.Type switch
        {
            SideType.Text => row.GetString(at),
            SideType.Long => row.GetInt64(at),
            _ => row.GetFieldValue<byte[]>(at),
        };

    private void Select()
    {
        _sql.Append("SELECT ");
        Join(", ", _table.Columns, column => _sql.Append("t.").Append(column.Name), "");
        _sql.Append(" FROM ").Append(_table.Name).Append(" t");
    }

    private void Condition(ListingCondition condition)
    {
        switch (condition)
        {
            case ListingCondition.Compare compare:
                Compare(compare);
                break;
            case ListingCondition.Has has:
                Has(has);
                break;
            case ListingCondition.Any any:
                _sql.Append('(');
                Join(" OR ", any.Of, Condition, "1 = 0");
                _sql.Append(')');
                break;
        }
    }

    private void Compare(ListingCondition.Compare compare)
    {
        var column = _table.Column(compare.Column);
        if (compare.Operator == ListingOperator.NotEqual && column.Nullable)
        {
            _sql.Append('(');
            Compare(column, "<>", compare.Value);
            _sql.Append(" OR t.").Append(column.Name).Append(" IS NULL)");
            return;
        }

        var sign = compare.Operator switch
        {
            ListingOperator.Equal => "=",
            ListingOperator.NotEqual => "<>",
            ListingOperator.Less => "<",
            ListingOperator.LessOrEqual => "<=",
            ListingOperator.Greater => ">",
            ListingOperator.GreaterOrEqual => ">=",
            _ => throw new ArgumentException($"There is no comparison {compare.Operator}."),
        };
        Compare(column, sign, compare.Value);
    }

    private void Has(ListingCondition.Has has)
    {
        var child = _named(has.ChildTable);
        var belongs = child.Key.Length > _table.Key.Length
            && child.Key.Zip(_table.Key).All(pair => pair.First.Type == pair.Second.Type);
        if (!belongs) throw new ArgumentException($"The rows of {child.Name} do not belong to those of {_table.Name}.");
        _sql.Append("EXISTS (SELECT 1 FROM ").Append(child.Name).Append(" h WHERE ");
        foreach (var (own, listed) in child.Key.Zip(_table.Key))
            _sql.Append("h.").Append(own.Name).Append(" = t.").Append(listed.Name).Append(" AND ");
        var column = child.Column(has.Column);
        _sql.Append("h.").Append(column.Name).Append(" = ").Append(Arg(Fitting(child, column, has.Value))).Append(')');
    }

    /// <summary>
    /// Behind a position: later in the first column, or equal there and later in the next, and so on. The bound on the
    /// first column alone says nothing new, but lets an index begin there.
    /// </summary>
    private void After(IReadOnlyList<(SideColumn Column, bool Descending)> orders, IReadOnlyList<object> position)
    {
        if (position.Count != orders.Count)
            throw new ArgumentException($"A position of this order has {orders.Count} values, not {position.Count}.");
        _sql.Append(" AND ");
        Compare(orders[0].Column, orders[0].Descending ? "<=" : ">=", position[0]);
        for (var i = 0; i < orders.Count; i++)
        {
            _sql.Append(i == 0 ? " AND (" : " OR (");
            Compare(orders[i].Column, orders[i].Descending ? "<" : ">", position[i]);
            if (i == orders.Count - 1) continue;
            _sql.Append(" OR (");
            Compare(orders[i].Column, "=", position[i]);
            _sql.Append(" AND (1 = 0");
        }

        _sql.Append(')', 3 * orders.Count - 2);
    }

    private void Compare(SideColumn column, string sign, object value) =>
        Sorted(column).Append(' ').Append(sign).Append(' ').Append(Arg(Fitting(_table, column, value)));

    private StringBuilder Sorted(SideColumn column)
    {
        _sql.Append("t.").Append(column.Name);
        return column.Type == SideType.Text ? _sql.Append(_collation) : _sql;
    }

    private string Arg(object value)
    {
        var name = $"@p{_args.Count}";
        _args.Add((name, value));
        return name;
    }

    private void Join<T>(string between, IEnumerable<T> parts, Action<T> write, string none)
    {
        var any = false;
        foreach (var part in parts)
        {
            if (any) _sql.Append(between);
            any = true;
            write(part);
        }

        if (!any) _sql.Append(none);
    }

    private void Join<T>(string between, IEnumerable<T> parts, Func<T, StringBuilder> write, string none) =>
        Join(between, parts, part => { write(part); }, none);

    private static object Fitting(SideTable table, SideColumn column, object value) =>
        SideTables.Fits(column with { Nullable = false }, value)
            ? value
            : throw new ArgumentException($"{table.Name}.{column.Name} cannot be {value?.GetType().Name ?? "null"}.");
}
