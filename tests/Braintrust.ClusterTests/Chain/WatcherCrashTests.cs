using Braintrust.Storage;
using Microsoft.Extensions.DependencyInjection;

namespace Braintrust.Chain;

/// <summary>A watcher that dies at a named point of its write, and the one that takes over.</summary>
public sealed class WatcherCrashTests(GrainCluster cluster) : ClusterTest(cluster)
{
    private static readonly CancellationToken Ct = CancellationToken.None;

    [Theory]
    [InlineData(CrashPoint.BeforeEffectAndCursor)]
    [InlineData(CrashPoint.BeforeAcknowledgement)]
    public async Task A_death_while_facts_are_appended_loses_and_doubles_nothing(CrashPoint point)
    {
        var bench = await Bench();
        for (var i = 0; i < 3; i++) bench.Node.Mine(bench.Burned(10 + i), bench.Burned(20 + i));
        await DiesAndIsFollowedOn(bench, point, positionsWritten: 2);
    }

    [Theory]
    [InlineData(CrashPoint.BeforeEffectAndCursor)]
    [InlineData(CrashPoint.BeforeAcknowledgement)]
    public async Task A_death_while_a_reorg_is_taken_over_loses_and_doubles_nothing(CrashPoint point)
    {
        var bench = await Bench();
        bench.Node.Reorg(2, [[bench.Burned(30)], [bench.Burned(31)], [bench.Burned(32)]]);
        await DiesAndIsFollowedOn(bench, point, positionsWritten: 1);
    }

    private async Task<FollowerTests.Bench> Bench()
    {
        var bench = await FollowerTests.Bench.Make(Cluster);
        for (var i = 0; i < 8; i++) bench.Node.Mine(bench.Burned(i));
        await bench.FollowToTheEnd();
        return bench;
    }

    /// <param name="positionsWritten">At least so many entries are in the ledger when the death came after the write.</param>
    private async Task DiesAndIsFollowedOn(FollowerTests.Bench bench, CrashPoint point, int positionsWritten)
    {
        var faults = new DatabaseFaults(new Random(1)) { DiesAt = point };
        var dying = new ChainFollower(
            bench.Followed, new FaultyLedger(bench.Ledger, faults), Cluster.Storage.GetRequiredService<IContractRegistry>(),
            TimeProvider.System, bench.Log);
        var before = await bench.Cursor();
        await Assert.ThrowsAsync<CrashException>(async () =>
        {
            while (true) await dying.Step(Ct);
        });
        var written = (await bench.Cursor()).Pos - before.Pos;
        Assert.True(point == CrashPoint.BeforeEffectAndCursor ? written == 0 : written >= positionsWritten, $"{written} entries were written");
        await bench.FollowToTheEnd();
        await LedgerCheck.HoldsExactlyTheChain(bench.Ledger, bench.Node);
    }
}
