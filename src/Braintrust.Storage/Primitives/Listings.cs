using System.Collections.Immutable;

namespace Braintrust.Storage;

/// <param name="named">Finds a table by its name; those of <see cref="SideTables"/> but in tests.</param>
internal sealed class Listings(IDatabase database, Func<string, SideTable> named) : IListings, IRows
{
    public async ValueTask<ListingPage> Read(ListingQuery query, CancellationToken ct)
    {
        if (query.PageSize is < 1 or > ListingQuery.PageSizeMax)
            throw new ArgumentException($"A page has 1 to {ListingQuery.PageSizeMax} rows, not {query.PageSize}.");
        var table = named(query.Table);
        var sql = ListingSql.Page(query, named, database.Dialect);
        var rows = await database.Read(
            db => db.QueryVaried(sql.Text, row => ListingSql.Row(table, row), sql.Args), ct);
        var more = rows.Count > query.PageSize;
        if (more) rows.RemoveAt(query.PageSize);
        return new ListingPage([.. rows], more, rows.Count > 0 ? Position(query, table, rows[^1]) : null);
    }

    public async ValueTask<ImmutableArray<StoredRow>> Read(
        string table, ImmutableArray<object> leadingKey, CancellationToken ct) =>
        await database.Read(db => Leading(db, database.Dialect, named(table), leadingKey), ct);

    public async ValueTask<ImmutableArray<StoredRow>> ReadKeys(
        string table, IReadOnlyList<ImmutableArray<object>> keys, CancellationToken ct)
    {
        var wanted = named(table);
        foreach (var key in keys)
            if (key.Length != wanted.Key.Length || !wanted.Key.Zip(key).All(part => SideTables.Fits(part.First, part.Second)))
                throw new ArgumentException($"Not a key of {table}: {string.Join(", ", key)}.");
        return keys.Count == 0
            ? []
            : [.. await database.ReadSnapshot(db => database.Dialect.ReadRows(db, wanted, keys), ct)];
    }

    /// <summary>Rows by the beginning of their key, for who has a session already.</summary>
    internal static async ValueTask<ImmutableArray<StoredRow>> Leading(
        DbSession db, IDialect dialect, SideTable table, IReadOnlyList<object> leadingKey)
    {
        var sql = ListingSql.Leading(table, leadingKey, dialect);
        return [.. await db.Query(sql.Text, row => ListingSql.Row(table, row), sql.Args)];
    }

    private static ImmutableArray<object> Position(ListingQuery query, SideTable table, StoredRow last) =>
    [
        .. ListingSql.Orders(query, table).Select(order => table.Columns.IndexOf(order.Column) is var at
            && at < table.Key.Length ? last.Key[at] : last.Values[at - table.Key.Length]!),
    ];
}
