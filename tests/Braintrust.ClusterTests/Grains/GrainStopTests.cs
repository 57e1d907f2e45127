using System.Diagnostics;
using Braintrust.Accounts;
using Braintrust.Escrow;

namespace Braintrust;

/// <summary>An open watch is a pending request, which Orleans would wait for: it must end first.</summary>
public sealed class GrainStopTests(GrainCluster cluster) : ClusterTest(cluster)
{
    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(1);

    [Fact]
    public async Task An_open_watch_does_not_delay_a_deactivation()
    {
        var chain = await Cluster.TakeChain();
        var grain = chain.Grain(chain.Story());
        var watch = Open(grain.Watch, out var opened);
        await opened.WaitAsync(TestChain.Patience);
        var clock = Stopwatch.StartNew();
        await Deactivation.Of(grain);
        await watch.WaitAsync(TestChain.Patience);
        // Answered by a new activation, which cannot begin before the old one is gone.
        await grain.Read(new Caller("nobody", new HashSet<Address>()));
        Assert.True(clock.Elapsed < Bound, $"It took {clock.Elapsed}.");
    }

    [Fact]
    public async Task Open_watches_do_not_delay_a_graceful_stop()
    {
        var idle = await Stop(watches: 0);
        var busy = await Stop(watches: 20);
        Assert.True(busy - idle < Bound, $"It took {busy} with open watches and {idle} without.");
    }

    [Fact]
    public async Task A_watch_of_a_stopped_silo_goes_on_at_another()
    {
        var own = new GrainCluster(2, GrainCluster.Defaults());
        await own.InitializeAsync();
        try
        {
            var chain = await own.TakeChain();
            var story = chain.Story();
            var seen = chain.See(story, view => view.Chain?.Phase == AgreementPhase.Submitted);
            chain.Node.Mine(story.Funded(1));
            await chain.See(story, view => view.Chain is not null);
            await own.Cluster.StopSiloAsync(own.Cluster.Silos[1]);
            chain.Node.Mine(story.Submitted(0, 10));
            Assert.Equal(new Amount(10), (await seen).Chain!.Milestones[0].Claimed);
        }
        finally
        {
            await own.DisposeAsync();
        }
    }

    private static async Task<TimeSpan> Stop(int watches)
    {
        var own = new GrainCluster(1, GrainCluster.Defaults());
        await own.InitializeAsync();
        try
        {
            var open = new List<Task>();
            for (var i = 0; i < watches; i++)
            {
                open.Add(Open(own.Grains.GetGrain<IAccountGrain>($"stop-{i}").Watch, out var opened));
                await opened.WaitAsync(TestChain.Patience);
            }

            var clock = Stopwatch.StartNew();
            await own.Cluster.StopSiloAsync(own.Cluster.Silos[0]);
            return clock.Elapsed;
        }
        finally
        {
            await own.DisposeAsync();
        }
    }

    /// <summary>Watches until the end, whichever way it comes.</summary>
    private static Task Open<T>(Func<CancellationToken, IAsyncEnumerable<T>> watch, out Task opened)
    {
        var first = new TaskCompletionSource();
        opened = first.Task;
        return Watching.ToTheEnd(watch, () => first.TrySetResult())
            .ContinueWith(_ => { }, TaskContinuationOptions.ExecuteSynchronously);
    }
}
