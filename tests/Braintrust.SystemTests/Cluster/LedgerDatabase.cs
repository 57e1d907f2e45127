using System.Data.Common;
using Microsoft.Data.Sqlite;
using Npgsql;

namespace Braintrust.Testing;

/// <summary>Where a server keeps its ledger, and what the ledger's tables say past the server.</summary>
public sealed record LedgerDatabase(IReadOnlyDictionary<string, string> Settings)
{
    /// <summary>Facts that stand.</summary>
    public long Standing() => Count("SELECT count(*) FROM chain_fact WHERE orphaned_by IS NULL");

    /// <summary>Facts ever taken back.</summary>
    public long Orphaned() => Count("SELECT count(*) FROM chain_fact WHERE orphaned_by IS NOT NULL");

    /// <summary>Positions that are missing or there twice.</summary>
    public long Gaps() => Count(
        """
        SELECT (SELECT max(pos) FROM (SELECT pos FROM chain_fact UNION ALL SELECT pos FROM chain_rewind) p)
             - (SELECT count(DISTINCT pos) FROM (SELECT pos FROM chain_fact UNION ALL SELECT pos FROM chain_rewind) p)
        """);

    /// <summary>Logs that stand more than once.</summary>
    public long Doubles() => Count(
        """
        SELECT count(*) FROM (SELECT 1 FROM chain_fact WHERE orphaned_by IS NULL
                              GROUP BY chain, block_hash, log_index HAVING count(*) > 1) d
        """);

    /// <summary>What nobody should ever do.</summary>
    public void Change(string sql) => Run(sql, command => command.ExecuteNonQuery());

    private long Count(string sql) => Convert.ToInt64(Run(sql, command => command.ExecuteScalar()), System.Globalization.CultureInfo.InvariantCulture);

    private T Run<T>(string sql, Func<DbCommand, T> act)
    {
        using DbConnection connection = Settings.GetValueOrDefault("Storage:Engine") == "PostgreSql"
            ? new NpgsqlConnection(Settings["Storage:ConnectionString"] + ";Pooling=false")
            : new SqliteConnection($"Data Source={Settings["Storage:SqlitePath"]};Pooling=False");
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        return act(command);
    }
}
