namespace Braintrust.Jobs;

public sealed class PositionRulesTests
{
    private static readonly Reservation First = Sample.Reservation("a", epoch: 1);
    private static readonly JobState Taken = Sample.Accept(PositionRules.Reserve(Sample.Open, First));

    [Fact]
    public void A_position_that_is_needed_stays_as_it_is() =>
        Assert.Same(Taken, Sample.Accept(PositionRules.Settle(Taken, First, PositionClaim.Held)));

    [Fact]
    public void A_position_that_is_not_needed_is_free() =>
        Assert.Empty(Sample.Accept(PositionRules.Settle(Taken, First, PositionClaim.None)).Reservations);

    [Fact]
    public void An_answer_about_an_earlier_reservation_frees_nothing()
    {
        var again = Sample.Accept(PositionRules.Reserve(Taken, First with { Epoch = 2 }));
        Assert.Same(again, Sample.Accept(PositionRules.Settle(again, First, PositionClaim.None)));
    }

    [Fact]
    public void A_funded_position_is_taken_once_and_for_good()
    {
        var funded = Sample.Accept(PositionRules.Settle(Taken, First, PositionClaim.Funded));
        Assert.True(Assert.Single(funded.Reservations).Value.Funded);
        Assert.Same(funded, Sample.Accept(PositionRules.Settle(funded, First, PositionClaim.Funded)));
        Assert.Same(funded, Sample.Accept(PositionRules.Reserve(funded, First with { Epoch = 2 })));
    }

    [Fact]
    public void What_is_gone_is_not_taken_again_by_a_late_answer() =>
        Assert.Same(Sample.Open, Sample.Accept(PositionRules.Settle(Sample.Open, First, PositionClaim.Funded)));
}
