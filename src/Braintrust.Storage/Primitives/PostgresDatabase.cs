using System.Data;
using System.Diagnostics;
using System.Net.Sockets;
using Npgsql;

namespace Braintrust.Storage;

/// <summary>PostgreSQL through one pool, shared out so that neither reads nor ingestion delay a writer.</summary>
internal sealed class PostgresDatabase : IDatabase, IDisposable
{
    private const int AttemptsMax = 4;

    /// <summary>
    /// SQLSTATE classes: connection, read-only standby, authorization, no such database, rollback, resources, object
    /// not ready, operator, system, internal.
    /// </summary>
    private static readonly string[] UnavailableClasses = ["08", "25", "28", "3D", "40", "53", "55", "57", "58", "XX"];

    private readonly NpgsqlDataSource _source;
    private readonly SemaphoreSlim _reads;
    private readonly SemaphoreSlim[] _writes;

    public PostgresDatabase(StorageOptions options)
    {
        var each = options.PostgresConnectionsMax / 4;
        // What is polled four times a second belongs to no call and would bury the traces of calls.
        _source = new NpgsqlDataSourceBuilder(options.PostgresConnectionString(options.PostgresConnectionsMax)) { Name = "braintrust" }
            .ConfigureTracing(tracing => tracing.ConfigureCommandFilter(_ => Activity.Current is not null))
            .Build();
        _reads = new SemaphoreSlim(options.PostgresConnectionsMax - 2 * each);
        _writes = [new SemaphoreSlim(each), new SemaphoreSlim(each)];
    }

    /// <summary>Measured: larger batches write no faster and answer later.</summary>
    public int BatchUnitsMax => 128;

    public IDialect Dialect { get; } = new PostgresDialect();

    public ValueTask<T> Write<T>(Lane lane, Func<DbSession, ValueTask<T>> work, CancellationToken ct) =>
        Write(lane, () => Transact(work), ct);

    public ValueTask<T> WriteOne<T>(Lane lane, Func<DbSession, ValueTask<T>> work, CancellationToken ct) =>
        Write(lane, () => Repeated(connection => work(new DbSession(connection, null, null, CancellationToken.None))), ct);

    public ValueTask<T> Read<T>(Func<DbSession, ValueTask<T>> work, CancellationToken ct) =>
        Read(connection => work(new DbSession(connection, null, null, ct)), ct);

    public ValueTask<T> ReadSnapshot<T>(Func<DbSession, ValueTask<T>> work, CancellationToken ct) =>
        Read(
            async connection =>
            {
                await using var transaction = await connection.BeginTransactionAsync(IsolationLevel.RepeatableRead, ct);
                var result = await work(new DbSession(connection, transaction, null, ct));
                await transaction.CommitAsync(ct);
                return result;
            },
            ct);

    public void Dispose() => _source.Dispose();

    public ValueTask DisposeAsync() => _source.DisposeAsync();

    private async ValueTask<T> Write<T>(Lane lane, Func<Task<T>> work, CancellationToken ct)
    {
        await _writes[(int)lane].WaitAsync(ct);
        try
        {
            return await Guard(work);
        }
        finally
        {
            _writes[(int)lane].Release();
        }
    }

    private Task<T> Transact<T>(Func<DbSession, ValueTask<T>> work) => Repeated(async connection =>
    {
        await using var transaction = await connection.BeginTransactionAsync();
        var result = await work(new DbSession(connection, transaction, null, CancellationToken.None));
        await transaction.CommitAsync();
        return result;
    });

    private async Task<T> Repeated<T>(Func<NpgsqlConnection, ValueTask<T>> work)
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                await using var connection = await _source.OpenConnectionAsync();
                return await work(connection);
            }
            catch (PostgresException e) when (IsRolledBackByOthers(e) && attempt < AttemptsMax)
            {
                // Another silo held the same rows in another order; by now it has them.
            }
        }
    }

    private async ValueTask<T> Read<T>(Func<NpgsqlConnection, ValueTask<T>> work, CancellationToken ct)
    {
        await _reads.WaitAsync(ct);
        try
        {
            return await Guard(async () =>
            {
                await using var connection = await _source.OpenConnectionAsync(ct);
                return await work(connection);
            });
        }
        finally
        {
            _reads.Release();
        }
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

    /// <summary>Everything but a refusal of what was written.</summary>
    private static bool IsUnavailable(Exception e) => e switch
    {
        PostgresException p => UnavailableClasses.Contains(p.SqlState[..2]),
        NpgsqlException or SocketException or IOException or TimeoutException or ObjectDisposedException => true,
        _ => false,
    };
}
