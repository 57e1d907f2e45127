using Braintrust.Storage;
using Microsoft.Extensions.DependencyInjection;

namespace Braintrust.Chain;

/// <summary>What a person can do about a chain that replaced final blocks.</summary>
public sealed class FollowerResumeTests(GrainCluster cluster) : ClusterTest(cluster)
{
    private const string Who = "ann@night";
    private const string Why = "the node was on a fork for an hour";

    [Theory]
    [InlineData(0)]
    [InlineData(2)]
    public async Task A_halted_chain_goes_on_from_a_block_that_the_node_shares(ulong lower)
    {
        var bench = await Halted();
        var resume = Resume(bench);
        // The ledger names blocks by their facts: it has one in each, and the fork began after block 7.
        var newest = await resume.NewestBlock(CancellationToken.None);
        Assert.Equal(7ul, newest!.Number);

        var resumed = Accept(await resume.From(newest.Number - lower, Who, Why, CancellationToken.None));

        Assert.Equal((newest.Number - lower, null), (resumed.HeadNo, resumed.Halted));
        var kept = Assert.Single(await bench.Ledger.ReadResumes(bench.Node.ChainId, CancellationToken.None));
        Assert.Equal((resumed.Pos, Who, Why), (kept.Pos, kept.Who, kept.Why));
        Assert.Contains("final", kept.Halted);
        await bench.FollowToTheEnd();
        await LedgerCheck.HoldsExactlyTheChain(bench.Ledger, bench.Node);
        bench.Node.Mine(bench.Burned(900));
        await bench.FollowToTheEnd();
        await LedgerCheck.HoldsExactlyTheChain(bench.Ledger, bench.Node);
    }

    [Fact]
    public async Task Nothing_is_changed_for_a_wrong_block_no_reason_or_a_chain_that_is_followed()
    {
        var bench = await Halted();
        var (resume, halted) = (Resume(bench), await bench.Cursor());
        Assert.Equal(RefusalCode.InvalidArgument, Refused(await resume.From(8, Who, Why, CancellationToken.None)));
        Assert.Equal(RefusalCode.InvalidArgument, Refused(await resume.From(7, Who, " ", CancellationToken.None)));
        Assert.Equal(
            RefusalCode.InvalidArgument,
            Refused(await resume.From(7, Who, new string('x', ChainResume.WhyCharsMax + 1), CancellationToken.None)));
        bench.Node.FailNext(1);
        await Assert.ThrowsAsync<ChainUnavailableException>(async () => await resume.From(7, Who, Why, CancellationToken.None));
        Assert.Equal(halted, await bench.Cursor());

        Accept(await resume.From(7, Who, Why, CancellationToken.None));
        var followed = await bench.Cursor();
        Assert.Equal(RefusalCode.WrongState, Refused(await resume.From(7, Who, Why, CancellationToken.None)));
        Assert.Equal(followed, await bench.Cursor());
    }

    [Fact]
    public async Task Where_no_block_is_shared_it_goes_on_below_the_first_contract()
    {
        var bench = await Halted(replaced: 12);
        var resumed = Accept(await Resume(bench).From(0, Who, Why, CancellationToken.None));
        Assert.Equal(0ul, resumed.HeadNo);
        await bench.FollowToTheEnd();
        await LedgerCheck.HoldsExactlyTheChain(bench.Ledger, bench.Node);
    }

    [Fact]
    public async Task A_late_contract_of_a_resumed_chain_is_read_to_the_end()
    {
        var bench = await Halted();
        await bench.RegisterLate();
        Accept(await Resume(bench).From(5, Who, Why, CancellationToken.None));
        bench.Node.Mine(bench.Burned(901, FollowerTests.Bench.Late));
        await bench.FollowToTheEnd();
        await LedgerCheck.HoldsExactlyTheChain(bench.Ledger, bench.Node, inOrder: false);
    }

    /// <summary>Twelve blocks, of which the node replaced the last ones.</summary>
    private async Task<FollowerTests.Bench> Halted(int replaced = 5)
    {
        var bench = await FollowerTests.Bench.Make(Cluster, new ChainSettings { ChainId = 0, ConfirmationsMin = 3 });
        for (var i = 1; i <= 12; i++) bench.Node.Mine(bench.Burned(i));
        await bench.FollowToTheEnd();
        bench.Node.Reorg(replaced, [.. Enumerable.Range(100, replaced + 2).Select(i => (IReadOnlyList<ScriptedLog>)[bench.Burned(i)])]);
        await bench.FollowToTheEnd();
        Assert.NotNull((await bench.Cursor()).Halted);
        return bench;
    }

    private ChainResume Resume(FollowerTests.Bench bench) => new(
        bench.Node.ChainId, bench.Ledger, Cluster.Storage.GetRequiredService<IContractRegistry>(), bench.Node, TimeProvider.System);

    private static ChainCursor Accept(Outcome<ChainCursor> outcome) =>
        outcome.Accepted(out var cursor, out var refusal) ? cursor : throw new InvalidOperationException(refusal.Message);

    private static RefusalCode Refused(Outcome<ChainCursor> outcome) =>
        outcome.Accepted(out _, out var refusal) ? throw new InvalidOperationException("Not refused.") : refusal.Code;
}
