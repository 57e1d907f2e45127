using Xunit.Abstractions;

namespace Braintrust.Disputes;

public sealed class CourtMathTests(ITestOutputHelper output)
{
    private const uint Day = 86_400;
    private static readonly CourtRules Rules = new(500, 500, 5 * Day, Day, 2 * Day, Day, 2 * Day);
    private static readonly Amount Cost = new(101);
    private static readonly Amount Bond = new(1_000);

    [Fact]
    public void The_longest_case_has_four_rounds_and_one_appeal() => Assert.Equal((5ul + 4 * 4 + 2) * Day, Rules.Longest);

    [Theory]
    [InlineData("10000", "1", "500")]
    [InlineData("19", "1", "1")]
    [InlineData("10", "1", "1")]
    [InlineData("10000", "501", "501")]
    [InlineData("340282366920938463463374607431768211455", "1", "17014118346046923173168730371588410572")]
    public void A_case_costs_a_share_of_the_sum_and_no_less_than_the_least(string sum, string least, string cost)
    {
        var capped = Amount.TryParse(cost, out var wanted) && wanted > CourtMath.CostMax ? CourtMath.CostMax : wanted;
        Assert.True(Amount.TryParse(sum, out var disputed) && Amount.TryParse(least, out var costMin) && Rules.Cost(disputed, costMin) == capped);
    }

    public static TheoryData<int?[], int?> Votes => new()
    {
        { [null, null, null], null },
        { [5_000, null, null], null },
        { [5_000, 6_000, null], 6_000 },
        { [6_000, 5_000, null], 6_000 },
        { [1, 10_000, 5_000], 5_000 },
        { [0, 0, 0], 0 },
        { [1, 2, null, null, null], null },
        { [3, 1, 2, null, null], 2 },
        { [4, 1, 2, 3, null], 3 },
        { [5, 4, 3, 2, 1], 3 },
        { [], null },
    };

    [Theory]
    [MemberData(nameof(Votes))]
    public void A_panel_rules_by_the_median_of_most_of_its_seats_and_of_two_by_the_one_for_the_talent(int?[] votes, int? ruling) =>
        Assert.Equal(ruling, CourtMath.Tally(votes).Median);

    [Theory]
    [InlineData(2_000, 9_000, 3_000, true, 2)]
    [InlineData(2_000, 9_000, 3_000, false, 1)]
    [InlineData(2_000, 9_000, 8_000, true, 1)]
    [InlineData(2_000, 9_000, 8_000, false, 2)]
    [InlineData(2_000, 8_000, 5_000, true, 1)]
    [InlineData(2_000, 8_000, 5_000, false, 1)]
    public void The_side_further_from_the_ruling_pays_twice_for_an_appeal(int employer, int talent, int ruling, bool byTalent, int times) =>
        Assert.Equal(times, CourtMath.AppealCosts(employer, talent, ruling, byTalent));

    [Theory]
    [InlineData(3_000, 101, 0)]
    [InlineData(8_000, 0, 101)]
    [InlineData(5_500, 50, 51)]
    public void The_side_further_from_the_ruling_pays_and_a_tie_halves_with_the_odd_unit_to_the_talent(int ruling, int employer, int talent)
    {
        var bill = CourtMath.Answered(Cost, 2_000, 9_000, ruling, 0, appealRuled: false);
        Assert.Equal(
            new Bill(new Amount((UInt128)employer), new Amount((UInt128)talent), default, Cost), bill);
    }

    [Fact]
    public void Arbiters_of_an_appeal_keep_its_deposit_only_when_they_ruled()
    {
        Assert.Equal(
            new Bill(default, Cost, default, new Amount(303)), CourtMath.Answered(Cost, 2_000, 9_000, 8_000, 2, appealRuled: true));
        Assert.Equal(
            new Bill(default, Cost, new Amount(202), Cost), CourtMath.Answered(Cost, 2_000, 9_000, 8_000, 2, appealRuled: false));
    }

    [Fact]
    public void Without_a_ruling_everything_goes_back()
    {
        Assert.Equal(new Bill(Cost, Cost, default, default), CourtMath.Answered(Cost, 2_000, 9_000, null, 0, false));
        Assert.Equal(new Bill(Cost, default, default, default), CourtMath.Unanswered(Cost));
    }

    [Fact]
    public void Votes_in_the_band_share_the_fee_and_the_others_bonds_and_the_last_gets_the_odd_unit()
    {
        var settled = CourtMath.Settle([[5_000, 5_500, 5_501]], 5_000, 500, Cost, Bond);
        Assert.Equal(
            [new SeatEnd(false, new Amount(50), new Amount(500)), new SeatEnd(false, new Amount(51), new Amount(500)), new SeatEnd(true, default, default)],
            settled.Rounds[0].AsEnumerable());
        Assert.Equal(Amount.Zero, settled.Treasury);
    }

    [Fact]
    public void Silent_seats_pay_the_others_of_their_round_or_else_the_treasury()
    {
        var settled = CourtMath.Settle([[null, 7_000, null], [null, null, null], [5_000, 5_100, null, 5_200, null]], 5_100, 500, Cost, Bond);
        Assert.Equal(new SeatEnd(false, default, new Amount(2_000)), settled.Rounds[0][1]);
        Assert.Equal(new Amount(3_000), settled.Treasury);
        Assert.Equal(
            [(33, 666), (34, 667), (34, 667)],
            settled.Rounds[2].Where(end => !end.Forfeited).Select(end => ((int)end.Fee.Units, (int)end.Reward.Units)));
    }

    [Fact]
    public void What_seats_lose_others_get_to_the_unit_whatever_was_voted()
    {
        var seed = Seeded.Seed();
        output.WriteLine($"BRAINTRUST_TEST_SEED={seed}");
        var random = new Random((int)(uint)seed);
        for (var run = 0; run < 5_000; run++)
        {
            var votes = Enumerable.Range(0, 4).Select(round => random.Next(3) == 0 && round > 0
                ? (IReadOnlyList<int?>)[]
                : [.. Enumerable.Range(0, CourtMath.Seats(round)).Select(_ => random.Next(3) == 0 ? (int?)null : random.Next(10_001))]).ToArray();
            var ruling = votes.Select(round => CourtMath.Tally(round).Median).LastOrDefault(median => median is not null);
            var fee = ruling is null ? Amount.Zero : new Amount((UInt128)random.Next(1, 1_000));
            var settled = CourtMath.Settle(votes, ruling ?? 65_535, random.Next(2_001), fee, Bond);
            var ends = settled.Rounds.SelectMany(round => round).ToArray();
            Assert.True(
                Sum(ends.Select(end => end.Fee)) == fee
                && Sum(ends.Select(end => end.Reward)) + settled.Treasury == new Amount(Bond.Units * (UInt128)ends.Count(end => end.Forfeited)),
                $"seed {seed}, run {run}");
        }
    }

    private static Amount Sum(IEnumerable<Amount> sums) => sums.Aggregate(Amount.Zero, (all, sum) => all + sum);
}
