namespace Braintrust.Escrow;

/// <summary>What other terms change in the view of an agreement.</summary>
internal static class Amendments
{
    /// <summary>Funded milestones stay what they are, so every sum stays too; those to come are the new terms'.</summary>
    public static AgreementOnChain Apply(AgreementOnChain agreement, EscrowEvent.AgreementAmended e) => agreement with
    {
        Funded = new SignedTermsRef(e.Amended, e.Terms),
        Amendments = agreement.Amendments + 1,
        Milestones =
        [
            .. agreement.Milestones.Take(agreement.MilestonesFunded),
            .. Unfunded(e.Terms).Skip(agreement.MilestonesFunded),
        ],
    };

    public static IEnumerable<MilestoneView> Unfunded(Terms terms) => terms.Amounts.Select(amount => new MilestoneView
    {
        Phase = MilestonePhase.Unfunded, Amount = amount, FeeOnTop = Fees.OnTop(amount, terms.FeeBps),
    });
}
