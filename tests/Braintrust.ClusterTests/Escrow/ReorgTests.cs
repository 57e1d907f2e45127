using Braintrust.Chain;

namespace Braintrust.Escrow;

public sealed class ReorgTests(GrainCluster cluster) : ClusterTest(cluster)
{
    [Fact]
    public async Task A_reorg_takes_facts_back_and_a_replacement_restores_them()
    {
        var chain = await Cluster.TakeChain();
        var story = chain.Story();
        chain.Node.Mine(story.Funded(1));
        chain.Node.Mine(story.Submitted(0, 1_000));
        chain.Node.Mine(story.Closed(0, Closing.Released, 1_000));
        chain.Node.Mine();
        var paid = await chain.See(story, view => view.Chain?.Phase == AgreementPhase.Idle);
        Assert.Empty(paid.Retractions);

        chain.Node.Reorg(3, [[], [], [], []]);
        var back = await chain.See(story, view => view.Chain?.Phase == AgreementPhase.Funded);
        Assert.Equal([FactKind.MilestoneSubmitted, FactKind.MilestoneClosed], back.Retractions.Select(gone => gone.Kind));
        Assert.All(back.Retractions, gone => Assert.InRange(gone.FactPos, 1, paid.Version.Pos));
        Assert.All(back.Retractions, gone => Assert.True(gone.RewindPos > paid.Version.Pos));
        Assert.True(back.Version.IsNewerThan(paid.Version));
        Assert.Equal(Amount.Zero, back.Chain!.PaidToTalent);

        chain.Node.Mine(story.Closed(0, Closing.Refunded, 0));
        var refunded = await chain.See(story, view => view.Chain?.Phase == AgreementPhase.Idle);
        Assert.Equal((Amount.Zero, refunded.Chain!.PaidIn), (refunded.Chain.PaidToTalent, refunded.Chain.Refunded));
    }

    [Fact]
    public async Task A_fork_that_flips_back_leaves_each_fact_exactly_once()
    {
        var chain = await Cluster.TakeChain();
        var story = chain.Story();
        chain.Node.Mine(story.Funded(1));
        chain.Node.Mine(story.Closed(0, Closing.Released, 1_000));
        var first = chain.Node.Mine();
        await chain.See(story, view => view.Chain?.Phase == AgreementPhase.Idle);
        chain.Node.Reorg(2, [[story.Closed(0, Closing.Refunded, 0)], [], []]);
        await chain.See(story, view => view.Chain?.Refunded.IsZero == false);
        chain.Node.SwitchTo(first.Hash);
        chain.Node.Mine();

        var again = await chain.See(story, view => view.Chain?.PaidToTalent == new Amount(1_000));
        Assert.Equal(new Amount(150), again.Chain!.FeesKept);
        Assert.Equal(2, again.Retractions.Length);
        await chain.Read();
        await LedgerCheck.HoldsExactlyTheChain(chain.Ledger, chain.Node);
    }

    [Fact]
    public async Task A_fact_that_a_watcher_never_saw_is_still_told_as_taken_back()
    {
        var chain = await Cluster.TakeChain();
        var story = chain.Story();
        chain.Node.Mine(story.Funded(1));
        await chain.Read();
        chain.Node.Reorg(1, [[], [story.Funded(2)]]);
        var cursor = await chain.Read();
        var view = await chain.See(story, seen => seen.Cursor.Pos >= cursor.Pos);
        Assert.Equal(2, view.Chain!.MilestonesFunded);
        Assert.Equal((1, 2), ((int)view.Retractions.Single().FactPos, (int)view.Retractions.Single().RewindPos));
    }
}
