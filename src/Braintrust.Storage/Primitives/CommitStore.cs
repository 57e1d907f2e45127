using System.Collections.Immutable;
using System.Diagnostics;
using System.Threading.Channels;
using Microsoft.Extensions.Logging;

namespace Braintrust.Storage;

/// <summary>Group commit: one loop takes what waits, up to a batch, and gives it one transaction.</summary>
internal sealed class CommitStore : ICommitStore, IAsyncDisposable, IDisposable
{
    private readonly IDatabase _database;
    private readonly ILogger<CommitStore> _log;
    private readonly Channel<PendingUnit> _queue;
    private readonly Task _loop;
    private bool _unavailable;

    public CommitStore(IDatabase database, StorageOptions options, ILogger<CommitStore> log)
    {
        (_database, _log) = (database, log);
        var bounds = new BoundedChannelOptions(options.QueueLengthMax) { SingleReader = true };
        _queue = Channel.CreateBounded<PendingUnit>(bounds);
        _loop = Task.Run(Loop);
    }

    public ValueTask<StoredState?> Read(string stateName, string key, CancellationToken ct) =>
        _database.Read(db => Read(db, stateName, key), ct);

    public ValueTask<StoredWithRows> ReadWithRows(
        string stateName, string key, ImmutableArray<string> childTables, CancellationToken ct)
    {
        var tables = childTables.Select(SideTables.Named).ToList();
        if (tables.Find(table => table.Key[0].Type != SideType.Text) is { } unfit)
            throw new ArgumentException($"The key of {unfit.Name} does not begin with the key of a state.");
        return _database.ReadSnapshot(
            async db =>
            {
                var state = await Read(db, stateName, key);
                var rows = ImmutableArray.CreateBuilder<ImmutableArray<StoredRow>>(tables.Count);
                foreach (var table in tables) rows.Add(await Listings.Leading(db, _database.Dialect, table, [key]));
                return new StoredWithRows(state, rows.MoveToImmutable());
            },
            ct);
    }

    public ValueTask<SavedRequest?> ReadRequest(string caller, Guid requestId, CancellationToken ct) => _database.Read(
        db => db.First(
            "SELECT body_hash, result, at_ms FROM request WHERE caller = @caller AND request_id = @id",
            row => new SavedRequest(caller, requestId, new Hash32(row.GetFieldValue<byte[]>(0)),
                row.GetFieldValue<byte[]>(1), DateTimeOffset.FromUnixTimeMilliseconds(row.GetInt64(2))),
            ("@caller", caller), ("@id", requestId.ToByteArray(bigEndian: true))),
        ct);

    public async ValueTask<CommitResult> Commit(CommitUnit unit, CancellationToken ct)
    {
        var pending = new PendingUnit(unit);
        try
        {
            await _queue.Writer.WriteAsync(pending, ct);
        }
        catch (ChannelClosedException e)
        {
            throw new StorageUnavailableException("Storage is closed.", e);
        }

        return await pending.Answer.Task.WaitAsync(ct);
    }

    /// <summary>Commits what waits, then ends.</summary>
    public async ValueTask DisposeAsync()
    {
        _queue.Writer.TryComplete();
        await _loop;
    }

    public void Dispose() => DisposeAsync().AsTask().GetAwaiter().GetResult();

    private static ValueTask<StoredState?> Read(DbSession db, string stateName, string key) => db.First(
        """
        SELECT version, schema_version, payload FROM grain_state
        WHERE state_name = @name AND key = @key AND payload IS NOT NULL
        """,
        row => new StoredState(row.GetInt64(0), row.GetInt32(1), row.GetFieldValue<byte[]>(2)),
        ("@name", stateName), ("@key", key));

    private async Task Loop()
    {
        var batcher = new Batcher(_queue.Reader, _database.BatchUnitsMax);
        try
        {
            while (await batcher.Wait()) await Settle(batcher.Take());
        }
        catch (Exception e)
        {
            // Nobody may wait for a loop that is gone.
            _log.LogCritical(e, "The commit loop ended by a bug: no state is written until the process starts again.");
            _queue.Writer.TryComplete(e);
            var stopped = new StorageUnavailableException("Storage has stopped.", e);
            foreach (var pending in batcher.Rest()) pending.Fail(stopped);
        }
    }

    /// <summary>Answers every member, whatever happens.</summary>
    private async Task Settle(IReadOnlyList<PendingUnit> batch)
    {
        try
        {
            var units = batch.Select(p => p.Unit).ToList();
            var began = Stopwatch.GetTimestamp();
            var results = await Write(units);
            StorageMetrics.Committed(results, Stopwatch.GetElapsedTime(began));
            foreach (var (pending, result) in batch.Zip(results)) pending.Answer.TrySetResult(result);
            Note(available: true);
        }
        catch (StorageUnavailableException e)
        {
            foreach (var pending in batch) pending.Fail(e);
            Note(available: false, e);
        }
        catch (Exception e) when (batch.Count == 1)
        {
            var (name, key) = (batch[0].Unit.StateName, batch[0].Unit.Key);
            _log.LogError(e, "The database refused the write of {StateName} {Key}: this is a bug.", name, key);
            batch[0].Fail(
                new InvalidOperationException($"The database refused the write of {name} {key}: {e.Message}", e));
        }
        catch (Exception e)
        {
            _log.LogWarning(e, "A batch of {Units} failed; its members are written one by one.", batch.Count);
            foreach (var pending in batch) await Settle([pending]);
        }
    }

    /// <summary>States alone are one statement: it needs no transaction around it, which would cost a round trip.</summary>
    private ValueTask<CommitResult[]> Write(List<CommitUnit> units)
    {
        return units.TrueForAll(unit => unit.Requests.IsEmpty && unit.Rows.IsEmpty)
            ? _database.WriteOne(Lane.Interactive, Apply, CancellationToken.None)
            : _database.Write(Lane.Interactive, Apply, CancellationToken.None);

        ValueTask<CommitResult[]> Apply(DbSession db) => new CommitBatch(db, _database.Dialect, units).Apply();
    }

    private void Note(bool available, Exception? error = null)
    {
        if (_unavailable == !available) return;
        _unavailable = !available;
        if (available) _log.LogInformation("The database can be written again.");
        else _log.LogError(error, "The database cannot be written: callers are told to retry until it can.");
    }
}
