using System.Diagnostics;
using System.Globalization;

namespace Braintrust.Storage;

/// <summary>Sudden death of the writing process: what it was told is durable is there, and nothing is there by half.</summary>
public abstract class CrashContract(IEngineUnderTest engine) : StorageContract(engine)
{
    public const string Verb = "write-until-killed";

    private const int AcknowledgedMin = 400;
    private static readonly TimeSpan WaitMax = TimeSpan.FromSeconds(60);
    private static readonly string DotNet = Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet";

    /// <summary>Runs in the process to be killed: writes units and says the number of each that is durable.</summary>
    public static async Task WriteUntilKilled(StorageEngine engine, string database)
    {
        await using var storage = await OpenStorage.Open(
            new StorageOptions { Engine = engine, SqlitePath = database, ConnectionString = database });
        var next = 0;
        await Task.WhenAll(Enumerable.Range(0, 32).Select(async _ =>
        {
            while (true)
            {
                var number = Interlocked.Increment(ref next);
                await storage.Commits.Commit(Unit(number), Ct);
                Console.Out.WriteLine($"{number};");
            }
        }));
    }

    [Fact]
    public async Task Nothing_acknowledged_is_lost_and_nothing_is_there_by_half()
    {
        var options = Storage.Options;
        var database = options.Engine == StorageEngine.Sqlite ? options.SqlitePath : options.ConnectionString;
        string[] arguments = ["exec", typeof(Program).Assembly.Location, Verb, $"{options.Engine}", database];
        var start = new ProcessStartInfo(DotNet, arguments)
        {
            RedirectStandardOutput = true,
        };
        using var writer = Process.Start(start)!;
        using var deadline = new CancellationTokenSource(WaitMax);

        var acknowledged = new List<int>();
        while (await writer.StandardOutput.ReadLineAsync(deadline.Token) is { } line)
        {
            // The last line may be cut.
            if (line.EndsWith(';')) acknowledged.Add(int.Parse(line[..^1], CultureInfo.InvariantCulture));
            if (acknowledged.Count == AcknowledgedMin) writer.Kill();
        }

        await writer.WaitForExitAsync(deadline.Token);
        Assert.True(acknowledged.Count >= AcknowledgedMin, $"The writer ended by itself after {acknowledged.Count} units.");
        foreach (var number in acknowledged) Assert.NotNull(await Storage.Commits.Read("job/job", $"{number}", Ct));
        var whole = Storage.Count(
            """
            SELECT CASE WHEN states = requests AND states = wallets THEN states ELSE -1 END
            FROM (SELECT (SELECT count(*) FROM grain_state) AS states, (SELECT count(*) FROM request) AS requests,
                         (SELECT count(*) FROM wallet) AS wallets) t
            """);
        Assert.InRange(whole, acknowledged.Count, int.MaxValue);
    }

    private static CommitUnit Unit(int number) => new(
        "job/job", $"{number}", 0, 1, [1],
        [new("ann", new Guid(number, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0), Hash32.Keccak([]), [], DateTimeOffset.UnixEpoch)],
        [new("wallet", RowChange.Insert, [(byte[])[.. new byte[16], .. BitConverter.GetBytes(number)]], ["ann"])]);
}

public sealed class SqliteCrashTests() : CrashContract(new SqliteEngine());

[Collection(PostgresCollection.Name)]
public sealed class PostgresCrashTests(PostgresFixture postgres) : CrashContract(new PostgresEngine(postgres));
