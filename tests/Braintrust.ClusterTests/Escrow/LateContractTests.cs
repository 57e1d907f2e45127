using Braintrust.Chain;

namespace Braintrust.Escrow;

/// <summary>A contract whose logs the ledger is told of after newer ones of others.</summary>
public sealed class LateContractTests(GrainCluster cluster) : ClusterTest(cluster)
{
    private static readonly Address Late = Address.Parse("0x00000000000000000000000000000000000e5c02");

    [Fact]
    public async Task An_agreement_of_a_contract_registered_late_is_folded_in_the_order_of_blocks()
    {
        var chain = await Cluster.TakeChain();
        var known = chain.Story();
        // The same negotiation was funded in both contracts: by the order of blocks in the late one, and only there.
        var late = new WorkStory(chain.Id, Late, TestChain.Token, known.Terms.Nonce, known.Terms.ValidUntil);
        chain.Node.Mine();
        chain.Node.Mine(late.Funded(2));
        chain.Node.Mine(known.Funded(1));
        for (var i = 0; i < 8; i++) chain.Node.Mine();
        chain.Node.Mine(late.Submitted(0, 900));
        var before = await chain.See(known, view => view.Chain is not null);
        Assert.Equal(TestChain.Escrow, before.Chain!.Contract);

        await chain.Registry.Register(
            new RegisteredContract(chain.Id, Late, EscrowFacts.ContractKind, 2, default), CancellationToken.None);
        chain.Node.Reorg(2, [[], [late.Submitted(0, 1_000)], [known.Closed(0, Closing.Refunded, 0)], [late.Closed(0, Closing.Released, 1_000)]]);
        var folded = await chain.See(known, view => view.Chain is { Milestone: 1 } agreement && agreement.Contract == Late);
        chain.Node.Mine(late.Closed(1, Closing.Released, 333));

        var told = await chain.See(known, view => view.Chain?.Milestone == 2);
        var wanted = chain.Node.Blocks.SelectMany(block => block.Logs).Aggregate(NegotiationOnChain.Empty, (fold, log) => EscrowFold.Apply(
            fold, EscrowFacts.TryRead(log.Log.Topics.AsSpan(), log.Log.Data.Span)!.Value.Event,
            new FactPlace(0, log.Log.Contract, new Seen(
                log.Block.Number, log.Block.Hash, log.Block.Time, log.TxHash, FinalityStatus.Pending, 0, 0), log.LogIndex)));
        Assert.Equal(
            (wanted.Agreement!.Contract, wanted.Agreement.Phase, wanted.Agreement.PaidToTalent, wanted.Agreement.Held, wanted.Agreement.Since),
            (told.Chain!.Contract, told.Chain.Phase, told.Chain.PaidToTalent, told.Chain.Held, told.Chain.Since));
        Assert.True(told.Version.IsNewerThan(folded.Version) && folded.Version.IsNewerThan(before.Version));
        Assert.All(told.Chain.Milestones.Take(2), milestone => Assert.Equal(MilestonePhase.Released, milestone.Phase));
    }

    [Fact]
    public async Task Terms_are_not_past_while_a_late_contract_may_hold_their_funding()
    {
        var chain = await Cluster.TakeChain();
        var story = chain.Story();
        for (var i = 0; i < 10; i++) chain.Node.Mine();
        var cursor = await chain.Read();
        Assert.Equal(FundingProspect.Over, await Prospect());
        // The node that would tell of its blocks is away.
        chain.Node.Before = (method, _) => method == "ReadLogs" ? throw new ChainUnavailableException("away") : ValueTask.CompletedTask;
        await chain.Registry.Register(
            new RegisteredContract(chain.Id, Late, EscrowFacts.ContractKind, cursor.HeadNo - 5, default), CancellationToken.None);
        Assert.Equal(FundingProspect.Open, await Prospect());
        chain.Node.Before = null;
        await Watching.For(_ => Prospects(), prospect => prospect == FundingProspect.Over);

        Task<FundingProspect> Prospect() => chain.Grain(story).Prospect(validUntil: 1, TestChain.Escrow);

        async IAsyncEnumerable<FundingProspect> Prospects()
        {
            yield return await Prospect();
        }
    }
}
