using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text;

namespace Braintrust.Storage;

public abstract class CommitStoreContract(IEngineUnderTest engine) : StorageContract(engine)
{
    private static readonly DateTimeOffset Noon = new(2026, 1, 2, 12, 0, 0, TimeSpan.Zero);

    [Fact]
    public async Task A_state_never_written_is_null() => Assert.Null(await Storage.Commits.Read("job/job", "none", Ct));

    [Fact]
    public async Task A_committed_state_is_read_back()
    {
        Assert.Equal(Won(1), await Commit(Unit("a", 0, "one", schema: 3)));
        Assert.Equal(Won(2), await Commit(Unit("a", 1, "two", schema: 4)));

        var stored = await Storage.Commits.Read("job/job", "a", Ct);
        Assert.Equal((2, 4, "two"), (stored!.Version, stored.SchemaVersion, Text(stored.Payload)));
        await using var other = await OpenAgain();
        Assert.Equal("two", Text((await other.Commits.Read("job/job", "a", Ct))!.Payload));
    }

    [Fact]
    public async Task The_same_key_under_another_state_name_is_another_state()
    {
        await Commit(Unit("a", 0, "one"));
        Assert.Equal(Won(1), await Commit(Unit("a", 0, "other") with { StateName = "bid/bid" }));
        Assert.Equal("one", await Read("a"));
    }

    [Fact]
    public async Task One_of_many_first_writes_wins()
    {
        var other = await OpenAgain();
        for (var round = 0; round < 20; round++)
        {
            var key = $"race{round}";
            var results = await Task.WhenAll(Enumerable.Range(0, 16).Select(i =>
                (i % 2 == 0 ? Storage : other).Commits.Commit(Unit(key, 0, $"{i}"), Ct).AsTask()));

            Assert.Equal(Won(1), Assert.Single(results, r => r.Verdict == CommitVerdict.Committed));
            Assert.Equal(15, results.Count(r => r.Verdict == CommitVerdict.StaleVersion));
            var winner = Array.FindIndex(results, r => r.Verdict == CommitVerdict.Committed);
            Assert.Equal($"{winner}", await Read(key));
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(3)]
    public async Task A_stale_version_writes_nothing(long expected)
    {
        await Commit(Unit("a", 0, "one"));
        await Commit(Unit("a", 1, "two"));
        var request = Request("ann", 1);

        var stale = await Commit(Unit("a", expected, "lost", request) with { Rows = [Wallet(7, "ann")] });

        Assert.Equal(new CommitResult(CommitVerdict.StaleVersion, 0), stale);
        Assert.Equal("two", await Read("a"));
        Assert.Null(await Storage.Commits.ReadRequest("ann", request.RequestId, Ct));
        Assert.Null(await Storage.Sessions.FindAccount(Address(7), Ct));
    }

    [Fact]
    public async Task A_version_without_a_row_is_stale() =>
        Assert.Equal(CommitVerdict.StaleVersion, (await Commit(Unit("never", 5, "x"))).Verdict);

    [Fact]
    public async Task A_cleared_state_is_null_and_its_version_goes_on()
    {
        await Commit(Unit("a", 0, "one"));
        Assert.Equal(Won(2), await Commit(Unit("a", 1, null)));
        Assert.Null(await Storage.Commits.Read("job/job", "a", Ct));

        Assert.Equal(CommitVerdict.StaleVersion, (await Commit(Unit("a", 1, "late"))).Verdict);
        Assert.Equal(Won(3), await Commit(Unit("a", 0, "again")));
        Assert.Equal(Won(4), await Commit(Unit("a", 3, null)));
        Assert.Equal(Won(5), await Commit(Unit("a", 4, "by its version")));
        Assert.Equal("by its version", await Read("a"));
    }

    [Fact]
    public async Task Empty_and_large_states_are_kept_to_the_byte()
    {
        var large = RandomNumberGenerator.GetBytes(4 << 20);
        await Commit(Unit("empty", 0, "") with { Payload = [] });
        await Commit(Unit("large", 0, "") with { Payload = large });

        Assert.Empty((await Storage.Commits.Read("job/job", "empty", Ct))!.Payload);
        Assert.Equal(large, (await Storage.Commits.Read("job/job", "large", Ct))!.Payload);
    }

    [Fact]
    public async Task A_request_is_saved_with_the_state_and_refuses_its_repetition()
    {
        var request = Request("ann", 1, "done");
        Assert.Equal(Won(1), await Commit(Unit("a", 0, "one", request)));

        var saved = await Storage.Commits.ReadRequest("ann", request.RequestId, Ct);
        Assert.Equal(("done", request.BodyHash, Noon), (Text(saved!.Result), saved.BodyHash, saved.At));
        Assert.Null(await Storage.Commits.ReadRequest("bob", request.RequestId, Ct));

        var again = await Commit(Unit("a", 1, "twice", Request("ann", 2), request) with { Rows = [Wallet(1, "ann")] });
        Assert.Equal(new CommitResult(CommitVerdict.RequestExists, 0, RequestId: request.RequestId), again);
        Assert.Equal("one", await Read("a"));
        Assert.Null(await Storage.Commits.ReadRequest("ann", Request("ann", 2).RequestId, Ct));
        Assert.Null(await Storage.Sessions.FindAccount(Address(1), Ct));
    }

    [Fact]
    public async Task A_repeated_request_is_told_so_even_when_the_version_moved_on()
    {
        await Commit(Unit("a", 0, "one", Request("ann", 1)));
        Assert.Equal(CommitVerdict.RequestExists, (await Commit(Unit("a", 0, "one", Request("ann", 1)))).Verdict);
    }

    [Fact]
    public async Task A_row_that_exists_refuses_the_whole_unit()
    {
        await Commit(Unit("a", 0, "one") with { Rows = [Wallet(1, "ann")] });

        var unit = Unit("b", 0, "two", Request("bob", 1)) with { Rows = [Wallet(2, "bob"), Wallet(1, "bob")] };
        var taken = await Commit(unit);

        Assert.Equal(new CommitResult(CommitVerdict.RowExists, 0, Table: "wallet"), taken);
        Assert.Null(await Storage.Commits.Read("job/job", "b", Ct));
        Assert.Null(await Storage.Commits.ReadRequest("bob", Request("bob", 1).RequestId, Ct));
        Assert.Null(await Storage.Sessions.FindAccount(Address(2), Ct));
        Assert.Equal("ann", await Storage.Sessions.FindAccount(Address(1), Ct));
    }

    [Fact]
    public async Task Rows_are_replaced_and_deleted_with_the_state()
    {
        await Commit(Unit("a", 0, "one") with { Rows = [Wallet(1, "ann"), Wallet(2, "ann")] });
        await Commit(Unit("a", 1, "two") with
        {
            Rows =
            [
                Wallet(1, "bob") with { Change = RowChange.Upsert },
                new("wallet", RowChange.Delete, [Bytes(2)], []),
            ],
        });

        Assert.Equal("bob", await Storage.Sessions.FindAccount(Address(1), Ct));
        Assert.Null(await Storage.Sessions.FindAccount(Address(2), Ct));
    }

    [Fact]
    public async Task Losers_leave_the_rest_of_their_batch_alone()
    {
        await Commit(Unit("stale", 0, "before", Request("ann", 0)) with { Rows = [Wallet(0, "ann")] });
        var units = Enumerable.Range(1, 200).Select(i => (i % 4) switch
        {
            0 => Unit("stale", 9, "x", Request("ann", i)) with { Key = i == 4 ? "stale" : $"missing{i}" },
            1 => Unit($"k{i}", 0, "x", Request("ann", 0), Request("ann", i)),
            2 => Unit($"k{i}", 0, "x", Request("ann", i)) with { Rows = [Wallet(i, "ann"), Wallet(0, "bob")] },
            _ => Unit($"k{i}", 0, $"{i}", Request("ann", i)) with { Rows = [Wallet(i, "ann")] },
        }).ToList();

        var results = await Task.WhenAll(units.Select(Commit));

        Assert.Equal(50, results.Count(r => r.Verdict == CommitVerdict.Committed));
        Assert.Equal(51, Storage.Count("SELECT count(*) FROM grain_state"));
        Assert.Equal(51, Storage.Count("SELECT count(*) FROM request"));
        Assert.Equal(51, Storage.Count("SELECT count(*) FROM wallet"));
    }

    [Fact]
    public async Task What_the_database_refuses_fails_alone()
    {
        var shortAddress = new Row("wallet", RowChange.Insert, [new byte[19]], ["ann"]);
        var units = Enumerable.Range(0, 60)
            .Select(i => Unit($"k{i}", 0, "x", Request("ann", i)) with { Rows = i % 20 == 7 ? [shortAddress] : [] });

        var outcomes = await Task.WhenAll(units.Select(async u =>
        {
            try
            {
                return (await Commit(u)).Verdict.ToString();
            }
            catch (InvalidOperationException e)
            {
                return e.Message.Contains(u.Key) ? "refused" : e.Message;
            }
        }));

        Assert.Equal(3, outcomes.Count(o => o == "refused"));
        Assert.Equal(57, outcomes.Count(o => o == nameof(CommitVerdict.Committed)));
        Assert.Equal(57, Storage.Count("SELECT count(*) FROM grain_state"));
    }

    [Fact]
    public async Task A_malformed_unit_is_refused_before_it_is_queued()
    {
        var twice = Request("ann", 1);
        var big = Request("ann", 2) with { Result = new byte[SavedRequest.ResultBytesMax + 1] };
        Row[] bad =
        [
            new("no_table", RowChange.Insert, [Bytes(1)], ["a"]), new("wallet", RowChange.Insert, ["text"], ["a"]),
            new("wallet", RowChange.Insert, [Bytes(1)], [null]), new("wallet", RowChange.Insert, [Bytes(1)], []),
            new("wallet", RowChange.Delete, [Bytes(1)], ["a"]),
        ];

        foreach (var row in bad) await Refused(Unit("a", 0, "x") with { Rows = [row] });
        await Refused(Unit("a", 0, "x", twice, twice));
        await Refused(Unit("a", 0, "x", big));
        await Refused(Unit("a", 0, "x") with { Payload = new byte[CommitUnit.PayloadBytesMax + 1] });
        await Refused(Unit("", 0, "x"));
        await Refused(Unit("a", -1, "x"));

        Task Refused(CommitUnit unit) => Assert.ThrowsAnyAsync<ArgumentException>(() => Commit(unit));
    }

    [Fact]
    public async Task Writes_of_one_key_are_taken_in_the_order_they_came()
    {
        const int writes = 300;
        var results = await Task.WhenAll(Enumerable.Range(0, writes).Select(i => Commit(Unit("a", i, $"{i}"))));

        Assert.All(results, r => Assert.Equal(CommitVerdict.Committed, r.Verdict));
        Assert.Equal(Enumerable.Range(1, writes).Select(i => (long)i), results.Select(r => r.Version));
        Assert.Equal($"{writes - 1}", await Read("a"));
    }

    [Fact]
    public async Task A_wallet_moves_between_accounts_that_are_written_at_once()
    {
        await Commit(Unit("ann", 0, "x") with { Rows = [Wallet(1, "ann")] });

        var leaves = Commit(Unit("ann", 1, "y") with { Rows = [new("wallet", RowChange.Delete, [Bytes(1)], [])] });
        var joins = Commit(Unit("bob", 0, "y") with { Rows = [Wallet(1, "bob")] });

        Assert.Equal(CommitVerdict.Committed, (await leaves).Verdict);
        Assert.Equal(CommitVerdict.Committed, (await joins).Verdict);
        Assert.Equal("bob", await Storage.Sessions.FindAccount(Address(1), Ct));
    }

    [Fact]
    public async Task Writers_that_want_the_same_rows_in_another_order_all_finish()
    {
        var other = await OpenAgain();
        var seed = new Random(20260102);
        var results = await Task.WhenAll(Enumerable.Range(0, 400).Select(i =>
        {
            var rows = Enumerable.Range(0, 20).OrderBy(_ => seed.Next()).Take(3)
                .Select(n => Wallet(n, $"{i}") with { Change = RowChange.Upsert });
            var unit = Unit($"k{i}", 0, "x") with { Rows = [.. rows] };
            return (i % 2 == 0 ? Storage : other).Commits.Commit(unit, Ct).AsTask();
        }));

        Assert.All(results, r => Assert.Equal(Won(1), r));
        Assert.Equal(20, Storage.Count("SELECT count(*) FROM wallet"));
    }

    [Fact]
    public async Task A_closed_store_says_so()
    {
        var other = await OpenAgain();
        var commits = other.Commits;
        await other.DisposeAsync();
        await Assert.ThrowsAsync<StorageUnavailableException>(async () => await commits.Commit(Unit("a", 0, "x"), Ct));
    }

    [Fact]
    public async Task Every_side_table_is_as_the_schema_has_it()
    {
        foreach (var table in SideTables.All)
        {
            var columns = string.Join(", ", table.Columns.Select(c => c.Name));
            Assert.Equal(0, Storage.Count($"SELECT count(*) FROM (SELECT {columns} FROM {table.Name}) t"));
            Assert.Equal(Won(1), await Commit(Unit(table.Name, 0, "x") with
            {
                Rows = [new(table.Name, RowChange.Insert, [.. table.Key.Select(Value)], [.. table.Values.Select(Value)])],
            }));
            Assert.Equal(1, Storage.Count($"SELECT count(*) FROM {table.Name}"));
        }

        static object Value(SideColumn column) => column.Type switch
        {
            SideType.Long => 1L,
            // An address or a hash.
            SideType.Bytes when column.Name is "address" or "wallet" or "token" or "contract" or "employer" or "manager" or "talent"
                    or "relayer"
                => Bytes(1),
            SideType.Bytes => new byte[Hash32.Length],
            _ => "v",
        };
    }

    protected static CommitUnit Unit(string key, long expected, string? payload, params SavedRequest[] requests) =>
        Unit(key, expected, payload, 1, requests);

    protected static CommitUnit Unit(
        string key, long expected, string? payload, int schema, params SavedRequest[] requests) => new(
        "job/job", key, expected, schema, payload is null ? null : Encoding.UTF8.GetBytes(payload), [.. requests], []);

    protected static SavedRequest Request(string caller, int number, string result = "") => new(
        caller, new Guid(number, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10), Hash32.Keccak(Encoding.UTF8.GetBytes($"{number}")),
        Encoding.UTF8.GetBytes(result), Noon);

    protected static Row Wallet(int number, string account) =>
        new("wallet", RowChange.Insert, [Bytes(number)], [account]);

    protected static Address Address(int number) => new(Bytes(number));

    protected Task<CommitResult> Commit(CommitUnit unit) => Storage.Commits.Commit(unit, Ct).AsTask();

    protected async Task<string?> Read(string key) =>
        await Storage.Commits.Read("job/job", key, Ct) is { } stored ? Text(stored.Payload) : null;

    private static byte[] Bytes(int number) => [.. new byte[16], .. BitConverter.GetBytes(number)];

    private static CommitResult Won(long version) => new(CommitVerdict.Committed, version);

    private static string Text(byte[] payload) => Encoding.UTF8.GetString(payload);
}

public sealed class SqliteCommitStoreTests() : CommitStoreContract(new SqliteEngine());

[Collection(PostgresCollection.Name)]
public sealed class PostgresCommitStoreTests(PostgresFixture postgres)
    : CommitStoreContract(new PostgresEngine(postgres));
