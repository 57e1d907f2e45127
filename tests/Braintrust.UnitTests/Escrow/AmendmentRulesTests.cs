using Braintrust.Chain;

namespace Braintrust.Escrow;

public sealed class AmendmentRulesTests
{
    private const ulong Start = 1_000_000;

    private static readonly Address Contract = Address.Parse("0x00000000000000000000000000000000000e5c01");
    private static readonly TokenUnit Cents = new(Contract, "USDX", 2);
    private static readonly WorkStory Story =
        new(31337, Contract, Address.Parse("0x0000000000000000000000000000000000007031"), 7, Start + 86_400);
    private static readonly NegotiationOnChain Working = EscrowFoldTests.Fold(Story.Funded(2));
    private static readonly NegotiationOnChain Idle = EscrowFoldTests.Fold(Story.Funded(1), Story.Closed(0, Closing.Released, 1_000));
    private static readonly Terms Next = Story.Terms with { Previous = Story.Agreement, Sequence = 1 };

    public static TheoryData<string, Func<Terms, Terms>> Refused => new()
    {
        { "next.previous", terms => terms with { Previous = default } },
        { "next.nonce", terms => terms with { Nonce = 8 } },
        { "next.sequence", terms => terms with { Sequence = -1 } },
        { "next.employer", terms => terms with { Employer = WorkStory.Stranger } },
        { "next.talent", terms => terms with { Talent = WorkStory.Stranger } },
        { "next.payout", terms => terms with { Payout = WorkStory.Stranger } },
        { "next.token", terms => terms with { Token = WorkStory.Stranger } },
        { "next.policy_version", terms => terms with { PolicyVersion = 2 } },
        { "next.fee_bps", terms => terms with { FeeBps = 1 } },
        { "next.origin", terms => terms with { Origin = WorkStory.Stranger } },
        { "next.origin_bps", terms => terms with { OriginBps = 1 } },
        { "next.court", terms => terms with { Court = WorkStory.Stranger } },
        { "next.court_rules", terms => terms with { CourtRules = 1 } },
        { "next.case_time_seconds", terms => terms with { CaseTime = 1 } },
        { "next.fallback_talent_bps", terms => terms with { FallbackTalentBps = 1 } },
        { "next.manager", terms => terms with { Manager = WorkStory.Talent } },
        { "next.review_window_seconds", terms => terms with { ReviewWindow = (3 * 86_400) - 1 } },
        { "next.review_window_seconds", terms => terms with { ReviewWindow = (90 * 86_400) + 1 } },
        { "next.rework_time_seconds", terms => terms with { ReworkTime = (3 * 86_400) - 1 } },
        { "next.revisions_max", terms => terms with { RevisionsMax = 8 } },
        { "next.milestones", terms => terms with { Amounts = [.. terms.Amounts[..1]], WorkTimes = [.. terms.WorkTimes[..1]] } },
        { "next.milestones", terms => terms with { WorkTimes = [.. terms.WorkTimes[..2]] } },
        { "next.milestones[1]", terms => terms with { Amounts = terms.Amounts.SetItem(1, new Amount(1)) } },
        { "next.milestones[0]", terms => terms with { WorkTimes = terms.WorkTimes.SetItem(0, 3_600) } },
        { "next.milestones[2].amount", terms => terms with { Amounts = terms.Amounts.SetItem(2, default) } },
        { "next.milestones[2].work_time_seconds", terms => terms with { WorkTimes = terms.WorkTimes.SetItem(2, 3_599) } },
        { "next.milestones", terms => terms with { Amounts = terms.Amounts.SetItem(2, new Amount(UInt128.MaxValue)) } },
    };

    [Theory, MemberData(nameof(Refused))]
    public void What_an_amendment_cannot_change_is_refused_with_its_path(string path, Func<Terms, Terms> alter) =>
        Assert.Equal(path, Amend(Working, alter(Next)).Accepted(out _, out var refusal) ? "" : refusal.Field);

    [Fact]
    public void An_idle_agreement_needs_a_milestone_to_come_and_a_working_one_does_not()
    {
        var one = Next with { Amounts = [.. Next.Amounts[..1]], WorkTimes = [.. Next.WorkTimes[..1]] };
        var two = Next with { Amounts = [.. Next.Amounts[..2]], WorkTimes = [.. Next.WorkTimes[..2]] };
        Assert.True(Amend(Idle, one).IsRefused);
        Assert.False(Amend(Idle, two).IsRefused);
        Assert.False(Amend(Working, two).IsRefused);
    }

    [Fact]
    public void A_change_is_told_field_by_field()
    {
        var next = Next with
        {
            ReviewWindow = 4 * 86_400, Amounts = [.. Next.Amounts[..2], new Amount(9), new Amount(5)],
            WorkTimes = [.. Next.WorkTimes, 3_600],
        };
        Assert.Equal(
            [
                new("sequence", "0", "1"), new("previous", default(Hash32).ToString(), Story.Agreement.ToString()),
                new("review_window_seconds", "259200", "345600"), new("milestones[2].amount", "7", "9"),
                new("milestones[3].amount", "", "5"), new("milestones[3].work_time_seconds", "", "3600"),
            ],
            TermsRules.Changes(Story.Terms, next).ToArray());
    }

    [Fact]
    public void Consents_replace_their_like_and_are_told_for_what_they_are()
    {
        var agreement = Working.Agreement!;
        var word = StateSlot.Of(agreement).Word();
        var consent = new Consent(
            EscrowMove.Agree, WorkStory.Talent, 0, 4_000, null, word, Start + 10, [1], Hash32.Keccak([1]), default, Story.Agreement);
        var other = consent with { TalentBps = 5_000, Digest = Hash32.Keccak([2]) };
        var employers = consent with { By = WorkStory.Employer, Digest = Hash32.Keccak([3]) };
        var now = new BlockTime(Start);
        var state = Kept(Kept(Kept(EscrowState.Empty, consent), other), employers);

        Assert.Equal([other.Digest, employers.Digest], state.Consents.Select(kept => kept.Digest));
        Assert.Same(state, Kept(state, employers));
        Assert.Equal([employers.Digest], state.Withdrawn(other.Digest, new HashSet<Address> { WorkStory.Talent })
            .Accepted(out var left, out _) ? left.Consents.Select(kept => kept.Digest) : []);
        Assert.Equal(RefusalCode.NotAParty, Code(state.Withdrawn(other.Digest, new HashSet<Address> { WorkStory.Employer })));
        Assert.Equal(RefusalCode.NotFound, Code(state.Withdrawn(consent.Digest, new HashSet<Address> { WorkStory.Talent })));
        Assert.All(state.Told(Working.Agreement, new BlockTime(Start + 10)), told => Assert.Equal(ConsentStatus.Standing, told.Status));
        Assert.All(state.Told(Working.Agreement, new BlockTime(Start + 11)), told => Assert.Equal(ConsentStatus.Expired, told.Status));
        var amended = agreement with { Funded = agreement.Funded with { Agreement = Hash32.Keccak([4]) } };
        Assert.All(state.Told(amended, now), told => Assert.Equal(ConsentStatus.Stale, told.Status));
        Assert.All(state.Told(Idle.Agreement, now), told => Assert.Equal(ConsentStatus.Stale, told.Status));

        EscrowState Kept(EscrowState before, Consent given) =>
            before.Consented(given, agreement, now).Accepted(out var after, out _) ? after : EscrowState.Empty;
    }

    [Fact]
    public void A_consent_to_a_state_that_is_over_is_refused_and_takes_no_newer_one_away()
    {
        var (before, after) = (Working.Agreement!, Idle.Agreement!);
        var late = new Consent(
            EscrowMove.Agree, WorkStory.Talent, 0, 4_000, null, StateSlot.Of(before).Word(), Start + 10, [1], Hash32.Keccak([1]),
            default, Story.Agreement);
        var newer = late with { By = WorkStory.Employer, State = StateSlot.Of(after).Word(), Digest = Hash32.Keccak([2]) };
        var now = new BlockTime(Start);
        Assert.True(EscrowState.Empty.Consented(newer, after, now).Accepted(out var state, out _));

        Assert.Equal(RefusalCode.StateMoved, Code(state.Consented(late, after, now)));
        Assert.Equal(RefusalCode.TooLate, Code(state.Consented(newer with { Digest = Hash32.Keccak([3]) }, after, new BlockTime(Start + 11))));
        Assert.True(state.Consented(newer with { Move = EscrowMove.Amend, Digest = Hash32.Keccak([4]) }, after, now).Accepted(out var both, out _));
        Assert.Equal(2, both.Consents.Length);
    }

    [Fact]
    public void An_amendment_is_summed_up_in_words()
    {
        var next = Next with
        {
            Manager = WorkStory.Stranger, ReviewWindow = 4 * 86_400, RevisionsMax = 1, Documents = Hash32.Keccak([9]),
            Amounts = [.. Next.Amounts[..2], new Amount(123_456_700)], WorkTimes = [.. Next.WorkTimes[..2], 7_200],
        };
        Assert.Equal(
            [
                $"the manager is {WorkStory.Stranger} instead of {WorkStory.Employer}", "the review takes 4 days instead of 3 days",
                "changes can be requested 1 time instead of 2 times", $"the agreed text is {Hash32.Keccak([9])} instead of {Story.Terms.Documents}",
                "milestone 3 pays 1,234,567 USDX instead of 0.07 USDX", "milestone 3 takes 2 hours instead of 7 days",
            ],
            TermsWords.Of(Story.Terms, next, Cents));
        var longer = Next with { Amounts = Next.Amounts.Add(new Amount(250)), WorkTimes = Next.WorkTimes.Add(5_400) };
        Assert.Equal(["milestone 4 is new: 2.5 USDX for work of 90 minutes"], TermsWords.Of(Story.Terms, longer, Cents));
        Assert.Equal(["milestone 4 of 2.5 USDX is dropped"], TermsWords.Of(longer, Next, Cents));
        Assert.True(Amend(Working, longer).Accepted(out var plan, out _));
        Assert.Equal(
            "Put other terms in the place of the present ones, for ever: milestone 4 is new: 2.5 USDX for work of 90 minutes.",
            plan.Summary(Cents));
    }

    private static Outcome<MovePlan> Amend(NegotiationOnChain chain, Terms next)
    {
        var now = new ChainClock(new BlockTime(Start), new BlockTime(Start));
        return EscrowRules.Check(null, chain, WorkStory.Talent, new MoveRequest(EscrowMove.Amend, 0, Next: next), now, null);
    }

    private static RefusalCode Code<T>(Outcome<T> outcome) where T : notnull =>
        outcome.Accepted(out _, out var refusal) ? RefusalCode.None : refusal.Code;
}
