using Braintrust.Escrow;
using Microsoft.Extensions.DependencyInjection;

namespace Braintrust.Chain;

public sealed class BellTests
{
    private const int Tries = 5;

    [Fact]
    public async Task A_bell_is_heard_before_any_tail_looks()
    {
        var cluster = new GrainCluster(2, new GrainOptions { Bells = true, TailIntervalMs = 10_000 });
        await cluster.InitializeAsync();
        try
        {
            var chain = await cluster.TakeChain();
            // A tail may look at that very moment, but not five times in a row.
            for (var i = 0; i < Tries; i++)
            {
                var story = chain.Story();
                var seen = chain.See(story, view => view.Chain is not null);
                chain.Node.Mine(story.Funded(1));
                var view = await seen;
                if (Tails(cluster, chain.Id).All(pos => pos < view.Version.Pos)) return;
            }

            Assert.Fail("The tails were always first.");
        }
        finally
        {
            await cluster.DisposeAsync();
        }
    }

    private static IEnumerable<long> Tails(GrainCluster cluster, ulong chain) => cluster.Cluster.Silos.Select(silo =>
        silo.ServiceProvider.GetRequiredService<IChainProgress>().Latest(chain)?.Pos ?? 0);
}
