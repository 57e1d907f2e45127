using System.Data;
using System.Data.Common;
using System.Reflection;
using DbUp.Builder;
using DbUp.Engine;
using DbUp.Engine.Output;
using DbUp.Engine.Transactions;
using DbUp.ScriptProviders;
using Npgsql;

namespace Braintrust.Storage;

/// <summary>Brings a database to this version's schema. Safe to run again, and by several processes at once.</summary>
public static class StorageMigrations
{
    /// <summary>Any constant: whoever migrates this database holds this advisory lock.</summary>
    private const long LockKey = 0x42_54_52_53_54;

    /// <summary>A script may rewrite a large table, and another process may be at it.</summary>
    private const int TimeoutSeconds = 600;

    /// <summary>A process that starts has nothing better to do than to wait for a busy server.</summary>
    private const int ConnectTimeoutSeconds = 30;

    /// <summary>Applies what is missing in one transaction and answers the names of the scripts applied.</summary>
    /// <exception cref="ArgumentException">The options are unusable.</exception>
    /// <exception cref="StorageUnavailableException">The database cannot be reached.</exception>
    /// <exception cref="InvalidOperationException">A script failed: nothing was changed.</exception>
    public static Task<IReadOnlyList<string>> Apply(StorageOptions options, CancellationToken ct)
    {
        options.Validate();
        return Task.Run(
            () => options.Engine == StorageEngine.Sqlite ? ApplyToSqlite(options) : ApplyToPostgres(options), ct);
    }

    private static IReadOnlyList<string> ApplyToSqlite(StorageOptions options)
    {
        var path = Path.GetFullPath(options.SqlitePath);
        using var target = Begin(path, () => SqliteDatabase.Open(options, path, writes: true), "BEGIN IMMEDIATE");
        return Apply(target, "Sqlite");
    }

    private static IReadOnlyList<string> ApplyToPostgres(StorageOptions options)
    {
        var settings = new NpgsqlConnectionStringBuilder(options.PostgresConnectionString(1))
        {
            Pooling = false,
            Timeout = Math.Max(ConnectTimeoutSeconds, options.ConnectTimeoutSeconds),
        };
        using var target = Begin(
            $"{settings.Host}:{settings.Port}/{settings.Database}",
            () =>
            {
                var connection = new NpgsqlConnection(settings.ConnectionString);
                connection.Open();
                return connection;
            },
            $"BEGIN; SELECT pg_advisory_xact_lock({LockKey})");
        return Apply(target, "PostgreSql");
    }

    private static MigratedConnection Begin(string what, Func<DbConnection> open, string begin)
    {
        try
        {
            return MigratedConnection.Begin(open(), begin);
        }
        catch (Exception e) when (e is DbException or IOException or UnauthorizedAccessException or TimeoutException)
        {
            throw new StorageUnavailableException($"The database {what} cannot be opened: {e.Message}", e);
        }
    }

    private static IReadOnlyList<string> Apply(MigratedConnection target, string folder)
    {
        var configuration = new UpgradeConfiguration
        {
            ConnectionManager = target,
            ScriptExecutor = target,
            Journal = target,
            VariablesEnabled = false,
        };
        configuration.AddLog(new NoOpUpgradeLog());
        configuration.ScriptProviders.Add(new StaticScriptProvider(Scripts(folder)));
        var result = new UpgradeEngine(configuration).PerformUpgrade();
        target.Execute(result.Successful ? "COMMIT" : "ROLLBACK");
        return result.Successful
            ? [.. result.Scripts.Select(s => s.Name)]
            : throw new InvalidOperationException(
                $"Migration script {result.ErrorScript?.Name} failed, nothing was changed: {result.Error.Message}",
                result.Error);
    }

    private static IEnumerable<SqlScript> Scripts(string folder)
    {
        var assembly = Assembly.GetExecutingAssembly();
        foreach (var name in assembly.GetManifestResourceNames().Order(StringComparer.Ordinal))
        {
            if (!name.StartsWith(folder, StringComparison.Ordinal)) continue;
            using var text = new StreamReader(assembly.GetManifestResourceStream(name)!);
            yield return new SqlScript(Path.GetFileNameWithoutExtension(name[(folder.Length + 1)..]), text.ReadToEnd());
        }
    }

    /// <summary>
    /// DbUp on one connection inside one transaction. The packages for single engines open connections of their own,
    /// so two silos that start together would both find a script missing; here the transaction's lock covers journal
    /// and scripts alike.
    /// </summary>
    private sealed class MigratedConnection(DbConnection connection)
        : IConnectionManager, IScriptExecutor, IJournal, IDisposable
    {
        /// <summary>Waits for the lock that begins the transaction.</summary>
        public static MigratedConnection Begin(DbConnection connection, string begin)
        {
            var target = new MigratedConnection(connection);
            try
            {
                target.Execute(begin);
                return target;
            }
            catch
            {
                target.Dispose();
                throw;
            }
        }

        public TransactionMode TransactionMode { get; set; } = TransactionMode.NoTransaction;
        public bool IsScriptOutputLogged { get; set; }
        public int? ExecutionTimeoutSeconds { get; set; }

        public void Execute(string sql)
        {
            using var command = Command();
            command.CommandText = sql;
            command.ExecuteNonQuery();
        }

        public void Execute(SqlScript script) => Execute(script.Contents);

        public void Execute(SqlScript script, IDictionary<string, string>? variables)
        {
            Execute(script);
            StoreExecutedScript(script, Command);
        }

        public void VerifySchema()
        {
        }

        public string[] GetExecutedScripts()
        {
            EnsureTableExistsAndIsLatestVersion(Command);
            using var command = Command();
            command.CommandText = "SELECT name FROM schema_script";
            using var reader = command.ExecuteReader();
            var names = new List<string>();
            while (reader.Read()) names.Add(reader.GetString(0));
            return [.. names];
        }

        public void StoreExecutedScript(SqlScript script, Func<IDbCommand> command) =>
            Execute($"INSERT INTO schema_script (name, applied_at) VALUES ('{script.Name}', CURRENT_TIMESTAMP)");

        public void EnsureTableExistsAndIsLatestVersion(Func<IDbCommand> command) =>
            Execute("CREATE TABLE IF NOT EXISTS schema_script (name text PRIMARY KEY, applied_at text NOT NULL)");

        public IDisposable OperationStarting(IUpgradeLog log, List<SqlScript> executedScripts) => Command();

        public void ExecuteCommandsWithManagedConnection(Action<Func<IDbCommand>> action) => action(Command);

        public T ExecuteCommandsWithManagedConnection<T>(Func<Func<IDbCommand>, T> action) => action(Command);

        public IEnumerable<string> SplitScriptIntoCommands(string script) => [script];

        public bool TryConnect(IUpgradeLog log, out string error)
        {
            error = "";
            return true;
        }

        public void Dispose() => connection.Dispose();

        private DbCommand Command()
        {
            var command = connection.CreateCommand();
            command.CommandTimeout = TimeoutSeconds;
            return command;
        }
    }
}
