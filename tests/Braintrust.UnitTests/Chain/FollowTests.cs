namespace Braintrust.Chain;

public sealed class FollowTests
{
    private const ulong First = 5;
    private static readonly FollowPolicy ByDepth = new(ConfirmationsMin: 4, ByTag: false, RangeBlocksMax: 100);
    private static readonly FollowPolicy ByTag = ByDepth with { ByTag = true };
    private static readonly BlockHeader[] Main = Blocks(0, 60, default, 1);

    /// <summary>Left the main chain after block 17.</summary>
    private static readonly BlockHeader[] Other = [.. Main[..18], .. Blocks(18, 60, Main[17].Hash, 2)];

    [Fact]
    public void A_halted_chain_is_left_alone() =>
        Assert.IsType<FollowStep.Nothing>(Decide(At(20) with { Halted = "why" }, Window(17, 20), Main[30]));

    [Fact]
    public void Nothing_happens_while_nothing_is_new() =>
        Assert.Equal(new FollowStep.Nothing(), Decide(At(20), Window(17, 20), Main[20]));

    [Fact]
    public void The_next_block_extends_the_chain_and_moves_finality()
    {
        var step = Assert.IsType<FollowStep.Extend>(Decide(At(20), Window(17, 20), Main[21]));
        Assert.Equal([Main[21]], step.Headers);
        Assert.Equal(18ul, step.FinalNo);
    }

    [Fact]
    public void Blocks_that_were_missed_are_fetched_and_linked()
    {
        var (step, fetched) = Settle(At(20), Window(17, 20), Main, 25);
        Assert.Equal(Main[21..26], Assert.IsType<FollowStep.Extend>(step).Headers);
        Assert.Equal([21ul, 22, 23, 24], fetched.Order().ToArray());
    }

    [Fact]
    public void Far_behind_final_blocks_are_read_as_a_range_and_no_further()
    {
        var (step, _) = Settle(At(20), Window(17, 20), Main, 59);
        var range = Assert.IsType<FollowStep.ReadRange>(step);
        Assert.Equal((21ul, 56ul, 56ul), (range.From, range.To.Number, range.FinalNo));
        var (narrow, _) = Settle(At(20), Window(17, 20), Main, 59, ByDepth with { RangeBlocksMax = 10 });
        Assert.Equal(30ul, Assert.IsType<FollowStep.ReadRange>(narrow).To.Number);
    }

    [Fact]
    public void The_first_step_keeps_the_block_below_so_that_a_fork_can_be_found()
    {
        var (step, _) = Settle(ChainCursor.Start, [], Main, 7);
        var extend = Assert.IsType<FollowStep.Extend>(step);
        Assert.Equal((Main[4], 5ul, 4ul), (extend.Base, extend.Headers[0].Number, extend.FinalNo));
    }

    [Fact]
    public void Nothing_happens_before_our_first_block() =>
        Assert.IsType<FollowStep.Nothing>(Decide(ChainCursor.Start, [], Main[4]));

    [Fact]
    public void A_fork_is_found_by_the_parent_hash()
    {
        var (step, fetched) = Settle(At(20), Window(17, 20), Other, 21);
        Assert.Equal(new FollowStep.Rewind(Main[17]), step);
        Assert.Equal([20ul, 19, 18, 17], fetched);
    }

    [Fact]
    public void A_fork_of_the_same_height_is_found()
    {
        var (step, _) = Settle(At(20), Window(17, 20), Other, 20);
        Assert.Equal(new FollowStep.Rewind(Main[17]), step);
    }

    [Fact]
    public void A_fork_to_a_shorter_chain_is_found()
    {
        var (step, _) = Settle(At(20), Window(17, 20), Other, 19);
        Assert.Equal(new FollowStep.Rewind(Main[17]), step);
    }

    [Fact]
    public void A_node_that_lags_is_waited_for()
    {
        Assert.IsType<FollowStep.Nothing>(Decide(At(20), Window(17, 20), Main[18]));
        Assert.IsType<FollowStep.Nothing>(Decide(At(20), Window(17, 20), Main[3]));
    }

    [Fact]
    public void A_node_that_stays_behind_is_believed_down_to_the_final_block()
    {
        Assert.Equal(new FollowStep.Rewind(Main[18]), Follow.Decide(
            At(20), Window(17, 20), First, new NodeView(Main[18], behindTooLong: true), ByDepth));
        Assert.IsType<FollowStep.Nothing>(Follow.Decide(
            At(20), Window(17, 20), First, new NodeView(Main[3], behindTooLong: true), ByDepth));
    }

    [Fact]
    public void A_fork_below_the_final_block_halts()
    {
        var (step, _) = Settle(At(20, final: 18), Window(18, 20), Other, 30);
        Assert.Contains("18", Assert.IsType<FollowStep.Halt>(step).Why);
    }

    [Fact]
    public void A_development_chain_is_followed_back_below_the_final_block()
    {
        var dev = ByDepth with { BelowFinalRewinds = true };
        Assert.IsType<FollowStep.RewindByFacts>(Settle(At(20, final: 18), Window(18, 20), Other, 30, dev).Step);
        Assert.IsType<FollowStep.RewindByFacts>(Settle(At(20), Window(17, 20), Main, 12, dev).Step);
        Assert.Equal(new FollowStep.Rewind(Main[18]), Settle(At(20), Window(17, 20), Main, 18, dev).Step);
    }

    [Fact]
    public void A_tag_moves_finality_without_new_blocks_and_never_back()
    {
        var view = new NodeView(Main[20], tagFinalNo: 19);
        var step = Assert.IsType<FollowStep.Extend>(Follow.Decide(At(20), Window(17, 20), First, view, ByTag));
        Assert.Equal((0, 19ul), (step.Headers.Count, step.FinalNo));
        var back = new NodeView(Main[20], tagFinalNo: 12);
        Assert.Equal(new FollowStep.Nothing(), Follow.Decide(At(20), Window(17, 20), First, back, ByTag));
        var extended = new NodeView(Main[21], tagFinalNo: 12);
        Assert.Equal(17ul, Assert.IsType<FollowStep.Extend>(
            Follow.Decide(At(20), Window(17, 20), First, extended, ByTag)).FinalNo);
    }

    [Fact]
    public void A_tag_beyond_what_was_read_makes_only_what_was_read_final()
    {
        var view = new NodeView(Main[20], tagFinalNo: 40);
        Assert.Equal(20ul, Assert.IsType<FollowStep.Extend>(
            Follow.Decide(At(20), Window(17, 20), First, view, ByTag)).FinalNo);
    }

    [Fact]
    public void A_node_that_changes_its_chain_while_it_is_read_is_read_again_later()
    {
        var view = new NodeView(Other[23]);
        view.Add(Main[21]);
        view.Add(Main[22]);
        Assert.IsType<FollowStep.Nothing>(Follow.Decide(At(20), Window(17, 20), First, view, ByDepth));
    }

    private static FollowStep Decide(ChainCursor cursor, IReadOnlyList<BlockHeader> window, BlockHeader head) =>
        Follow.Decide(cursor, window, First, new NodeView(head), ByDepth);

    /// <summary>Decides with a node whose chain is <paramref name="chain"/> up to <paramref name="head"/>.</summary>
    private static (FollowStep Step, List<ulong> Fetched) Settle(
        ChainCursor cursor, IReadOnlyList<BlockHeader> window, BlockHeader[] chain, int head, FollowPolicy? policy = null)
    {
        var view = new NodeView(chain[head]);
        var fetched = new List<ulong>();
        while (true)
        {
            var step = Follow.Decide(cursor, window, First, view, policy ?? ByDepth);
            if (step is not FollowStep.Fetch fetch) return (step, fetched);
            Assert.DoesNotContain(fetch.Number, fetched);
            fetched.Add(fetch.Number);
            view.Add(chain[fetch.Number]);
        }
    }

    private static ChainCursor At(int head, ulong final = 17) =>
        new(0, 0, Main[head].Number, Main[head].Hash, Main[head].Time, final);

    private static BlockHeader[] Window(int from, int to) => Main[from..(to + 1)];

    private static BlockHeader[] Blocks(ulong from, int count, Hash32 parent, byte salt)
    {
        var blocks = new BlockHeader[count];
        for (var i = 0; i < count; i++)
        {
            var hash = Hash32.Keccak([salt, .. parent.ToBytes()]);
            blocks[i] = new BlockHeader(from + (ulong)i, hash, parent, new BlockTime(1_000 + (from + (ulong)i) * 12));
            parent = hash;
        }

        return blocks;
    }
}
