using System.Collections.Immutable;
using System.Numerics;
using Braintrust.Chain;
using Braintrust.Escrow;

namespace Braintrust.Differential;

/// <summary>Terms and agreements that dice make, and the storage that stands for them in the contract.</summary>
internal static class Agreements
{
    public const uint Day = 86_400;
    public const ulong SecondsMax = (1UL << 40) - 1;

    private const int StatesSlot = 0;
    private const int PayoutMovesSlot = 5;

    private static readonly AgreementPhase[] Open = [AgreementPhase.Funded, AgreementPhase.Submitted, AgreementPhase.Disputed];

    /// <summary>Terms as funding would take them under some policy.</summary>
    public static Terms Terms(Dice dice, Stage stage)
    {
        var parties = stage.Node.Parties;
        var (employer, talent) = (dice.Of(parties), dice.Of(parties));
        while (talent == employer) talent = dice.Of(parties);
        var manager = dice.OneIn(2) ? employer : dice.Of([.. parties.Where(one => one != talent)]);
        var withCourt = !dice.OneIn(3);
        var withOrigin = !dice.OneIn(3);
        var feeBps = dice.Share(2_000);
        var count = dice.OneIn(4) ? dice.Even(1, 32) : dice.Even(1, 5);
        return new Terms
        {
            Nonce = ProbeNode.Number(dice.Bytes(32)), Sequence = dice.Big(BigInteger.Pow(2, 256) - 1), Previous = dice.Hash(),
            Employer = employer, Manager = manager, Talent = talent, Payout = dice.Of(parties), Token = stage.Node.Token,
            // A page has one policy: versions are what keeps the rules of its cases apart.
            PolicyVersion = (uint)(stage.Index % uint.MaxValue), FeeBps = feeBps,
            Origin = withOrigin ? dice.Of(parties) : default, OriginBps = withOrigin ? dice.Share(5_000) : (ushort)0,
            ReviewWindow = (uint)dice.Number(3 * Day, 90 * Day), ReworkTime = (uint)dice.Number(3 * Day, 90 * Day),
            RevisionsMax = (byte)dice.Even(0, 7),
            Court = withCourt ? stage.Node.Court : default,
            CourtRules = withCourt ? Rules(dice) : 0,
            CaseTime = withCourt ? (uint)dice.Number(1, 365 * Day) : 0,
            FallbackTalentBps = dice.Share(10_000),
            ValidUntil = stage.Now + dice.Number(0, 30 * Day), Documents = dice.Hash(),
            // All of them with their fees stay below 2^128: C# follows no more.
            Amounts = [.. Enumerable.Range(0, count).Select(_ => new Amount(dice.Sum(1, UInt128.MaxValue / 64)))],
            WorkTimes = [.. Enumerable.Range(0, count).Select(_ => (uint)dice.Number(3_600, 365 * Day))],
        };
    }

    /// <summary>What the probe as a court takes and needs; at times it hears nothing.</summary>
    private static BigInteger Rules(Dice dice) =>
        (dice.OneIn(8) ? BigInteger.One << 255 : 0) | dice.Big(UInt128.MaxValue) << 32 | dice.Number(0, 365 * Day);

    public static CourtWord Quote(Terms terms) => terms.CourtRules >> 255 != 0
        ? new CourtWord(null, 0, null)
        : new CourtWord(new Amount((UInt128)(terms.CourtRules >> 32 & UInt128.MaxValue)), (ulong)(terms.CourtRules & uint.MaxValue), null);

    /// <summary>An agreement in any state that stands, its windows ending about now.</summary>
    public static AgreementOnChain Standing(Dice dice, Stage stage, Terms terms, AgreementPhase? wanted = null)
    {
        var phase = wanted ?? (dice.OneIn(5) ? dice.Of(AgreementPhase.Idle, AgreementPhase.Ended) : dice.Of(Open));
        var count = terms.Amounts.Length;
        var open = Open.Contains(phase);
        var milestone = dice.Even(0, phase == AgreementPhase.Ended ? count : count - 1);
        var ending = open && milestone + 1 < count ? dice.OneIn(4) : phase == AgreementPhase.Ended && milestone < count;
        var funded = !open || ending ? open ? milestone + 1 : milestone : dice.Even(milestone + 1, count);
        var current = open ? Current(dice, stage, terms, milestone, phase) : null;
        var moves = dice.OneIn(2) ? 0 : dice.OneIn(6) ? dice.Even(253, 255) : dice.Even(1, 3);
        return new AgreementOnChain
        {
            Funded = new SignedTermsRef(TermsHash.Of(terms, stage.Node.ChainId, stage.Node.Escrow), terms),
            FirstTerms = default,
            Phase = phase,
            Milestone = milestone,
            MilestonesFunded = funded,
            Ending = ending,
            Since = new BlockTime(Since(dice, stage, terms, milestone, phase, current?.Revisions ?? 0)),
            Milestones = [.. Enumerable.Range(0, count).Select(i => i == milestone && current is not null ? current : Other(dice, terms, i, milestone))],
            PayoutMoves = moves,
            PayoutMove = moves == 0 ? null : Move(dice, stage, terms, moves),
            Contract = stage.Node.Escrow,
            Seen = Seen(stage.Now),
        };
    }

    public static Chain.Seen Seen(ulong now) => new(1, default, new BlockTime(now), default, default, 0, 0);

    private static ulong Since(Dice dice, Stage stage, Terms terms, int milestone, AgreementPhase phase, int revisions)
    {
        ulong window = phase switch
        {
            AgreementPhase.Funded => revisions == 0 ? terms.WorkTimes[milestone] : terms.ReworkTime,
            AgreementPhase.Submitted => terms.ReviewWindow,
            _ => Day,
        };
        // Reclaiming opens for anyone one review window after it did for the employer.
        if (phase == AgreementPhase.Funded && dice.OneIn(3)) window += terms.ReviewWindow;
        return dice.OneIn(4) ? stage.Now - dice.Number(0, window) : dice.Edge(stage.Now - window, 1, stage.Now);
    }

    private static MilestoneView Current(Dice dice, Stage stage, Terms terms, int milestone, AgreementPhase phase)
    {
        var asked = dice.OneIn(2);
        var answerBy = asked && phase == AgreementPhase.Funded && !dice.OneIn(3);
        var grace = dice.OneIn(3) ? terms.ReviewWindow : 0;
        var claims = phase != AgreementPhase.Funded;
        return new MilestoneView
        {
            Phase = MilestonePhase.Working, Amount = terms.Amounts[milestone],
            FeeOnTop = Fees.OnTop(terms.Amounts[milestone], terms.FeeBps),
            Claimed = claims ? new Amount(dice.Sum(1, terms.Amounts[milestone].Units)) : default,
            Revisions = dice.OneIn(2) ? 0 : dice.Even(0, 7),
            CancelAsked = asked,
            AnswerBy = answerBy ? new BlockTime(dice.OneIn(4) ? stage.Now + dice.Number(0, 7 * Day) : dice.Edge(stage.Now - grace, 1, stage.Now + 7 * Day)) : null,
            Dispute = phase == AgreementPhase.Disputed
                ? new DisputeView(0, default, new BlockTime(dice.Edge(stage.Now, 1, stage.Now + 365 * Day)), CaseOf(stage, terms, milestone))
                : null,
        };
    }

    private static MilestoneView Other(Dice dice, Terms terms, int index, int milestone) => new()
    {
        Phase = index < milestone ? MilestonePhase.Released : MilestonePhase.Unfunded, Amount = terms.Amounts[index],
        FeeOnTop = Fees.OnTop(terms.Amounts[index], terms.FeeBps),
        Pay = index < milestone && dice.OneIn(2) ? new Amount(1) : default,
    };

    private static PayoutMove Move(Dice dice, Stage stage, Terms terms, int moves) => new(
        moves == 1 || dice.OneIn(2) ? terms.Payout : dice.Of(stage.Node.Parties),
        // The counter's last count is always a move called off.
        moves == byte.MaxValue || dice.OneIn(4) ? null : dice.Of(stage.Node.Parties),
        new BlockTime(dice.Edge(stage.Now, 1, stage.Now + 7 * Day)));

    /// <summary>In one line.</summary>
    public static string Text(Terms terms) =>
        $"{terms.ToString().Split(", Amounts")[0]}, amounts {string.Join(',', terms.Amounts)} work times {string.Join(',', terms.WorkTimes)}";

    public static Hash32 CaseOf(Stage stage, Terms terms, int milestone) => Hash32.Keccak(
    [
        .. ProbeNode.Word(stage.Node.Escrow).ToBytes(), .. TermsHash.Negotiation(terms.Talent, terms.Nonce).ToBytes(),
        .. ProbeNode.Word(milestone).ToBytes(),
    ]);

    /// <summary>What the contract's storage holds where the agreement stands so.</summary>
    public static ImmutableArray<(Address, Hash32, Hash32)> Stored(AgreementOnChain agreement)
    {
        var (terms, escrow) = (agreement.Funded.Terms, agreement.Contract);
        var state = (escrow, ProbeNode.SlotOf(agreement.Funded.Agreement, ProbeNode.Word(StatesSlot)), StateSlot.Of(agreement).Word());
        if (agreement.PayoutMove is not { } move) return [state];
        var at = ProbeNode.SlotOf(TermsHash.Negotiation(terms.Talent, terms.Nonce), ProbeNode.Word(PayoutMovesSlot));
        var next = ProbeNode.Word(ProbeNode.Number(at.ToBytes()) + 1);
        var present = ProbeNode.Number(ProbeNode.Word(move.Present).ToBytes()) | (BigInteger)move.WaitsUntil.Seconds << 160;
        return [state, (escrow, at, ProbeNode.Word(present)), (escrow, next, ProbeNode.Word(move.Next ?? default))];
    }
}
