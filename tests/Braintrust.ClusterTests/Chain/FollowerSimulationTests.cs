using System.Collections.Immutable;
using System.Globalization;
using Xunit.Abstractions;

namespace Braintrust.Chain;

/// <summary>
/// One seed drives reorgs, flips, lag, failing calls, two followers and a contract that is registered somewhere on the
/// way; the ledger must end as the chain is. Set
/// BRAINTRUST_TEST_SEED to play a printed seed again, BRAINTRUST_TEST_RUNS for more than a few.
/// </summary>
public sealed class FollowerSimulationTests(GrainCluster cluster, ITestOutputHelper output) : ClusterTest(cluster)
{
    private const int Depth = 8;

    [Fact]
    public async Task Whatever_happens_the_ledger_ends_as_the_chain()
    {
        var runs = Number("BRAINTRUST_TEST_RUNS") ?? 12;
        var first = Number("BRAINTRUST_TEST_SEED") ?? Random.Shared.Next();
        for (var seed = first; seed < first + runs; seed++) await Play(seed);
    }

    private async Task Play(int seed)
    {
        output.WriteLine($"BRAINTRUST_TEST_SEED={seed}");
        var random = new Random(seed);
        var bench = await FollowerTests.Bench.Make(
            Cluster, new ChainSettings { ChainId = 0, ConfirmationsMin = Depth, RangeBlocksMax = 10 + random.Next(40) });
        var (second, script) = (bench.Another(), new Script(random, bench));
        var late = random.Next(60);
        for (var act = 0; act < 60; act++)
        {
            if (act == late) await bench.RegisterLate();
            script.Act();
            await Step(bench.Follower);
            if (random.Next(3) == 0) await Step(second);
        }

        (bench.Node.LagBlocks, bench.Node.TellLogs) = (0, null);
        bench.Node.Mine();
        await bench.FollowToTheEnd();
        Assert.Null((await bench.Cursor()).Halted);
        await LedgerCheck.HoldsExactlyTheChain(bench.Ledger, bench.Node, inOrder: false);
    }

    /// <summary>Forks never reach below what may be final already: those halt, which is another test.</summary>
    private sealed class Script(Random random, FollowerTests.Bench bench)
    {
        private readonly ScriptedChain _node = bench.Node;
        private ImmutableList<ScriptedBlock> _left = [];
        private int _nonce;
        private ulong _highest;

        private ulong Floor => _highest < Depth ? 0 : _highest - Depth + 1;

        public void Act()
        {
            _highest = Math.Max(_highest, _node.Head.Number);
            switch (random.Next(12))
            {
                case 0 or 1:
                    Reorg(1 + random.Next(4));
                    break;
                case 2 when _left.Count > 0 && _left.Zip(_node.Blocks).Count(pair => pair.First == pair.Second) > (int)Floor + 1:
                    var back = _left;
                    _left = _node.Blocks;
                    _node.SwitchTo(back[^1].Header.Hash);
                    break;
                case 3:
                    _node.LagBlocks = random.Next(4);
                    break;
                case 4:
                    _node.FailNext(1 + random.Next(3));
                    break;
                case 5:
                    _node.TellLogs = _node.TellLogs is null ? logs => logs.Concat(logs) : null;
                    break;
                case 6:
                    for (var i = 0; i < 25; i++) _node.Mine(Logs());
                    break;
                default:
                    _node.Mine(Logs());
                    break;
            }
        }

        private void Reorg(int depth)
        {
            if (_node.Head.Number < Floor + (ulong)depth + 1) return;
            _left = _node.Blocks;
            _node.Reorg(depth, [.. Enumerable.Range(0, random.Next(6)).Select(_ => Logs())]);
        }

        /// <summary>None in block 1, in which the late contract is not deployed yet.</summary>
        private IReadOnlyList<ScriptedLog> Logs() => _node.Head.Number == 0
            ? []
            : [.. Enumerable.Range(0, random.Next(3)).Select(_ => bench.Burned(_nonce++, random.Next(3) == 0 ? FollowerTests.Bench.Late : TestChain.Escrow))];
    }

    private static async Task Step(ChainFollower follower)
    {
        try
        {
            await follower.Step(CancellationToken.None);
        }
        catch (Exception away) when (away is ChainUnavailableException or ChainProtocolException)
        {
            // The next step is the retry.
        }
    }

    private static int? Number(string name) =>
        int.TryParse(Environment.GetEnvironmentVariable(name), CultureInfo.InvariantCulture, out var given) ? given : null;
}
