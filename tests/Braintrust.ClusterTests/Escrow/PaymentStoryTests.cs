using Braintrust.Chain;

namespace Braintrust.Escrow;

public sealed class PaymentStoryTests(GrainCluster cluster) : ClusterTest(cluster)
{
    [Fact]
    public async Task A_payment_on_chain_reaches_a_watcher_and_becomes_final()
    {
        var chain = await Cluster.TakeChain();
        var story = chain.Story();
        chain.Node.Mine(story.Funded(2));
        var funded = await chain.See(story, view => view.Chain is not null);
        Assert.Equal(AgreementPhase.Funded, funded.Chain!.Phase);
        Assert.Equal(FinalityStatus.Pending, funded.Chain.Milestones[0].Seen!.Status);

        chain.Node.Mine(story.Submitted(0, 1_000));
        chain.Node.Mine(story.Closed(0, Closing.Released, 1_000));
        var paid = await chain.See(story, view => view.Chain?.Milestone == 1);
        Assert.Equal(new Amount(1_000), paid.Chain!.PaidToTalent);
        Assert.Equal(new Amount(150), paid.Chain.FeesKept);
        Assert.Equal(MilestonePhase.Working, paid.Chain.Milestones[1].Phase);

        for (var i = 0; i < 6; i++) chain.Node.Mine();
        var final = await chain.See(story, view => view.Chain?.Milestones[0].Seen?.Status == FinalityStatus.Final);
        Assert.Equal(paid.Version, final.Version);
    }
}
