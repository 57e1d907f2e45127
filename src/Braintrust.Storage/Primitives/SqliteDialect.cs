using System.Collections.Immutable;
using System.Data.Common;
using Braintrust.Chain;
using Microsoft.Data.Sqlite;

namespace Braintrust.Storage;

/// <summary>Repeats prepared statements: with the database in process there is no round trip to save.</summary>
internal sealed class SqliteDialect : IDialect
{
    public async ValueTask<bool[]> InsertRequests(DbSession db, IReadOnlyList<SavedRequest> requests)
    {
        var inserted = new bool[requests.Count];
        for (var i = 0; i < requests.Count; i++)
        {
            var r = requests[i];
            inserted[i] = await db.Execute(
                """
                INSERT INTO request (caller, request_id, body_hash, result, at_ms)
                VALUES (@caller, @id, @body, @result, @at) ON CONFLICT DO NOTHING
                """,
                ("@caller", r.Caller), ("@id", r.RequestId.ToByteArray(bigEndian: true)),
                ("@body", r.BodyHash.ToBytes()), ("@result", r.Result), ("@at", r.At.ToUnixTimeMilliseconds())) == 1;
        }

        return inserted;
    }

    public async ValueTask DeleteRequests(DbSession db, IReadOnlyList<SavedRequest> requests)
    {
        foreach (var r in requests)
            await db.Execute(
                "DELETE FROM request WHERE caller = @caller AND request_id = @id",
                ("@caller", r.Caller), ("@id", r.RequestId.ToByteArray(bigEndian: true)));
    }

    public async ValueTask<bool[]> InsertRows(DbSession db, SideTable table, IReadOnlyList<Row> rows)
    {
        var sql = $"INSERT INTO {Columns(table)} VALUES ({Places(table)}) ON CONFLICT DO NOTHING";
        var inserted = new bool[rows.Count];
        for (var i = 0; i < rows.Count; i++)
            inserted[i] = await db.Execute(sql, Values(table.Columns, [.. rows[i].Key, .. rows[i].Values])) == 1;
        return inserted;
    }

    public async ValueTask UpsertRows(DbSession db, SideTable table, IReadOnlyList<Row> rows)
    {
        var keys = string.Join(", ", table.Key.Select(c => c.Name));
        var sets = string.Join(", ", table.Values.Select(c => $"{c.Name} = excluded.{c.Name}"));
        var otherwise = table.Values.IsEmpty ? "DO NOTHING" : $"DO UPDATE SET {sets}";
        var sql = $"INSERT INTO {Columns(table)} VALUES ({Places(table)}) ON CONFLICT ({keys}) {otherwise}";
        foreach (var row in rows) await db.Execute(sql, Values(table.Columns, [.. row.Key, .. row.Values]));
    }

    public async ValueTask DeleteRows(DbSession db, SideTable table, IReadOnlyList<Row> rows)
    {
        var where = string.Join(" AND ", table.Key.Select(c => $"{c.Name} = @{c.Name}"));
        foreach (var row in rows)
            await db.Execute($"DELETE FROM {table.Name} WHERE {where}", Values(table.Key, [.. row.Key]));
    }

    public async ValueTask<long[]> WriteStates(DbSession db, IReadOnlyList<CommitUnit> units)
    {
        var versions = new long[units.Count];
        for (var i = 0; i < units.Count; i++)
            versions[i] = units[i].ExpectedVersion == 0 ? await First(db, units[i]) : await Next(db, units[i]);
        return versions;
    }

    public async ValueTask InsertFacts(DbSession db, ulong chain, long firstPos, IReadOnlyList<Fact> facts)
    {
        for (var i = 0; i < facts.Count; i++)
        {
            var f = facts[i];
            await db.Execute(
                """
                INSERT INTO chain_fact (chain, pos, block_no, block_hash, block_time, tx_hash, log_index, contract,
                                        kind, payload, subjects)
                VALUES (@chain, @pos, @block, @hash, @time, @tx, @log, @contract, @kind, @payload, @subjects)
                """,
                ("@chain", (long)chain), ("@pos", firstPos + i), ("@block", (long)f.BlockNo),
                ("@hash", f.BlockHash.ToBytes()), ("@time", (long)f.BlockTime.Seconds), ("@tx", f.TxHash.ToBytes()),
                ("@log", (long)f.LogIndex), ("@contract", f.Contract.ToBytes()), ("@kind", (long)f.Kind),
                ("@payload", f.Payload), ("@subjects", LedgerRows.Pack(f.Subjects)));
        }

        foreach (var (subject, pos) in LedgerRows.Subjects(firstPos, facts))
            await db.Execute(
                "INSERT INTO chain_subject (chain, subject, pos) VALUES (@chain, @subject, @pos)",
                ("@chain", (long)chain), ("@subject", subject), ("@pos", pos));
    }

    public async ValueTask UpsertHeaders(DbSession db, ulong chain, IReadOnlyList<BlockHeader> headers)
    {
        foreach (var h in headers)
            await db.Execute(
                """
                INSERT INTO chain_header (chain, number, hash, parent_hash, time)
                VALUES (@chain, @number, @hash, @parent, @time)
                ON CONFLICT (chain, number) DO UPDATE
                SET hash = excluded.hash, parent_hash = excluded.parent_hash, time = excluded.time
                """,
                ("@chain", (long)chain), ("@number", (long)h.Number), ("@hash", h.Hash.ToBytes()),
                ("@parent", h.ParentHash.ToBytes()), ("@time", (long)h.Time.Seconds));
    }

    public async ValueTask<List<StoredRow>> ReadRows(
        DbSession db, SideTable table, IReadOnlyList<ImmutableArray<object>> keys)
    {
        var where = string.Join(" AND ", table.Key.Select(c => $"{c.Name} = @{c.Name}"));
        var sql = $"SELECT {string.Join(", ", table.Columns.Select(c => c.Name))} FROM {table.Name} WHERE {where}";
        var rows = new List<StoredRow>(keys.Count);
        foreach (var key in keys)
            rows.AddRange(await db.Query(sql, row => ListingSql.Row(table, row), Values(table.Key, [.. key])));
        return rows;
    }

    public async ValueTask<List<LedgerFact>> ReadStanding(DbSession db, ulong chain, IReadOnlyList<ulong> subjects)
    {
        var facts = new List<LedgerFact>();
        foreach (var subject in subjects)
            facts.AddRange(await db.Query(
                $"""
                SELECT {LedgerRows.FactColumns} FROM chain_subject s
                JOIN chain_fact f ON f.chain = s.chain AND f.pos = s.pos
                WHERE s.chain = @chain AND s.subject = @subject AND f.orphaned_by IS NULL
                """,
                LedgerRows.Fact, ("@chain", (long)chain), ("@subject", (long)subject)));
        return facts;
    }

    public string TextCollation => "";

    public bool IsDuplicate(DbException error) => error is SqliteException
    {
        SqliteExtendedErrorCode: SQLitePCL.raw.SQLITE_CONSTRAINT_UNIQUE or SQLitePCL.raw.SQLITE_CONSTRAINT_PRIMARYKEY,
    };

    private static async ValueTask<long> First(DbSession db, CommitUnit unit) => await db.First(
        """
        INSERT INTO grain_state (state_name, key, version, schema_version, payload)
        VALUES (@name, @key, 1, @schema, @payload)
        ON CONFLICT (state_name, key) DO UPDATE
        SET version = version + 1, schema_version = excluded.schema_version, payload = excluded.payload
        WHERE payload IS NULL
        RETURNING version
        """,
        row => row.GetInt64(0),
        ("@name", unit.StateName), ("@key", unit.Key), ("@schema", (long)unit.SchemaVersion),
        ("@payload", unit.Payload));

    private static async ValueTask<long> Next(DbSession db, CommitUnit unit)
    {
        var changed = await db.Execute(
            """
            UPDATE grain_state SET version = version + 1, schema_version = @schema, payload = @payload
            WHERE state_name = @name AND key = @key AND version = @expected
            """,
            ("@schema", (long)unit.SchemaVersion), ("@payload", unit.Payload), ("@name", unit.StateName),
            ("@key", unit.Key), ("@expected", unit.ExpectedVersion));
        return changed == 1 ? unit.ExpectedVersion + 1 : 0;
    }

    private static string Columns(SideTable table) =>
        $"{table.Name} ({string.Join(", ", table.Columns.Select(c => c.Name))})";

    private static string Places(SideTable table) => string.Join(", ", table.Columns.Select(c => "@" + c.Name));

    private static (string, object?)[] Values(IEnumerable<SideColumn> columns, object?[] values) =>
        [.. columns.Zip(values, (c, v) => ("@" + c.Name, v))];
}
