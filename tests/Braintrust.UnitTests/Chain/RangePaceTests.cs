namespace Braintrust.Chain;

public sealed class RangePaceTests
{
    [Fact]
    public void A_limit_that_was_run_into_is_kept_and_only_seldom_tried_again()
    {
        var (pace, refusals) = (new RangePace(2_000), 0);
        for (var ask = 0; ask < 1_000; ask++)
            if (pace.Blocks > 300)
            {
                refusals++;
                pace.Refused();
            }
            else
            {
                pace.Answered(1);
            }

        Assert.InRange(refusals, 3 + 8, 3 + 10);
        Assert.Equal(250, pace.Blocks);
    }

    [Fact]
    public void A_limit_that_is_gone_is_forgotten()
    {
        var pace = new RangePace(1_000);
        pace.Refused();
        Assert.Equal(500, pace.Blocks);
        for (var i = 0; i < RangePace.AnswersUntilRetried; i++) pace.Answered(0);
        Assert.Equal(1_000, pace.Blocks);
    }

    [Fact]
    public void A_failure_halves_once_and_one_answer_doubles_again()
    {
        var pace = new RangePace(1_000);
        pace.Failed();
        Assert.Equal(500, pace.Blocks);
        pace.Answered(0);
        Assert.Equal(1_000, pace.Blocks);
    }

    [Fact]
    public void More_facts_than_are_comfortable_halve_and_one_block_is_the_least()
    {
        var pace = new RangePace(4);
        for (var i = 0; i < 5; i++) pace.Answered(RangePace.FactsAtOnce + 1);
        Assert.Equal(1, pace.Blocks);
    }
}
