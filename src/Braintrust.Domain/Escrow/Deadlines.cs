using Braintrust.Chain;

namespace Braintrust.Escrow;

/// <summary>
/// The windows of the law, in block time. *Within* a window means <c>now &lt;= since + window</c>, *after* it
/// <c>now &gt; since + window</c>.
/// </summary>
public static class Deadlines
{
    /// <summary>Seconds for the talent to answer a request to cancel.</summary>
    public const ulong CancelWindow = 7 * 24 * 3600;

    /// <summary>Seconds for which a move of the payout waits.</summary>
    public const ulong PayoutDelay = 7 * 24 * 3600;

    /// <summary>The running window and what opens after it; null when nothing is held.</summary>
    public static Deadline? Of(AgreementOnChain agreement) => agreement.Phase switch
    {
        AgreementPhase.Funded => new Deadline(DeliverBy(agreement), EscrowMove.Reclaim),
        AgreementPhase.Submitted => new Deadline(ReviewEnds(agreement), EscrowMove.Settle),
        AgreementPhase.Disputed => new Deadline(agreement.Current!.Dispute!.Deadline, EscrowMove.Resolve),
        _ => null,
    };

    /// <summary>
    /// The last second in which the talent can submit, or keep a milestone that it was asked to give up; afterwards the
    /// employer can reclaim.
    /// </summary>
    public static BlockTime DeliverBy(AgreementOnChain agreement)
    {
        var end = agreement.Since.After(WorkTime(agreement));
        return agreement.Current!.AnswerBy is { } answer && answer < end ? answer : end;
    }

    /// <summary>The last second before silence pays.</summary>
    public static BlockTime ReviewEnds(AgreementOnChain agreement) =>
        agreement.Since.After(agreement.Funded.Terms.ReviewWindow);

    /// <summary>
    /// Second by which time and anyone's calls can have emptied the agreement, as the contract's <c>exitBound</c>; 0 when
    /// nothing is held.
    /// </summary>
    public static BlockTime ExitBound(AgreementOnChain agreement)
    {
        if (!agreement.IsOpen) return default;
        var terms = agreement.Funded.Terms;
        var again = (ulong)terms.ReviewWindow + terms.ReworkTime;
        var last = (ulong)terms.ReviewWindow + terms.CaseTime;
        var left = (ulong)Math.Max(0, terms.RevisionsMax - agreement.Current!.Revisions);
        var bound = agreement.Phase == AgreementPhase.Disputed
            ? agreement.Current.Dispute!.Deadline
            : agreement.Since.After(left * again + last);
        if (agreement.Phase == AgreementPhase.Funded) bound = bound.After(WorkTime(agreement));
        for (var i = agreement.Milestone + 1; i < agreement.MilestonesFunded; i++)
            bound = bound.After(terms.WorkTimes[i] + terms.RevisionsMax * again + last);
        return bound.After(terms.ReviewWindow);
    }

    /// <summary>Seconds from <see cref="AgreementOnChain.Since"/> to deliver: less to deliver again.</summary>
    private static uint WorkTime(AgreementOnChain agreement) => agreement.Current!.Revisions == 0
        ? agreement.Funded.Terms.WorkTimes[agreement.Milestone]
        : agreement.Funded.Terms.ReworkTime;
}
