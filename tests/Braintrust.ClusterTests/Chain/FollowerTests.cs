using Braintrust.Escrow;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Braintrust.Chain;

/// <summary>Followers over a real ledger, without grains, on chains that the cluster does not follow.</summary>
public sealed class FollowerTests(GrainCluster cluster) : ClusterTest(cluster)
{
    private static ulong _lastChain = 800_000;

    [Fact]
    public async Task Far_behind_it_reads_ranges_and_near_the_head_block_by_block()
    {
        var bench = await Bench.Make(Cluster, new ChainSettings { ChainId = 0, ConfirmationsMin = 5, RangeBlocksMax = 50 });
        for (var i = 0; i < 130; i++) bench.Node.Mine(i % 3 == 0 ? [bench.Burned(i), bench.Burned(i + 1_000)] : []);
        var calls = bench.CountCalls();
        await bench.FollowToTheEnd();
        await LedgerCheck.HoldsExactlyTheChain(bench.Ledger, bench.Node);
        Assert.Equal(3 + 4, calls["ReadLogs"]);
        Assert.Equal(126ul, (await bench.Cursor()).FinalNo);
    }

    [Fact]
    public async Task A_range_that_the_node_refuses_is_halved_until_it_is_taken()
    {
        var bench = await Bench.Make(Cluster, new ChainSettings { ChainId = 0, ConfirmationsMin = 5, RangeBlocksMax = 1_000 });
        bench.Node.LogRangeMax = 20;
        for (var i = 0; i < 200; i++) bench.Node.Mine(bench.Burned(i));
        await bench.FollowToTheEnd();
        await LedgerCheck.HoldsExactlyTheChain(bench.Ledger, bench.Node);
    }

    [Fact]
    public async Task Two_followers_of_one_ledger_append_nothing_twice()
    {
        var bench = await Bench.Make(Cluster);
        var second = bench.Another();
        for (var i = 0; i < 30; i++)
        {
            bench.Node.Mine(bench.Burned(i));
            if (i % 7 == 6) bench.Node.Reorg(3, [[bench.Burned(i + 100)], [], [bench.Burned(i + 200)], []]);
            await Task.WhenAll(Quietly(bench.Follower), Quietly(second));
        }

        await bench.FollowToTheEnd();
        await LedgerCheck.HoldsExactlyTheChain(bench.Ledger, bench.Node);

        // Two that read the same cursor may both be refused by the database: nothing was written then.
        static async Task Quietly(ChainFollower follower) => await follower.Step(CancellationToken.None);
    }

    public static TheoryData<string, Func<IReadOnlyList<PlacedLog>, IEnumerable<PlacedLog>>> Lies => new()
    {
        { "twice", logs => [.. logs, .. logs] },
        { "out of order", logs => logs.Reverse() },
        { "of another block", logs => logs.Select(log => log with { Block = log.Block with { Number = log.Block.Number + 9 } }) },
        { "of another fork", logs => logs.Select(log => log with { Block = log.Block with { Hash = Hash32.Keccak([1]) } }) },
        { "of a stranger", logs => logs.Select(log => log with { Log = log.Log with { Contract = TestChain.Token } }) },
    };

    [Theory, MemberData(nameof(Lies))]
    public async Task A_node_that_lies_about_logs_is_not_believed_and_asked_again(
        string how, Func<IReadOnlyList<PlacedLog>, IEnumerable<PlacedLog>> lie)
    {
        var bench = await Bench.Make(Cluster);
        bench.Node.Mine();
        await bench.FollowToTheEnd();
        bench.Node.Mine(bench.Burned(1), bench.Burned(2));
        bench.Node.TellLogs = lie;
        await Assert.ThrowsAsync<ChainProtocolException>(() => bench.Follower.Step(CancellationToken.None).AsTask());
        Assert.True((await bench.Cursor()).Pos == 0, how);
        bench.Node.TellLogs = null;
        await bench.FollowToTheEnd();
        await LedgerCheck.HoldsExactlyTheChain(bench.Ledger, bench.Node);
    }

    [Fact]
    public async Task An_unreachable_node_changes_nothing()
    {
        var bench = await Bench.Make(Cluster);
        bench.Node.Mine(bench.Burned(1));
        for (var calls = 1; calls < 5; calls++)
        {
            bench.Node.FailNext(1);
            await Assert.ThrowsAsync<ChainUnavailableException>(() => bench.Follower.Step(CancellationToken.None).AsTask());
        }

        await bench.FollowToTheEnd();
        await LedgerCheck.HoldsExactlyTheChain(bench.Ledger, bench.Node);
    }

    [Fact]
    public async Task An_event_that_is_not_the_contracts_own_is_left_out_and_said_once()
    {
        var bench = await Bench.Make(Cluster);
        var strange = new ScriptedLog(TestChain.Escrow, [Hash32.Keccak([7])], new byte[32]);
        bench.Node.Mine(strange, bench.Burned(1));
        bench.Node.Mine(strange);
        await bench.FollowToTheEnd();
        Assert.Equal(1, (await bench.Cursor()).Pos);
        Assert.Single(bench.Log.Said, said => said.Level == LogLevel.Error);
    }

    [Fact]
    public async Task A_reorg_below_the_final_block_halts_until_a_person_acts()
    {
        var bench = await Bench.Make(Cluster);
        for (var i = 0; i < 12; i++) bench.Node.Mine(bench.Burned(i));
        await bench.FollowToTheEnd();
        bench.Node.Reorg(9, [.. Enumerable.Repeat<IReadOnlyList<ScriptedLog>>([], 11)]);
        var report = await bench.Follower.Step(CancellationToken.None);
        Assert.Contains("final", (await bench.Cursor()).Halted);
        Assert.False(report.Again);
        Assert.Contains(bench.Log.Said, said => said.Level == LogLevel.Critical);
        Assert.Equal(12, (await bench.Cursor()).Pos);
    }

    [Fact]
    public async Task A_development_chain_that_forgot_final_blocks_is_followed_back()
    {
        var bench = await Bench.Make(
            Cluster, new ChainSettings { ChainId = 0, ConfirmationsMin = 3, BelowFinalRewinds = true });
        for (var i = 0; i < 12; i++) bench.Node.Mine(bench.Burned(i));
        await bench.FollowToTheEnd();
        bench.Node.Reorg(9, []);
        await bench.FollowToTheEnd();
        Assert.Equal(bench.Node.Head.Hash, (await bench.Cursor()).HeadHash);
        await LedgerCheck.HoldsExactlyTheChain(bench.Ledger, bench.Node);
        bench.Node.Mine(bench.Burned(50));
        await bench.FollowToTheEnd();
        await LedgerCheck.HoldsExactlyTheChain(bench.Ledger, bench.Node);
    }

    [Fact]
    public async Task A_contract_registered_late_is_read_from_its_first_block_while_the_chain_goes_on()
    {
        var bench = await Bench.Make(Cluster, new ChainSettings { ChainId = 0, ConfirmationsMin = 5, RangeBlocksMax = 20 });
        for (var i = 0; i < 90; i++) Mine(i);
        await bench.FollowToTheEnd();
        await bench.RegisterLate();
        for (var i = 90; i < 95; i++) Mine(i);
        await bench.FollowToTheEnd();
        await LedgerCheck.HoldsExactlyTheChain(bench.Ledger, bench.Node, inOrder: false);
        bench.Node.Reorg(4, [.. Enumerable.Range(95, 7).Select(Logs)]);
        for (var i = 102; i < 110; i++) Mine(i);
        await bench.FollowToTheEnd();
        await LedgerCheck.HoldsExactlyTheChain(bench.Ledger, bench.Node, inOrder: false);
        Assert.Contains(bench.Log.Said, said => said.Text.Contains("has caught up"));

        IReadOnlyList<ScriptedLog> Logs(int i) => i == 0 ? [] : [bench.Burned(i), bench.Burned(i, Bench.Late)];
        void Mine(int i) => bench.Node.Mine(Logs(i));
    }

    [Fact]
    public async Task A_step_that_began_before_a_registration_appends_nothing()
    {
        var bench = await Bench.Make(Cluster);
        bench.Node.Mine();
        bench.Node.Mine(bench.Burned(1), bench.Burned(1, Bench.Late));
        bench.Node.Before = async (method, _) =>
        {
            if (method != "ReadLogs") return;
            bench.Node.Before = null;
            await bench.RegisterLate();
        };
        var fenced = await bench.Follower.Step(CancellationToken.None);
        Assert.Equal((true, 0), (fenced.Again, (await bench.Cursor()).Pos));
        await bench.FollowToTheEnd();
        await LedgerCheck.HoldsExactlyTheChain(bench.Ledger, bench.Node);
    }

    [Fact]
    public async Task Two_followers_read_a_late_contracts_blocks_once()
    {
        var bench = await Bench.Make(Cluster, new ChainSettings { ChainId = 0, ConfirmationsMin = 5, RangeBlocksMax = 7 });
        var second = bench.Another();
        for (var i = 0; i < 60; i++) bench.Node.Mine(i % 9 == 1 ? [bench.Burned(i), bench.Burned(i, Bench.Late)] : []);
        await bench.FollowToTheEnd();
        await bench.RegisterLate();
        for (var i = 0; i < 5; i++) bench.Node.Mine();
        for (var again = true; again;)
            again = (await Task.WhenAll(
                bench.Follower.Step(CancellationToken.None).AsTask(), second.Step(CancellationToken.None).AsTask())).Any(report => report.Again);
        await LedgerCheck.HoldsExactlyTheChain(bench.Ledger, bench.Node, inOrder: false);
    }

    [Fact]
    public async Task A_node_on_another_fork_is_not_asked_for_a_late_contracts_blocks()
    {
        var bench = await Bench.Make(Cluster);
        for (var i = 1; i < 30; i++) bench.Node.Mine(bench.Burned(i, Bench.Late));
        await bench.FollowToTheEnd();
        await bench.RegisterLate();
        bench.Node.TellHeader = header => header with { Hash = Hash32.Keccak(header.Hash.ToBytes()) };
        await Assert.ThrowsAsync<ChainProtocolException>(() => bench.Follower.Step(CancellationToken.None).AsTask());
        Assert.Equal(0, (await bench.Cursor()).Pos);
    }

    [Fact]
    public async Task A_development_chain_that_forgot_blocks_read_late_reads_them_again()
    {
        var bench = await Bench.Make(
            Cluster, new ChainSettings { ChainId = 0, ConfirmationsMin = 3, BelowFinalRewinds = true, RangeBlocksMax = 5 });
        for (var i = 0; i < 40; i++) bench.Node.Mine(i > 0 && i % 4 == 0 ? [bench.Burned(i), bench.Burned(i, Bench.Late)] : []);
        await bench.FollowToTheEnd();
        await bench.RegisterLate();
        for (var i = 0; i < 4; i++) bench.Node.Mine();
        await bench.FollowToTheEnd();
        await LedgerCheck.HoldsExactlyTheChain(bench.Ledger, bench.Node, inOrder: false);
        bench.Node.Reorg(30, [.. Enumerable.Range(100, 40).Select(i => (IReadOnlyList<ScriptedLog>)[bench.Burned(i), bench.Burned(i, Bench.Late)])]);
        await bench.FollowToTheEnd();
        await LedgerCheck.HoldsExactlyTheChain(bench.Ledger, bench.Node, inOrder: false);
    }

    [Fact]
    public async Task Without_a_contract_there_is_nothing_to_follow()
    {
        var bench = new Bench(Cluster, new ChainSettings { ChainId = Interlocked.Increment(ref _lastChain) });
        bench.Node.Mine();
        Assert.Contains("No contract", (await bench.Follower.Step(CancellationToken.None)).Waiting);
    }

    internal sealed class Bench(GrainCluster cluster, ChainSettings settings, TimeProvider? clock = null)
    {
        public ScriptedChain Node { get; } = new(settings.ChainId);
        public SaidLog Log { get; } = new();
        public IChainLedger Ledger { get; } = cluster.Storage.GetRequiredService<IChainLedger>();
        public ChainFollower Follower => field ??= Another();
        public FollowedChain Followed => field ??= new FollowedChain(settings, Node);

        /// <summary>A second escrow, of which the ledger is told when it has read on.</summary>
        public static Address Late { get; } = Address.Parse("0x00000000000000000000000000000000000e5c02");

        public static async Task<Bench> Make(GrainCluster cluster, ChainSettings? settings = null, TimeProvider? clock = null)
        {
            var given = settings ?? new ChainSettings { ChainId = 0, ConfirmationsMin = 5 };
            var bench = new Bench(cluster, given with { ChainId = Interlocked.Increment(ref _lastChain) }, clock);
            await cluster.Storage.GetRequiredService<IContractRegistry>().Register(
                new RegisteredContract(bench.Node.ChainId, TestChain.Escrow, EscrowFacts.ContractKind, 1, default),
                CancellationToken.None);
            return bench;
        }

        public ChainFollower Another(IEvmChain? node = null, TimeProvider? time = null) => new(
            Followed with { Node = node ?? Node }, Ledger, cluster.Storage.GetRequiredService<IContractRegistry>(),
            time ?? clock ?? TimeProvider.System, Log);

        public ScriptedLog Burned(int nonce) => Burned(nonce, TestChain.Escrow);

        public ScriptedLog Burned(int nonce, Address contract) =>
            new WorkStory(settings.ChainId, contract, TestChain.Token, nonce, 0).NonceBurned();

        public ValueTask RegisterLate() => cluster.Storage.GetRequiredService<IContractRegistry>().Register(
            new RegisteredContract(Node.ChainId, Late, EscrowFacts.ContractKind, 2, default), CancellationToken.None);

        public ValueTask<ChainCursor> Cursor() => Ledger.ReadCursor(settings.ChainId, CancellationToken.None);

        public Dictionary<string, int> CountCalls()
        {
            var calls = new Dictionary<string, int>();
            Node.Before = (method, _) =>
            {
                calls[method] = calls.GetValueOrDefault(method) + 1;
                return ValueTask.CompletedTask;
            };
            return calls;
        }

        /// <summary>Steps until the ledger stands where the node is; trouble is tried again.</summary>
        public async Task FollowToTheEnd()
        {
            for (var steps = 0; steps < 500; steps++)
            {
                FollowReport report;
                try
                {
                    report = await Follower.Step(CancellationToken.None);
                }
                catch (Exception away) when (away is ChainUnavailableException or ChainProtocolException)
                {
                    continue;
                }

                var cursor = await Cursor();
                if ((cursor.HeadHash == Node.Head.Hash && !report.Again) || cursor.Halted is not null) return;
            }

            Assert.Fail("It does not arrive.");
        }
    }

    internal sealed class SaidLog : ILogger
    {
        public List<(LogLevel Level, string Text)> Said { get; } = [];

        public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

        public bool IsEnabled(LogLevel level) => true;

        public void Log<TState>(LogLevel level, EventId id, TState state, Exception? e, Func<TState, Exception?, string> format) =>
            Said.Add((level, format(state, e)));
    }
}
