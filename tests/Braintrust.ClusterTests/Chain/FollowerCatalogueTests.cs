using Microsoft.Extensions.Time.Testing;

namespace Braintrust.Chain;

/// <summary>
/// The rows of the watcher's failure catalogue that a follower meets, each by its name. What the client alone meets is in
/// LyingNodeTests and JsonRpcChainTests, what a transaction meets in OperationTests.
/// </summary>
public sealed class FollowerCatalogueTests(GrainCluster cluster) : ClusterTest(cluster)
{
    private static readonly CancellationToken Ct = CancellationToken.None;

    [Fact]
    public async Task A_short_reorg()
    {
        var bench = await Mined(10);
        bench.Node.Reorg(2, [[bench.Burned(100)], [], [bench.Burned(101)]]);
        await Arrives(bench);
    }

    [Fact]
    public async Task A_deep_reorg_down_to_the_final_block()
    {
        var bench = await FollowerTests.Bench.Make(Cluster, new ChainSettings { ChainId = 0, ConfirmationsMin = 65 });
        for (var i = 0; i < 80; i++) bench.Node.Mine(bench.Burned(i));
        await Arrives(bench);
        bench.Node.Reorg(64, [.. Enumerable.Range(0, 65).Select(i => (IReadOnlyList<ScriptedLog>)[bench.Burned(100 + i)])]);
        await Arrives(bench);
        var entries = await LedgerCheck.Entries(bench.Ledger, bench.Node.ChainId);
        Assert.Equal((64, 1), (entries.Facts.Count(entry => entry.OrphanedBy is not null), entries.Rewinds.Count));
    }

    [Fact]
    public async Task A_transaction_that_is_dropped_for_ever_leaves_nothing()
    {
        var bench = await Mined(10);
        var dropped = bench.Burned(60) with { TxHash = Hash32.Keccak([60]) };
        bench.Node.Mine(dropped);
        await Arrives(bench);
        bench.Node.Reorg(1, [[], [], [bench.Burned(61)]]);
        await Arrives(bench);
        var entries = await LedgerCheck.Entries(bench.Ledger, bench.Node.ChainId);
        Assert.NotNull(Assert.Single(entries.Facts, entry => entry.Fact.TxHash == dropped.TxHash).OrphanedBy);
    }

    [Fact]
    public async Task A_head_that_nobody_announced_is_found_by_asking()
    {
        var bench = await Mined(10);
        // Nothing but the question for the newest block tells a follower of it: announcements only wake it.
        bench.Node.Mine(bench.Burned(70));
        await Arrives(bench);
    }

    [Fact]
    public async Task A_reorg_to_a_shorter_chain_that_then_goes_on()
    {
        var bench = await Mined(10);
        bench.Node.Reorg(4, [[bench.Burned(100)]]);
        await Arrives(bench);
        bench.Node.Mine(bench.Burned(101));
        await Arrives(bench);
    }

    [Fact]
    public async Task A_chain_that_only_lost_its_newest_blocks_is_believed_when_it_stays_so()
    {
        var clock = new FakeTimeProvider();
        var bench = await Mined(10, clock);
        bench.Node.Reorg(2, []);
        var waits = await bench.Follower.Step(Ct);
        Assert.Contains("behind", waits.Waiting);
        clock.Advance(TimeSpan.FromSeconds(31));
        await Arrives(bench);
    }

    [Fact]
    public async Task A_head_that_jumps_back_and_returns_takes_nothing_back()
    {
        var bench = await Mined(10);
        var before = await bench.Cursor();
        bench.Node.LagBlocks = 4;
        Assert.Contains("behind", (await bench.Follower.Step(Ct)).Waiting);
        bench.Node.LagBlocks = 0;
        await Arrives(bench);
        Assert.Equal(before, await bench.Cursor());
    }

    [Fact]
    public async Task A_reorg_during_the_backfill()
    {
        var bench = await FollowerTests.Bench.Make(
            Cluster, new ChainSettings { ChainId = 0, ConfirmationsMin = 5, RangeBlocksMax = 20 });
        for (var i = 0; i < 100; i++) bench.Node.Mine(bench.Burned(i));
        await bench.Follower.Step(Ct);
        await bench.Follower.Step(Ct);
        bench.Node.Reorg(4, [.. Enumerable.Range(200, 6).Select(i => (IReadOnlyList<ScriptedLog>)[bench.Burned(i)])]);
        await Arrives(bench);
    }

    [Fact]
    public async Task A_reorg_of_the_range_that_was_read_ahead()
    {
        var bench = await FollowerTests.Bench.Make(
            Cluster, new ChainSettings { ChainId = 0, FinalityTag = "finalized", RangeBlocksMax = 20 });
        for (var i = 0; i < 60; i++) bench.Node.Mine(bench.Burned(i));
        await bench.Follower.Step(Ct);
        bench.Node.Reorg(40, [.. Enumerable.Range(100, 40).Select(i => (IReadOnlyList<ScriptedLog>)[bench.Burned(i)])]);
        await Arrives(bench);
        Assert.DoesNotContain((await LedgerCheck.Entries(bench.Ledger, bench.Node.ChainId)).Facts, entry => entry.OrphanedBy is not null);
    }

    [Fact]
    public async Task A_range_that_was_read_ahead_is_not_read_again()
    {
        var bench = await FollowerTests.Bench.Make(
            Cluster, new ChainSettings { ChainId = 0, FinalityTag = "finalized", RangeBlocksMax = 20 });
        for (var i = 0; i < 100; i++) bench.Node.Mine(bench.Burned(i));
        var calls = bench.CountCalls();
        await Arrives(bench);
        // Four ranges of twenty blocks, the other twenty one by one.
        Assert.Equal(24, calls["ReadLogs"]);
    }

    [Fact]
    public async Task A_reorg_during_a_restart()
    {
        var bench = await Mined(10);
        bench.Node.Reorg(3, [[bench.Burned(100)], [], [], [bench.Burned(101)]]);
        var restarted = bench.Another();
        for (var again = true; again;) again = (await restarted.Step(Ct)).Again;
        await LedgerCheck.HoldsExactlyTheChain(bench.Ledger, bench.Node);
        Assert.Equal(bench.Node.Head.Hash, (await bench.Cursor()).HeadHash);
    }

    [Fact]
    public async Task A_reorg_between_the_header_and_its_logs()
    {
        var bench = await Mined(10);
        bench.Node.Mine(bench.Burned(50));
        bench.Node.Before = (method, _) =>
        {
            if (method != "ReadLogs") return ValueTask.CompletedTask;
            bench.Node.Before = null;
            bench.Node.Reorg(1, [[bench.Burned(51)]]);
            return ValueTask.CompletedTask;
        };
        await Assert.ThrowsAsync<ChainUnavailableException>(async () => await bench.Follower.Step(Ct));
        await Arrives(bench);
    }

    [Fact]
    public async Task A_reorg_between_a_ranges_logs_and_their_headers()
    {
        var bench = await FollowerTests.Bench.Make(
            Cluster, new ChainSettings { ChainId = 0, FinalityTag = "finalized", RangeBlocksMax = 20 });
        for (var i = 0; i < 40; i++) bench.Node.Mine(bench.Burned(i));
        var fork = bench.Node.Head.Hash;
        bench.Node.TellLogs = logs =>
        {
            // Told of one fork, asked for headers on another: only a node whose final blocks are not final does that.
            bench.Node.TellLogs = null;
            bench.Node.Reorg(38, [.. Enumerable.Range(100, 38).Select(i => (IReadOnlyList<ScriptedLog>)[bench.Burned(i)])]);
            return logs;
        };
        await Assert.ThrowsAsync<ChainProtocolException>(async () => await bench.Follower.Step(Ct));
        Assert.NotEqual(fork, bench.Node.Head.Hash);
        await Arrives(bench);
    }

    [Fact]
    public async Task A_reorg_between_the_end_of_a_range_and_its_logs()
    {
        var bench = await FollowerTests.Bench.Make(
            Cluster, new ChainSettings { ChainId = 0, FinalityTag = "finalized", RangeBlocksMax = 20 });
        for (var i = 0; i < 40; i++) bench.Node.Mine(bench.Burned(i));
        bench.Node.Before = (method, _) =>
        {
            if (method != "ReadLogs") return ValueTask.CompletedTask;
            bench.Node.Before = null;
            bench.Node.Reorg(38, [.. Enumerable.Range(100, 38).Select(i => (IReadOnlyList<ScriptedLog>)[bench.Burned(i)])]);
            return ValueTask.CompletedTask;
        };
        await Assert.ThrowsAsync<ChainProtocolException>(async () => await bench.Follower.Step(Ct));
        Assert.Equal(0, (await bench.Cursor()).Pos);
        await Arrives(bench);
    }

    [Fact]
    public async Task A_head_that_is_told_wrong_once_halts_nothing()
    {
        var bench = await Mined(20);
        bench.Node.LagBlocks = 3;
        bench.Node.TellHeader = header => header.Number == 17 ? header with { Hash = Hash32.Keccak([3]) } : header;
        await Assert.ThrowsAsync<ChainProtocolException>(async () => await bench.Follower.Step(Ct));
        (bench.Node.LagBlocks, bench.Node.TellHeader) = (0, null);
        await Arrives(bench);
    }

    [Fact]
    public async Task A_transaction_that_moved_to_another_block_is_there_once()
    {
        var bench = await Mined(10);
        var moved = bench.Burned(60) with { TxHash = Hash32.Keccak([60]) };
        bench.Node.Mine(moved);
        await Arrives(bench);
        bench.Node.Reorg(2, [[], [bench.Burned(61), moved]]);
        await Arrives(bench);
        var entries = await LedgerCheck.Entries(bench.Ledger, bench.Node.ChainId);
        Assert.Equal(2, entries.Facts.Count(entry => entry.Fact.TxHash == moved.TxHash));
        var stands = Assert.Single(entries.Facts, entry => entry.Fact.TxHash == moved.TxHash && entry.OrphanedBy is null);
        Assert.Equal(1u, stands.Fact.LogIndex);
    }

    [Fact]
    public async Task Finality_that_moves_backwards_stays_where_it_was()
    {
        var bench = await FollowerTests.Bench.Make(Cluster, new ChainSettings { ChainId = 0, FinalityTag = "finalized" });
        for (var i = 0; i < 12; i++) bench.Node.Mine(bench.Burned(i));
        await Arrives(bench);
        var final = (await bench.Cursor()).FinalNo;
        // A node that lags tells an older final block with an older head; then the chain goes on by less than it lags.
        bench.Node.LagBlocks = 3;
        bench.Node.Mine(bench.Burned(100));
        await bench.Follower.Step(Ct);
        Assert.Equal(final, (await bench.Cursor()).FinalNo);
        bench.Node.LagBlocks = 0;
        await Arrives(bench);
        Assert.Equal(final + 1, (await bench.Cursor()).FinalNo);
    }

    [Fact]
    public async Task Two_providers_on_different_forks_end_as_the_one_that_is_right()
    {
        var (clock, bench) = (new FakeTimeProvider(), await Mined(10));
        var (right, astray) = (bench.Node, new ScriptedChain(bench.Node.ChainId));
        for (var i = 0; i < 10; i++) astray.Mine(bench.Burned(i));
        Assert.Equal(right.Head, astray.Head);
        astray.Reorg(3, [.. Enumerable.Range(200, 4).Select(i => (IReadOnlyList<ScriptedLog>)[bench.Burned(i)])]);
        var follower = bench.Another(new FailoverChain([("right", right), ("astray", astray)], clock, _ => { }), clock);
        right.FailNext(1);
        for (var again = true; again;) again = (await follower.Step(Ct)).Again;
        await LedgerCheck.HoldsExactlyTheChain(bench.Ledger, astray);
        clock.Advance(TimeSpan.FromMinutes(5));
        right.Mine(bench.Burned(100));
        for (var again = true; again;) again = (await follower.Step(Ct)).Again;
        await LedgerCheck.HoldsExactlyTheChain(bench.Ledger, right);
    }

    [Fact]
    public async Task A_stranger_that_emits_our_events_is_not_followed()
    {
        var bench = await Mined(3);
        bench.Node.Mine(bench.Burned(70, TestChain.Token), bench.Burned(71));
        await bench.FollowToTheEnd();
        Assert.Equal(4, (await bench.Cursor()).Pos);
        Assert.DoesNotContain(
            (await LedgerCheck.Entries(bench.Ledger, bench.Node.ChainId)).Facts, entry => entry.Fact.Contract == TestChain.Token);
    }

    /// <summary>ERC-1967's event. That the code is another is found at the next start, by its hash.</summary>
    [Fact]
    public async Task An_implementation_upgrade_is_no_fact_and_changes_none()
    {
        var bench = await Mined(3);
        Hash32[] topics = [Hash32.Keccak("Upgraded(address)"u8), Hash32.Keccak("another implementation"u8)];
        bench.Node.Mine(bench.Burned(70), ScriptedLog.Of(TestChain.Escrow, (topics, [])), bench.Burned(71));
        await bench.FollowToTheEnd();
        Assert.Equal(5, (await bench.Cursor()).Pos);
        Assert.Equal(5, (await LedgerCheck.Entries(bench.Ledger, bench.Node.ChainId)).Facts.Count());
    }

    [Fact]
    public async Task A_block_that_the_node_does_not_have_is_waited_for()
    {
        var bench = await Mined(5);
        bench.Node.Mine(bench.Burned(80));
        bench.Node.Mine(bench.Burned(81));
        bench.Node.TellHeader = header => header.Number == 6 ? null : header;
        Assert.Contains("no block 6", (await bench.Follower.Step(Ct)).Waiting);
        bench.Node.TellHeader = null;
        await Arrives(bench);
    }

    [Fact]
    public async Task A_header_whose_parent_is_not_ours_moves_nothing()
    {
        var bench = await Mined(5);
        bench.Node.Mine(bench.Burned(80));
        bench.Node.Mine(bench.Burned(81));
        var before = await bench.Cursor();
        bench.Node.TellHeader = header => header.Number == 7 ? header with { ParentHash = Hash32.Keccak([1]) } : header;
        Assert.Contains("changed its chain", (await bench.Follower.Step(Ct)).Waiting);
        Assert.Equal(before, await bench.Cursor());
        bench.Node.TellHeader = null;
        await Arrives(bench);
    }

    [Fact]
    public async Task The_end_of_a_range_is_not_believed_against_the_block_above_it()
    {
        var bench = await FollowerTests.Bench.Make(
            Cluster, new ChainSettings { ChainId = 0, ConfirmationsMin = 5, RangeBlocksMax = 20 });
        for (var i = 0; i < 60; i++) bench.Node.Mine(i == 19 ? [] : [bench.Burned(i)]);
        bench.Node.TellHeader = header => header.Number == 20 ? header with { Hash = Hash32.Keccak([2]) } : header;
        Assert.Contains("changed its chain", (await bench.Follower.Step(Ct)).Waiting);
        bench.Node.TellHeader = null;
        await Arrives(bench);
    }

    [Fact]
    public async Task The_follower_tells_a_node_that_it_is_doubted()
    {
        var bench = await Mined(5);
        bench.Node.Mine(bench.Burned(80), bench.Burned(81));
        bench.Node.TellLogs = logs => logs.Reverse();
        await Assert.ThrowsAsync<ChainProtocolException>(async () => await bench.Follower.Step(Ct));
        Assert.Equal(1, bench.Node.Doubts);
    }

    private async Task<FollowerTests.Bench> Mined(int blocks, TimeProvider? clock = null)
    {
        var bench = await FollowerTests.Bench.Make(
            Cluster, new ChainSettings { ChainId = 0, ConfirmationsMin = 6 }, clock);
        for (var i = 0; i < blocks; i++) bench.Node.Mine(bench.Burned(i));
        await Arrives(bench);
        return bench;
    }

    private static async Task Arrives(FollowerTests.Bench bench)
    {
        await bench.FollowToTheEnd();
        await LedgerCheck.HoldsExactlyTheChain(bench.Ledger, bench.Node);
        Assert.Null((await bench.Cursor()).Halted);
    }
}
