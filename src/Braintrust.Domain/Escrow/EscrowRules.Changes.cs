using Braintrust.Chain;

namespace Braintrust.Escrow;

/// <summary>What changes an agreement beside its milestones: its end, its payout, a tip.</summary>
public static partial class EscrowRules
{
    /// <summary>One below what the contract's counter holds, so that a last move can still be called off.</summary>
    private const int PayoutMovesMax = 254;

    /// <summary>Null when the move is none of these.</summary>
    private static Outcome<MovePlan>? Change(
        AgreementOnChain agreement, Address wallet, MoveRequest request, ChainClock clock) => request.Move switch
        {
            EscrowMove.End => End(agreement, wallet, request, clock),
            EscrowMove.Amend => Amend(agreement, request, clock),
            EscrowMove.Tip => Tip(agreement, request, clock),
            EscrowMove.MovePayout => MovePayout(agreement, request, clock),
            EscrowMove.CancelPayoutMove => CancelPayoutMove(agreement, wallet, request, clock),
            _ => (Outcome<MovePlan>?)null,
        };

    private static Outcome<MovePlan> End(
        AgreementOnChain agreement, Address wallet, MoveRequest request, ChainClock clock)
    {
        if (agreement.Phase == AgreementPhase.Ended) return WrongPhase(agreement);
        if (Named(agreement, request) is { } not) return not;
        var terms = agreement.Funded.Terms;
        var employerMay = agreement.Phase is AgreementPhase.Idle or AgreementPhase.Disputed;
        if (wallet != terms.Talent && !(employerMay && wallet == terms.Employer))
            return NotAllowed("The talent can end it; the employer when nothing is funded or the milestone is disputed.");
        if (agreement.Ending) return Ending;
        var first = agreement.Phase == AgreementPhase.Idle ? agreement.Milestone : agreement.Milestone + 1;
        return Plan(agreement, request, clock, count: agreement.MilestonesFunded - first) with { First = first };
    }

    private static Outcome<MovePlan> Amend(AgreementOnChain agreement, MoveRequest request, ChainClock clock)
    {
        if (agreement.Phase == AgreementPhase.Ended) return WrongPhase(agreement);
        if (request.Next is not { } next) return new Refusal(RefusalCode.InvalidArgument, "The next terms are missing.", "next");
        return TermsRules.ValidateNext(next, agreement) is { } invalid
            ? invalid
            : Plan(agreement, request, clock, count: 0) with { Next = next };
    }

    private static Outcome<MovePlan> Tip(AgreementOnChain agreement, MoveRequest request, ChainClock clock)
    {
        if (request.Sum.IsZero) return OutOfRange(new Amount(1), new Amount(UInt128.MaxValue));
        var terms = agreement.Funded.Terms;
        // The contract measures what the payout gains, and it gains nothing from itself.
        if (agreement.PayoutAt(clock.Next) == terms.Employer)
            return new Refusal(RefusalCode.WrongState, "Pay goes to the employer's own address: there is nobody to tip.");
        var fee = Fees.OnTop(request.Sum, terms.FeeBps);
        return request.Sum.Units > UInt128.MaxValue - fee.Units
            ? new Refusal(RefusalCode.InvalidArgument, "The tip and its fee must stay below 2^128 base units.", "sum")
            : Plan(agreement, request, clock, request.Sum) with { Price = request.Sum + fee };
    }

    private static Outcome<MovePlan> MovePayout(AgreementOnChain agreement, MoveRequest request, ChainClock clock)
    {
        if (request.To.IsZero || request.To == agreement.Funded.Terms.Token || request.To == agreement.Contract)
            return new Refusal(RefusalCode.InvalidArgument, "Pay cannot go to the zero address, the token or the escrow.", "to");
        return agreement.PayoutMoves >= PayoutMovesMax
            ? new Refusal(RefusalCode.WrongState, "The payout was moved as often as the contract can count.")
            : Plan(agreement, request, clock);
    }

    private static Outcome<MovePlan> CancelPayoutMove(
        AgreementOnChain agreement, Address wallet, MoveRequest request, ChainClock clock)
    {
        var payout = agreement.PayoutAt(clock.Head);
        if (wallet != agreement.Funded.Terms.Talent && wallet != payout)
            return NotAllowed("The talent or the present payout can call the move off.");
        return agreement.PayoutMove?.Waits(clock.Head) == true
            ? Plan(agreement, request, clock)
            : new Refusal(RefusalCode.WrongState, "There is no move of the payout that still waits.");
    }
}
