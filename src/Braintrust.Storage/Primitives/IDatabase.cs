using System.Collections.Immutable;
using System.Data.Common;

namespace Braintrust.Storage;

/// <summary>Which queue a write stands in where one writer serves all.</summary>
internal enum Lane
{
    /// <summary>Somebody waits for the answer.</summary>
    Interactive,

    /// <summary>Chain ingestion, sweeping, projections.</summary>
    Bulk,
}

/// <summary>
/// One engine. Work runs in one transaction, never blocks the caller's thread, and must touch nothing but the session:
/// after a deadlock it runs again. Failures of the database are <see cref="StorageUnavailableException"/>; what the
/// database refuses (a constraint, a malformed value) passes through as the driver threw it.
/// </summary>
internal interface IDatabase : IAsyncDisposable
{
    /// <summary>Most units that one group commit takes.</summary>
    int BatchUnitsMax { get; }

    IDialect Dialect { get; }

    /// <summary>Runs work and commits. A cancelled wait does not stop a write that has begun.</summary>
    ValueTask<T> Write<T>(Lane lane, Func<DbSession, ValueTask<T>> work, CancellationToken ct);

    /// <summary>The same for one statement, which is a transaction by itself.</summary>
    ValueTask<T> WriteOne<T>(Lane lane, Func<DbSession, ValueTask<T>> work, CancellationToken ct);

    /// <summary>Runs one statement that only reads.</summary>
    ValueTask<T> Read<T>(Func<DbSession, ValueTask<T>> work, CancellationToken ct);

    /// <summary>Runs statements that only read and must all see the same moment.</summary>
    ValueTask<T> ReadSnapshot<T>(Func<DbSession, ValueTask<T>> work, CancellationToken ct);
}

/// <summary>
/// The statements that differ by engine because one takes arrays and the other repeats a prepared statement.
/// </summary>
internal interface IDialect
{
    /// <summary>Which of the requests were new and are now saved.</summary>
    ValueTask<bool[]> InsertRequests(DbSession db, IReadOnlyList<SavedRequest> requests);

    ValueTask DeleteRequests(DbSession db, IReadOnlyList<SavedRequest> requests);

    /// <summary>Which of the rows were new and are now there.</summary>
    ValueTask<bool[]> InsertRows(DbSession db, SideTable table, IReadOnlyList<Row> rows);

    ValueTask UpsertRows(DbSession db, SideTable table, IReadOnlyList<Row> rows);

    ValueTask DeleteRows(DbSession db, SideTable table, IReadOnlyList<Row> rows);

    /// <summary>The new version of each unit's state, or 0 where the stored one is not the expected one.</summary>
    ValueTask<long[]> WriteStates(DbSession db, IReadOnlyList<CommitUnit> units);

    /// <summary>Inserts facts at <paramref name="firstPos"/> and on, with their subject rows in key order.</summary>
    ValueTask InsertFacts(DbSession db, ulong chain, long firstPos, IReadOnlyList<Chain.Fact> facts);

    ValueTask UpsertHeaders(DbSession db, ulong chain, IReadOnlyList<Chain.BlockHeader> headers);

    /// <summary>The rows that have one of the keys, in any order.</summary>
    ValueTask<List<StoredRow>> ReadRows(DbSession db, SideTable table, IReadOnlyList<ImmutableArray<object>> keys);

    /// <summary>The standing facts of any of the subjects, in any order, some perhaps twice.</summary>
    ValueTask<List<Chain.LedgerFact>> ReadStanding(DbSession db, ulong chain, IReadOnlyList<ulong> subjects);

    /// <summary>What follows a text column so that it compares byte by byte; empty where it does so anyway.</summary>
    string TextCollation { get; }

    /// <summary>True when the error says that a unique key already exists.</summary>
    bool IsDuplicate(DbException error);
}

/// <summary>A connection inside a transaction.</summary>
/// <param name="prepared">
/// Statements kept for the next use of a connection whose driver works synchronously, on a thread of its own; null for
/// one that prepares by itself and is awaited.
/// </param>
internal sealed class DbSession(
    DbConnection connection, DbTransaction? transaction, Dictionary<string, DbCommand>? prepared, CancellationToken ct)
{
    public DbConnection Connection => connection;

    public ValueTask<int> Execute(string sql, params (string Name, object? Value)[] args)
    {
        var command = Command(sql, args);
        return prepared is null ? ExecuteOnce(command) : new(command.ExecuteNonQuery());
    }

    public ValueTask<List<T>> Query<T>(
        string sql, Func<DbDataReader, T> map, params (string Name, object? Value)[] args)
    {
        var command = Command(sql, args);
        return prepared is null ? QueryOnce(command, map) : new(QueryPrepared(command, map));
    }

    /// <summary>The same for statements of many shapes, which are not worth keeping prepared.</summary>
    public ValueTask<List<T>> QueryVaried<T>(
        string sql, Func<DbDataReader, T> map, params (string Name, object? Value)[] args)
    {
        var command = Fresh(sql, args);
        command.Transaction = transaction;
        if (prepared is null) return QueryOnce(command, map);
        using (command) return new(QueryPrepared(command, map));
    }

    /// <summary>The first row, or default.</summary>
    public async ValueTask<T?> First<T>(
        string sql, Func<DbDataReader, T> map, params (string Name, object? Value)[] args)
    {
        var rows = await Query(sql, map, args);
        return rows.Count > 0 ? rows[0] : default;
    }

    private DbCommand Command(string sql, (string Name, object? Value)[] args)
    {
        if (prepared is null || !prepared.TryGetValue(sql, out var command))
        {
            command = Fresh(sql, args);
            prepared?.Add(sql, command);
        }
        else
        {
            for (var i = 0; i < args.Length; i++) command.Parameters[i].Value = args[i].Value ?? DBNull.Value;
        }

        command.Transaction = transaction;
        return command;
    }

    private DbCommand Fresh(string sql, (string Name, object? Value)[] args)
    {
        var command = connection.CreateCommand();
        command.CommandText = sql;
        foreach (var (name, value) in args) Add(command, name, value);
        return command;
    }

    private async ValueTask<int> ExecuteOnce(DbCommand command)
    {
        await using (command) return await command.ExecuteNonQueryAsync(ct);
    }

    private async ValueTask<List<T>> QueryOnce<T>(DbCommand command, Func<DbDataReader, T> map)
    {
        await using (command)
        {
            var rows = new List<T>();
            await using var reader = await command.ExecuteReaderAsync(ct);
            while (await reader.ReadAsync(ct)) rows.Add(map(reader));
            return rows;
        }
    }

    private static List<T> QueryPrepared<T>(DbCommand command, Func<DbDataReader, T> map)
    {
        var rows = new List<T>();
        using var reader = command.ExecuteReader();
        while (reader.Read()) rows.Add(map(reader));
        return rows;
    }

    private static void Add(DbCommand command, string name, object? value)
    {
        var parameter = command.CreateParameter();
        parameter.ParameterName = name;
        parameter.Value = value ?? DBNull.Value;
        command.Parameters.Add(parameter);
    }
}
