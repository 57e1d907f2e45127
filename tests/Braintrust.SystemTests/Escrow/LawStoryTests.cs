using System.Numerics;
using Braintrust.Chain;
using Braintrust.Chain.Contracts;
using Xunit.Abstractions;
using Law = Braintrust.Chain.Contracts.WorkAgreementsContract;

namespace Braintrust.Escrow;

/// <summary>
/// After every step of any lawful history the fold of the logs is what the contract says: its state slot, its word, the
/// payout, the exit bound, every credit and every kept fee. Steps are whatever the rules allow somebody at that second, so
/// the contract must take each of them.
/// </summary>
public sealed class LawStoryTests(ITestOutputHelper output) : IAsyncLifetime
{
    private const int Stories = 30;
    private const int StoriesMax = 400;
    private const int StepsMax = 40;
    private const uint Day = 86_400;
    private const int Manager = 4;
    private const byte AmendedPhase = 6;

    private static readonly Address Origin = DevelopmentKeys.Address(5);
    private static readonly int[] Keys = [1, 2, 3, Manager];

    private readonly CancellationToken _ct = new CancellationTokenSource(TimeSpan.FromMinutes(3)).Token;
    private readonly SortedDictionary<string, int> _moves = [];
    private readonly HashSet<Hash32> _answered = [];
    private AnvilServer? _node;
    private JsonRpcChain? _chain;
    private Address _token;
    private Address _policy;
    private Address _court;
    private Address _escrow;
    private ulong _now;

    private JsonRpcChain Chain => _chain!;

    public async Task InitializeAsync()
    {
        _node = await AnvilServer.Start("--no-mining");
        _chain = _node.Connect();
        _now = (await Chain.GetHeader(BlockId.Latest, _ct))!.Time.Seconds;
        var owner = DevelopmentKeys.Address(0);
        _token = (await Send(0, null, BraintrustTokenContract.DeployData(WorkStory.Employer))).Created!.Value;
        var policy = DevelopmentContracts.PolicyData(owner, DevelopmentKeys.Address(9), WorkStory.FeeBps, [new(_token, 1, 1)], []);
        _policy = (await Send(0, null, policy)).Created!.Value;
        await Send(0, _policy, DevelopmentContracts.CourtRulesData(new PolicyContract.Tokens(_token, 10)));
        _court = (await Send(0, null, PanelCourtContract.DeployData(_token, 1_000, _policy, owner))).Created!.Value;
        _escrow = (await Send(0, null, Law.DeployData(_policy))).Created!.Value;
        await Send(1, _token, BraintrustTokenContract.Transfer.Encode(DevelopmentKeys.Address(Manager), 1_000_000));
        await Send(1, _token, BraintrustTokenContract.Transfer.Encode(WorkStory.Talent, 1_000_000));
        await Send(2, _token, BraintrustTokenContract.Approve.Encode(_court, BigInteger.Pow(10, 20)));
        foreach (var key in new[] { 1, Manager })
            await Send(key, _token, BraintrustTokenContract.Approve.Encode(_escrow, BigInteger.Pow(10, 20)));
    }

    public async Task DisposeAsync()
    {
        _chain?.Dispose();
        if (_node is not null) await _node.DisposeAsync();
    }

    [Fact]
    public async Task After_every_step_of_any_lawful_story_the_fold_is_what_the_contract_says()
    {
        var seed = Random.Shared.Next();
        output.WriteLine($"seed {seed}");
        var random = new Random(seed);
        var money = new MoneySink();
        for (var i = 1; i <= Stories || (i <= StoriesMax && Missing.Any()); i++)
        {
            var story = await Begin(i, random);
            for (var step = 0; step < StepsMax; step++)
            {
                if (!await Step(story, random)) break;
                await Read(story, money);
                await Compare(story, money);
            }
        }

        output.WriteLine(string.Join(", ", _moves.Select(move => $"{move.Key} {move.Value}")));
        Assert.Empty(Missing);
    }

    /// <summary>What no story has had in it so far.</summary>
    private IEnumerable<string> Missing =>
        Enum.GetValues<EscrowMove>().Except([EscrowMove.BurnNonce, EscrowMove.Withdraw, EscrowMove.SweepFees]).Select(move => move.ToString())
            .Concat(Enum.GetNames<Closing>()).Concat(["Concede", "Respond"]).Except(_moves.Keys);

    /// <summary>One negotiation: the terms in force, the offer, and the fold up to a block.</summary>
    private sealed class Played(Terms terms, SignedTerms offer)
    {
        public Terms Terms { get; set; } = terms;
        public SignedTerms Offer => offer;
        public NegotiationOnChain Fold { get; set; } = NegotiationOnChain.Empty;
        public ulong ReadTo { get; set; }
        public List<Hash32> Amended { get; } = [];
        public Hash32 Negotiation => TermsHash.Negotiation(offer.Terms.Talent, offer.Terms.Nonce);
    }

    private async Task<Played> Begin(int nonce, Random random)
    {
        var plain = new WorkStory(Chain.ChainId, _escrow, _token, nonce, _now + 20 * Day);
        var withCourt = random.Next(3) > 0;
        var terms = plain.Terms with
        {
            Manager = DevelopmentKeys.Address(Manager), Origin = random.Next(2) == 0 ? Address.Zero : Origin, OriginBps = 0,
            Court = withCourt ? _court : default, CourtRules = withCourt ? 1 : 0, CaseTime = withCourt ? 200 * Day : 0,
            RevisionsMax = (byte)random.Next(3),
        };
        if (!terms.Origin.IsZero) terms = terms with { OriginBps = (ushort)random.Next(5_001) };
        var agreement = TermsHash.Of(terms, Chain.ChainId, _escrow);
        var signature = await DevelopmentKeys.Signer(2).Sign(agreement, _ct);
        return new Played(terms, new SignedTerms(terms, agreement, signature)) { ReadTo = (await Head()).Number };
    }

    /// <summary>False when nobody can do anything any more but tip and move payouts.</summary>
    private async Task<bool> Step(Played story, Random random)
    {
        _now = Later(story, random);
        if (story.Fold.Agreement is { } agreement)
        {
            if (agreement.Phase == AgreementPhase.Ended && random.Next(3) == 0) return false;
            if (random.Next(6) == 0 && await Together(story, agreement, random)) return true;
            if (agreement.Phase == AgreementPhase.Disputed && await Answer(agreement, random)) return true;
        }

        var law = new WorkLaw(
            Chain.ChainId, _escrow, new WorkStory(Chain.ChainId, _escrow, _token, 1, 0).Rules with { Version = 1 });
        var (clock, chosen) = (new ChainClock(new BlockTime(_now), new BlockTime(_now)), new List<(int Key, MovePlan Plan)>());
        foreach (var request in Requests(story.Fold.Agreement, random))
        {
            var court = await Courts.Ask(Chain, request.Move, story.Fold.Agreement, _ct);
            foreach (var key in Keys)
                if (EscrowRules.Check(story.Offer, story.Fold, DevelopmentKeys.Address(key), request, clock, law, court)
                    .Accepted(out var plan, out _))
                    chosen.Add((key, plan));
        }

        if (chosen.Count == 0) return true;
        var moves = chosen.Select(one => one.Plan.Move).Distinct().SelectMany(one => Enumerable.Repeat(one, Weight(one))).ToArray();
        var move = moves[random.Next(moves.Length)];
        var able = chosen.Where(one => one.Plan.Move == move).ToArray();
        var (by, what) = able[random.Next(able.Length)];
        await Send(by, _escrow, EscrowCalls.Encode(what, story.Offer.TalentSignature));
        Did(move.ToString());
        return true;
    }

    /// <summary>
    /// The talent's word at the court, once a case: conceding makes the ruling, as silence does, and a matched ratio makes none,
    /// because nobody is enlisted.
    /// </summary>
    private async Task<bool> Answer(AgreementOnChain agreement, Random random)
    {
        var caseId = agreement.Current!.Dispute!.CaseId;
        if (_now >= agreement.Since.Seconds + 5 * Day || !_answered.Add(caseId)) return false;
        var concedes = random.Next(2) == 0;
        await Send(2, _court, concedes ? PanelCourtContract.Concede.Encode(caseId) : PanelCourtContract.Respond.Encode(caseId, 10_000, true));
        Did(concedes ? "Concede" : "Respond");
        return true;
    }

    private void Did(string move) => _moves[move] = _moves.GetValueOrDefault(move) + 1;

    /// <summary>What goes on comes more often than what ends a story or changes nothing of it.</summary>
    private static int Weight(EscrowMove move) => move switch
    {
        EscrowMove.Submit or EscrowMove.RequestChanges or EscrowMove.FundMore or EscrowMove.Keep => 6,
        EscrowMove.Extend or EscrowMove.AskToCancel or EscrowMove.Settle => 3,
        EscrowMove.Resolve or EscrowMove.Dispute => 20,
        _ => 1,
    };

    /// <summary>At an edge of the running window, a moment later, or days later.</summary>
    private ulong Later(Played story, Random random)
    {
        var deadline = story.Fold.Agreement?.Deadline?.At.Seconds ?? 0;
        return random.Next(10) switch
        {
            0 when deadline > _now => deadline,
            1 or 2 when deadline >= _now => deadline + 1,
            3 => _now + (ulong)random.Next(1, 8) * Day,
            _ => _now + (ulong)random.Next(1, 3_600),
        };
    }

    private static IEnumerable<MoveRequest> Requests(AgreementOnChain? agreement, Random random)
    {
        if (agreement is null) return [new MoveRequest(EscrowMove.Fund, 0, random.Next(1, 4))];
        var milestone = agreement.Milestone;
        var most = (int)(agreement.Current?.Amount.Units ?? 1);
        var requests = Enum.GetValues<EscrowMove>().Select(move => new MoveRequest(move, milestone, 1))
            .Where(request => request.Move is not (EscrowMove.Fund or EscrowMove.FundMore or EscrowMove.Tip or EscrowMove.MovePayout
                or EscrowMove.Agree or EscrowMove.Amend or EscrowMove.BurnNonce or EscrowMove.Withdraw or EscrowMove.SweepFees))
            .Select(request => request with { EmployerBps = random.Next(10_000), Evidence = Hash32.Keccak([(byte)random.Next(256)]) })
            .Select(request => request.Move is EscrowMove.Submit or EscrowMove.Release
                ? request with { Sum = new Amount((UInt128)random.Next(1, most + 1)) }
                : request.Move == EscrowMove.ReleaseMany ? request with { Count = random.Next(1, 4) } : request);
        return
        [
            .. requests,
            new(EscrowMove.FundMore, agreement.MilestonesFunded, random.Next(1, 4)),
            new(EscrowMove.Tip, 0, Sum: new Amount((UInt128)random.Next(1, 1_000))),
            new(EscrowMove.MovePayout, 0, To: DevelopmentKeys.Address(random.Next(2, 8))),
        ];
    }

    /// <summary>What both sides do: one calls, the other signed the same. False when the state allows none of it.</summary>
    private async Task<bool> Together(Played story, AgreementOnChain agreement, Random random)
    {
        var (caller, signer) = random.Next(2) == 0 ? (1, 2) : (2, 1);
        var (terms, expiry) = (EscrowCalls.Of(story.Terms), _now + Day);
        if (agreement.IsOpen && random.Next(2) == 0)
        {
            var bps = random.Next(10_001);
            var consent = await Consent(signer, expiry, Law.Agree.Encode(terms, agreement.Milestone, bps, expiry, []));
            await Send(caller, _escrow, Law.Agree.Encode(terms, agreement.Milestone, bps, expiry, consent));
            Did("Agree");
            return true;
        }

        if (!agreement.IsOpen && agreement.Phase != AgreementPhase.Idle) return false;
        var next = Next(story.Terms, agreement, random);
        var word = await Consent(signer, expiry, Law.Amend.Encode(terms, EscrowCalls.Of(next), expiry, []));
        await Send(caller, _escrow, Law.Amend.Encode(terms, EscrowCalls.Of(next), expiry, word));
        story.Amended.Add(agreement.Funded.Agreement);
        story.Terms = next;
        Did("Amend");
        return true;
    }

    private static Terms Next(Terms terms, AgreementOnChain agreement, Random random)
    {
        var funded = agreement.MilestonesFunded;
        var more = random.Next(agreement.Phase == AgreementPhase.Idle ? 1 : 0, 4);
        return terms with
        {
            Sequence = terms.Sequence + 1,
            Previous = agreement.Funded.Agreement,
            ReviewWindow = (uint)random.Next(3, 20) * Day,
            ReworkTime = (uint)random.Next(3, 20) * Day,
            RevisionsMax = (byte)random.Next(8),
            Amounts = [.. terms.Amounts.Take(funded), .. Enumerable.Range(0, more).Select(_ => new Amount((UInt128)random.Next(1, 2_000)))],
            WorkTimes = [.. terms.WorkTimes.Take(funded), .. Enumerable.Range(0, more).Select(_ => (uint)random.Next(3_600, 999_999))],
        };
    }

    private async Task<byte[]> Consent(int signer, ulong expiry, byte[] call)
    {
        var digest = await Law.HashCall.Call(Chain, _escrow, DevelopmentKeys.Address(signer), expiry, call, BlockId.Latest, _ct);
        return await DevelopmentKeys.Signer(signer).Sign(digest, _ct);
    }

    private async Task Read(Played story, MoneySink money)
    {
        var head = await Head();
        money.Begin(story.Negotiation);
        await Chain.ReadLogs(LogFilter.Range([_escrow], story.ReadTo + 1, head.Number), money, _ct);
        foreach (var (happened, place) in money.Mine)
        {
            var header = await Chain.GetHeader(BlockId.At(place.Seen.BlockNo), _ct);
            if (happened is EscrowEvent.MilestoneClosed closed) Did(closed.How.ToString());
            story.Fold = EscrowFold.Apply(
                story.Fold, happened, place with { Seen = place.Seen with { BlockTime = header!.Time } });
        }

        story.ReadTo = head.Number;
    }

    private async Task Compare(Played story, MoneySink money)
    {
        var head = await Head();
        var (at, agreement) = (BlockId.At(head.Number), story.Fold.Agreement);
        var name = TermsHash.Of(story.Terms, Chain.ChainId, _escrow);
        var state = await Law.StateOf.Call(Chain, _escrow, name, at, _ct);
        Assert.Equal(
            new StateSlot(
                state.Phase, state.Milestone, state.Funded, state.Revisions, state.Flags, state.PayoutMoves, state.Since, state.Deadline,
                new Amount(state.Claimed)),
            StateSlot.Of(agreement));
        Assert.Equal(await Law.StateWord.Call(Chain, _escrow, name, at, _ct), StateSlot.Of(agreement).Word());
        foreach (var old in story.Amended)
            Assert.Equal(AmendedPhase, (await Law.StateOf.Call(Chain, _escrow, old, at, _ct)).Phase);
        if (agreement is not null)
        {
            var terms = EscrowCalls.Of(story.Terms);
            Assert.Equal((name, head.Time), (agreement.Funded.Agreement, new BlockTime(_now)));
            Assert.Equal(await Law.PayoutOf.Call(Chain, _escrow, terms, at, _ct), agreement.PayoutAt(head.Time));
            Assert.Equal(await Law.ExitBound.Call(Chain, _escrow, terms, at, _ct), Deadlines.ExitBound(agreement).Seconds);
        }

        var (credit, _) = await Law.CreditOf.Call(Chain, _escrow, Origin, _token, at, _ct);
        Assert.Equal(credit, money.Credits.GetValueOrDefault((Origin, _token)));
        var (fees, serial) = await Law.FeesOf.Call(Chain, _escrow, _token, at, _ct);
        Assert.Equal((fees, serial), (money.Fees, money.LastSerial));
        Assert.Equal(
            await BraintrustTokenContract.BalanceOf.Call(Chain, _token, _escrow, at, _ct),
            fees + credit + money.HeldBefore(story.Negotiation) + (agreement?.Held.Units ?? 0));
        money.Held[story.Negotiation] = agreement?.Held.Units ?? 0;
    }

    /// <summary>The events of one negotiation, and the money of all.</summary>
    private sealed class MoneySink : ILogSink
    {
        private Hash32 _of;

        public List<(EscrowEvent, FactPlace)> Mine { get; } = [];
        public Dictionary<(Address, Address), BigInteger> Credits { get; } = [];
        public Dictionary<Hash32, BigInteger> Held { get; } = [];
        public BigInteger Fees { get; private set; }
        public BigInteger LastSerial { get; private set; }

        public void Begin(Hash32 negotiation)
        {
            _of = negotiation;
            Mine.Clear();
        }

        public BigInteger HeldBefore(Hash32 negotiation) =>
            Held.Where(held => held.Key != negotiation).Aggregate(BigInteger.Zero, (sum, held) => sum + held.Value);

        public void OnLog(in LogEntry log)
        {
            var happened = EscrowFacts.TryRead(log.Topics, log.Data)!.Value.Event;
            switch (happened)
            {
                case EscrowEvent.FeeShared e:
                    Credits[(e.Origin, e.Token)] = Credits.GetValueOrDefault((e.Origin, e.Token)) + e.Sum.Units;
                    Fees -= e.Sum.Units;
                    break;
                case EscrowEvent.MilestoneClosed e:
                    Keep(e.Fee, e.FeeSerial);
                    break;
                case EscrowEvent.Tipped e:
                    Keep(e.Fee, e.FeeSerial);
                    break;
            }

            if (happened.About != _of) return;
            var seen = new Seen(log.BlockNo, log.BlockHash, default, log.TxHash, FinalityStatus.Pending, 0, 0);
            Mine.Add((happened, new FactPlace(Mine.Count + 1, log.Contract, seen, log.LogIndex)));
        }

        private void Keep(Amount fee, long serial)
        {
            Fees += fee.Units;
            if (serial > 0) LastSerial = serial;
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
        Assert.True(receipt!.Succeeded, $"The contract refused {Hex.Of(data.AsSpan(0, 4))} of account {key} at {_now}.");
        return receipt;
    }

    private async Task<BlockHeader> Head() => (await Chain.GetHeader(BlockId.Latest, _ct))!;
}
