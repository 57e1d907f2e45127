using Braintrust.Escrow;

namespace Braintrust.Chain;

public sealed class BellTests
{
    [Fact]
    public async Task A_bell_is_heard_long_before_the_tail_looks()
    {
        var cluster = new GrainCluster(2, new GrainOptions { Bells = true, TailIntervalMs = 10_000 });
        await cluster.InitializeAsync();
        try
        {
            var chain = await cluster.TakeChain();
            var story = chain.Story();
            var seen = chain.See(story, view => view.Chain?.Phase == AgreementPhase.Submitted);
            chain.Node.Mine(story.Funded(1));
            chain.Node.Mine(story.Submitted(0, 10));
            await seen.WaitAsync(TimeSpan.FromSeconds(8));
        }
        finally
        {
            await cluster.DisposeAsync();
        }
    }
}
