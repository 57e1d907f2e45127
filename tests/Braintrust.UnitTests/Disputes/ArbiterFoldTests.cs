using Braintrust.Chain;
using Braintrust.Escrow;

namespace Braintrust.Disputes;

public sealed class ArbiterFoldTests
{
    private static readonly Address Court = DevelopmentKeys.Address(9);
    private static readonly Address Who = DevelopmentKeys.Address(3);
    private static readonly Address Token = DevelopmentKeys.Address(7);

    /// <summary>A token made to overflow is its own holders' harm: everybody else's rows are folded beside it.</summary>
    [Fact]
    public void Credits_that_outgrow_an_amount_are_told_as_the_most_it_holds_until_they_are_taken()
    {
        var most = new Amount(UInt128.MaxValue);
        DisputeEvent credited = new DisputeEvent.Credited(Who, Token, Hash32.Keccak([1]), most);
        var twice = Apply(Apply(ArbiterOnChain.Empty, credited), credited);
        Assert.Equal((most, most), Sums(twice));
        var taken = Apply(twice, new DisputeEvent.CreditWithdrawn(Who, Token, Who, most));
        Assert.Equal((Amount.Zero, most), Sums(taken));
    }

    private static (Amount, Amount) Sums(ArbiterOnChain view) => (view.Credits.Single().Waiting, view.Credits.Single().Ever);

    private static ArbiterOnChain Apply(ArbiterOnChain view, DisputeEvent happened) =>
        ArbiterFold.Apply(view, happened, new FactPlace(1, Court, default!, 0), Who);
}
