using Braintrust.Chain;

namespace Braintrust.Escrow;

/// <summary>
/// The windows of the law, in block time. *Within* a window means <c>now &lt;= since + window</c>, *after* it
/// <c>now &gt; since + window</c>.
/// </summary>
public static class Deadlines
{
    /// <summary>The running window and what opens after it; null when nothing is held.</summary>
    public static Deadline? Of(AgreementOnChain agreement) => agreement.Phase switch
    {
        AgreementPhase.Funded => new Deadline(WorkEnds(agreement), EscrowMove.Reclaim),
        AgreementPhase.Submitted => new Deadline(ReviewEnds(agreement), EscrowMove.Settle),
        _ => null,
    };

    /// <summary>The last second in which the talent can submit; afterwards the employer can reclaim.</summary>
    public static BlockTime WorkEnds(AgreementOnChain agreement) =>
        agreement.Since.After(agreement.Funded.Terms.WorkTimes[agreement.Milestone]);

    /// <summary>The last second before silence pays.</summary>
    public static BlockTime ReviewEnds(AgreementOnChain agreement) =>
        agreement.Since.After(agreement.Funded.Terms.ReviewWindow);

    /// <summary>
    /// Second after which time and anyone's calls can have emptied the agreement, as the contract's <c>exitBound</c>; 0
    /// when nothing is held.
    /// </summary>
    public static BlockTime ExitBound(AgreementOnChain agreement)
    {
        if (agreement.Phase is not (AgreementPhase.Funded or AgreementPhase.Submitted)) return default;
        var terms = agreement.Funded.Terms;
        var first = agreement.Phase == AgreementPhase.Submitted ? agreement.Milestone + 1 : agreement.Milestone;
        var seconds = (ulong)terms.ReviewWindow * (ulong)(agreement.MilestonesFunded - agreement.Milestone + 1);
        for (var i = first; i < agreement.MilestonesFunded; i++) seconds += terms.WorkTimes[i];
        return agreement.Since.After(seconds);
    }
}
