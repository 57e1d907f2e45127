using FsCheck;
using FsCheck.Fluent;
using Xunit.Abstractions;

namespace Braintrust.Chain;

/// <summary>
/// Random nodes against a naive ledger: whatever a node does, the ledger only moves along parent hashes, never below its
/// final block, and ends where the node is.
/// </summary>
public sealed class FollowModelTests(ITestOutputHelper output)
{
    private enum Act { Mine, MineMany, Reorg, Flip, Lag, CatchUp, Follow }

    [Fact]
    public void Whatever_the_node_does_the_ledger_follows_or_halts() => Run(belowFinal: false);

    [Fact]
    public void A_development_chain_never_halts_and_ends_as_its_node() => Run(belowFinal: true);

    private void Run(bool belowFinal)
    {
        var act = Gen.Frequency(
            (4, Gen.Constant(Act.Mine)), (1, Gen.Constant(Act.MineMany)), (3, Gen.Constant(Act.Reorg)),
            (2, Gen.Constant(Act.Flip)), (2, Gen.Constant(Act.Lag)), (1, Gen.Constant(Act.CatchUp)),
            (6, Gen.Constant(Act.Follow)));
        var scripts = act.Zip(Gen.Choose(0, 1_000)).ArrayOf();
        var sizes = from depth in Gen.Choose(1, 8) from first in Gen.Choose(0, 6) select (Depth: depth, First: (ulong)first);
        Seeded.Check(output, Prop.ForAll(scripts.ToArbitrary(), sizes.ToArbitrary(), (script, size) =>
        {
            var node = new ModelNode();
            var ledger = new ModelLedger(new FollowPolicy(size.Depth, false, 20, belowFinal), size.First);
            foreach (var (what, how) in script) Play(what, how, node, ledger);
            node.Lag = 0;
            // A node below our final block cannot be told from one that lags: it must outgrow us before it is judged.
            node.Mine(8 + Math.Max(0, (int)ledger.Cursor.HeadNo - node.Chain.Count));
            for (var i = 0; i < 400; i++)
                if (!ledger.Step(node)) break;
            if (!belowFinal && ledger.Cursor.Halted is not null) Assert.True(ledger.HaltWasDue, "It halted without a deep fork.");
            else Assert.Equal(node.Chain.Skip((int)size.First).Select(b => b.Hash), ledger.Read.Select(b => b.Hash));
        }), runs: 1_000);
    }

    private static void Play(Act what, int how, ModelNode node, ModelLedger ledger)
    {
        switch (what)
        {
            case Act.Mine: node.Mine(1 + how % 4); break;
            case Act.MineMany: node.Mine(how % 60); break;
            case Act.Reorg: node.Reorg(1 + how % 7, how / 7 % 9); break;
            case Act.Flip: node.Flip(how); break;
            case Act.Lag: node.Lag = how % 6; break;
            case Act.CatchUp: node.Lag = 0; break;
            default: ledger.Step(node); break;
        }
    }

    private sealed class ModelNode
    {
        private readonly List<BlockHeader[]> _tips = [];
        private ulong _salt;

        public List<BlockHeader> Chain { get; private set; } = [new(0, Hash32.Keccak([0]), default, new BlockTime(1))];
        public int Lag { get; set; }

        public IReadOnlyList<BlockHeader> Visible => Chain[..Math.Max(1, Chain.Count - Lag)];

        public void Mine(int blocks)
        {
            for (var i = 0; i < blocks; i++)
            {
                var parent = Chain[^1];
                var hash = Hash32.Keccak([.. parent.Hash.ToBytes(), .. BitConverter.GetBytes(++_salt)]);
                Chain.Add(new BlockHeader(parent.Number + 1, hash, parent.Hash, parent.Time.After(12)));
            }
        }

        public void Reorg(int depth, int replacement)
        {
            _tips.Add([.. Chain]);
            var kept = Math.Max(1, Chain.Count - depth);
            Chain.RemoveRange(kept, Chain.Count - kept);
            Mine(replacement);
        }

        public void Flip(int which)
        {
            if (_tips.Count == 0) return;
            var tip = _tips[which % _tips.Count];
            _tips.Add([.. Chain]);
            Chain = [.. tip];
        }
    }

    /// <summary>Keeps every block it read, and checks each step against them.</summary>
    private sealed class ModelLedger(FollowPolicy policy, ulong first)
    {
        private readonly SortedDictionary<ulong, BlockHeader> _kept = [];

        public ChainCursor Cursor { get; private set; } = ChainCursor.Start;
        public List<BlockHeader> Read { get; } = [];
        public bool HaltWasDue { get; private set; }

        /// <summary>False when there is nothing to do.</summary>
        public bool Step(ModelNode node)
        {
            var visible = node.Visible;
            var view = new NodeView(visible[^1]);
            while (true)
            {
                var step = Follow.Decide(Cursor, [.. _kept.Values], first, view, policy);
                if (step is not FollowStep.Fetch fetch) return Do(step, visible);
                Assert.True(fetch.Number <= visible[^1].Number, "It asks for a block above the head.");
                Assert.Null(view.Header(fetch.Number));
                view.Add(visible[(int)fetch.Number]);
            }
        }

        private bool Do(FollowStep step, IReadOnlyList<BlockHeader> visible)
        {
            switch (step)
            {
                case FollowStep.Extend { Headers: var headers } extend:
                    if (extend.Base is { } start) _kept[start.Number] = start;
                    foreach (var header in headers) _kept[header.Number] = header;
                    Append(headers, extend.FinalNo);
                    return true;
                case FollowStep.ReadRange range:
                    Assert.True(range.To.Number <= Follow.FinalNo(new NodeView(visible[^1]), policy));
                    _kept[range.To.Number] = range.To;
                    Append([.. visible.Where(b => b.Number >= range.From && b.Number <= range.To.Number)], range.FinalNo);
                    return true;
                case FollowStep.Rewind rewind:
                    Rewind(rewind.To);
                    return true;
                case FollowStep.RewindByFacts:
                    Assert.True(policy.BelowFinalRewinds);
                    var below = (int)Math.Max(first, 1) - 1;
                    if (below >= visible.Count) return false;
                    Rewind(Read.LastOrDefault(visible.Contains) ?? visible[below]);
                    return true;
                case FollowStep.Halt halt:
                    // The final block, or the one below our first, is gone from the node's chain.
                    HaltWasDue = !visible.Contains(_kept.First().Value);
                    Cursor = Cursor with { Halted = halt.Why };
                    return false;
                default:
                    return false;
            }
        }

        private void Append(IReadOnlyList<BlockHeader> headers, ulong finalNo)
        {
            foreach (var header in headers)
            {
                Assert.Equal(Read.Count == 0 ? first : Read[^1].Number + 1, header.Number);
                if (Read.Count > 0) Assert.Equal(Read[^1].Hash, header.ParentHash);
                Read.Add(header);
            }

            if (headers.Count > 0)
                Cursor = Cursor with { HeadNo = Read[^1].Number, HeadHash = Read[^1].Hash, HeadTime = Read[^1].Time };
            Assert.InRange(finalNo, Cursor.FinalNo, Cursor.HeadNo);
            Cursor = Cursor with { FinalNo = finalNo };
            foreach (var number in _kept.Keys.Where(number => number < finalNo).ToArray()) _kept.Remove(number);
        }

        private void Rewind(BlockHeader to)
        {
            if (!policy.BelowFinalRewinds) Assert.True(to.Number >= Cursor.FinalNo, "It rewinds below the final block.");
            Read.RemoveAll(block => block.Number > to.Number);
            foreach (var number in _kept.Keys.Where(number => number > to.Number).ToArray()) _kept.Remove(number);
            Cursor = Cursor with
            {
                HeadNo = to.Number, HeadHash = to.Hash, HeadTime = to.Time, FinalNo = Math.Min(Cursor.FinalNo, to.Number),
            };
        }
    }
}
