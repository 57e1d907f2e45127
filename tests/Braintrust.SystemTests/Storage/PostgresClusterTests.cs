using System.Diagnostics;
using Orleans;
using Orleans.Runtime;

namespace Braintrust.Storage;

[Collection(PostgresCollection.Name)]
public sealed class PostgresClusterTests(PostgresFixture postgres)
{
    private static readonly TimeSpan ChangeMax = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task Silos_that_start_together_form_one_cluster_and_see_one_leave()
    {
        var options = new PostgresEngine(postgres).NewDatabase();
        var silos = await Task.WhenAll(SiloUnderTest.Start(options), SiloUnderTest.Start(options));
        await using var stays = silos[0];
        var management = stays.Grains.GetGrain<IManagementGrain>(0);

        await Until(async () => (await management.GetHosts(onlyActive: true)).Count == 2);
        await silos[1].DisposeAsync();

        await Until(async () => (await management.GetHosts())[silos[1].Address] == SiloStatus.Dead);
        Assert.Equal([stays.Address], (await management.GetHosts(onlyActive: true)).Keys);
    }

    private static async Task Until(Func<Task<bool>> condition)
    {
        var clock = Stopwatch.StartNew();
        while (!await condition()) Assert.True(clock.Elapsed < ChangeMax, "The membership did not become so.");
    }
}
