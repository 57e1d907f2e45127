using System.Numerics;
using Braintrust.Api;
using Braintrust.Chain;
using Braintrust.Chain.Contracts;
using Braintrust.Escrow;
using Xunit.Abstractions;
using Law = Braintrust.Chain.Contracts.PanelCourtContract;
using V1 = Braintrust.Api.Disputes.V1;

namespace Braintrust.Disputes;

/// <summary>
/// After every step of any lawful history the fold of the court's logs is what the court says: cases, panels, votes,
/// commitments, arbiters, credits, pools, rulings. Steps are whatever the rules allow somebody at that second, so the court
/// must take each of them. One account stands for the arbitrable contract, twelve are arbiters.
/// </summary>
public sealed class CourtStoryTests(ITestOutputHelper output) : IAsyncLifetime
{
    private const int Steps = 400;
    private const int StepsMax = 10 * Steps; // of a story that lacks something usual
    private const int OpenMax = 3;
    private const uint Day = 86_400;
    private const int Treasury = 9;
    private const int Arbitrable = 19;
    private const ushort NoRuling = ushort.MaxValue;

    private static readonly string[] Usual =
    [
        "Open", nameof(DisputeMove.Respond), nameof(DisputeMove.Concede), nameof(DisputeMove.Draw), nameof(DisputeMove.Commit),
        nameof(DisputeMove.Conclude), nameof(DisputeMove.Enlist),
    ];

    private static readonly int[] Arbiters = [.. Enumerable.Range(3, 6), .. Enumerable.Range(10, 8)];
    private static readonly int[] Keys = [1, 2, .. Arbiters, Treasury];

    private readonly CancellationToken _ct = new CancellationTokenSource(TimeSpan.FromMinutes(4)).Token;
    private readonly SortedDictionary<string, int> _done = [];
    private readonly CourtBook _book = new();
    private readonly Dictionary<Hash32, CaseOnChain> _cases = [];
    private readonly Dictionary<int, ArbiterOnChain> _arbiters = Keys.ToDictionary(key => key, _ => ArbiterOnChain.Empty);
    private readonly Dictionary<(Hash32, int, Address), (int Vote, byte[] Salt)> _votes = [];
    private PoolModel _pools = PoolModel.Empty;
    private AnvilServer? _node;
    private JsonRpcChain? _chain;
    private Address _btrst;
    private Address _token;
    private Address _court;
    private ulong _now;
    private ulong _readTo;
    private int _opened;
    private int _idle;

    private JsonRpcChain Chain => _chain!;

    public async Task InitializeAsync()
    {
        _node = await AnvilServer.Start("--no-mining", "--accounts", "20");
        _chain = _node.Connect();
        var owner = DevelopmentKeys.Address(0);
        _btrst = (await Send(0, null, BraintrustTokenContract.DeployData(owner))).Created!.Value;
        _token = (await Send(0, null, DevelopmentDollarContract.DeployData(owner))).Created!.Value;
        var policy = (await Send(0, null, DevelopmentContracts.PolicyData(owner, owner, WorkStory.FeeBps, [new(_token, 1, 1)], []))).Created!.Value;
        await Send(0, policy, DevelopmentContracts.CourtRulesData(new PolicyContract.Tokens(_token, 11)));
        _court = (await Send(0, null, Law.DeployData(_btrst, 1_000, policy, DevelopmentKeys.Address(Treasury)))).Created!.Value;
        foreach (var key in Keys.Append(Arbitrable))
        {
            await Send(0, _btrst, BraintrustTokenContract.Transfer.Encode(DevelopmentKeys.Address(key), 1_000_000));
            await Send(0, _token, BraintrustTokenContract.Transfer.Encode(DevelopmentKeys.Address(key), 100_000_000));
            foreach (var token in new[] { _btrst, _token })
                await Send(key, token, BraintrustTokenContract.Approve.Encode(_court, BigInteger.Pow(10, 20)));
        }

        foreach (var key in Arbiters.Take(9)) await Send(key, _court, Law.Enlist.Encode(DevelopmentKeys.Address(Arbitrable), (uint)(1 + key % 2)));
    }

    public async Task DisposeAsync()
    {
        _chain?.Dispose();
        if (_node is not null) await _node.DisposeAsync();
    }

    [Fact]
    public async Task After_every_step_of_any_lawful_story_the_fold_is_what_the_court_says()
    {
        var seed = Random.Shared.Next();
        output.WriteLine($"seed {seed}");
        var random = new Random(seed);
        try
        {
            for (var step = 0; step < Steps || (Missing.Any() && step < StepsMax); step++)
            {
                var touched = await Step(random);
                await Read();
                await Compare(touched, everything: step % 50 == 0);
            }

            await Compare([], everything: true);
            Assert.Empty(Missing);
        }
        finally
        {
            output.WriteLine(string.Join(", ", _done.Select(move => $"{move.Key} {move.Value}")));
        }
    }

    /// <summary>What this story did not have in it, of what every one has; the rest is told with the seed.</summary>
    private IEnumerable<string> Missing => Usual.Except(_done.Keys);

    /// <summary>One move, or time and blocks; answers the case it was about.</summary>
    private async Task<Hash32[]> Step(Random random)
    {
        _now = Later(random);
        if (_idle > 0 || random.Next(3) == 0) await _node!.Ask("anvil_mine", random.Next(60) == 0 ? "0x120" : "0x5", "0x1");
        _now = Math.Max(_now, (await Head()).Time.Seconds + 1);
        var live = _cases.Values.Where(view => view.Phase != CasePhase.Concluded).ToArray();
        if (live.Length < OpenMax && random.Next(4) == 0) return [await Open(random)];
        if (random.Next(7) == 0 || live.Length == 0)
        {
            await Bench(random);
            return [];
        }

        var waiting = _cases.Values.Where(view => view is { Phase: CasePhase.Concluded, Ticket: not null }).ToArray();
        var about = waiting.Length > 0 && random.Next(4) > 0 ? waiting[random.Next(waiting.Length)] : live[random.Next(live.Length)];
        await Play(about, random);
        return [about.CaseId];
    }

    private async Task<Hash32> Open(Random random)
    {
        var negotiation = Hash32.Keccak(BitConverter.GetBytes(++_opened));
        var sum = new BigInteger(random.Next(1, 5_000));
        await Send(Arbitrable, _court, Law.Open.Encode(
            negotiation, 1, DevelopmentContracts.CourtRules, _token, sum, DevelopmentKeys.Address(1), DevelopmentKeys.Address(2),
            random.Next(3) == 0 ? random.Next(10_000) : random.Next(3_000)));
        Did("Open");
        return CaseId(negotiation);
    }

    private static Hash32 CaseId(Hash32 negotiation) => Hash32.Keccak(
        [.. new byte[12], .. DevelopmentKeys.Address(Arbitrable).ToBytes(), .. negotiation.ToBytes(), .. new byte[31], 1]);

    /// <summary>Arbiters come, go and are paid.</summary>
    private async Task Bench(Random random)
    {
        var requests = Enum.GetValues<DisputeMove>().Where(move => move >= DisputeMove.Enlist).Select(move => new ArbiterRequest(
            move, _court, DevelopmentKeys.Address(Arbitrable), (uint)random.Next(1, 3), random.Next(2) == 0 ? _token : _btrst,
            DevelopmentKeys.Address(random.Next(10)))).ToArray();
        var (key, request) = (Keys[random.Next(Keys.Length)], requests[random.Next(requests.Length)]);
        if (random.Next(2) == 0 && _arbiters[key].Bench(_court, request.Arbitrable) is null)
            request = request with { Move = DisputeMove.Enlist };
        var traits = await _book.Traits(Chain, _court, _ct);
        var now = await CourtBook.Now(Chain, _court, request.Arbitrable, null, _ct);
        if (!DisputeRules.Check(_arbiters[key], DevelopmentKeys.Address(key), request, Clock, traits, now).Accepted(out _, out _)) return;
        await Send(key, _court, CourtCalls.Encode(request));
        Did(request.Move.ToString());
    }

    private async Task Play(CaseOnChain view, Random random)
    {
        if (view.Phase == CasePhase.Voting && random.Next(4) > 0 && await Reveal(view, random)) return;
        var now = await CourtBook.Now(Chain, _court, view.Opening.Arbitrable, view.CaseId, _ct);
        var allowed = new List<(int Key, CaseRequest Request, DisputePlan Plan)>();
        foreach (var request in Requests(view, random))
            foreach (var key in Keys)
                if (DisputeRules.Check(view, DevelopmentKeys.Address(key), request, Clock, now).Accepted(out var plan, out _))
                    allowed.Add((key, request, plan));
        // Who sealed a vote seldom seals another.
        allowed.RemoveAll(one => one.Request.Move == DisputeMove.Commit && view.Panel!.Seats[one.Plan.Seat].Commitment is not null && random.Next(8) > 0);
        if (allowed.Count == 0)
        {
            _idle++;
            return;
        }

        _idle = 0;
        var moves = allowed.Select(one => one.Request.Move).Distinct().SelectMany(move => Enumerable.Repeat(move, Weight(move))).ToArray();
        var move = moves[random.Next(moves.Length)];
        var able = allowed.Where(one => one.Request.Move == move).ToArray();
        var (by, what, how) = able[random.Next(able.Length)];
        if (move == DisputeMove.Commit) what = Seal(view, by, random);
        var before = (await Head()).Number;
        await Send(by, _court, CourtCalls.Encode(how, what));
        Did(move.ToString());
        if (move == DisputeMove.Draw && before + 1 > now.Pool.SeedBlock + Pool.SeedReach) Did("NewSeed");
    }

    private static IEnumerable<CaseRequest> Requests(CaseOnChain view, Random random)
    {
        foreach (var move in Enum.GetValues<DisputeMove>().Where(move => move < DisputeMove.Commit))
            yield return new CaseRequest(move, random.Next(view.Opening.EmployerBps + 1, 10_001), random.Next(4) > 0);
        yield return new CaseRequest(DisputeMove.Commit, Commitment: Hash32.Keccak([1]));
    }

    /// <summary>Seals a vote as an arbiter's client does, or opens one that was sealed.</summary>
    private CaseRequest Seal(CaseOnChain view, int key, Random random)
    {
        var arbiter = DevelopmentKeys.Address(key);
        var (vote, salt) = (random.Next(3) == 0 ? random.Next(10_001) : 5_000 + random.Next(300), VoteSeal.NewSalt());
        _votes[(view.CaseId, view.Round, arbiter)] = (vote, salt);
        var fields = new V1.VoteFields
        {
            ChainId = Chain.ChainId, Court = _court.ToString(), CaseId = view.CaseId.ToString(), Round = (uint)view.Round,
            Arbiter = arbiter.ToString(),
        };
        return new CaseRequest(DisputeMove.Commit, Commitment: Hash32.Parse(VoteSeal.Commitment(fields, (uint)vote, salt)));
    }

    /// <summary>Opens what waits; some arbiters stay silent. False when nothing was opened.</summary>
    private async Task<bool> Reveal(CaseOnChain view, Random random)
    {
        var opened = false;
        foreach (var seat in view.Panel?.Seats ?? [])
        {
            if (seat.Commitment is null || random.Next(8) == 0) continue;
            var (vote, salt) = _votes[(view.CaseId, view.Round, seat.Arbiter)];
            var request = new CaseRequest(DisputeMove.Reveal, vote, Salt: new Hash32(salt), Arbiter: seat.Arbiter);
            if (!DisputeRules.Check(view, DevelopmentKeys.Address(1), request, Clock, null).Accepted(out var plan, out _)) continue;
            await Send(1, _court, CourtCalls.Encode(plan, request));
            Did(nameof(DisputeMove.Reveal));
            opened = true;
        }

        return opened;
    }

    private static int Weight(DisputeMove move) => move switch
    {
        DisputeMove.Respond or DisputeMove.PayResponse => 12,
        DisputeMove.Draw or DisputeMove.Commit or DisputeMove.Appeal or DisputeMove.QueueDraw => 20,
        _ => 1,
    };

    /// <summary>Mostly soon; where nothing can be done before, at an edge of some case's windows, or just after it.</summary>
    private ulong Later(Random random)
    {
        var waits = _idle >= 2 * OpenMax && random.Next(2) == 0;
        if (waits) _idle = 0;
        var edges = _cases.Values.SelectMany(view => CaseWindows.Of(view)).Select(span => span.ClosesAfter.Seconds).Where(edge => edge >= _now).Order().ToArray();
        return edges.Length == 0 || (!waits && random.Next(60) > 0) ? _now + (ulong)random.Next(1, 900)
            : random.Next(2) == 0 ? edges[0] + 1
            : edges[0];
    }

    private ChainClock Clock => new(new BlockTime(_now), new BlockTime(_now));

    private void Did(string what) => _done[what] = _done.GetValueOrDefault(what) + 1;

    private async Task Read()
    {
        var head = await Head();
        if (head.Number == _readTo) return;
        var sink = new CourtSink();
        await Chain.ReadLogs(LogFilter.Range([_court], _readTo + 1, head.Number), sink, _ct);
        _readTo = head.Number;
        foreach (var (happened, bare) in sink.Events)
        {
            var header = await Chain.GetHeader(BlockId.At(bare.Seen.BlockNo), _ct);
            await Take(happened, bare with { Seen = bare.Seen with { BlockTime = header!.Time } });
        }
    }

    private async Task Take(DisputeEvent happened, FactPlace at)
    {
        _pools = _pools.Apply(happened, at);
        foreach (var key in Keys) _arbiters[key] = ArbiterFold.Apply(_arbiters[key], happened, at, DevelopmentKeys.Address(key));
        if (happened is DisputeEvent.OfCase { CaseId.IsZero: false } of)
        {
            var rules = await _book.Rules(Chain, _court, DevelopmentContracts.CourtRules, final: true, _ct);
            if (happened is DisputeEvent.PanelMissing && IsLate(_cases[of.CaseId], at)) Did("LateDraw");
            _cases[of.CaseId] = CaseFold.Apply(_cases.GetValueOrDefault(of.CaseId), happened, at, rules)!;
        }

        if (happened is DisputeEvent.PanelMissing) Did("PanelMissing");
        if (happened is DisputeEvent.PanelDrawn { Round: 1 or 3 }) Did("Redrawn");
        if (happened is DisputeEvent.SeatSettled { Forfeited: true }) Did("Forfeited");
        if (happened is DisputeEvent.CaseConcluded concluded) See(_cases[concluded.CaseId], concluded);
    }

    private static bool IsLate(CaseOnChain view, FactPlace at) =>
        view.Phase != CasePhase.Drawing || at.Seen.BlockTime.Seconds > view.Since.Seconds + view.Rules.DrawSeconds;

    /// <summary>Beside the fold: the bill and the seats' ends are what the rules computed before.</summary>
    private void See(CaseOnChain view, DisputeEvent.CaseConcluded concluded)
    {
        Did(concluded.Ruled ? "Ruled" : "Unruled");
        if (view.IsAppeal) Did(view.Panel is { Tally.Ruled: true } ? "AppealRuled" : "AppealFailed");
        if (view.Payer is null) Assert.Equal(CourtMath.Unanswered(view.Opening.Cost), concluded.Bill);
        else Assert.Equal(DisputeRules.Bill(view, view.End!.Ruling), concluded.Bill);
    }

    private async Task Compare(IReadOnlyCollection<Hash32> touched, bool everything)
    {
        var at = BlockId.At((await Head()).Number);
        foreach (var view in everything ? [.. _cases.Values] : touched.Select(id => _cases[id]).ToArray()) await Compare(view, at);
        var keys = everything ? Keys : [Keys[(int)(_now % (ulong)Keys.Length)]];
        foreach (var key in keys) await Compare(key, at);
        var (told, folded) = (await Law.PoolOf.Call(Chain, _court, DevelopmentKeys.Address(Arbitrable), at, _ct), _pools.Of(DevelopmentKeys.Address(Arbitrable)));
        Assert.Equal(
            (told.Arbiters, (int)told.Levels, told.Weight, told.SeedBlock, told.Drawn, told.Seeded, told.Queued),
            (folded.Arbiters, folded.Levels, folded.Weight, folded.SeedBlock, folded.Drawn, folded.Seeded, folded.Queued));
    }

    private async Task Compare(CaseOnChain view, BlockId at)
    {
        var told = await Law.CaseOf.Call(Chain, _court, view.CaseId, at, _ct);
        Assert.Equal(
            (told.EmployerSide, told.EmployerBps, (int)told.TalentBps, (int)told.Phase, (int)told.Round, told.Ruling, told.Ticket, told.Talent),
            (view.EmployerSide, (ushort)view.Opening.EmployerBps, view.TalentBps ?? 0, (int)view.Phase, view.Round,
                (ushort)(view.Ruling ?? NoRuling), view.Ticket ?? 0, view.Talent));
        Assert.Equal(
            (told.Since, told.Rules, told.TalentAppealed, (int)told.AppealCosts, told.Arbitrable, told.Cost, told.Token),
            (view.Since.Seconds, view.Opening.Rules, view.Appellant == view.Talent, view.AppealCosts, view.Opening.Arbitrable,
                view.Opening.Cost.Units, view.Opening.Token));
        Assert.Equal(await Law.PayerOf.Call(Chain, _court, view.CaseId, at, _ct), view.Payer ?? default);
        var outcome = CaseWindows.OutcomeAt(view, (await Head()).Time);
        var ruled = outcome is { IsOver: true, Ruling: not null };
        Assert.Equal(
            await Law.Ruling.Call(Chain, _court, view.CaseId, at, _ct), (ruled, ruled ? outcome.Ruling!.Value : BigInteger.Zero));
        for (var round = 0; round < CourtMath.RoundsMax; round++) await Compare(view, round, at);
    }

    private async Task Compare(CaseOnChain view, int round, BlockId at)
    {
        var (arbiters, votes) = await Law.PanelOf.Call(Chain, _court, view.CaseId, round, at, _ct);
        var seats = view.Panels.FirstOrDefault(panel => panel.Round == round)?.Seats ?? [];
        Assert.Equal(arbiters.AsEnumerable(), seats.Select(seat => seat.Arbiter));
        Assert.Equal(votes.AsEnumerable(), seats.Select(seat => new BigInteger(seat.Vote ?? NoRuling)));
        for (var seat = 0; seat < seats.Length; seat++)
            Assert.Equal(
                await Law.CommitmentOf.Call(Chain, _court, view.CaseId, round, seat, at, _ct), seats[seat].Commitment ?? default);
        if (view.Phase != CasePhase.Concluded || seats.IsEmpty) return;
        Assert.All(seats, seat => Assert.NotNull(seat.End));
        var rounds = Enumerable.Range(0, view.Round + 1).Select(number =>
            (IReadOnlyList<int?>)[.. (view.Panels.FirstOrDefault(panel => panel.Round == number)?.Seats ?? []).Select(seat => seat.Vote)]).ToArray();
        var ends = CourtMath.Settle(rounds, view.Ruling ?? NoRuling, view.Rules.BandBps, view.End!.Bill.Fee, new Amount(1_000));
        Assert.Equal(ends.Rounds[round].AsEnumerable(), seats.Select(seat => seat.End!));
    }

    private async Task Compare(int key, BlockId at)
    {
        var (account, arbitrable) = (DevelopmentKeys.Address(key), DevelopmentKeys.Address(Arbitrable));
        var (told, leaving) = await Law.ArbiterOf.Call(Chain, _court, arbitrable, account, at, _ct);
        var folded = _arbiters[key].Bench(_court, arbitrable) ?? new Bench(_court, arbitrable);
        Assert.Equal(
            (told.Bonded, told.Locked, leaving.Seats, leaving.AvailableAt),
            (folded.Bonded, folded.Locked, folded.Leaving, folded.AvailableAt?.Seconds ?? 0));
        Assert.Equal((int)folded.Locked, _arbiters[key].Seats.Count(seat => seat.Arbitrable == arbitrable));
        foreach (var token in new[] { _btrst, _token })
            Assert.Equal(
                await Law.CreditOf.Call(Chain, _court, account, token, at, _ct),
                (BigInteger)_arbiters[key].Credit(_court, token).Units);
    }

    private sealed class CourtSink : ILogSink
    {
        public List<(DisputeEvent, FactPlace)> Events { get; } = [];

        public void OnLog(in LogEntry log)
        {
            var seen = new Seen(log.BlockNo, log.BlockHash, default, log.TxHash, FinalityStatus.Pending, 0, 0);
            Events.Add((
                DisputeFacts.TryRead(log.Topics, log.Data)!.Value.Event, new FactPlace(Events.Count + 1, log.Contract, seen, log.LogIndex)));
        }
    }

    private async Task<TxReceipt> Send(int key, Address? to, byte[] data)
    {
        var from = DevelopmentKeys.Signer(key);
        _now = Math.Max(_now, (await Head()).Time.Seconds + 1);
        var nonce = await Chain.GetNonce(from.Address, BlockId.Pending, _ct);
        var fees = await Chain.GetFees(_ct);
        var signed = await new Eip1559Transaction(
            Chain.ChainId, nonce, fees.MaxPriorityFeePerGas, fees.MaxFeePerGas, 10_000_000, to, 0, data).Sign(from, _ct);
        await Chain.SendRaw(signed.Raw, _ct);
        await _node!.Ask("evm_setNextBlockTimestamp", _now);
        await new AnvilDevChain(Chain).Mine(1, _ct);
        var receipt = await Chain.GetReceipt(signed.Hash, _ct);
        Assert.True(receipt!.Succeeded, $"The court refused {Hex.Of(data.AsSpan(0, 4))} of account {key} at {_now}.");
        return receipt;
    }

    private async Task<BlockHeader> Head() => (await Chain.GetHeader(BlockId.Latest, _ct))!;
}
