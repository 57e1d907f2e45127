using Braintrust.Escrow;
using Braintrust.Testing;

namespace Braintrust.Cluster;

/// <summary>Several silo processes on one PostgreSQL.</summary>
[Collection(ProcessCollection.Name)]
public sealed class SilosTests
{
    private static readonly TimeSpan Whole = TimeSpan.FromSeconds(150);

    /// <summary>
    /// Two silos of one cluster and one of another cluster on the same database: the watcher of the chain is active
    /// twice, as around a membership change, all the time.
    /// </summary>
    [Fact]
    public async Task A_watcher_that_is_active_twice_appends_nothing_twice_and_every_silo_tells_the_same()
    {
        await using var anvil = await FollowedAnvil.Start("--block-time", "1", "--mixed-mining");
        await using var postgres = await PostgresServer.Create();
        var database = postgres.CreateDatabase();
        var chain = anvil.Settings(confirmations: 2).ToList();
        await using var first = await ServerProcess.Start([.. PostgresSettings.Of(database), .. chain]);
        await using var second = await ServerProcess.Start([.. PostgresSettings.Of(database), .. chain]);
        await using var stranger = await ServerProcess.Start([.. PostgresSettings.Of(database, "other"), .. chain]);

        var (code, output) = await CliProcess.Run(Whole, "demo", "--server", second.Url);
        Assert.True(code == 0, output);

        foreach (var server in (ServerProcess[])[first, second, stranger])
        {
            using var link = new ServerLink(server.Url, Whole);
            using var node = await Braintrust.Chain.NodeLink.Open(link, CancellationToken.None);
            var report = await new Reconciliation(link, node).Run(CancellationToken.None);
            Assert.Empty(report.Differences);
            Assert.Equal((3, 3), (report.Agreements, report.Seen));
        }

        var ledger = new LedgerDatabase(first.Settings);
        Assert.Equal((await anvil.Logs(), 0, 0, 0), (ledger.Standing(), ledger.Orphaned(), ledger.Doubles(), ledger.Gaps()));
    }
}
