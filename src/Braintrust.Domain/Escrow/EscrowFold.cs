using System.Collections.Immutable;
using Braintrust.Chain;

namespace Braintrust.Escrow;

/// <summary>
/// Folds the facts of one negotiation, in the chain's order, into what a party sees. The contract has checked every fact, so
/// nothing is checked again: an event of an agreement that was never seen funded belongs to another contract that the
/// same negotiation was funded in later, and is left out.
/// </summary>
public static class EscrowFold
{
    /// <summary>
    /// The view after one more fact. An agreement whose sums grow beyond 128 bits, which only a token made to do so can cause, is not
    /// followed any more: it must not stop those who fold it together with others.
    /// </summary>
    public static NegotiationOnChain Apply(NegotiationOnChain view, EscrowEvent happened, FactPlace at)
    {
        try
        {
            return After(view, happened, at);
        }
        catch (OverflowException)
        {
            return view with { Agreement = null };
        }
    }

    private static NegotiationOnChain After(NegotiationOnChain view, EscrowEvent happened, FactPlace at) => happened switch
    {
        EscrowEvent.NonceBurned => view with { NonceBurned = true },
        EscrowEvent.Oversized e when IsOf(view, e.Agreement) => view with { Agreement = null },
        EscrowEvent.AgreementFunded funded when view.Agreement is null => view with { Agreement = Funded(funded, at) },
        EscrowEvent.AgreementAmended e when IsOf(view, e.Agreement) =>
            view with { Agreement = Fees.Fit(e.Terms) ? Told(Amendments.Apply(view.Agreement!, e), at) : null },
        EscrowEvent.OfAgreement e when IsOf(view, e.Agreement) =>
            view with { Agreement = Told(Next(view.Agreement!, e, at), at) },
        EscrowEvent.PaymentCredited e when IsOf(view, e.Agreement) =>
            view with { Agreement = Told(Credit(view.Agreement!, e), at) },
        EscrowEvent.FeeShared e when IsOf(view, e.Agreement) =>
            view with { Agreement = Told(view.Agreement! with { OriginShares = view.Agreement.OriginShares + e.Sum }, at) },
        _ => view,
    };

    /// <summary>The agreement with its finality as of a cursor.</summary>
    /// <param name="confirmationsNeeded">Depth that makes a block final, 0 when the chain's tag decides.</param>
    public static AgreementOnChain At(AgreementOnChain agreement, ChainCursor cursor, ulong confirmationsNeeded) =>
        agreement with
        {
            Seen = agreement.Seen.At(cursor, confirmationsNeeded),
            Milestones =
            [
                .. agreement.Milestones.Select(m =>
                    m.Seen is { } seen ? m with { Seen = seen.At(cursor, confirmationsNeeded) } : m),
            ],
        };

    private static AgreementOnChain? Funded(EscrowEvent.AgreementFunded e, FactPlace at)
    {
        if (!Fees.Fit(e.Terms)) return null;
        var unfunded = new AgreementOnChain
        {
            Funded = new SignedTermsRef(e.Agreement, e.Terms),
            FirstTerms = e.Agreement,
            Phase = AgreementPhase.Idle,
            Milestone = 0,
            MilestonesFunded = 0,
            Since = at.Seen.BlockTime,
            Milestones = [.. Amendments.Unfunded(e.Terms)],
            Contract = at.Contract,
            Seen = at.Seen,
        };
        return Told(Prepay(unfunded, 0, e.Count, e.Paid, at), at);
    }

    private static AgreementOnChain Next(AgreementOnChain agreement, EscrowEvent.OfAgreement happened, FactPlace at) =>
        happened switch
        {
            EscrowEvent.MilestonesFunded e => Prepay(agreement, e.FirstMilestone, e.Count, e.Paid, at),
            EscrowEvent.MilestoneSubmitted e => Submit(agreement, e, at),
            EscrowEvent.MilestoneExtended => agreement with { Since = at.Seen.BlockTime },
            EscrowEvent.CancelAsked e => Change(
                agreement, e.Milestone, at, milestone => milestone with { CancelAsked = true, AnswerBy = e.AnswerBy }),
            EscrowEvent.MilestoneKept e => Change(agreement, e.Milestone, at, milestone => milestone with { AnswerBy = null }),
            EscrowEvent.ChangesRequested e => RequestChanges(agreement, e, at),
            EscrowEvent.MilestoneDisputed e => Dispute(agreement, e, at),
            EscrowEvent.MilestoneClosed e => Close(agreement, e, at),
            EscrowEvent.AgreementReclaimed e => Reclaim(agreement, e, at),
            EscrowEvent.AgreementEnded e => End(agreement, e, at),
            EscrowEvent.Tipped e => agreement with { Tips = agreement.Tips + e.Sum, TipFees = agreement.TipFees + e.Fee },
            EscrowEvent.PayoutMoveAsked e => agreement with
            {
                PayoutMoves = agreement.PayoutMoves + 1,
                PayoutMove = new PayoutMove(agreement.PayoutAt(at.Seen.BlockTime), e.To, e.WaitsUntil),
            },
            EscrowEvent.PayoutMoveCancelled => agreement with
            {
                PayoutMoves = agreement.PayoutMoves + 1, PayoutMove = agreement.PayoutMove! with { Next = null },
            },
            _ => throw new ArgumentOutOfRangeException(nameof(happened), happened.GetType().Name, "no such event"),
        };

    /// <summary>A payment that the token refused: the party is the talent or the employer, never the payout.</summary>
    private static AgreementOnChain Credit(AgreementOnChain agreement, EscrowEvent.PaymentCredited e) =>
        e.Party == agreement.Funded.Terms.Talent
            ? agreement with { CreditedToTalent = agreement.CreditedToTalent + e.Sum }
            : agreement with { CreditedToEmployer = agreement.CreditedToEmployer + e.Sum };

    private static AgreementOnChain Prepay(AgreementOnChain agreement, int first, int count, Amount paid, FactPlace at)
    {
        var milestones = agreement.Milestones;
        for (var i = first; i < first + count; i++) milestones = Move(milestones, i, MilestonePhase.Prepaid, at);
        var prepaid = agreement with
        {
            Milestones = milestones, MilestonesFunded = first + count, PaidIn = agreement.PaidIn + paid,
        };
        return agreement.Phase == AgreementPhase.Idle ? Open(prepaid, at) : prepaid;
    }

    private static AgreementOnChain Submit(AgreementOnChain agreement, EscrowEvent.MilestoneSubmitted e, FactPlace at) =>
        agreement with
        {
            Phase = AgreementPhase.Submitted,
            Since = at.Seen.BlockTime,
            Milestones = Move(agreement.Milestones, e.Milestone, MilestonePhase.Submitted, at, milestone => milestone with
            {
                Claimed = e.Claimed, Evidence = e.Evidence, AnswerBy = null,
            }),
        };

    private static AgreementOnChain RequestChanges(
        AgreementOnChain agreement, EscrowEvent.ChangesRequested e, FactPlace at) =>
        agreement with
        {
            Phase = AgreementPhase.Funded,
            Since = at.Seen.BlockTime,
            Milestones = Move(agreement.Milestones, e.Milestone, MilestonePhase.Working, at, milestone => milestone with
            {
                Claimed = default, Evidence = default, Revisions = e.Revision, Reasons = e.Reasons,
            }),
        };

    private static AgreementOnChain Dispute(AgreementOnChain agreement, EscrowEvent.MilestoneDisputed e, FactPlace at) =>
        agreement with
        {
            Phase = AgreementPhase.Disputed,
            Since = at.Seen.BlockTime,
            Milestones = Move(agreement.Milestones, e.Milestone, MilestonePhase.Disputed, at, milestone => milestone with
            {
                Dispute = new DisputeView(e.EmployerBps, e.Cost, e.Deadline, e.CaseId),
            }),
        };

    private static AgreementOnChain Close(AgreementOnChain agreement, EscrowEvent.MilestoneClosed e, FactPlace at)
    {
        var phase = e.How switch
        {
            Closing.Released => MilestonePhase.Released,
            Closing.Settled => MilestonePhase.Settled,
            Closing.Refunded => MilestonePhase.Refunded,
            Closing.Agreed => MilestonePhase.Agreed,
            Closing.Ruled => MilestonePhase.Ruled,
            Closing.FellBack => MilestonePhase.FellBack,
            _ => throw new ArgumentOutOfRangeException(nameof(e), e.How, "no such closing"),
        };
        return Open(
            agreement with
            {
                Milestone = e.Milestone + 1,
                PaidToTalent = agreement.PaidToTalent + e.Pay,
                FeesKept = agreement.FeesKept + e.Fee,
                Refunded = agreement.Refunded + e.Refund,
                Milestones = Move(agreement.Milestones, e.Milestone, phase, at, milestone => milestone with
                {
                    Pay = e.Pay, Fee = e.Fee, Refund = e.Refund, AnswerBy = null,
                }),
            },
            at);
    }

    private static AgreementOnChain Reclaim(AgreementOnChain agreement, EscrowEvent.AgreementReclaimed e, FactPlace at) =>
        agreement with
        {
            Phase = AgreementPhase.Ended,
            Since = at.Seen.BlockTime,
            Milestones = Back(agreement.Milestones, e.FirstMilestone, e.Count, MilestonePhase.Reclaimed, at),
            Refunded = agreement.Refunded + e.Refund,
        };

    /// <summary>What was prepaid goes back; an open milestone goes on and is the last.</summary>
    private static AgreementOnChain End(AgreementOnChain agreement, EscrowEvent.AgreementEnded e, FactPlace at)
    {
        var idle = agreement.Phase == AgreementPhase.Idle;
        return agreement with
        {
            Phase = idle ? AgreementPhase.Ended : agreement.Phase,
            Since = idle ? at.Seen.BlockTime : agreement.Since,
            Ending = true,
            MilestonesFunded = e.FirstMilestone,
            Milestones = Back(agreement.Milestones, e.FirstMilestone, e.Count, MilestonePhase.Returned, at),
            Refunded = agreement.Refunded + e.Refund,
        };
    }

    /// <summary>The contract's <c>closeMilestone</c>: the current milestone begins when it is prepaid, else nothing is held.</summary>
    private static AgreementOnChain Open(AgreementOnChain agreement, FactPlace at)
    {
        var working = agreement.Milestone < agreement.MilestonesFunded;
        var over = agreement.Ending || agreement.Milestone == agreement.Milestones.Length;
        return agreement with
        {
            Phase = working ? AgreementPhase.Funded : over ? AgreementPhase.Ended : AgreementPhase.Idle,
            Since = at.Seen.BlockTime,
            Milestones = working
                ? Move(agreement.Milestones, agreement.Milestone, MilestonePhase.Working, at)
                : agreement.Milestones,
        };
    }

    private static bool IsOf(NegotiationOnChain view, Hash32? agreement) =>
        view.Agreement is { } followed && followed.Funded.Agreement == agreement;

    /// <summary>What every fact changes: where the agreement was seen last, and the window that runs.</summary>
    private static AgreementOnChain Told(AgreementOnChain agreement, FactPlace at) =>
        agreement with { Seen = at.Seen, Deadline = Deadlines.Of(agreement) };

    private static ImmutableArray<MilestoneView> Back(
        ImmutableArray<MilestoneView> milestones, int first, int count, MilestonePhase phase, FactPlace at)
    {
        for (var i = first; i < first + count; i++)
            milestones = Move(milestones, i, phase, at, m => m with { Refund = m.Amount + m.FeeOnTop, AnswerBy = null });
        return milestones;
    }

    private static AgreementOnChain Change(
        AgreementOnChain agreement, int index, FactPlace at, Func<MilestoneView, MilestoneView> change) =>
        agreement with { Milestones = Move(agreement.Milestones, index, agreement.Milestones[index].Phase, at, change) };

    private static ImmutableArray<MilestoneView> Move(
        ImmutableArray<MilestoneView> milestones, int index, MilestonePhase phase, FactPlace at,
        Func<MilestoneView, MilestoneView>? change = null)
    {
        var moved = milestones[index] with { Phase = phase, Pos = at.Pos, Seen = at.Seen };
        return milestones.SetItem(index, change is null ? moved : change(moved));
    }
}
