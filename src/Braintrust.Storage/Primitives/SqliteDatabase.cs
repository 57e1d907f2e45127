using System.Data.Common;
using Microsoft.Data.Sqlite;

namespace Braintrust.Storage;

/// <summary>
/// One SQLite file: one connection writes on a thread of its own, a few read on theirs. The driver is synchronous and
/// sleeps while the file is busy, so no other thread ever calls it.
/// </summary>
internal sealed class SqliteDatabase : IDatabase, IDisposable
{
    private readonly WorkLanes<Line> _writer;
    private readonly WorkLanes<Line> _readers;

    public SqliteDatabase(StorageOptions options)
    {
        var path = Path.GetFullPath(options.SqlitePath);
        var lengthMax = options.QueueLengthMax;
        _writer = new("storage-write", lanes: 2, threads: 1, lengthMax, () => new Line(options, path, writes: true));
        var readers = options.SqliteReadThreads;
        _readers = new("storage-read", lanes: 1, readers, lengthMax, () => new Line(options, path, writes: false));
    }

    /// <summary>Beyond this a batch delays its first member more than it saves.</summary>
    public int BatchUnitsMax => 256;

    public IDialect Dialect { get; } = new SqliteDialect();

    public ValueTask<T> Write<T>(Lane lane, Func<DbSession, ValueTask<T>> work, CancellationToken ct) =>
        _writer.Run((int)lane, line => line.Transact(work), ct);

    public ValueTask<T> WriteOne<T>(Lane lane, Func<DbSession, ValueTask<T>> work, CancellationToken ct) => Write(lane, work, ct);

    public ValueTask<T> Read<T>(Func<DbSession, ValueTask<T>> work, CancellationToken ct) => ReadSnapshot(work, ct);

    public ValueTask<T> ReadSnapshot<T>(Func<DbSession, ValueTask<T>> work, CancellationToken ct) =>
        _readers.Run(0, line => line.Transact(work), ct);

    public void Dispose()
    {
        _readers.Dispose();
        _writer.Dispose();
    }

    public async ValueTask DisposeAsync() => await Task.Run(Dispose);

    /// <summary>Opens the file with durable commits; the folder is created.</summary>
    internal static SqliteConnection Open(StorageOptions options, string path, bool writes)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        var connection = new SqliteConnection(new SqliteConnectionStringBuilder
        {
            DataSource = path,
            Pooling = false,
            DefaultTimeout = options.CommandTimeoutSeconds,
        }.ConnectionString);
        connection.Open();
        using var pragmas = connection.CreateCommand();
        pragmas.CommandText = $"""
            PRAGMA busy_timeout = {options.CommandTimeoutSeconds * 1000};
            PRAGMA journal_mode = WAL;
            PRAGMA synchronous = FULL;
            PRAGMA temp_store = MEMORY;
            PRAGMA cache_size = {(writes ? -65_536 : -16_384)};
            PRAGMA query_only = {(writes ? 0 : 1)};
            """;
        pragmas.ExecuteNonQuery();
        return connection;
    }

    /// <summary>A thread's connection, opened at first use and again after the file failed.</summary>
    private sealed class Line(StorageOptions options, string path, bool writes) : IDisposable
    {
        private readonly Dictionary<string, DbCommand> _prepared = [];
        private SqliteConnection? _connection;

        public T Transact<T>(Func<DbSession, ValueTask<T>> work)
        {
            try
            {
                _connection ??= Open(options, path, writes);
                return InTransaction(new DbSession(_connection, null, _prepared, CancellationToken.None), work);
            }
            catch (SqliteException e) when (IsUnavailable(e))
            {
                Dispose();
                throw new StorageUnavailableException($"SQLite failed: {e.Message}", e);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                throw new StorageUnavailableException($"The SQLite file cannot be used: {e.Message}", e);
            }
        }

        public void Dispose()
        {
            foreach (var command in _prepared.Values) command.Dispose();
            _prepared.Clear();
            _connection?.Dispose();
            _connection = null;
        }

        private T InTransaction<T>(DbSession session, Func<DbSession, ValueTask<T>> work)
        {
            Now(session.Execute(writes ? "BEGIN IMMEDIATE" : "BEGIN"));
            try
            {
                var result = Now(work(session));
                Now(session.Execute("COMMIT"));
                return result;
            }
            catch
            {
                RollBack(session);
                throw;
            }
        }

        private void RollBack(DbSession session)
        {
            try
            {
                Now(session.Execute("ROLLBACK"));
            }
            catch (SqliteException)
            {
                // SQLite has rolled back by itself (disk full, I/O error) or the connection is beyond use: start anew.
                Dispose();
            }
        }

        /// <summary>The driver works synchronously, so its tasks have ended when they are returned.</summary>
        private static T Now<T>(ValueTask<T> work) =>
            work.IsCompleted
                ? work.GetAwaiter().GetResult()
                : throw new InvalidOperationException("Work on SQLite awaited something else than its session.");

        private static bool IsUnavailable(SqliteException e) => e.SqliteErrorCode is not (
            SQLitePCL.raw.SQLITE_ERROR or SQLitePCL.raw.SQLITE_CONSTRAINT or SQLitePCL.raw.SQLITE_MISMATCH
            or SQLitePCL.raw.SQLITE_TOOBIG or SQLitePCL.raw.SQLITE_RANGE or SQLitePCL.raw.SQLITE_MISUSE);
    }
}
