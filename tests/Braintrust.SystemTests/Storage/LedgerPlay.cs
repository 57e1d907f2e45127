using System.Collections.Immutable;
using System.Numerics;
using Braintrust.Chain;
using Braintrust.Chain.Contracts;
using Braintrust.Disputes;
using Braintrust.Escrow;

namespace Braintrust.Storage;

/// <summary>Where a story stands, told without the fold that is under test.</summary>
internal sealed record PlayedAgreement(
    WorkStory Story, AgreementPhase Phase, int Milestone, int Funded, ulong SinceSeconds, ulong CreatedBlock, ulong ChangedBlock,
    Amount PaidIn, Amount Paid, Amount Fees, Amount Refunded);

/// <summary>Money that reached a talent.</summary>
internal sealed record PlayedPayment(WorkStory Story, ulong BlockNo, ulong Seconds, Hash32 TxHash, Amount Pay, Amount Fee);

/// <summary>What a contract keeps for somebody.</summary>
/// <param name="About">What it grew by last.</param>
internal sealed record PlayedCredit(BigInteger Sum, Hash32 About, ulong ChangedBlock);

/// <summary>
/// A random chain of agreements written straight into a ledger, with reorganisations that never reach below the final
/// block, subjects that collide, and an account of what stands.
/// </summary>
/// <param name="late">Every other agreement is of a contract that the ledger is told of later.</param>
internal sealed class LedgerPlay(OpenStorage storage, Random random, bool late = false)
{
    public const ulong ChainId = 31_337;
    public const ulong FirstSeconds = 1_760_000_000;
    public const int Depth = 5;

    public static readonly Address Contract = Address.Parse("0x5FbDB2315678afecb367f032d93F642f64180aa3");
    public static readonly Address Late = Address.Parse("0x00000000000000000000000000000000000e5c02");
    public static readonly Address Court = Address.Parse("0x9fE46736679d2D9a65F0992F2272dE9f3c7fa6e0");
    public static readonly Address Token = Address.Parse("0xe7f1725E7734CE288F8367e1Bb143E90bb3F0512");

    private readonly List<Block> _blocks = [new(0, Hash32.Keccak([0]), FirstSeconds, [], [], ImmutableDictionary<Hash32, PlayedAgreement>.Empty, ImmutableDictionary<(Address, Address), PlayedCredit>.Empty)];
    private bool _knowsLate = !late;
    private int _forks;
    private int _nonces;

    public ChainCursor Cursor { get; private set; } = ChainCursor.Start;

    /// <summary>What stands in the contracts that the ledger was told of, pending or final.</summary>
    public IReadOnlyDictionary<Hash32, PlayedAgreement> Standing =>
        _blocks[^1].Agreements.Where(agreement => IsTold(agreement.Value.Story)).ToDictionary();

    /// <summary>What contracts that the ledger was told of keep for whom.</summary>
    public IEnumerable<KeyValuePair<(Address Contract, Address Party), PlayedCredit>> Credits =>
        _blocks[^1].Credits.Where(credit => credit.Value.Sum > 0 && (_knowsLate || credit.Key.Contract != Late));

    /// <summary>What stood in those contracts in the final block, and what they kept in all.</summary>
    public (IEnumerable<PlayedAgreement> Agreements, BigInteger Credits) Final(Address contract) =>
        _blocks.Last(block => block.Number <= Cursor.FinalNo) is var final && (_knowsLate || contract != Late)
            ? (final.Agreements.Values.Where(played => played.Story.Law.Contract == contract),
                final.Credits.Where(credit => credit.Key.Contract == contract).Aggregate(BigInteger.Zero, (sum, credit) => sum + credit.Value.Sum))
            : ([], 0);

    /// <summary>Payments in blocks that are final, in order.</summary>
    public IEnumerable<PlayedPayment> FinalPayments => _blocks.Where(block => block.Number <= Cursor.FinalNo)
        .SelectMany(block => block.Payments).Where(payment => IsTold(payment.Story));

    /// <summary>From now on the ledger is to know the late contract: its older blocks are read by <see cref="Backfill"/>.</summary>
    public ValueTask RegisterLate() =>
        storage.Contracts.Register(new(ChainId, Late, EscrowFacts.ContractKind, 1, default), default);

    /// <summary>Reads some of the late contract's older blocks; false when all are read.</summary>
    public async Task<bool> Backfill(int blocks)
    {
        if (await storage.Contracts.ReadBackfills(ChainId, default) is not [var behind]) return false;
        var next = Math.Min(behind.Next + (ulong)blocks, Cursor.HeadNo + 1);
        var facts = _blocks.Where(block => block.Number >= behind.Next && block.Number < next)
            .SelectMany(block => block.Facts).Where(fact => fact.Contract == Late).ToList();
        Cursor = (await storage.Ledger.Append(
            new(ChainId, Cursor, [], facts, Cursor.HeadNo, Cursor.HeadHash, Cursor.HeadTime, Cursor.FinalNo)
            {
                Backfilled = new(Late, behind.Next, next),
            },
            default))!;
        return !(_knowsLate = next > Cursor.HeadNo);
    }

    private bool IsTold(WorkStory story) => _knowsLate || story.Law.Contract != Late;

    public async Task Act()
    {
        var head = _blocks[^1].Number;
        if (random.Next(6) == 0 && head > Cursor.FinalNo) await Rewind(head - (ulong)random.Next(1, (int)(head - Cursor.FinalNo) + 1));
        else for (var blocks = random.Next(1, 4); blocks > 0; blocks--) await Mine();
    }

    /// <summary>Lets everything become final.</summary>
    public async Task Settle()
    {
        for (var i = 0; i < Depth; i++) await Mine(eventsMax: 0);
    }

    /// <summary>What only a development chain does: it loses blocks that were final.</summary>
    public async Task LoseFinalBlocks(ulong blocks)
    {
        var to = _blocks[(int)(_blocks[^1].Number - blocks)];
        _blocks.RemoveRange((int)to.Number + 1, (int)blocks);
        Cursor = (await storage.Ledger.Rewind(
            new(ChainId, Cursor, to.Header, BelowFinal: true), default))!;
        _forks++;
    }

    private async Task Rewind(ulong toNumber)
    {
        var to = _blocks[(int)toNumber];
        _blocks.RemoveRange((int)toNumber + 1, _blocks.Count - (int)toNumber - 1);
        Cursor = (await storage.Ledger.Rewind(new(ChainId, Cursor, to.Header), default))!;
        _forks++;
    }

    private async Task Mine(int eventsMax = 4)
    {
        var parent = _blocks[^1];
        var (number, seconds) = (parent.Number + 1, parent.Seconds + (ulong)random.Next(1, 400_000));
        var hash = Hash32.Keccak([.. BitConverter.GetBytes(number), .. BitConverter.GetBytes(_forks)]);
        var block = new Block(number, hash, seconds, [], [], parent.Agreements, parent.Credits);
        // The ledger holds other contracts' logs too, whose subjects may be the same 64 bits.
        if (random.Next(4) == 0)
            block.Facts.Add(new Fact(
                number, hash, new BlockTime(seconds), hash, 0, Token, FactKind.PolicyPublished, [0],
                [7, .. parent.Agreements.Keys.Take(1).Select(Subject.Agreement)]));
        for (var events = random.Next(eventsMax + 1); events > 0; events--)
            if (random.Next(3) == 0) Credit(ref block);
            else Play(ref block);
        _blocks.Add(block);
        var final = Math.Max(Cursor.FinalNo, number < Depth ? 0 : number - Depth + 1);
        var header = new BlockHeader(number, hash, parent.Hash, new BlockTime(seconds));
        Cursor = (await storage.Ledger.Append(
            new(ChainId, Cursor, [header], [.. block.Facts.Where(fact => _knowsLate || fact.Contract != Late)], number, hash, header.Time, final), default))!;
    }

    private void Play(ref Block block)
    {
        var open = block.Agreements.Values.Where(played => played.Phase != AgreementPhase.Ended)
            .OrderBy(played => played.Story.Terms.Nonce).ToList();
        var before = open.Count == 0 || random.Next(4) == 0 ? New(block) : open[random.Next(open.Count)];
        var (log, after) = Next(before, block.Seconds, out var split);
        var story = before.Story;
        var tx = Hash32.Keccak([.. block.Hash.ToBytes(), .. BitConverter.GetBytes(block.Facts.Count)]);
        var read = EscrowFacts.TryRead(log.Topics.AsSpan(), log.Data.Span)!.Value;
        block.Facts.Add(new Fact(
            block.Number, block.Hash, new BlockTime(block.Seconds), tx, (uint)block.Facts.Count, story.Law.Contract,
            read.Kind, FactPayload.Encode(log.Topics.AsSpan(), log.Data.Span),
            [.. EscrowSubjects.Of(read.Event).Union(block.Agreements.Keys.Take(1).Select(Subject.Agreement))]));
        if (split is { Pay.IsZero: false } paid)
            block.Payments.Add(new PlayedPayment(story, block.Number, block.Seconds, tx, paid.Pay, paid.Fee));
        block = block with
        {
            Agreements = block.Agreements.SetItem(story.Negotiation, after with { ChangedBlock = block.Number }),
        };
    }

    /// <summary>A credit grows, or is withdrawn: of a negotiation that no agreement here is of, or at the court.</summary>
    private void Credit(ref Block block)
    {
        var key = (Contract: random.Next(3) == 0 ? Court : late && random.Next(2) == 0 ? Late : Contract, Party: DevelopmentKeys.Address(4 + random.Next(3)));
        var before = block.Credits.GetValueOrDefault(key);
        var (taken, sum, about) = (before?.Sum > 0 && random.Next(3) == 0, (BigInteger)random.Next(1, 1_000), Hash32.Keccak([.. block.Hash.ToBytes(), (byte)block.Facts.Count]));
        var (topics, data) = (key.Contract == Court, taken) switch
        {
            (true, true) => new PanelCourtContract.CreditWithdrawnEvent(key.Party, Token, key.Party, before!.Sum).Encode(),
            (true, false) => new PanelCourtContract.CreditedEvent(key.Party, Token, about, sum).Encode(),
            (false, true) => new WorkAgreementsContract.CreditWithdrawnEvent(key.Party, Token, key.Party, before!.Sum).Encode(),
            (false, false) when random.Next(2) == 0 => new WorkAgreementsContract.FeeSharedEvent(about, key.Party, Token, default, sum).Encode(),
            _ => new WorkAgreementsContract.PaymentCreditedEvent(about, key.Party, Token, default, sum).Encode(),
        };
        var (kind, subjects) = key.Contract == Court
            ? DisputeFacts.TryRead(topics, data)!.Value is var court ? (court.Kind, DisputeSubjects.Of(court.Event)) : default
            : EscrowFacts.TryRead(topics, data)!.Value is var escrow ? (escrow.Kind, EscrowSubjects.Of(escrow.Event)) : default;
        block.Facts.Add(new Fact(
            block.Number, block.Hash, new BlockTime(block.Seconds), about, (uint)block.Facts.Count, key.Contract, kind,
            FactPayload.Encode(topics, data), [.. subjects]));
        block = block with
        {
            Credits = block.Credits.SetItem(
                key, taken ? new(0, default, block.Number) : new((before?.Sum ?? 0) + sum, about, block.Number)),
        };
    }

    private PlayedAgreement New(Block block)
    {
        var contract = late && random.Next(2) == 0 ? Late : Contract;
        var plain = new WorkStory(ChainId, contract, Token, ++_nonces, FirstSeconds * 2);
        var (employer, talent) = (DevelopmentKeys.Address(random.Next(4)), DevelopmentKeys.Address(4 + random.Next(3)));
        var scale = (UInt128)BigInteger.Pow(10, 15 + random.Next(6));
        var story = new WorkStory(ChainId, contract, Token, _nonces, FirstSeconds * 2)
        {
            Terms = plain.Terms with
            {
                Employer = employer, Manager = DevelopmentKeys.Address(9), Talent = talent, Payout = talent,
                Amounts = [.. plain.Terms.Amounts.Select(amount => new Amount(amount.Units * scale))],
            },
        };
        return new(story, AgreementPhase.None, 0, 0, 0, block.Number, block.Number, default, default, default, default);
    }

    private (ScriptedLog Log, PlayedAgreement After) Next(PlayedAgreement at, ulong seconds, out Split? split)
    {
        split = null;
        var (story, terms) = (at.Story, at.Story.Terms);
        switch (at.Phase)
        {
            case AgreementPhase.None:
                var count = random.Next(1, 4);
                return (story.Funded(count), at with
                {
                    Phase = AgreementPhase.Funded, Funded = count, SinceSeconds = seconds, PaidIn = Fees.Price(terms, 0, count),
                });
            case AgreementPhase.Idle:
                return (story.FundedMore(at.Milestone, 1), at with
                {
                    Phase = AgreementPhase.Funded, Funded = at.Funded + 1, SinceSeconds = seconds,
                    PaidIn = at.PaidIn + Fees.Price(terms, at.Milestone, 1),
                });
            case AgreementPhase.Funded when random.Next(5) == 0:
                var back = Fees.Price(terms, at.Milestone, at.Funded - at.Milestone);
                return (story.Reclaimed(at.Milestone, at.Funded - at.Milestone), at with
                {
                    Phase = AgreementPhase.Ended, SinceSeconds = seconds, Refunded = at.Refunded + back,
                });
            case AgreementPhase.Funded when random.Next(2) == 0:
                return (story.Submitted(at.Milestone, 1), at with { Phase = AgreementPhase.Submitted, SinceSeconds = seconds });
            default:
                return Close(at, seconds, out split);
        }
    }

    private (ScriptedLog Log, PlayedAgreement After) Close(PlayedAgreement at, ulong seconds, out Split? split)
    {
        var amount = at.Story.Terms.Amounts[at.Milestone];
        var pay = amount.MulDivFloor((UInt128)random.Next(0, 5), 4);
        var closed = Fees.Close(amount, WorkStory.FeeBps, pay);
        var next = at.Milestone + 1;
        split = closed;
        return (at.Story.Closed(at.Milestone, pay.IsZero ? Closing.Refunded : Closing.Released, pay), at with
        {
            Milestone = next,
            SinceSeconds = seconds,
            Phase = next < at.Funded ? AgreementPhase.Funded : next < 3 ? AgreementPhase.Idle : AgreementPhase.Ended,
            Paid = at.Paid + closed.Pay,
            Fees = at.Fees + closed.Fee,
            Refunded = at.Refunded + closed.Refund,
        });
    }

    private sealed record Block(
        ulong Number, Hash32 Hash, ulong Seconds, List<Fact> Facts, List<PlayedPayment> Payments,
        ImmutableDictionary<Hash32, PlayedAgreement> Agreements,
        ImmutableDictionary<(Address Contract, Address Party), PlayedCredit> Credits)
    {
        public BlockHeader Header => new(Number, Hash, default, new BlockTime(Seconds));
    }
}
