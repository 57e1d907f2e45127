using System.Diagnostics.Metrics;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Orleans.Runtime;

namespace Braintrust.Chain;

/// <summary>One silo's tail alone, over a real ledger.</summary>
public sealed class TailTests(GrainCluster cluster) : ClusterTest(cluster)
{
    [Fact]
    public async Task A_grain_that_read_the_ledger_before_the_tail_did_is_told_what_came_between()
    {
        var bench = await FollowerTests.Bench.Make(Cluster);
        var (active, told) = (new ActiveGrains(), new TaskCompletionSource<ChainCursor>());
        active.Add(bench.Node.ChainId, subject: 7, cursor =>
        {
            told.TrySetResult(cursor);
            return Task.CompletedTask;
        });
        bench.Node.Mine(bench.Burned(1));
        await bench.FollowToTheEnd();

        await using var services = new ServiceCollection().AddMetrics().BuildServiceProvider();
        var metrics = new ChainMetrics(services.GetRequiredService<IMeterFactory>(), TimeProvider.System);
        var silo = new SiloLifecycleSubject(NullLogger<SiloLifecycleSubject>.Instance);
        var tail = new LedgerTail(
            new FollowedChains([bench.Followed]), bench.Ledger, active, metrics, new GrainOptions(),
            TimeProvider.System, NullLogger<LedgerTail>.Instance);
        tail.Participate(silo);
        await silo.OnStart(CancellationToken.None);
        try
        {
            Assert.Equal(1, (await told.Task.WaitAsync(TestChain.Patience)).Pos);
        }
        finally
        {
            await silo.OnStop(CancellationToken.None);
        }
    }

    [Fact]
    public void A_grain_that_is_gone_waits_for_nothing_any_more()
    {
        var active = new ActiveGrains();
        var grain = active.Add(1, null, _ => Task.CompletedTask);
        active.SetPending(grain, true);
        active.Remove(grain);
        active.SetPending(grain, true);
        Assert.Empty(active.Pending(1));
    }

    [Fact]
    public void A_node_that_asks_to_be_left_alone_is_left_alone_for_a_while()
    {
        var busy = new ChainUnavailableException("429") { RetryAfter = TimeSpan.FromSeconds(40) };
        var liar = new ChainUnavailableException("429") { RetryAfter = TimeSpan.FromDays(400) };
        Assert.Equal(TimeSpan.FromSeconds(40), ChainWatcherGrain.BackOff(500, 0, busy));
        Assert.Equal(TimeSpan.FromMinutes(2), ChainWatcherGrain.BackOff(500, 0, liar));
        Assert.Equal(TimeSpan.FromSeconds(1), ChainWatcherGrain.BackOff(500, 1, new ChainUnavailableException("away")));
        Assert.Equal(TimeSpan.FromSeconds(15), ChainWatcherGrain.BackOff(500, 99, new ChainProtocolException("odd")));
    }
}
