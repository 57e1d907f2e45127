using System.Collections.Immutable;
using Braintrust.Chain;
using Braintrust.Disputes;
using Braintrust.Escrow;
using Law = Braintrust.Chain.Contracts.PanelCourtContract;

namespace Braintrust.Storage;

/// <summary>Where a case stands, told without the fold that is under test.</summary>
/// <param name="Waits">A draw of it waits in its row.</param>
/// <param name="Ruled">It ended with a ruling.</param>
/// <param name="Closed">The milestone it is about was closed at it.</param>
internal sealed record PlayedCase(
    WorkStory Story, CasePhase Phase, int Round, bool Waits, bool Ruled, bool Closed,
    ImmutableSortedDictionary<(int Round, Address Arbiter), SeatPhase> Seats, ulong ChangedBlock)
{
    public Hash32 Id => Hash32.Keccak(
        [.. new byte[12], .. DisputePlay.Arbitrable.ToBytes(), .. Story.Negotiation.ToBytes(), .. new byte[32]]);

    public bool PanelRules => Seats.Count(seat => seat.Key.Round == Round && seat.Value == SeatPhase.Opened) > 1;
}

/// <param name="Leaving">Seats whose bond is on its way out.</param>
internal readonly record struct PlayedBench(uint Bonded, uint Locked, uint Leaving);

/// <summary>
/// A random chain of disputes written straight into a ledger, with reorganisations above the final block, and an account of what
/// stands. Arbiters are drawn, seal, open and stay silent; draws find too few or come too late; cases end with and without a
/// ruling, and milestones are closed at it.
/// </summary>
internal sealed class DisputePlay(OpenStorage storage, Random random)
{
    public const int Depth = 5;

    public static readonly Address Court = Address.Parse("0x0000000000000000000000000000000000c0c401");
    public static readonly Address Arbitrable = LedgerPlay.Contract;

    private static readonly ImmutableArray<Address> Arbiters = [.. Enumerable.Range(3, 7).Select(DevelopmentKeys.Address)];

    private readonly List<Block> _blocks =
    [
        new(0, Hash32.Keccak([0]), LedgerPlay.FirstSeconds, [], ImmutableSortedDictionary<int, PlayedCase>.Empty,
            Arbiters.ToImmutableDictionary(arbiter => arbiter, _ => default(PlayedBench))),
    ];

    private ChainCursor _cursor = ChainCursor.Start;
    private int _forks;
    private int _nonces;

    public IEnumerable<PlayedCase> Cases => _blocks[^1].Cases.Values;

    /// <summary>Of those that ever enlisted.</summary>
    public IEnumerable<(Address Arbiter, PlayedBench Bench)> Benches => _blocks[^1].Benches
        .Where(bench => _blocks[^1].Enlisted.Contains(bench.Key)).Select(bench => (bench.Key, bench.Value));

    public async Task Act()
    {
        var head = _blocks[^1].Number;
        if (random.Next(6) == 0 && head > _cursor.FinalNo) await Rewind(head - (ulong)random.Next(1, (int)(head - _cursor.FinalNo) + 1));
        else for (var blocks = random.Next(1, 4); blocks > 0; blocks--) await Mine();
    }

    private async Task Rewind(ulong to)
    {
        _blocks.RemoveRange((int)to + 1, _blocks.Count - (int)to - 1);
        _cursor = (await storage.Ledger.Rewind(new(LedgerPlay.ChainId, _cursor, _blocks[^1].Header), default))!;
        _forks++;
    }

    private async Task Mine()
    {
        var parent = _blocks[^1];
        var number = parent.Number + 1;
        var hash = Hash32.Keccak([.. BitConverter.GetBytes(number), .. BitConverter.GetBytes(_forks)]);
        var block = parent with { Number = number, Hash = hash, Seconds = parent.Seconds + (ulong)random.Next(1, 40_000), Facts = [] };
        for (var moves = random.Next(4); moves > 0; moves--) block = random.Next(4) == 0 ? Bench(block) : Play(block);
        _blocks.Add(block);
        var final = Math.Max(_cursor.FinalNo, number < Depth ? 0 : number - Depth + 1);
        _cursor = (await storage.Ledger.Append(
            new(LedgerPlay.ChainId, _cursor, [block.Header], block.Facts, number, hash, block.Header.Time, final), default))!;
    }

    private Block Bench(Block block)
    {
        var arbiter = Arbiters[random.Next(Arbiters.Length)];
        var bench = block.Benches[arbiter];
        if (bench.Leaving > 0 && random.Next(2) == 0)
            return With(block, arbiter, bench with { Leaving = 0 }, new Law.BondReturnedEvent(Arbitrable, arbiter, bench.Leaving).Encode());
        if (bench.Bonded > bench.Locked && random.Next(3) == 0)
            return With(
                block, arbiter, bench with { Bonded = bench.Bonded - 1, Leaving = bench.Leaving + 1 },
                new Law.RetiredEvent(Arbitrable, arbiter, 1, block.Seconds + 9).Encode());
        return With(block, arbiter, bench with { Bonded = bench.Bonded + 2 }, new Law.EnlistedEvent(Arbitrable, arbiter, 2).Encode()) with
        {
            Enlisted = block.Enlisted.Add(arbiter),
        };
    }

    private Block Play(Block block)
    {
        var open = block.Cases.Values.Where(one => one.Phase != CasePhase.Concluded || one.Waits || (one.Ruled && !one.Closed)).ToArray();
        if (open.Length == 0 || random.Next(5) == 0) return Open(block);
        var at = open[random.Next(open.Length)];
        return at.Phase switch
        {
            CasePhase.Response => random.Next(4) == 0 ? Conclude(block, at, ruled: true) : Answer(block, at),
            CasePhase.Drawing when random.Next(6) == 0 => Conclude(block, at, ruled: false),
            CasePhase.Drawing when at.Waits => Draw(block, at),
            CasePhase.Drawing => Queue(block, at, at.Round),
            CasePhase.Voting => Vote(block, at),
            _ when at.Waits => Miss(block, at),
            _ => Close(block, at),
        };
    }

    private Block Open(Block block)
    {
        var story = new WorkStory(LedgerPlay.ChainId, Arbitrable, LedgerPlay.Token, ++_nonces, LedgerPlay.FirstSeconds * 2);
        var opened = new PlayedCase(
            story, CasePhase.Response, 0, false, false, false, ImmutableSortedDictionary<(int, Address), SeatPhase>.Empty, block.Number);
        return With(block, opened, new Law.CaseOpenedEvent(opened.Id, WorkStory.Employer, WorkStory.Talent, new Law.Opening(
            Arbitrable, story.Negotiation, 0, 1, LedgerPlay.Token, 1_000, 50, 2_000)).Encode());
    }

    private static Block Answer(Block block, PlayedCase at)
    {
        var named = With(block, at, new Law.ResponseNamedEvent(at.Id, WorkStory.Talent, 9_000).Encode());
        var paid = With(named, at, new Law.ResponsePaidEvent(at.Id, WorkStory.Talent, 50).Encode());
        return Queue(paid, at, 0);
    }

    private static Block Queue(Block block, PlayedCase at, int round) => With(
        block, at with { Phase = CasePhase.Drawing, Round = round, Waits = true },
        new Law.DrawQueuedEvent(at.Id, Arbitrable, round, 1).Encode());

    private Block Draw(Block block, PlayedCase at)
    {
        Address[] free =
        [
            .. Arbiters.Where(one => block.Benches[one].Bonded > block.Benches[one].Locked && at.Seats.All(seat => seat.Key.Arbiter != one))
                .OrderBy(_ => random.Next()).Take(3),
        ];
        if (free.Length < 3) return Miss(block, at);
        var drawn = With(
            block, at with
            {
                Phase = CasePhase.Voting, Waits = false, Seats = at.Seats.AddRange(free.Select(one => KeyValuePair.Create((at.Round, one), SeatPhase.Seal))),
            },
            new Law.PanelDrawnEvent(at.Id, Arbitrable, at.Round, [.. free]).Encode());
        return drawn with
        {
            Benches = drawn.Benches.SetItems(free.Select(one =>
                KeyValuePair.Create(one, drawn.Benches[one] with { Locked = drawn.Benches[one].Locked + 1 }))),
        };
    }

    private static Block Miss(Block block, PlayedCase at) =>
        With(block, at with { Waits = false }, new Law.PanelMissingEvent(at.Id, Arbitrable, at.Round).Encode());

    private Block Vote(Block block, PlayedCase at)
    {
        var seats = at.Seats.Where(seat => seat.Key.Round == at.Round).ToArray();
        var (key, phase) = seats[random.Next(seats.Length)];
        if (random.Next(6) == 0) return Conclude(block, at, at.PanelRules);
        if (phase == SeatPhase.Seal)
            return With(
                block, at with { Seats = at.Seats.SetItem(key, SeatPhase.Open) },
                new Law.VoteCommittedEvent(at.Id, key.Arbiter, key.Round, Hash32.Keccak([1])).Encode());
        if (phase == SeatPhase.Open)
            return With(
                block, at with { Seats = at.Seats.SetItem(key, SeatPhase.Opened) },
                new Law.VoteRevealedEvent(at.Id, key.Arbiter, key.Round, 8_000).Encode());
        return at is { PanelRules: false, Round: 0 } ? Queue(block, at, 1) : block;
    }

    /// <summary>Whoever opened its vote keeps the seat.</summary>
    private static Block Conclude(Block block, PlayedCase at, bool ruled)
    {
        var ended = at with { Phase = CasePhase.Concluded, Ruled = ruled };
        block = With(block, ended, new Law.CaseConcludedEvent(
            at.Id, WorkStory.Employer, WorkStory.Talent, ruled, ruled ? 8_000 : 0, 50, 0, 0, 0).Encode());
        foreach (var ((round, arbiter), phase) in at.Seats)
        {
            var forfeited = phase != SeatPhase.Opened;
            ended = ended with { Seats = ended.Seats.SetItem((round, arbiter), forfeited ? SeatPhase.Forfeited : SeatPhase.Kept) };
            block = With(block, ended, new Law.SeatSettledEvent(at.Id, arbiter, round, forfeited, 0, 0).Encode());
            var bench = block.Benches[arbiter];
            block = block with
            {
                Benches = block.Benches.SetItem(
                    arbiter, bench with { Locked = bench.Locked - 1, Bonded = forfeited ? bench.Bonded - 1 : bench.Bonded }),
            };
        }

        return block;
    }

    private static Block Close(Block block, PlayedCase at)
    {
        var log = at.Story.Closed(0, Closing.Ruled, new Amount(1));
        var read = EscrowFacts.TryRead(log.Topics.AsSpan(), log.Data.Span)!.Value;
        Add(block, Arbitrable, (log.Topics.ToArray(), log.Data.ToArray()), read.Kind, EscrowSubjects.Of(read.Event));
        return block with { Cases = block.Cases.SetItem((int)at.Story.Terms.Nonce, at with { Closed = true }) };
    }

    private static Block With(Block block, Address arbiter, PlayedBench bench, (Hash32[], byte[]) log) =>
        Tell(block, log) with { Benches = block.Benches.SetItem(arbiter, bench) };

    private static Block With(Block block, PlayedCase played, (Hash32[], byte[]) log) => Tell(block, log) with
    {
        Cases = block.Cases.SetItem((int)played.Story.Terms.Nonce, played with { ChangedBlock = block.Number }),
    };

    private static Block Tell(Block block, (Hash32[] Topics, byte[] Data) log)
    {
        var read = DisputeFacts.TryRead(log.Topics, log.Data)!.Value;
        Add(block, Court, log, read.Kind, DisputeSubjects.Of(read.Event));
        return block;
    }

    private static void Add(Block block, Address contract, (Hash32[] Topics, byte[] Data) log, FactKind kind, IEnumerable<ulong> subjects) =>
        block.Facts.Add(new Fact(
            block.Number, block.Hash, new BlockTime(block.Seconds), Hash32.Keccak([.. block.Hash.ToBytes(), (byte)block.Facts.Count]),
            (uint)block.Facts.Count, contract, kind, FactPayload.Encode(log.Topics, log.Data), [.. subjects]));

    private sealed record Block(
        ulong Number, Hash32 Hash, ulong Seconds, List<Fact> Facts, ImmutableSortedDictionary<int, PlayedCase> Cases,
        ImmutableDictionary<Address, PlayedBench> Benches)
    {
        public ImmutableHashSet<Address> Enlisted { get; init; } = [];

        public BlockHeader Header => new(Number, Hash, default, new BlockTime(Seconds));
    }
}
