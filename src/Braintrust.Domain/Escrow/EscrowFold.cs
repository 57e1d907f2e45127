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
    public static NegotiationOnChain Apply(NegotiationOnChain view, EscrowEvent happened, FactPlace at) => happened switch
    {
        EscrowEvent.NonceBurned => view with { NonceBurned = true },
        EscrowEvent.Oversized e when view.Agreement is { } followed && followed.Funded.Agreement == e.Agreement =>
            view with { Agreement = null },
        EscrowEvent.AgreementFunded funded when view.Agreement is null => view with { Agreement = Funded(funded, at) },
        EscrowEvent.OfAgreement e when view.Agreement is { } agreement && agreement.Funded.Agreement == e.Agreement =>
            view with { Agreement = Timed(Next(agreement, e, at)) },
        _ => view,
    };

    /// <summary>The agreement with its finality as of a cursor.</summary>
    /// <param name="confirmationsNeeded">Depth that makes a block final, 0 when the chain's tag decides.</param>
    public static AgreementOnChain At(AgreementOnChain agreement, ChainCursor cursor, ulong confirmationsNeeded) =>
        agreement with
        {
            Milestones =
            [
                .. agreement.Milestones.Select(m =>
                    m.Seen is { } seen ? m with { Seen = seen.At(cursor, confirmationsNeeded) } : m),
            ],
        };

    private static AgreementOnChain? Funded(EscrowEvent.AgreementFunded e, FactPlace at)
    {
        if (!Fees.Fit(e.Terms)) return null;
        var unfunded = e.Terms.Amounts.Select(amount => new MilestoneView
        {
            Phase = MilestonePhase.Unfunded, Amount = amount, FeeOnTop = Fees.OnTop(amount, e.Terms.FeeBps),
        });
        return Timed(Prepay(
            new AgreementOnChain
            {
                Funded = new SignedTermsRef(e.Agreement, e.Terms),
                Phase = AgreementPhase.Idle,
                Milestone = 0,
                MilestonesFunded = 0,
                Since = at.Seen.BlockTime,
                Milestones = [.. unfunded],
                Contract = at.Contract,
            },
            0, e.Count, e.Paid, at));
    }

    private static AgreementOnChain Next(AgreementOnChain agreement, EscrowEvent.OfAgreement happened, FactPlace at) =>
        happened switch
        {
            EscrowEvent.MilestonesFunded e => Prepay(agreement, e.FirstMilestone, e.Count, e.Paid, at),
            EscrowEvent.MilestoneSubmitted e => Submit(agreement, e, at),
            EscrowEvent.MilestoneClosed e => Close(agreement, e, at),
            EscrowEvent.AgreementReclaimed e => Reclaim(agreement, e, at),
            _ => agreement,
        };

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
                Claimed = e.Claimed, Evidence = e.Evidence,
            }),
        };

    private static AgreementOnChain Close(AgreementOnChain agreement, EscrowEvent.MilestoneClosed e, FactPlace at)
    {
        var phase = e.How switch
        {
            Closing.Released => MilestonePhase.Released,
            Closing.Settled => MilestonePhase.Settled,
            _ => MilestonePhase.Refunded,
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
                    Pay = e.Pay, Fee = e.Fee, Refund = e.Refund,
                }),
            },
            at);
    }

    private static AgreementOnChain Reclaim(AgreementOnChain agreement, EscrowEvent.AgreementReclaimed e, FactPlace at)
    {
        var milestones = agreement.Milestones;
        for (var i = e.FirstMilestone; i < e.FirstMilestone + e.Count; i++)
            milestones = Move(milestones, i, MilestonePhase.Reclaimed, at, m => m with { Refund = m.Amount + m.FeeOnTop });
        return agreement with
        {
            Phase = AgreementPhase.Ended,
            Since = at.Seen.BlockTime,
            Milestones = milestones,
            Refunded = agreement.Refunded + e.Refund,
        };
    }

    /// <summary>The contract's <c>_next</c>: the current milestone begins when it is prepaid, else nothing is held.</summary>
    private static AgreementOnChain Open(AgreementOnChain agreement, FactPlace at)
    {
        var working = agreement.Milestone < agreement.MilestonesFunded;
        return agreement with
        {
            Phase = working ? AgreementPhase.Funded
                : agreement.Milestone < agreement.Milestones.Length ? AgreementPhase.Idle
                : AgreementPhase.Ended,
            Since = at.Seen.BlockTime,
            Milestones = working
                ? Move(agreement.Milestones, agreement.Milestone, MilestonePhase.Working, at)
                : agreement.Milestones,
        };
    }

    private static AgreementOnChain Timed(AgreementOnChain agreement) =>
        agreement with { Deadline = Deadlines.Of(agreement) };

    private static ImmutableArray<MilestoneView> Move(
        ImmutableArray<MilestoneView> milestones, int index, MilestonePhase phase, FactPlace at,
        Func<MilestoneView, MilestoneView>? change = null)
    {
        var moved = milestones[index] with { Phase = phase, Pos = at.Pos, Seen = at.Seen };
        return milestones.SetItem(index, change is null ? moved : change(moved));
    }
}
