using System.Numerics;
using FsCheck;
using FsCheck.Fluent;
using Xunit.Abstractions;

namespace Braintrust.Escrow;

public sealed class FeesTests(ITestOutputHelper output)
{
    [Theory]
    [InlineData(1_000, 1_500, 150)]
    [InlineData(999, 1_500, 149)]
    [InlineData(1, 9_999, 0)]
    [InlineData(7, 0, 0)]
    public void The_fee_on_top_is_rounded_down(ulong amount, ushort bps, ulong fee) =>
        Assert.Equal(new Amount(fee), Fees.OnTop(new Amount(amount), bps));

    [Fact]
    public void A_closing_parts_everything_to_the_wei()
    {
        var sums = Gen.Choose(1, int.MaxValue).Two().Select(pair => (UInt128)(ulong)pair.Item1 * (ulong)pair.Item2);
        var cases = from amount in sums from bps in Gen.Choose(0, 2_000) from part in Gen.Choose(0, 1_000_000)
                    select (Amount: new Amount(amount), Bps: (ushort)bps, Part: (uint)part);
        Seeded.Check(output, Prop.ForAll(cases.ToArbitrary(), one =>
        {
            var pay = one.Amount.MulDivFloor(one.Part, 1_000_000);
            var split = Fees.Close(one.Amount, one.Bps, pay);
            var onTop = Fees.OnTop(one.Amount, one.Bps);
            var exact = (BigInteger)onTop.Units * pay.Units / one.Amount.Units;
            return split.Pay == pay && split.Fee.Units == exact
                && split.Pay + split.Fee + split.Refund == one.Amount + onTop;
        }));
    }

    [Fact]
    public void A_price_beyond_128_bits_does_not_fit()
    {
        var terms = new WorkStory(1, default, default, 1, 0).Terms;
        Assert.True(Fees.Fit(terms));
        Assert.False(Fees.Fit(terms with { Amounts = [new Amount(UInt128.MaxValue)] }));
    }
}
