using System.Numerics;
using Braintrust.Chain;
using Braintrust.Escrow;

namespace Braintrust.Reputation;

public sealed class ReputationTests
{
    private const ulong Million = 1_000_000;
    private static readonly BlockTime Epoch = new(ReputationMath.EpochSeconds);
    private static readonly Address Token = Address.Parse("0x5FbDB2315678afecb367f032d93F642f64180aa3");

    /// <summary>One token's 10^18 base units are one reference unit.</summary>
    private static readonly TokenPrice Par = new(Token, Million);

    [Fact]
    public void The_logarithm_is_exact_for_powers_of_two_and_right_for_others()
    {
        for (var bit = 0; bit < 128; bit++)
            Assert.Equal((long)bit << ReputationMath.GainBits, ReputationMath.Log2(UInt128.One << bit));
        foreach (var number in new ulong[] { 3, 10, 100_000_001, 123_456_789_012_345, ulong.MaxValue })
            Assert.Equal(Math.Log2(number), ReputationMath.Log2(number) / Math.Pow(2, ReputationMath.GainBits), 1e-9);
    }

    [Fact]
    public void The_logarithm_never_falls()
    {
        var last = -1L;
        for (UInt128 number = 1; number < 200_000; number++)
        {
            var log = ReputationMath.Log2(number);
            Assert.True(log >= last, $"{number}");
            last = log;
        }
    }

    [Theory]
    [InlineData(0, 0, 0)]
    [InlineData(0, 100, 1_000_000)]
    [InlineData(0, 300, 2_000_000)]
    [InlineData(100, 200, 1_000_000)]
    [InlineData(300, 400, 1_000_000)]
    public void A_gain_is_the_logarithm_of_hundreds(ulong before, ulong release, long millionths) => Assert.Equal(
        millionths, (long)((Int128)ReputationMath.Gain(Units(before), Units(release)) * 1_000_000 >> ReputationMath.GainBits));

    [Theory]
    [InlineData(0, 0)]
    [InlineData(50, 500_000)]
    [InlineData(150, 750_000)]
    [InlineData(450, 900_000)]
    public void Trust_is_bought_with_fees(ulong fees, long millionths) => Assert.Equal(
        millionths, (ReputationMath.Trust(Units(fees)) * 1_000_000 + (1L << (ReputationMath.TrustBits - 1))) >> ReputationMath.TrustBits);

    [Fact]
    public void A_release_counts_half_after_a_half_life_wherever_it_lies()
    {
        foreach (var start in new ulong[] { 0, Epoch.Seconds - 5 * ReputationMath.HalfLifeSeconds, Epoch.Seconds, Epoch.Seconds + 123_456_789 })
        {
            var at = new BlockTime(start);
            var points = ReputationMath.Points(8L << ReputationMath.GainBits, 1L << (ReputationMath.TrustBits - 1), at);
            for (ulong halfLives = 0; halfLives < 5; halfLives++)
                Assert.InRange(
                    (4_000_000 >> (int)halfLives) - ReputationMath.Shown(points, at.After(halfLives * ReputationMath.HalfLifeSeconds)),
                    0, 1);
        }

        Assert.Equal(Math.Pow(2, -0.25) * Million, ReputationMath.Decay(Epoch, Epoch.After(ReputationMath.HalfLifeSeconds / 4)), 1.0);
        Assert.Equal(1_000_000, ReputationMath.Decay(Epoch.After(5), Epoch));
    }

    [Fact]
    public void No_clock_and_no_sum_overflows()
    {
        var most = new ReferenceValue(UInt128.MaxValue);
        var points = ReputationMath.Points(ReputationMath.Gain(default, most), ReputationMath.Trust(most), new BlockTime(ulong.MaxValue));
        Assert.Equal(long.MaxValue, ReputationMath.Shown(points, new BlockTime(0)));
        Assert.NotEmpty(ListingValue.Of(points * 1_000_000_000));
        Assert.Equal(most, most + most);
        Assert.Equal(most, new TokenPrice(Token, UInt128.MaxValue).Of(new Amount(UInt128.MaxValue)));
    }

    [Fact]
    public void The_terms_of_a_score_sum_exactly_to_it_at_any_time()
    {
        var (book, random) = (new ReputationBook([], []), new Random(7));
        for (var i = 0; i < 300; i++)
            book.Take(Release(random.Next(5), 9, (ulong)random.Next(1, 5_000), Epoch.Seconds + (ulong)i * 100_000, i + 1));
        var talent = book.Standings.Single(standing => standing.Address == Wallet(9));
        for (ulong years = 1; years < 20; years++)
        {
            var now = Epoch.After(years * 31_536_000 + 12_345);
            Assert.Equal(ReputationMath.Shown(talent.Points, now), book.Terms.Sum(term => term.Shown(now)));
            Assert.All(book.Terms, term => Assert.True(term.Shown(now) >= 0));
        }

        Assert.Equal((300, 5), (talent.Releases, talent.Employers));
    }

    [Fact]
    public void Splitting_a_payment_earns_no_more_than_paying_it_at_once()
    {
        Assert.InRange(Score(Enumerable.Range(0, 100).Select(i => (1, 10ul)), trusted: true), Million * 34 / 10, Million * 346 / 100);
        Assert.InRange(Score([(1, 1_000ul)], trusted: true), Million * 345 / 100, Million * 346 / 100);
    }

    [Fact]
    public void Many_employers_count_more_than_one_and_strangers_to_the_market_nearly_nothing()
    {
        var one = Score([(1, 1_000ul)], trusted: true);
        var five = Score(Enumerable.Range(1, 5).Select(employer => (employer, 200ul)), trusted: true);
        Assert.True(five > 2 * one, $"{five} {one}");
        // Fresh wallets that pay little: a hundred of them earn what their fees bought, a thousandth of a point each.
        Assert.InRange(Score(Enumerable.Range(1, 100).Select(employer => (employer, 1ul)), trusted: false), 1ul, Million / 20);
    }

    /// <summary>The promise that the documentation makes: whatever a ring does, a point costs 10.4 units in fees.</summary>
    [Theory]
    [InlineData(1, 1, 1)]
    [InlineData(1, 1, 1_000)]
    [InlineData(30, 30, 1)]
    [InlineData(30, 30, 50)]
    [InlineData(100, 5, 10)]
    public void No_ring_of_wallets_earns_a_point_for_less_than_its_price(int employers, int talents, ulong each)
    {
        var book = new ReputationBook([], []);
        var pos = 0;
        for (var employer = 1; employer <= employers; employer++)
            for (var talent = 1; talent <= talents; talent++)
                book.Take(Release(employer, 200 + talent, each, Epoch.Seconds, ++pos));
        var fees = employers * talents * (double)each * 0.15;
        var points = book.Standings.Sum(standing => ReputationMath.Shown(standing.Points, Epoch)) / 1e6;
        Assert.True(points * 100 * 0.15 * Math.Log(2) <= fees, $"{points} points for {fees}");
    }

    [Fact]
    public void Refunds_leave_no_trace_and_tokens_without_a_price_count_nothing()
    {
        var book = new ReputationBook([], []);
        book.Take(Release(1, 2, 0, Epoch.Seconds, 1));
        Assert.Empty(book.Rows(1));
        book.Take(Release(1, 2, 100, Epoch.Seconds, 2) with { Price = null });
        var term = Assert.Single(book.Terms);
        Assert.Equal((default, BigInteger.Zero), (term.Value, term.After));
        Assert.Equal(new Amount((UInt128)BigInteger.Pow(10, 20)), term.Pay);
    }

    [Fact]
    public void Rows_are_read_back_as_they_were()
    {
        var book = new ReputationBook([], []);
        book.Take(Release(1, 2, 777, Epoch.Seconds + 5, 3));
        Assert.Equal(book.Terms[0], ReputationTerm.Of(Stored(book.Terms[0].Row(7))));
        foreach (var standing in book.Standings) Assert.Equal(standing, Standing.Of(Stored(standing.Row(7))));
    }

    private static ulong Score(IEnumerable<(int Employer, ulong Units)> releases, bool trusted)
    {
        var known = trusted
            ? Enumerable.Range(1, 200).Select(i => new Standing(Wallet(i)) { Fees = Units(1_000_000_000) })
            : [];
        var book = new ReputationBook(known, []);
        var pos = 0;
        foreach (var (employer, units) in releases) book.Take(Release(employer, 255, units, Epoch.Seconds, ++pos));
        return (ulong)ReputationMath.Shown(book.Standings.Single(standing => standing.Address == Wallet(255)).Points, Epoch);
    }

    private static Release Release(int employer, int talent, ulong units, ulong seconds, long pos)
    {
        var pay = new Amount((UInt128)units * (UInt128)BigInteger.Pow(10, 18));
        return new Release(
            new EscrowEvent.MilestoneClosed(0, Closing.Released, pay, pay.MulDivFloor(15, 100), default, 1)
            {
                Negotiation = Hash32.Keccak(BitConverter.GetBytes(pos)), Agreement = Hash32.Keccak(BitConverter.GetBytes(-pos)),
                Employer = Wallet(employer), Talent = Wallet(talent),
            },
            new FactPlace(pos, Token, new Seen(
                (ulong)pos, Hash32.Keccak([1]), new BlockTime(seconds), Hash32.Keccak([2]), FinalityStatus.Final, 0, 0), 0),
            Token, Par);
    }

    private static ReferenceValue Units(ulong units) => new((UInt128)units * Million);

    private static Address Wallet(int number) => new([.. new byte[16], .. BitConverter.GetBytes(number)]);

    private static StoredRow Stored(Row row) => new(row.Key, row.Values);
}
