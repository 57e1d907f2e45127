namespace Braintrust.Escrow;

public sealed class TokenUnitTests
{
    private static readonly Address Token = Address.Parse("0x0000000000000000000000000000000000007031");

    [Theory]
    [InlineData("0", 18, "0 BTRST")]
    [InlineData("1", 18, "0.000000000000000001 BTRST")]
    [InlineData("1000000000000000000", 18, "1 BTRST")]
    [InlineData("1250000000000000000007", 18, "1,250.000000000000000007 BTRST")]
    [InlineData("340282366920938463463374607431768211455", 38, "3.40282366920938463463374607431768211455 BTRST")]
    [InlineData("340282366920938463463374607431768211455", 0, "340,282,366,920,938,463,463,374,607,431,768,211,455 BTRST")]
    [InlineData("120", 2, "1.2 BTRST")]
    [InlineData("120", 0, "120 BTRST")]
    public void A_sum_is_written_exactly(string units, int decimals, string written)
    {
        Assert.True(Amount.TryParse(units, out var sum));
        Assert.Equal(written, TokenUnit.Of(Token, "BTRST", decimals).Write(sum));
    }

    [Theory]
    [InlineData("", 18)]
    [InlineData("BTRST to me, and", 18)]
    [InlineData("USD C", 6)]
    [InlineData("\u202eTRB", 18)]
    [InlineData("THIRTEENCHARS", 18)]
    [InlineData("BTRST", 39)]
    public void A_symbol_that_could_mislead_is_not_shown(string symbol, int decimals) => Assert.Equal(
        $"5 base units of token {Token}", TokenUnit.Of(Token, symbol, decimals).Write(new Amount(5)));
}
