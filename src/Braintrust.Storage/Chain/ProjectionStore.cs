using System.Collections.Immutable;
using Braintrust.Storage;

namespace Braintrust.Chain;

internal sealed class ProjectionStore(IDatabase database) : IProjectionStore
{
    public ValueTask<ProjectionMark> ReadMark(string projection, ulong chain, CancellationToken ct) => database.Read(
        db => db.First(
            "SELECT pos, block_no FROM projection WHERE name = @name AND chain = @chain",
            row => new ProjectionMark(row.GetInt64(0), (ulong)row.GetInt64(1)),
            ("@name", projection), ("@chain", (long)chain)),
        ct);

    public async ValueTask<IReadOnlyList<ProjectionPos>> ReadAll(CancellationToken ct) => await database.Read(
        db => db.Query(
            "SELECT name, chain, pos FROM projection ORDER BY name, chain",
            row => new ProjectionPos(row.GetString(0), (ulong)row.GetInt64(1), row.GetInt64(2))),
        ct);

    public async ValueTask<bool> Advance(ProjectionAdvance advance, CancellationToken ct)
    {
        foreach (var row in advance.Rows)
        {
            SideTables.Check(row);
            if (row.Change == RowChange.Insert)
                throw new ArgumentException($"A projection makes {row.Table} again at any time: no row must be new.");
        }

        return await database.Write(Lane.Bulk, db => Advance(db, advance), ct);
    }

    public async ValueTask Restart(string projection, ulong chain, ImmutableArray<string> tables, CancellationToken ct)
    {
        var emptied = tables.Select(SideTables.Named).ToList();
        if (emptied.Find(table => table.Key[0].Name != "chain") is { } unfit)
            throw new ArgumentException($"{unfit.Name} is not of chains.");
        await database.Write(
            Lane.Bulk,
            async db =>
            {
                await Begin(db, projection, chain);
                var moved = await db.Execute(
                    "UPDATE projection SET pos = 0, block_no = 0 WHERE name = @name AND chain = @chain",
                    ("@name", projection), ("@chain", (long)chain));
                foreach (var table in emptied)
                    await db.Execute($"DELETE FROM {table.Name} WHERE chain = @chain", ("@chain", (long)chain));
                return moved;
            },
            ct);
    }

    private async ValueTask<bool> Advance(DbSession db, ProjectionAdvance advance)
    {
        if (advance.From == ProjectionMark.Start) await Begin(db, advance.Projection, advance.Chain);
        var moved = await db.Execute(
            """
            UPDATE projection SET pos = @to, block_no = @toBlock
            WHERE name = @name AND chain = @chain AND pos = @from AND block_no = @fromBlock
            """,
            ("@to", advance.To.Pos), ("@toBlock", (long)advance.To.BlockNo), ("@name", advance.Projection),
            ("@chain", (long)advance.Chain), ("@from", advance.From.Pos), ("@fromBlock", (long)advance.From.BlockNo));
        if (moved == 0) return false;
        foreach (var change in advance.Rows.GroupBy(row => (row.Table, row.Change)))
        {
            var (table, rows) = (SideTables.Named(change.Key.Table), change.ToList());
            if (change.Key.Change == RowChange.Delete) await database.Dialect.DeleteRows(db, table, rows);
            else await database.Dialect.UpsertRows(db, table, rows);
        }

        return true;
    }

    private static ValueTask<int> Begin(DbSession db, string projection, ulong chain) => db.Execute(
        "INSERT INTO projection (name, chain, pos) VALUES (@name, @chain, 0) ON CONFLICT (name, chain) DO NOTHING",
        ("@name", projection), ("@chain", (long)chain));
}
