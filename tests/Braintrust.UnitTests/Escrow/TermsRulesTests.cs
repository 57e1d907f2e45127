using System.Collections.Immutable;
using System.Numerics;
using Braintrust.Chain;

namespace Braintrust.Escrow;

public sealed class TermsRulesTests
{
    private const ulong Now = 1_000_000;
    private static readonly Address Contract = Address.Parse("0x00000000000000000000000000000000000e5c01");
    private static readonly Address Token = Address.Parse("0x0000000000000000000000000000000000007031");
    private static readonly ChainClock Clock = new(new BlockTime(Now), new BlockTime(Now + 1));
    private static readonly WorkStory Story = new(31337, Contract, Token, 7, Now + 86_400);
    private static readonly Terms Good = Story.Terms;
    private static readonly WorkLaw Law = Story.Law;

    public static TheoryData<string, Func<Terms, Terms>> Bad => new()
    {
        { "terms.nonce", t => t with { Nonce = -1 } },
        { "terms.nonce", t => t with { Nonce = BigInteger.Pow(2, 256) } },
        { "terms.sequence", t => t with { Sequence = -1 } },
        { "terms.employer", t => t with { Employer = Address.Zero } },
        { "terms.talent", t => t with { Talent = Address.Zero } },
        { "terms.talent", t => t with { Talent = t.Employer } },
        { "terms.manager", t => t with { Manager = Address.Zero } },
        { "terms.manager", t => t with { Manager = t.Talent } },
        { "terms.payout", t => t with { Payout = Address.Zero } },
        { "terms.payout", t => t with { Payout = t.Token } },
        { "terms.payout", t => t with { Payout = Contract } },
        { "terms.fee_bps", t => t with { FeeBps = WorkStory.FeeBps - 1 } },
        { "terms.origin_bps", t => t with { OriginBps = 1 } },
        { "terms.origin_bps", t => t with { Origin = Contract, OriginBps = 5_001 } },
        { "terms.case_time_seconds", t => t with { CaseTime = 1 } },
        { "terms.case_time_seconds", t => t with { Court = Contract } },
        { "terms.case_time_seconds", t => t with { Court = Contract, CaseTime = 365 * 86_400 + 1 } },
        { "terms.court_rules", t => t with { CourtRules = -1 } },
        { "terms.court_rules", t => t with { CourtRules = BigInteger.Pow(2, 256) } },
        { "terms.fallback_talent_bps", t => t with { FallbackTalentBps = 10_001 } },
        { "terms.rework_time_seconds", t => t with { ReworkTime = 3 * 86_400 - 1 } },
        { "terms.rework_time_seconds", t => t with { ReworkTime = 90 * 86_400 + 1 } },
        { "terms.revisions_max", t => t with { RevisionsMax = 8 } },
        { "terms.review_window_seconds", t => t with { ReviewWindow = 3 * 86_400 - 1 } },
        { "terms.review_window_seconds", t => t with { ReviewWindow = 90 * 86_400 + 1 } },
        { "terms.valid_until_seconds", t => t with { ValidUntil = Now - 1 } },
        { "terms.valid_until_seconds", t => t with { ValidUntil = Now + 1 + 30 * 86_400 + 1 } },
        { "terms.milestones", t => t with { Amounts = [], WorkTimes = [] } },
        { "terms.milestones", t => t with { WorkTimes = [3600] } },
        { "terms.milestones", t => Milestones(t, 33, new Amount(1)) },
        { "terms.milestones", t => Milestones(t, 32, new Amount(UInt128.MaxValue)) },
        { "terms.milestones[1].amount", t => t with { Amounts = t.Amounts.SetItem(1, Amount.Zero) } },
        { "terms.milestones[2].work_time_seconds", t => t with { WorkTimes = t.WorkTimes.SetItem(2, 3599) } },
        { "terms.milestones[0].work_time_seconds", t => t with { WorkTimes = t.WorkTimes.SetItem(0, 365 * 86_400 + 1) } },
    };

    public static TheoryData<Func<Terms, Terms>> AtTheEdge =>
    [
        t => t with { ReviewWindow = 3 * 86_400 },
        t => t with { Origin = Contract, OriginBps = 5_000 },
        t => t with { Origin = Contract },
        t => t with { Court = Contract, CaseTime = 365 * 86_400, CourtRules = BigInteger.Pow(2, 256) - 1 },
        t => t with { ReworkTime = 3 * 86_400, RevisionsMax = 0, FallbackTalentBps = 0 },
        t => t with { ReworkTime = 90 * 86_400, RevisionsMax = 7, FallbackTalentBps = 10_000 },
        t => t with { ReviewWindow = 90 * 86_400 },
        t => t with { ValidUntil = Now },
        t => t with { ValidUntil = Now + 1 + 30 * 86_400 },
        t => t with { WorkTimes = t.WorkTimes.SetItem(0, 3600).SetItem(1, 365 * 86_400) },
        t => t with { Nonce = BigInteger.Pow(2, 256) - 1, Sequence = BigInteger.Pow(2, 256) - 1 },
        t => Milestones(t, 32, new Amount(1)),
        t => t with { Manager = t.Employer, Payout = t.Employer },
    ];

    [Theory, MemberData(nameof(Bad))]
    public void Terms_beyond_the_law_are_refused_with_the_field_at_fault(string field, Func<Terms, Terms> spoil)
    {
        var refusal = TermsRules.Validate(spoil(Good), Clock, Law);
        Assert.Equal((RefusalCode.InvalidArgument, field), (refusal!.Code, refusal.Field));
    }

    [Theory, MemberData(nameof(AtTheEdge))]
    public void Terms_at_the_edge_of_the_law_are_taken(Func<Terms, Terms> change) =>
        Assert.Null(TermsRules.Validate(change(Good), Clock, Law));

    [Fact]
    public void Terms_follow_the_version_they_name()
    {
        var tight = Law with
        {
            Funding = Story.Rules with
            {
                Version = 2, FeeBps = 100, ReviewWindowSecondsMin = 400_000, ReviewWindowSecondsMax = 500_000,
                ReworkSecondsMin = 300_000, ValiditySecondsMax = 90_000, OriginBpsMax = 10, AmountMin = new Amount(7),
            },
        };
        var terms = Good with { FeeBps = 100, ReviewWindow = 400_000, ValidUntil = Now + 90_001 };
        Assert.Null(TermsRules.Validate(terms, Clock, tight));
        (string Field, Terms Terms)[] beyond =
        [
            ("terms.fee_bps", terms with { FeeBps = WorkStory.FeeBps }),
            ("terms.review_window_seconds", terms with { ReviewWindow = 399_999 }),
            ("terms.review_window_seconds", terms with { ReviewWindow = 500_001 }),
            ("terms.rework_time_seconds", terms with { ReworkTime = 299_999 }),
            ("terms.origin_bps", terms with { Origin = Contract, OriginBps = 11 }),
            ("terms.valid_until_seconds", terms with { ValidUntil = Now + 90_002 }),
            ("terms.milestones[1].amount", terms with { Amounts = terms.Amounts.SetItem(1, new Amount(6)) }),
        ];
        foreach (var (field, wrong) in beyond) Assert.Equal(field, TermsRules.Validate(wrong, Clock, tight)?.Field);
    }

    [Fact]
    public void What_the_policy_refuses_is_refused_first()
    {
        var refusal = new Refusal(RefusalCode.TokenNotListed, "not listed", "terms.token");
        Assert.Equal(refusal, TermsRules.Validate(Good with { Manager = Address.Zero }, Clock, Law with { Funding = refusal }));
    }

    private static Terms Milestones(Terms terms, int count, Amount amount) => terms with
    {
        Amounts = [.. Enumerable.Repeat(amount, count)],
        WorkTimes = [.. Enumerable.Repeat(3600u, count)],
    };
}
