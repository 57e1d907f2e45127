using System.Diagnostics;
using Braintrust.Escrow;

namespace Braintrust.Chain;

public sealed class WatcherTests(GrainCluster cluster) : ClusterTest(cluster)
{
    [Fact]
    public async Task A_watcher_that_is_gone_comes_back_by_itself_and_goes_on()
    {
        var chain = await Cluster.TakeChain();
        var story = chain.Story();
        chain.Node.Mine(story.Funded(1));
        await chain.Read();
        await Deactivation.Of(Watcher(chain));
        chain.Node.Mine(story.Submitted(0, 10));
        await chain.Read();
        await LedgerCheck.HoldsExactlyTheChain(chain.Ledger, chain.Node);
    }

    [Fact]
    public async Task A_watcher_that_waits_for_its_node_lets_go_at_once()
    {
        var chain = await Cluster.TakeChain();
        var asked = new TaskCompletionSource();
        chain.Node.Before = async (method, ct) =>
        {
            if (method != "ReadLogs") return;
            asked.TrySetResult();
            await new TaskCompletionSource().Task.WaitAsync(ct);
        };
        chain.Node.Mine(chain.Story().Funded(1));
        await asked.Task.WaitAsync(TestChain.Patience);
        var clock = Stopwatch.StartNew();
        await Deactivation.Of(Watcher(chain));
        await Watcher(chain).Status();
        Assert.True(clock.Elapsed < TimeSpan.FromSeconds(1), $"It took {clock.Elapsed}.");
        chain.Node.Before = null;
        await Deactivation.Of(Watcher(chain));
        await chain.Read();
    }

    [Fact]
    public async Task Trouble_with_the_node_is_told_and_passes()
    {
        var chain = await Cluster.TakeChain();
        chain.Node.Before = (_, _) => throw new ChainUnavailableException("The line is cut.");
        chain.Node.Mine();
        await Watching.For(_ => Statuses(chain), status => status.Trouble == "The line is cut.");
        chain.Node.Before = null;
        await chain.Read();
        var well = await Watching.For(_ => Statuses(chain), status => status.Trouble is null);
        Assert.Equal((chain.Node.Head.Number, chain.Node.Head.Number), (well.NodeHeadNo, well.Cursor.HeadNo));
    }

    [Fact]
    public async Task A_follower_beside_the_watcher_disturbs_nobody()
    {
        var chain = await Cluster.TakeChain();
        var story = chain.Story();
        var second = new ChainFollower(chain.Followed, chain.Ledger, chain.Registry, TimeProvider.System, new FollowerTests.SaidLog());
        for (var i = 0; i < 20; i++)
        {
            chain.Node.Mine(i == 0 ? [story.Funded(3)] : [story.Credited(WorkStory.Talent, (ulong)i)]);
            if (i % 5 == 4) chain.Node.Reorg(2, [[story.Credited(WorkStory.Talent, 100)], [], []]);
            await second.Step(CancellationToken.None);
        }

        await chain.Read();
        await LedgerCheck.HoldsExactlyTheChain(chain.Ledger, chain.Node);
    }

    private static async IAsyncEnumerable<WatcherStatus> Statuses(IChainWatcherGrain watcher)
    {
        yield return await watcher.Status();
    }

    private IAsyncEnumerable<WatcherStatus> Statuses(TestChain chain) => Statuses(Watcher(chain));

    private IChainWatcherGrain Watcher(TestChain chain) => Cluster.Grains.GetGrain<IChainWatcherGrain>((long)chain.Id);
}
