using Braintrust.Chain;

namespace Braintrust.Governance;

public sealed class PolicyFoldTests
{
    private const ulong Start = 1_000_000;
    private const ulong Grace = 14 * 86_400;

    private static readonly Address Dollar = Address.Parse("0x00000000000000000000000000000000000d0112");
    private static readonly Address Coin = Address.Parse("0x0000000000000000000000000000000000007031");
    private static readonly Address Escrow = Address.Parse("0x00000000000000000000000000000000000e5c01");
    private static readonly PolicyParameters Parameters = new(Escrow, 1_500, 259_200, 7_776_000, 259_200, 2_592_000, 5_000, Coin);

    private static readonly PolicyEvent.PolicyPublished First = new(
        1, Parameters, [new(Dollar, new Amount(5), 7), new(Coin, new Amount(1), 1)], [], [new("WorkAgreements", Escrow)]);

    [Fact]
    public void The_first_version_is_in_force_with_its_lists_in_order()
    {
        var policy = Fold(First);
        Assert.Equal((1u, Parameters), (policy.Current!.Number, policy.Current.Parameters));
        Assert.Equal([Coin, Dollar], policy.Current.Tokens.Select(listed => listed.Token));
        Assert.Equal([new OfficialAddress("WorkAgreements", Escrow)], policy.Current.Officials.AsEnumerable());
        Assert.Null(policy.Current.FundableUntil);
    }

    [Fact]
    public void A_change_takes_over_what_it_does_not_name()
    {
        var policy = Fold(First, Next(2) with { Parameters = Parameters with { FeeBps = 100 } });
        Assert.Equal((2u, (ushort)100), (policy.Current!.Number, policy.Current.Parameters.FeeBps));
        Assert.Equal(policy.Find(1)!.Tokens.AsEnumerable(), policy.Current.Tokens);
        Assert.Equal(policy.Find(1)!.Officials.AsEnumerable(), policy.Current.Officials);
        Assert.Equal((ushort)1_500, policy.Find(1)!.Parameters.FeeBps);
        Assert.Null(policy.Find(3));
    }

    [Fact]
    public void Listings_and_official_addresses_come_change_and_go()
    {
        var policy = Fold(
            First,
            Next(2) with { Listed = [new(Dollar, new Amount(50), 70)], Officials = [new("Treasury", Coin)] },
            Next(3) with { Delisted = [Dollar], Officials = [new("WorkAgreements", Address.Zero)] });
        Assert.Equal(new Amount(5), Listed(policy, 1, Dollar)!.AmountMin);
        Assert.Equal(new PaymentToken(Dollar, new Amount(50), 70), Listed(policy, 2, Dollar));
        Assert.Null(Listed(policy, 3, Dollar));
        Assert.Equal(["Treasury", "WorkAgreements"], policy.Find(2)!.Officials.Select(official => official.Kind));
        Assert.Equal(["Treasury"], policy.Find(3)!.Officials.Select(official => official.Kind));
    }

    /// <summary>As in the contract: the listings of one version are applied before its delistings.</summary>
    [Fact]
    public void The_last_word_of_a_version_holds()
    {
        var policy = Fold(First, Next(2) with
        {
            Listed = [new(Coin, new Amount(2), 2), new(Coin, new Amount(3), 3), new(Dollar, new Amount(9), 9)], Delisted = [Dollar],
        });
        Assert.Equal(new Amount(3), Listed(policy, 2, Coin)!.AmountMin);
        Assert.Null(Listed(policy, 2, Dollar));
    }

    [Fact]
    public void A_superseded_version_can_be_funded_for_14_days_less_a_second()
    {
        var policy = Fold(First, Next(2) with { Delisted = [Dollar] });
        var (old, superseded) = (policy.Find(1)!, Start + 1);
        Assert.Equal(new BlockTime(superseded + Grace - 1), old.FundableUntil);
        Assert.True(old.IsFundable(Dollar, new BlockTime(superseded + Grace - 1)));
        Assert.False(old.IsFundable(Dollar, new BlockTime(superseded + Grace)));
        Assert.False(old.IsFundable(Escrow, new BlockTime(superseded)));
        Assert.True(policy.Current!.IsFundable(Coin, new BlockTime(superseded + 1000 * Grace)));
        Assert.False(policy.Current.IsFundable(Dollar, new BlockTime(superseded)));
    }

    [Fact]
    public void A_stopped_version_cannot_be_funded_until_its_last_second_has_passed()
    {
        var policy = Fold(First, new PolicyEvent.EntryStopped(1, new BlockTime(Start + 100)), Next(2));
        Assert.False(policy.Find(1)!.IsFundable(Coin, new BlockTime(Start + 100)));
        Assert.True(policy.Find(1)!.IsFundable(Coin, new BlockTime(Start + 101)));
        Assert.True(policy.Find(2)!.IsFundable(Coin, new BlockTime(Start + 100)));
    }

    [Fact]
    public void Rule_sets_of_the_court_stay_whatever_versions_come()
    {
        var rules = new CourtRuleSet(1, 500, 500, 5, 4, 3, 2, 1, [new(Coin, new Amount(9))]);
        Assert.Equal(rules, Assert.Single(Fold(First, new PolicyEvent.CourtRulesAdded(rules), Next(2)).CourtRules));
    }

    private static PolicyEvent.PolicyPublished Next(uint version) => new(version, Parameters, [], [], []);

    private static PaymentToken? Listed(PolicyOnChain policy, uint version, Address token) =>
        policy.Find(version)!.Tokens.SingleOrDefault(listed => listed.Token == token);

    /// <summary>One version a second.</summary>
    private static PolicyOnChain Fold(params PolicyEvent[] published) => published.Index().Aggregate(
        PolicyOnChain.Empty, (policy, next) => PolicyFold.Apply(policy, next.Item, Place(next.Index)));

    private static FactPlace Place(int index) => new(
        index + 1, Escrow,
        new Seen((ulong)index + 1, default, new BlockTime(Start + (ulong)index), default, FinalityStatus.Pending, 0, 0), LogIndex: 0);
}
