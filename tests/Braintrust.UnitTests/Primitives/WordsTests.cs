namespace Braintrust;

public sealed class WordsTests
{
    [Theory]
    [InlineData(0, "0 seats")]
    [InlineData(1, "1 seat")]
    [InlineData(2, "2 seats")]
    [InlineData(1_000, "1,000 seats")]
    public void One_is_singular_and_thousands_stand_apart(int number, string written) =>
        Assert.Equal(written, Words.Count((UInt128)number, "seat"));

    [Theory]
    [InlineData(0, "0 seconds")]
    [InlineData(1, "1 second")]
    [InlineData(59, "59 seconds")]
    [InlineData(60, "1 minute")]
    [InlineData(3_599, "3,599 seconds")]
    [InlineData(3_600, "1 hour")]
    [InlineData(129_600, "36 hours")]
    [InlineData(86_400, "1 day")]
    [InlineData(259_200, "3 days")]
    [InlineData(259_201, "259,201 seconds")]
    [InlineData(31_536_000, "365 days")]
    public void A_duration_is_told_exactly_in_its_largest_unit(int seconds, string written) =>
        Assert.Equal(written, Words.Duration((ulong)seconds));

    [Theory]
    [InlineData(0, "0 %")]
    [InlineData(1, "0.01 %")]
    [InlineData(1_250, "12.5 %")]
    [InlineData(9_000, "90 %")]
    [InlineData(10_000, "100 %")]
    public void A_share_is_a_percentage(int basisPoints, string written) => Assert.Equal(written, Words.Share(basisPoints));
}
