using System.Collections.Immutable;
using System.Data.Common;
using Braintrust.Chain;
using Npgsql;
using NpgsqlTypes;

namespace Braintrust.Storage;

/// <summary>Whole batches as arrays through unnest, facts through COPY: one round trip each.</summary>
internal sealed class PostgresDialect : IDialect
{
    public async ValueTask<bool[]> InsertRequests(DbSession db, IReadOnlyList<SavedRequest> requests)
    {
        var inserted = await db.Query(
            """
            INSERT INTO request (caller, request_id, body_hash, result, at_ms)
            SELECT * FROM unnest(@callers, @ids, @bodies, @results, @ats)
            ON CONFLICT DO NOTHING
            RETURNING caller, request_id
            """,
            row => (row.GetString(0), new Guid(row.GetFieldValue<byte[]>(1), bigEndian: true)),
            ("@callers", Array(requests, r => r.Caller)), ("@ids", Array(requests, IdBytes)),
            ("@bodies", Array(requests, r => r.BodyHash.ToBytes())), ("@results", Array(requests, r => r.Result)),
            ("@ats", Array(requests, r => r.At.ToUnixTimeMilliseconds())));
        var news = inserted.ToHashSet();
        return Array(requests, r => news.Contains((r.Caller, r.RequestId)));
    }

    public async ValueTask DeleteRequests(DbSession db, IReadOnlyList<SavedRequest> requests) => await db.Execute(
        """
        DELETE FROM request r USING unnest(@callers, @ids) AS gone(caller, request_id)
        WHERE r.caller = gone.caller AND r.request_id = gone.request_id
        """,
        ("@callers", Array(requests, r => r.Caller)), ("@ids", Array(requests, IdBytes)));

    public async ValueTask<bool[]> InsertRows(DbSession db, SideTable table, IReadOnlyList<Row> rows)
    {
        var inserted = await db.Query(
            $"INSERT INTO {Columns(table)} SELECT * FROM unnest({Places(table.Columns)}) "
            + $"ON CONFLICT DO NOTHING RETURNING {Names(table.Key)}",
            row => SideTables.Identity(table, table.Key.Select((_, i) => row.GetValue(i))),
            Arrays(table.Columns, rows, r => [.. r.Key, .. r.Values]));
        var news = inserted.ToHashSet();
        return Array(rows, r => news.Contains(SideTables.Identity(table, r.Key)));
    }

    public async ValueTask UpsertRows(DbSession db, SideTable table, IReadOnlyList<Row> rows)
    {
        var sets = string.Join(", ", table.Values.Select(c => $"{c.Name} = excluded.{c.Name}"));
        var otherwise = table.Values.IsEmpty ? "DO NOTHING" : $"DO UPDATE SET {sets}";
        await db.Execute(
            $"INSERT INTO {Columns(table)} SELECT * FROM unnest({Places(table.Columns)}) "
            + $"ON CONFLICT ({Names(table.Key)}) {otherwise}",
            Arrays(table.Columns, rows, r => [.. r.Key, .. r.Values]));
    }

    public async ValueTask DeleteRows(DbSession db, SideTable table, IReadOnlyList<Row> rows)
    {
        var where = string.Join(" AND ", table.Key.Select(c => $"t.{c.Name} = gone.{c.Name}"));
        await db.Execute(
            $"DELETE FROM {table.Name} t USING unnest({Places(table.Key)}) AS gone({Names(table.Key)}) WHERE {where}",
            Arrays(table.Key, rows, r => [.. r.Key]));
    }

    public async ValueTask<long[]> WriteStates(DbSession db, IReadOnlyList<CommitUnit> units)
    {
        var versions = new long[units.Count];
        var written = await db.Query(
            """
            WITH input AS (
                SELECT * FROM unnest(@numbers, @names, @keys, @expected, @schemas, @payloads)
                AS i(number, state_name, key, expected, schema_version, payload)
            ), updated AS (
                UPDATE grain_state s
                SET version = s.version + 1, schema_version = i.schema_version, payload = i.payload
                FROM input i
                WHERE i.expected > 0 AND s.state_name = i.state_name AND s.key = i.key AND s.version = i.expected
                RETURNING i.number, s.version
            ), inserted AS (
                INSERT INTO grain_state (state_name, key, version, schema_version, payload)
                SELECT state_name, key, 1, schema_version, payload FROM input WHERE expected = 0
                ON CONFLICT (state_name, key) DO UPDATE
                SET version = grain_state.version + 1, schema_version = excluded.schema_version,
                    payload = excluded.payload
                WHERE grain_state.payload IS NULL
                RETURNING state_name, key, version
            )
            SELECT number, version FROM updated
            UNION ALL
            SELECT i.number, n.version FROM inserted n JOIN input i ON i.state_name = n.state_name AND i.key = n.key
            """,
            row => (Number: row.GetInt32(0), Version: row.GetInt64(1)),
            ("@numbers", Enumerable.Range(0, units.Count).ToArray()), ("@names", Array(units, u => u.StateName)),
            ("@keys", Array(units, u => u.Key)), ("@expected", Array(units, u => u.ExpectedVersion)),
            ("@schemas", Array(units, u => u.SchemaVersion)), ("@payloads", Array(units, u => u.Payload)));
        foreach (var (number, version) in written) versions[number] = version;
        return versions;
    }

    public async ValueTask InsertFacts(DbSession db, ulong chain, long firstPos, IReadOnlyList<Fact> facts)
    {
        var connection = (NpgsqlConnection)db.Connection;
        await using (var copy = await connection.BeginBinaryImportAsync(
            """
            COPY chain_fact (chain, pos, block_no, block_hash, block_time, tx_hash, log_index, contract, kind, payload,
                             subjects)
            FROM STDIN (FORMAT BINARY)
            """))
        {
            for (var i = 0; i < facts.Count; i++) await CopyFact(copy, chain, firstPos + i, facts[i]);
            await copy.CompleteAsync();
        }

        await using (var copy = await connection.BeginBinaryImportAsync(
            "COPY chain_subject (chain, subject, pos) FROM STDIN (FORMAT BINARY)"))
        {
            foreach (var (subject, pos) in LedgerRows.Subjects(firstPos, facts))
            {
                await copy.StartRowAsync();
                await copy.WriteAsync((long)chain, NpgsqlDbType.Bigint);
                await copy.WriteAsync(subject, NpgsqlDbType.Bigint);
                await copy.WriteAsync(pos, NpgsqlDbType.Bigint);
            }

            await copy.CompleteAsync();
        }
    }

    public async ValueTask UpsertHeaders(DbSession db, ulong chain, IReadOnlyList<BlockHeader> headers)
    {
        if (headers.Count == 0) return;
        await db.Execute(
            """
            INSERT INTO chain_header (chain, number, hash, parent_hash, time)
            SELECT @chain, * FROM unnest(@numbers, @hashes, @parents, @times)
            ON CONFLICT (chain, number) DO UPDATE
            SET hash = excluded.hash, parent_hash = excluded.parent_hash, time = excluded.time
            """,
            ("@chain", (long)chain), ("@numbers", Array(headers, h => (long)h.Number)),
            ("@hashes", Array(headers, h => h.Hash.ToBytes())),
            ("@parents", Array(headers, h => h.ParentHash.ToBytes())),
            ("@times", Array(headers, h => (long)h.Time.Seconds)));
    }

    public ValueTask<List<StoredRow>> ReadRows(
        DbSession db, SideTable table, IReadOnlyList<ImmutableArray<object>> keys)
    {
        var on = string.Join(" AND ", table.Key.Select(c => $"t.{c.Name} = k.{c.Name}"));
        var columns = string.Join(", ", table.Columns.Select(c => "t." + c.Name));
        Row[] wanted = [.. keys.Select(key => new Row(table.Name, RowChange.Delete, key, []))];
        return db.Query(
            $"SELECT {columns} FROM {table.Name} t JOIN unnest({Places(table.Key)}) AS k({Names(table.Key)}) ON {on}",
            row => ListingSql.Row(table, row), Arrays(table.Key, wanted, r => [.. r.Key]));
    }

    public ValueTask<List<LedgerFact>> ReadStanding(DbSession db, ulong chain, IReadOnlyList<ulong> subjects) => db.Query(
        $"""
        SELECT {LedgerRows.FactColumns} FROM chain_subject s
        JOIN chain_fact f ON f.chain = s.chain AND f.pos = s.pos
        WHERE s.chain = @chain AND s.subject = ANY(@subjects) AND f.orphaned_by IS NULL
        """,
        LedgerRows.Fact, ("@chain", (long)chain), ("@subjects", Array(subjects, s => (long)s)));

    public string TextCollation => " COLLATE \"C\"";

    public bool IsDuplicate(DbException error) =>
        error is PostgresException { SqlState: PostgresErrorCodes.UniqueViolation };

    private static async ValueTask CopyFact(NpgsqlBinaryImporter copy, ulong chain, long pos, Fact f)
    {
        await copy.StartRowAsync();
        await copy.WriteAsync((long)chain, NpgsqlDbType.Bigint);
        await copy.WriteAsync(pos, NpgsqlDbType.Bigint);
        await copy.WriteAsync((long)f.BlockNo, NpgsqlDbType.Bigint);
        await copy.WriteAsync(f.BlockHash.ToBytes(), NpgsqlDbType.Bytea);
        await copy.WriteAsync((long)f.BlockTime.Seconds, NpgsqlDbType.Bigint);
        await copy.WriteAsync(f.TxHash.ToBytes(), NpgsqlDbType.Bytea);
        await copy.WriteAsync((long)f.LogIndex, NpgsqlDbType.Bigint);
        await copy.WriteAsync(f.Contract.ToBytes(), NpgsqlDbType.Bytea);
        await copy.WriteAsync((short)f.Kind, NpgsqlDbType.Smallint);
        await copy.WriteAsync(f.Payload, NpgsqlDbType.Bytea);
        await copy.WriteAsync(LedgerRows.Pack(f.Subjects), NpgsqlDbType.Bytea);
    }

    private static byte[] IdBytes(SavedRequest request) => request.RequestId.ToByteArray(bigEndian: true);

    private static TTo[] Array<TFrom, TTo>(IReadOnlyList<TFrom> from, Func<TFrom, TTo> map) => [.. from.Select(map)];

    private static string Columns(SideTable table) => $"{table.Name} ({Names(table.Columns)})";

    private static string Names(IEnumerable<SideColumn> columns) => string.Join(", ", columns.Select(c => c.Name));

    private static string Places(IEnumerable<SideColumn> columns) =>
        string.Join(", ", columns.Select(c => "@" + c.Name));

    private static (string, object?)[] Arrays(
        IReadOnlyList<SideColumn> columns, IReadOnlyList<Row> rows, Func<Row, object?[]> values)
    {
        var cells = Array(rows, values);
        return [.. columns.Select((c, i) => ("@" + c.Name, (object?)Column(c.Type, cells.Select(row => row[i]))))];
    }

    private static Array Column(SideType type, IEnumerable<object?> cells) => type switch
    {
        SideType.Text => cells.Select(c => (string?)c).ToArray(),
        SideType.Long => cells.Select(c => (long?)c).ToArray(),
        _ => cells.Select(c => (byte[]?)c).ToArray(),
    };
}
