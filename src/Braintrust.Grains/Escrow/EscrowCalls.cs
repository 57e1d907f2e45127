using Law = Braintrust.Chain.Contracts.WorkAgreementsContract;

namespace Braintrust.Escrow;

/// <summary>The calldata of moves.</summary>
public static class EscrowCalls
{
    /// <param name="signature">The talent's, for first funding.</param>
    public static byte[] Encode(MovePlan plan, byte[] signature)
    {
        var terms = Of(plan.Terms);
        return plan.Move switch
        {
            EscrowMove.Fund => Law.Fund.Encode(terms, signature, plan.Count),
            EscrowMove.FundMore => Law.FundMore.Encode(terms, plan.Count),
            EscrowMove.Submit => Law.Submit.Encode(terms, plan.Milestone, plan.Sum.Units, plan.Evidence),
            EscrowMove.Release => Law.Release.Encode(terms, plan.Milestone, plan.Sum.Units),
            EscrowMove.Settle => Law.Settle.Encode(terms, plan.Milestone),
            EscrowMove.Refund => Law.Refund.Encode(terms, plan.Milestone),
            EscrowMove.Reclaim => Law.Reclaim.Encode(terms, plan.Milestone),
            EscrowMove.Extend => Law.Extend.Encode(terms, plan.Milestone),
            EscrowMove.AskToCancel => Law.AskToCancel.Encode(terms, plan.Milestone),
            EscrowMove.Keep => Law.Keep.Encode(terms, plan.Milestone),
            EscrowMove.RequestChanges => Law.RequestChanges.Encode(terms, plan.Milestone, plan.Evidence),
            EscrowMove.End => Law.End.Encode(terms, plan.Milestone),
            EscrowMove.Tip => Law.Tip.Encode(terms, plan.Sum.Units),
            EscrowMove.ReleaseMany => Law.ReleaseMany.Encode(terms, plan.Milestone, plan.Count),
            EscrowMove.MovePayout => Law.MovePayout.Encode(terms, plan.To),
            EscrowMove.CancelPayoutMove => Law.CancelPayoutMove.Encode(terms),
            EscrowMove.Dispute => Law.Dispute.Encode(terms, plan.Milestone, plan.EmployerBps, plan.Sum.Units),
            EscrowMove.Resolve => Law.Resolve.Encode(terms, plan.Milestone),
            EscrowMove.Agree => Law.Agree.Encode(
                terms, plan.Milestone, plan.TalentBps, plan.Consent?.Expiry ?? 0, plan.Consent?.Signature ?? []),
            EscrowMove.Amend => Law.Amend.Encode(
                terms, Of(plan.Next!), plan.Consent?.Expiry ?? 0, plan.Consent?.Signature ?? []),
            EscrowMove.BurnNonce => Law.BurnNonce.Encode(plan.Terms.Nonce),
            EscrowMove.Withdraw => Law.Withdraw.Encode(plan.Terms.Token, plan.To),
            EscrowMove.SweepFees => Law.SweepFees.Encode(plan.Terms.Token),
            _ => throw new ArgumentOutOfRangeException(nameof(plan), plan.Move, "no such move"),
        };
    }

    /// <summary>The terms as the contract's bindings take them.</summary>
    public static Law.Terms Of(Terms terms) => new(
        terms.Nonce, terms.Sequence, terms.Previous, terms.Employer, terms.Manager, terms.Talent, terms.Payout,
        terms.Token, terms.PolicyVersion, terms.FeeBps, terms.Origin, terms.OriginBps, terms.ReviewWindow, terms.ReworkTime,
        terms.RevisionsMax, terms.Court, terms.CourtRules, terms.CaseTime, terms.FallbackTalentBps, terms.ValidUntil,
        terms.Documents,
        [.. terms.Amounts.Select(amount => amount.Units)], terms.WorkTimes);
}
