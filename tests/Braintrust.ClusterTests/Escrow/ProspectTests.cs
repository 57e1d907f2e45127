namespace Braintrust.Escrow;

/// <summary>What becomes of terms that nobody funded: only final blocks decide.</summary>
public sealed class ProspectTests(GrainCluster cluster) : ClusterTest(cluster)
{
    /// <summary>As the cluster's chains are followed.</summary>
    private const int Confirmations = 6;

    [Fact]
    public async Task Terms_are_over_when_the_final_block_is_past_their_last_second()
    {
        var (chain, story) = await Begin();
        var until = chain.Node.Head.Time.Seconds + chain.Node.BlockSeconds;
        chain.Node.Mine();
        await Final(chain);
        Assert.Equal(FundingProspect.Open, await Prospect(chain, story, until));
        chain.Node.Mine();
        await chain.Read();
        Assert.Equal(FundingProspect.Over, await Prospect(chain, story, until));
    }

    [Fact]
    public async Task Burning_the_nonce_ends_them_once_it_is_final_and_only_in_their_own_contract()
    {
        var (chain, story) = await Begin();
        var other = Address.Parse("0x00000000000000000000000000000000000e5c02");
        await chain.Registry.Register(
            new(chain.Id, other, EscrowFacts.ContractKind, 1, Hash32.Keccak([0xFE])), CancellationToken.None);
        chain.Node.Mine(new WorkStory(chain.Id, other, TestChain.Token, story.Terms.Nonce, 0).NonceBurned());
        await Final(chain);
        Assert.Equal(FundingProspect.Open, await Prospect(chain, story));

        chain.Node.Mine(story.NonceBurned());
        await chain.Read();
        Assert.Equal(FundingProspect.Open, await Prospect(chain, story));
        await Final(chain);
        Assert.Equal(FundingProspect.Over, await Prospect(chain, story));
    }

    [Fact]
    public async Task Funding_counts_once_it_is_final_and_a_fork_without_it_leaves_them_open()
    {
        var (chain, story) = await Begin();
        chain.Node.Mine(story.Funded(1));
        await chain.See(story, view => view.Chain is not null);
        Assert.Equal(FundingProspect.Open, await Prospect(chain, story));
        chain.Node.Reorg(1, [[], []]);
        await chain.See(story, view => view.Chain is null);
        Assert.Equal(FundingProspect.Open, await Prospect(chain, story));
        chain.Node.Mine(story.Funded(1));
        await Final(chain);
        // Past their last second too: what is funded is not over.
        Assert.Equal(FundingProspect.Funded, await Prospect(chain, story, until: 1));
    }

    private async Task<(TestChain, WorkStory)> Begin()
    {
        var chain = await Cluster.TakeChain();
        chain.Node.Mine();
        return (chain, chain.Story());
    }

    private static Task<FundingProspect> Prospect(TestChain chain, WorkStory story, ulong? until = null) =>
        chain.Grain(story).Prospect(until ?? story.Terms.ValidUntil, TestChain.Escrow);

    /// <summary>Makes the newest block the final one.</summary>
    private static async Task Final(TestChain chain)
    {
        for (var i = 1; i < Confirmations; i++) chain.Node.Mine();
        await chain.Read();
    }
}
