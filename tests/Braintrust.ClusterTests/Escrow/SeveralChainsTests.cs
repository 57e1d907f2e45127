using Braintrust.Chain;

namespace Braintrust.Escrow;

/// <summary>Several chains are one marketplace, with the same contracts' addresses on each.</summary>
public sealed class SeveralChainsTests(GrainCluster cluster) : ClusterTest(cluster)
{
    private static readonly Caller Employer = new("employer", new HashSet<Address> { WorkStory.Employer });

    [Fact]
    public async Task The_same_negotiation_on_two_chains_is_two_agreements_and_a_halted_chain_stops_its_own_money_only()
    {
        var (one, other) = (await Cluster.TakeChain(), await Cluster.TakeChain());
        var story = one.Story();
        var twin = new WorkStory(other.Id, TestChain.Escrow, TestChain.Token, story.Terms.Nonce, story.Terms.ValidUntil);
        Assert.Equal(story.Negotiation, twin.Negotiation);

        one.Node.Mine(story.Funded(3));
        other.Node.Mine(twin.Funded(1));
        await one.See(story, view => view.Chain?.Held == Fees.Price(story.Terms, 0, 3));
        await other.See(twin, view => view.Chain?.Held == Fees.Price(twin.Terms, 0, 1));
        other.Node.Mine(twin.FundedMore(1, 1));
        await other.See(twin, view => view.Chain?.Held == Fees.Price(twin.Terms, 0, 2));
        one.Node.Reorg(1, [[story.Funded(2)]]);
        await one.See(story, view => view.Chain?.Held == Fees.Price(story.Terms, 0, 2) && view.Retractions.Length == 1);
        Assert.Empty((await other.See(twin, view => view.Chain is not null)).Retractions);

        ChainCursor? halted;
        do halted = await one.Ledger.Halt(one.Id, await one.Read(), "its final blocks were replaced", CancellationToken.None);
        while (halted is null);
        await Testing.Eventually.Holds(
            () => Release(one, story), code => code == RefusalCode.ChainHalted, TestChain.Patience, "the halted chain's money waits");
        Assert.Equal(RefusalCode.None, await Release(other, twin));
        other.Node.Mine(twin.FundedMore(2, 1));
        await other.See(twin, view => view.Chain?.Held == Fees.Price(twin.Terms, 0, 3));
    }

    /// <summary>What a release of the first milestone is refused for.</summary>
    private static async Task<RefusalCode> Release(TestChain chain, WorkStory story) =>
        (await chain.Grain(story).Prepare(Employer, WorkStory.Employer, new MoveRequest(EscrowMove.Release, 0)))
            .Accepted(out _, out var refusal) ? RefusalCode.None : refusal.Code;
}
