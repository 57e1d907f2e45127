using System.Net.Sockets;
using Npgsql;

namespace Braintrust.Storage;

/// <summary>PostgreSQL through one pool, shared out so that neither reads nor ingestion keep a writer waiting.</summary>
internal sealed class PostgresDatabase : IDatabase, IDisposable
{
    private const int AttemptsMax = 4;

    private readonly NpgsqlDataSource source;
    private readonly SemaphoreSlim reads;
    private readonly SemaphoreSlim[] writes;

    public PostgresDatabase(StorageOptions options)
    {
        var each = options.PostgresConnectionsMax / 4;
        source = NpgsqlDataSource.Create(options.PostgresConnectionString(options.PostgresConnectionsMax));
        reads = new SemaphoreSlim(options.PostgresConnectionsMax - 2 * each);
        writes = [new SemaphoreSlim(each), new SemaphoreSlim(each)];
    }

    /// <summary>Measured: larger batches write no faster and answer later.</summary>
    public int BatchUnitsMax => 128;

    public IDialect Dialect { get; } = new PostgresDialect();

    public async ValueTask<T> Write<T>(Lane lane, Func<DbSession, ValueTask<T>> work, CancellationToken ct)
    {
        await writes[(int)lane].WaitAsync(ct);
        try
        {
            return await Guard(() => Transact(work));
        }
        finally
        {
            writes[(int)lane].Release();
        }
    }

    public async ValueTask<T> Read<T>(Func<DbSession, ValueTask<T>> work, CancellationToken ct)
    {
        await reads.WaitAsync(ct);
        try
        {
            return await Guard(() => Snapshot(work, ct));
        }
        finally
        {
            reads.Release();
        }
    }

    public void Dispose() => source.Dispose();

    public ValueTask DisposeAsync() => source.DisposeAsync();

    private async Task<T> Transact<T>(Func<DbSession, ValueTask<T>> work)
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                await using var connection = await source.OpenConnectionAsync();
                await using var transaction = await connection.BeginTransactionAsync();
                var result = await work(new DbSession(connection, transaction, null, CancellationToken.None));
                await transaction.CommitAsync();
                return result;
            }
            catch (PostgresException e) when (IsRolledBackByOthers(e) && attempt < AttemptsMax)
            {
                // Another silo held the same rows in another order; by now it has them.
            }
        }
    }

    private async Task<T> Snapshot<T>(Func<DbSession, ValueTask<T>> work, CancellationToken ct)
    {
        await using var connection = await source.OpenConnectionAsync(ct);
        await using var transaction = await connection.BeginTransactionAsync(System.Data.IsolationLevel.RepeatableRead, ct);
        var result = await work(new DbSession(connection, transaction, null, ct));
        await transaction.CommitAsync(ct);
        return result;
    }

    private static async Task<T> Guard<T>(Func<Task<T>> work)
    {
        try
        {
            return await work();
        }
        catch (Exception e) when (IsUnavailable(e))
        {
            throw new StorageUnavailableException($"PostgreSQL failed: {e.Message}", e);
        }
    }

    /// <summary>Serialization failure or deadlock: the transaction did nothing and may run again.</summary>
    private static bool IsRolledBackByOthers(PostgresException e) =>
        e.SqlState is PostgresErrorCodes.SerializationFailure or PostgresErrorCodes.DeadlockDetected;

    /// <summary>
    /// Everything but a refusal of what was written: lost connections, and the SQLSTATE classes 08 connection,
    /// 25 read-only standby, 28 authorization, 3D no such database, 40 rollback, 53 resources, 57 operator, 58 system.
    /// </summary>
    private static bool IsUnavailable(Exception e) => e switch
    {
        PostgresException p => p.SqlState[..2] is "08" or "25" or "28" or "3D" or "40" or "53" or "55" or "57" or "58" or "XX",
        NpgsqlException or SocketException or IOException or TimeoutException or ObjectDisposedException => true,
        _ => false,
    };
}
