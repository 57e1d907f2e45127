using Braintrust.Chain;

namespace Braintrust.Escrow;

public sealed class EscrowRulesTests
{
    private const ulong Start = 1_000_000;
    private const ulong ReviewEnds = Start + 1 + WorkStory.ReviewWindow;
    private const ulong WorkEnds = Start + WorkStory.WorkTime;

    private static readonly Address Contract = Address.Parse("0x00000000000000000000000000000000000e5c01");
    private static readonly TokenUnit Cents = new(Contract, "USDX", 2);
    private static readonly WorkStory Story =
        new(31337, Contract, Address.Parse("0x0000000000000000000000000000000000007031"), 7, Start + 86_400);
    private static readonly WorkLaw Law = Story.Law;
    private static readonly SignedTerms Offer = new(Story.Terms, Story.Agreement, [1]);
    private static readonly NegotiationOnChain Working = EscrowFoldTests.Fold(Story.Funded(2));
    private static readonly NegotiationOnChain Delivered = EscrowFoldTests.Fold(Story.Funded(2), Story.Submitted(0, 900));
    private static readonly NegotiationOnChain Idle =
        EscrowFoldTests.Fold(Story.Funded(1), Story.Closed(0, Closing.Released, 1_000));
    private static readonly NegotiationOnChain Ended = EscrowFoldTests.Fold(Story.Funded(3), Story.Reclaimed(0, 3));

    public static TheoryData<string, NegotiationOnChain, Address, MoveRequest, ulong, RefusalCode> Refused => new()
    {
        { "fund by a stranger", NegotiationOnChain.Empty, WorkStory.Stranger, Fund(1), Start, RefusalCode.NotAParty },
        { "fund by the talent", NegotiationOnChain.Empty, WorkStory.Talent, Fund(1), Start, RefusalCode.NotAParty },
        { "fund too late", NegotiationOnChain.Empty, WorkStory.Employer, Fund(1), Start + 86_401, RefusalCode.TooLate },
        { "fund nothing", NegotiationOnChain.Empty, WorkStory.Employer, Fund(0), Start, RefusalCode.InvalidArgument },
        { "fund too many", NegotiationOnChain.Empty, WorkStory.Employer, Fund(4), Start, RefusalCode.InvalidArgument },
        { "fund from the middle", NegotiationOnChain.Empty, WorkStory.Employer, Fund(1) with { Milestone = 1 }, Start, RefusalCode.WrongState },
        { "fund twice", Working, WorkStory.Employer, Fund(1), Start, RefusalCode.WrongState },
        { "fund a burned nonce", new() { NonceBurned = true }, WorkStory.Employer, Fund(1), Start, RefusalCode.WrongState },
        { "fund more of nothing", NegotiationOnChain.Empty, WorkStory.Employer, More(0, 1), Start, RefusalCode.WrongState },
        { "fund more by the talent", Working, WorkStory.Talent, More(2, 1), Start, RefusalCode.NotAParty },
        { "fund more than there is", Working, WorkStory.Employer, More(2, 2), Start, RefusalCode.InvalidArgument },
        { "fund more of the wrong one", Working, WorkStory.Employer, More(1, 1), Start, RefusalCode.WrongState },
        { "fund more of the ended", Ended, WorkStory.Employer, More(3, 1), Start, RefusalCode.WrongState },
        { "extend by the talent", Working, WorkStory.Talent, Move(EscrowMove.Extend), Start, RefusalCode.NotAParty },
        { "extend what is delivered", Delivered, WorkStory.Employer, Move(EscrowMove.Extend), Start, RefusalCode.WrongState },
        { "keep what nobody asks for", Working, WorkStory.Talent, Move(EscrowMove.Keep), Start, RefusalCode.WrongState },
        { "ask for changes too late", Delivered, WorkStory.Employer, Move(EscrowMove.RequestChanges), ReviewEnds + 1, RefusalCode.TooLate },
        { "ask for changes of nothing", Working, WorkStory.Employer, Move(EscrowMove.RequestChanges), Start, RefusalCode.WrongState },
        { "dispute without a court", Delivered, WorkStory.Employer, Move(EscrowMove.Dispute), Start, RefusalCode.WrongState },
        { "resolve what is not disputed", Delivered, WorkStory.Employer, Move(EscrowMove.Resolve), Start, RefusalCode.WrongState },
        { "end by the employer at work", Working, WorkStory.Employer, Move(EscrowMove.End), Start, RefusalCode.NotAParty },
        { "end twice", Ended, WorkStory.Talent, Move(EscrowMove.End) with { Milestone = 0 }, Start, RefusalCode.WrongState },
        { "tip nothing", Working, WorkStory.Employer, Move(EscrowMove.Tip), Start, RefusalCode.InvalidArgument },
        { "tip by the talent", Working, WorkStory.Talent, Move(EscrowMove.Tip), Start, RefusalCode.NotAParty },
        { "move pay to nobody", Working, WorkStory.Talent, Move(EscrowMove.MovePayout), Start, RefusalCode.InvalidArgument },
        { "call off no move", Working, WorkStory.Talent, Move(EscrowMove.CancelPayoutMove), Start, RefusalCode.WrongState },
        { "pay more than is funded", Working, WorkStory.Employer, Move(EscrowMove.ReleaseMany) with { Count = 3 }, Start, RefusalCode.InvalidArgument },
        { "submit by the employer", Working, WorkStory.Employer, Submit(1), Start, RefusalCode.NotAParty },
        { "submit too late", Working, WorkStory.Talent, Submit(1), WorkEnds + 1, RefusalCode.TooLate },
        { "submit twice", Delivered, WorkStory.Talent, Submit(1), Start, RefusalCode.WrongState },
        { "submit another", Working, WorkStory.Talent, Submit(1) with { Milestone = 1 }, Start, RefusalCode.WrongState },
        { "submit to nothing held", Idle, WorkStory.Talent, Submit(1) with { Milestone = 1 }, Start, RefusalCode.WrongState },
        { "claim too much", Working, WorkStory.Talent, Submit(1_001), Start, RefusalCode.InvalidArgument },
        { "release by the talent", Delivered, WorkStory.Talent, Release(900), Start, RefusalCode.NotAParty },
        { "release below the claim", Delivered, WorkStory.Employer, Release(899), Start, RefusalCode.InvalidArgument },
        { "release above the amount", Delivered, WorkStory.Employer, Release(1_001), Start, RefusalCode.InvalidArgument },
        { "release nothing held", Idle, WorkStory.Employer, Release(1) with { Milestone = 1 }, Start, RefusalCode.WrongState },
        { "release the wrong one", Working, WorkStory.Employer, Release(1) with { Milestone = 1 }, Start, RefusalCode.WrongState },
        { "settle too early", Delivered, WorkStory.Stranger, Move(EscrowMove.Settle), ReviewEnds, RefusalCode.TooEarly },
        { "settle what is not delivered", Working, WorkStory.Stranger, Move(EscrowMove.Settle), ReviewEnds + 1, RefusalCode.WrongState },
        { "refund by the employer", Working, WorkStory.Employer, Move(EscrowMove.Refund), Start, RefusalCode.NotAParty },
        { "refund the ended", Ended, WorkStory.Talent, Move(EscrowMove.Refund), Start, RefusalCode.WrongState },
        { "reclaim too early", Working, WorkStory.Employer, Move(EscrowMove.Reclaim), WorkEnds, RefusalCode.TooEarly },
        { "reclaim the delivered", Delivered, WorkStory.Employer, Move(EscrowMove.Reclaim), WorkEnds + 1, RefusalCode.WrongState },
        { "reclaim for another too early", Working, WorkStory.Stranger, Move(EscrowMove.Reclaim), WorkEnds + WorkStory.ReviewWindow, RefusalCode.TooEarly },
        { "do what there is not", Working, WorkStory.Employer, Move((EscrowMove)99), Start, RefusalCode.InvalidArgument },
    };

    public static TheoryData<string, NegotiationOnChain, Address, MoveRequest, ulong> Allowed => new()
    {
        { "fund in the last second", NegotiationOnChain.Empty, WorkStory.Employer, Fund(3), Start + 86_400 },
        { "fund more while working", Working, WorkStory.Employer, More(2, 1), Start },
        { "fund more while idle", Idle, WorkStory.Employer, More(1, 2), Start },
        { "submit in the last second", Working, WorkStory.Talent, Submit(1_000), WorkEnds },
        { "release exactly the claim", Delivered, WorkStory.Employer, Release(900), Start },
        { "release before a delivery", Working, WorkStory.Employer, Release(1), Start },
        { "release long after", Delivered, WorkStory.Employer, Release(1_000), ReviewEnds * 2 },
        { "settle a second after", Delivered, WorkStory.Stranger, Move(EscrowMove.Settle), ReviewEnds + 1 },
        { "refund the delivered", Delivered, WorkStory.Talent, Move(EscrowMove.Refund), Start },
        { "reclaim a second after", Working, WorkStory.Employer, Move(EscrowMove.Reclaim), WorkEnds + 1 },
        { "reclaim for another", Working, WorkStory.Stranger, Move(EscrowMove.Reclaim), WorkEnds + WorkStory.ReviewWindow + 1 },
    };

    [Theory, MemberData(nameof(Refused))]
    public void What_the_law_refuses_is_refused_before_anybody_signs(
        string what, NegotiationOnChain chain, Address wallet, MoveRequest move, ulong now, RefusalCode code)
    {
        Assert.False(Check(chain, wallet, move, now).Accepted(out _, out var refusal), what);
        Assert.Equal((what, code), (what, refusal!.Code));
    }

    [Theory, MemberData(nameof(Allowed))]
    public void What_the_law_allows_is_planned(string what, NegotiationOnChain chain, Address wallet, MoveRequest move, ulong now)
    {
        var allowed = Check(chain, wallet, move, now).Accepted(out var plan, out var refusal);
        Assert.True(allowed, $"{what}: {refusal?.Message}");
        Assert.NotEmpty(plan!.Summary(Cents));
        Assert.Equal(Sum(plan, incoming: false), Sum(plan, incoming: true));
    }

    [Fact]
    public void A_window_that_opens_is_judged_by_the_next_block_and_one_that_closes_by_the_last()
    {
        var standing = new ChainClock(new BlockTime(Start), new BlockTime(WorkEnds + 1));
        Assert.False(EscrowRules.Check(Offer, Working, WorkStory.Employer, Move(EscrowMove.Reclaim), standing, Law).IsRefused);
        Assert.False(EscrowRules.Check(Offer, Working, WorkStory.Talent, Submit(1), standing, Law).IsRefused);
    }

    [Theory]
    [InlineData(EscrowMove.Submit, 1_000)]
    [InlineData(EscrowMove.Release, 1_000)]
    public void An_empty_sum_means_the_whole_amount(EscrowMove move, ulong sum) =>
        Assert.Equal(new Amount(sum), Plan(Working, move == EscrowMove.Submit ? WorkStory.Talent : WorkStory.Employer, Move(move)).Sum);

    [Fact]
    public void An_empty_sum_releases_what_was_claimed() =>
        Assert.Equal(new Amount(900), Plan(Delivered, WorkStory.Employer, Move(EscrowMove.Release)).Sum);

    [Fact]
    public void A_release_says_who_gets_what()
    {
        var plan = Plan(Delivered, WorkStory.Employer, Release(900));
        Assert.Equal(
            $"Pay 9 USDX for milestone 1 to {WorkStory.Talent}; 1.15 USDX go back to {WorkStory.Employer}.", plan.Summary(Cents));
        Assert.Equal(
            [(Contract, 1_015u, false), (WorkStory.Talent, 900u, true), (WorkStory.Employer, 115u, true)],
            plan.Effects().Select(effect => (effect.Holder, (uint)effect.Amount.Units, effect.Incoming)));
    }

    [Fact]
    public void A_later_offer_replaces_an_earlier_one_and_never_the_other_way_round()
    {
        var later = Story.Terms with { Sequence = 1, Previous = Story.Agreement };
        var clock = new ChainClock(new BlockTime(Start), new BlockTime(Start));
        Assert.Null(EscrowRules.CheckOffer(Offer, NegotiationOnChain.Empty, Story.Negotiation, later, clock, Law));
        Assert.Null(EscrowRules.CheckOffer(Offer, NegotiationOnChain.Empty, Story.Negotiation, Story.Terms, clock, Law));
        var standing = new SignedTerms(later, TermsHash.Of(later, Law.ChainId, Contract), [1]);
        Assert.Equal(
            RefusalCode.Conflict,
            EscrowRules.CheckOffer(standing, NegotiationOnChain.Empty, Story.Negotiation, Story.Terms, clock, Law)!.Code);
        Assert.Equal(
            RefusalCode.WrongState, EscrowRules.CheckOffer(Offer, Working, Story.Negotiation, later, clock, Law)!.Code);
    }

    [Fact]
    public void An_outdated_version_cannot_be_funded_and_stops_nothing_that_was_funded()
    {
        var refusal = new Refusal(RefusalCode.PolicyVersionExpired, "superseded", "terms.policy_version");
        var (outdated, now) = (Law with { Funding = refusal }, new ChainClock(new BlockTime(Start), new BlockTime(Start)));
        Assert.False(EscrowRules.Check(Offer, NegotiationOnChain.Empty, WorkStory.Employer, Fund(1), now, outdated)
            .Accepted(out _, out var told));
        Assert.Equal(refusal, told);
        Assert.False(EscrowRules.Check(Offer, Working, WorkStory.Employer, More(2, 1), now, null).IsRefused);
    }

    [Fact]
    public void A_tip_goes_past_the_escrow_to_the_present_payout_and_leaves_its_fee_there()
    {
        var moved = EscrowFoldTests.Fold(Story.Funded(1), Story.PayoutMoveAsked(WorkStory.Stranger, Start + 100));
        var tip = new MoveRequest(EscrowMove.Tip, 0, Sum: new Amount(100));
        Assert.True(Check(moved, WorkStory.Employer, tip, Start + 101).Accepted(out var plan, out _));
        Assert.Equal(
            [(WorkStory.Employer, 115u, false), (WorkStory.Stranger, 100u, true), (Contract, 15u, true)],
            plan!.Effects().Select(effect => (effect.Holder, (uint)effect.Amount.Units, effect.Incoming)));
        Assert.Equal(new Amount(115), plan.Payment);
    }

    [Fact]
    public void A_dispute_costs_what_the_court_says_and_no_more_than_was_asked_for()
    {
        var story = new WorkStory(31337, Contract, Story.Terms.Token, 7, Start + 86_400)
        {
            Terms = Story.Terms with { Court = WorkStory.Stranger, CourtRules = 1, CaseTime = 1_000 },
        };
        var (delivered, now) = (EscrowFoldTests.Fold(story.Funded(1), story.Submitted(0, 900)), new BlockTime(Start + 2));
        var dispute = new MoveRequest(EscrowMove.Dispute, 0, EmployerBps: 2_500);
        Assert.True(Ask(dispute, new CourtWord(new Amount(10), 1_000, null)).Accepted(out var plan, out _));
        Assert.Equal((new Amount(10), new Amount(10)), (plan!.Price, plan.Sum));
        Assert.Equal(
            [(WorkStory.Employer, 10u, false), (WorkStory.Stranger, 10u, true)],
            plan.Effects().Select(effect => (effect.Holder, (uint)effect.Amount.Units, effect.Incoming)));
        Assert.Equal(RefusalCode.InvalidArgument, Code(dispute with { Sum = new Amount(9) }, new CourtWord(new Amount(10), 1_000, null)));
        Assert.Equal(RefusalCode.WrongState, Code(dispute, new CourtWord(new Amount(10), 1_001, null)));
        Assert.Equal(RefusalCode.WrongState, Code(dispute, null));

        Outcome<MovePlan> Ask(MoveRequest move, CourtWord? court) =>
            EscrowRules.Check(null, delivered, WorkStory.Employer, move, new ChainClock(now, now), Law, court);

        RefusalCode Code(MoveRequest move, CourtWord? court) =>
            Ask(move, court).Accepted(out _, out var refusal) ? RefusalCode.None : refusal.Code;
    }

    [Fact]
    public void A_ruling_closes_at_once_and_the_fallback_after_the_deadline()
    {
        var disputed = EscrowFoldTests.Fold(Story.Funded(1), Story.Submitted(0, 900), Story.Disputed(0, Start + 500));
        Assert.Equal(new Amount(270), Pay(Start + 10, new CourtWord(null, 0, 3_000)));
        Assert.Null(Pay(Start + 500, null));
        Assert.Null(Pay(Start + 500, new CourtWord(null, 0, 10_001)));
        Assert.Equal(new Amount(450), Pay(Start + 501, null));

        Amount? Pay(ulong now, CourtWord? court) =>
            EscrowRules.Check(
                null, disputed, WorkStory.Stranger, Move(EscrowMove.Resolve), new ChainClock(new BlockTime(now), new BlockTime(now)), Law,
                court).Accepted(out var plan, out _)
                ? plan.Sum
                : null;
    }

    [Fact]
    public void Ending_tells_what_goes_back()
    {
        var plan = Plan(EscrowFoldTests.Fold(Story.Funded(3)), WorkStory.Talent, Move(EscrowMove.End));
        Assert.Equal((0, 1, 2), (plan.Milestone, plan.First, plan.Count));
        Assert.Equal($"End the agreement: 3.9 USDX for milestones 2 to 3 go back to {WorkStory.Employer}.", plan.Summary(Cents));
    }

    private static Outcome<MovePlan> Check(NegotiationOnChain chain, Address wallet, MoveRequest move, ulong now) =>
        EscrowRules.Check(Offer, chain, wallet, move, new ChainClock(new BlockTime(now), new BlockTime(now)), Law);

    private static MovePlan Plan(NegotiationOnChain chain, Address wallet, MoveRequest move) =>
        Check(chain, wallet, move, Start).Accepted(out var plan, out _) ? plan : throw new InvalidOperationException("refused");

    private static UInt128 Sum(MovePlan plan, bool incoming) => plan.Effects()
        .Where(effect => effect.Incoming == incoming)
        .Aggregate(UInt128.Zero, (sum, effect) => sum + effect.Amount.Units);

    private static MoveRequest Fund(int count) => new(EscrowMove.Fund, 0, count);

    private static MoveRequest More(int first, int count) => new(EscrowMove.FundMore, first, count);

    private static MoveRequest Submit(ulong claim) => new(EscrowMove.Submit, 0, Sum: new Amount(claim));

    private static MoveRequest Release(ulong pay) => new(EscrowMove.Release, 0, Sum: new Amount(pay));

    private static MoveRequest Move(EscrowMove move) => new(move, 0);
}
