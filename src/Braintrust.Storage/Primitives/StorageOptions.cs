using Npgsql;

namespace Braintrust.Storage;

public enum StorageEngine
{
    /// <summary>One file, one process: the embedded default.</summary>
    Sqlite,

    /// <summary>Shared by the silos of a cluster.</summary>
    PostgreSql,
}

/// <summary>Which database keeps the ledger and the states. One database serves one deployment.</summary>
public sealed record StorageOptions
{
    public StorageEngine Engine { get; init; } = StorageEngine.Sqlite;

    /// <summary>
    /// File of the SQLite database; its folder is created. Default: braintrust.db in the working folder.
    /// </summary>
    public string SqlitePath { get; init; } = "braintrust.db";

    /// <summary>Threads that read SQLite, 1 to 16. Default 4.</summary>
    public int SqliteReadThreads { get; init; } = 4;

    /// <summary>Npgsql connection string. Required for PostgreSQL, without a default.</summary>
    public string ConnectionString { get; init; } = "";

    /// <summary>
    /// Connections to PostgreSQL this process may open for storage, 4 to 500. Default 16. Membership and plain states
    /// share 8 more: four processes fit a server with its usual 100.
    /// </summary>
    public int PostgresConnectionsMax { get; init; } = 16;

    /// <summary>Seconds to wait for a connection to PostgreSQL, 1 to 60. Default 3.</summary>
    public int ConnectTimeoutSeconds { get; init; } = 3;

    /// <summary>Seconds one statement may take, 1 to 600. Default 15.</summary>
    public int CommandTimeoutSeconds { get; init; } = 15;

    /// <summary>
    /// Writes and reads that may wait in each queue before callers wait, 64 to 1,000,000. Default 8,192.
    /// </summary>
    public int QueueLengthMax { get; init; } = 8_192;

    /// <summary>What is wrong, one sentence per option; empty when all is well.</summary>
    public IReadOnlyList<string> Problems()
    {
        var problems = new List<string>();
        if (Engine == StorageEngine.Sqlite && string.IsNullOrWhiteSpace(SqlitePath))
            problems.Add("SqlitePath is empty: name the file of the SQLite database (default braintrust.db).");
        if (Engine == StorageEngine.PostgreSql) CheckConnectionString(problems);
        Range(problems, nameof(SqliteReadThreads), SqliteReadThreads, 1, 16, "threads", 4);
        Range(problems, nameof(PostgresConnectionsMax), PostgresConnectionsMax, 4, 500, "connections", 16);
        Range(problems, nameof(ConnectTimeoutSeconds), ConnectTimeoutSeconds, 1, 60, "seconds", 3);
        Range(problems, nameof(CommandTimeoutSeconds), CommandTimeoutSeconds, 1, 600, "seconds", 15);
        Range(problems, nameof(QueueLengthMax), QueueLengthMax, 64, 1_000_000, "waiting operations", 8_192);
        return problems;
    }

    /// <exception cref="ArgumentException">At least one option is unusable; the message names all of them.</exception>
    public void Validate()
    {
        var problems = Problems();
        if (problems.Count > 0) throw new ArgumentException("Storage: " + string.Join(' ', problems));
    }

    /// <summary>
    /// The connection string in force: the given one with this system's timeouts, pool and durability.
    /// </summary>
    internal string PostgresConnectionString(int connectionsMax)
    {
        var settings = new NpgsqlConnectionStringBuilder(ConnectionString)
        {
            Timeout = ConnectTimeoutSeconds,
            CommandTimeout = CommandTimeoutSeconds,
            MaxPoolSize = connectionsMax,
            MaxAutoPrepare = 64,
            AutoPrepareMinUsages = 2,
            NoResetOnClose = true,
        };
        // An acknowledged write is durable, whatever the server's default is.
        settings.Options = $"{settings.Options} -c synchronous_commit=on".TrimStart();
        return settings.ConnectionString;
    }

    private void CheckConnectionString(List<string> problems)
    {
        if (string.IsNullOrWhiteSpace(ConnectionString))
        {
            problems.Add("ConnectionString is empty: PostgreSQL needs one, such as Host=db;Database=braintrust.");
            return;
        }

        try
        {
            if (string.IsNullOrEmpty(new NpgsqlConnectionStringBuilder(ConnectionString).Host))
                problems.Add("ConnectionString names no Host.");
        }
        catch (ArgumentException e)
        {
            problems.Add($"ConnectionString cannot be read: {e.Message}");
        }
    }

    private static void Range(
        List<string> problems, string name, int value, int min, int max, string unit, int standard)
    {
        if (value < min || value > max)
            problems.Add($"{name} is {value}: it must be {min} to {max} {unit} (default {standard}).");
    }
}

/// <summary>Names under which grain classes ask for storage.</summary>
public static class StorageNames
{
    /// <summary>States with side rows or request results, written by group commit.</summary>
    public const string Transactional = "braintrust";

    /// <summary>
    /// States that stand alone (snapshots, switches): the AdoNet provider on PostgreSQL, ours on SQLite.
    /// </summary>
    public const string Plain = "plain";
}
