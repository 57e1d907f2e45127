using System.Diagnostics;
using System.Text;
using Npgsql;

namespace Braintrust.Storage;

/// <summary>What is lost with a connection or a server: never an acknowledged write, never half of one.</summary>
[Collection(PostgresCollection.Name)]
public sealed class PostgresFailureTests(PostgresFixture postgres) : StorageContract(new PostgresEngine(postgres))
{
    private static readonly TimeSpan RecoveryMax = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task A_unit_is_wholly_there_or_wholly_absent_when_connections_are_killed()
    {
        var acknowledged = new bool[1_500];
        var killer = KillUntil(out var stop);

        var callers = new ParallelOptions { MaxDegreeOfParallelism = 100 };
        await Parallel.ForAsync(0, acknowledged.Length, callers, async (i, _) =>
        {
            try
            {
                acknowledged[i] = (await Storage.Commits.Commit(Unit(i), Ct)).Verdict == CommitVerdict.Committed;
            }
            catch (StorageUnavailableException)
            {
                // The outcome is unknown; the check below tells.
            }
        });
        stop.Cancel();
        var kills = await killer;

        Assert.InRange(kills, 1, int.MaxValue);
        for (var i = 0; i < acknowledged.Length; i++)
        {
            var state = await Storage.Commits.Read("job/job", $"{i}", Ct) is not null;
            var request = await Storage.Commits.ReadRequest("ann", Id(i), Ct) is not null;
            var row = await Storage.Sessions.FindAccount(Wallet(i), Ct) is not null;
            Assert.True(state == request && request == row, $"unit {i}: state {state}, request {request}, row {row}");
            Assert.True(state || !acknowledged[i], $"unit {i} was acknowledged and is lost");
        }
    }

    [Fact]
    public async Task A_server_that_crashed_is_used_again_when_it_is_back()
    {
        Assert.Equal(CommitVerdict.Committed, (await Storage.Commits.Commit(Unit(1), Ct)).Verdict);

        await postgres.Server.Crash();
        await Assert.ThrowsAsync<StorageUnavailableException>(async () => await Storage.Commits.Commit(Unit(2), Ct));
        await Assert.ThrowsAsync<StorageUnavailableException>(async () => await Storage.Ledger.ReadCursor(1, Ct));
        await postgres.Server.Start();

        var clock = Stopwatch.StartNew();
        while (!await IsBack()) Assert.True(clock.Elapsed < RecoveryMax, "The store did not find the server again.");
        Assert.NotNull(await Storage.Commits.Read("job/job", "1", Ct));

        async Task<bool> IsBack()
        {
            try
            {
                var verdict = (await Storage.Commits.Commit(Unit(3), Ct)).Verdict;
                return verdict is CommitVerdict.Committed or CommitVerdict.RequestExists;
            }
            catch (StorageUnavailableException)
            {
                return false;
            }
        }
    }

    private Task<int> KillUntil(out CancellationTokenSource stop)
    {
        var source = stop = new CancellationTokenSource();
        return Task.Run(async () =>
        {
            await using var connection = new NpgsqlConnection(Storage.Options.ConnectionString + ";Pooling=false");
            await connection.OpenAsync();
            await using var kill = new NpgsqlCommand(
                "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity "
                + "WHERE datname = current_database() AND pid <> pg_backend_pid() AND query LIKE '%grain_state%'",
                connection);
            var kills = 0;
            while (!source.IsCancellationRequested) kills += Convert.ToInt32(await kill.ExecuteScalarAsync());
            return kills;
        });
    }

    private static CommitUnit Unit(int i) => new(
        "job/job", $"{i}", 0, 1, Encoding.UTF8.GetBytes($"{i}"),
        [new("ann", Id(i), Hash32.Keccak([1]), [], DateTimeOffset.UnixEpoch)],
        [new("wallet", RowChange.Insert, [Wallet(i).ToBytes()], ["ann"])]);

    private static Guid Id(int i) => new(i, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0);

    private static Address Wallet(int i) => new([.. new byte[16], .. BitConverter.GetBytes(i)]);
}
