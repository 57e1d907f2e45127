using Braintrust.Chain;

namespace Braintrust.Escrow;

/// <summary>What the court of some terms says to a call made now.</summary>
/// <param name="Cost">What it takes for a case over the claim, base units; null when it hears no such case.</param>
/// <param name="Longest">Seconds until it has ruled at the latest.</param>
/// <param name="TalentBps">Its final ruling on the case, basis points; null while there is none.</param>
public sealed record CourtWord(Amount? Cost, ulong Longest, int? TalentBps);

/// <summary>What happens to the current milestone: work, review, dispute, and every way it closes.</summary>
public static partial class EscrowRules
{
    private static Outcome<MovePlan> Submit(AgreementOnChain agreement, MoveRequest request, ChainClock clock)
    {
        if (In(AgreementPhase.Funded, agreement, request) is { } not) return not;
        if (ClosedAfter(Deadlines.DeliverBy(agreement), clock, "The time to deliver") is { } late) return late;
        var amount = agreement.Current!.Amount;
        var claimed = request.Sum.IsZero ? amount : request.Sum;
        return claimed > amount ? OutOfRange(new Amount(1), amount) : Plan(agreement, request, clock, claimed);
    }

    private static Outcome<MovePlan> Extend(AgreementOnChain agreement, MoveRequest request, ChainClock clock) =>
        In(AgreementPhase.Funded, agreement, request) is { } not ? not : Plan(agreement, request, clock);

    private static Outcome<MovePlan> AskToCancel(AgreementOnChain agreement, MoveRequest request, ChainClock clock)
    {
        if (In(AgreementPhase.Funded, agreement, request) is { } not) return not;
        return agreement.Current!.CancelAsked
            ? new Refusal(RefusalCode.WrongState, "You asked to cancel this milestone before.")
            : Plan(agreement, request, clock);
    }

    private static Outcome<MovePlan> Keep(AgreementOnChain agreement, MoveRequest request, ChainClock clock)
    {
        if (In(AgreementPhase.Funded, agreement, request) is { } not) return not;
        if (agreement.Current!.AnswerBy is null)
            return new Refusal(RefusalCode.WrongState, "There is no request to cancel that waits for an answer.");
        return ClosedAfter(Deadlines.DeliverBy(agreement), clock, "The time to answer") is { } late
            ? late
            : Plan(agreement, request, clock);
    }

    private static Outcome<MovePlan> RequestChanges(AgreementOnChain agreement, MoveRequest request, ChainClock clock)
    {
        if (In(AgreementPhase.Submitted, agreement, request) is { } not) return not;
        if (ClosedAfter(Deadlines.ReviewEnds(agreement), clock, "The review") is { } late) return late;
        var most = agreement.Funded.Terms.RevisionsMax;
        return agreement.Current!.Revisions >= most
            ? new Refusal(RefusalCode.WrongState, $"The terms allow {Words.Count(most, "request")} for changes: none is left.")
            : Plan(agreement, request, clock);
    }

    private static Outcome<MovePlan> Dispute(
        AgreementOnChain agreement, MoveRequest request, ChainClock clock, CourtWord? court)
    {
        if (In(AgreementPhase.Submitted, agreement, request) is { } not) return not;
        if (ClosedAfter(Deadlines.ReviewEnds(agreement), clock, "The review") is { } late) return late;
        if (request.EmployerBps is < 0 or > (int)Amount.BasisPoints)
            return new Refusal(RefusalCode.InvalidArgument, $"The share is 0 to {Amount.BasisPoints} basis points.", "employer_bps");
        var terms = agreement.Funded.Terms;
        if (terms.Court.IsZero) return new Refusal(RefusalCode.WrongState, "The terms name no court.");
        if (court?.Cost is not { } cost) return new Refusal(RefusalCode.WrongState, "The court hears no such case.");
        if (court.Longest > terms.CaseTime)
            return new Refusal(
                RefusalCode.WrongState, $"The court may take {Words.Duration(court.Longest)}, the terms give it {Words.Duration(terms.CaseTime)}.");
        var most = request.Sum.IsZero ? cost : request.Sum;
        return cost > most
            ? new Refusal(RefusalCode.InvalidArgument, $"The court takes {cost} base units.", "sum")
            : Plan(agreement, request, clock, most) with { Price = cost };
    }

    /// <summary>Null when the move is no closing.</summary>
    private static Outcome<MovePlan>? Closing(
        AgreementOnChain agreement, Address wallet, MoveRequest request, ChainClock clock, CourtWord? court) =>
        request.Move switch
        {
            EscrowMove.Release => Release(agreement, request, clock),
            EscrowMove.ReleaseMany => ReleaseMany(agreement, request, clock),
            EscrowMove.Settle => Settle(agreement, request, clock),
            EscrowMove.Refund => Current(agreement, request) is { } not ? not : Plan(agreement, request, clock),
            EscrowMove.Reclaim => Reclaim(agreement, wallet, request, clock),
            EscrowMove.Resolve => Resolve(agreement, request, clock, court),
            EscrowMove.Agree => Agree(agreement, request, clock),
            _ => (Outcome<MovePlan>?)null,
        };

    private static Outcome<MovePlan> Release(AgreementOnChain agreement, MoveRequest request, ChainClock clock)
    {
        if (Current(agreement, request) is { } not) return not;
        var milestone = agreement.Current!;
        var claims = agreement.Phase != AgreementPhase.Funded;
        var least = claims ? milestone.Claimed : new Amount(1);
        var pay = !request.Sum.IsZero ? request.Sum : claims ? milestone.Claimed : milestone.Amount;
        return pay < least || pay > milestone.Amount
            ? OutOfRange(least, milestone.Amount)
            : Plan(agreement, request, clock, pay);
    }

    private static Outcome<MovePlan> ReleaseMany(AgreementOnChain agreement, MoveRequest request, ChainClock clock)
    {
        if (Current(agreement, request) is { } not) return not;
        var most = agreement.MilestonesFunded - agreement.Milestone;
        if (request.Count < 1 || request.Count > most)
            return new Refusal(RefusalCode.InvalidArgument, $"There are {most} funded milestones to pay.", "count");
        var sum = agreement.Funded.Terms.Amounts.Skip(agreement.Milestone).Take(request.Count)
            .Aggregate(Amount.Zero, (paid, amount) => paid + amount);
        return Plan(agreement, request, clock, sum, request.Count);
    }

    /// <summary>The share is of the claim, or of the amount where nothing is claimed. The other side's consent is the caller's to find.</summary>
    private static Outcome<MovePlan> Agree(AgreementOnChain agreement, MoveRequest request, ChainClock clock)
    {
        if (Current(agreement, request) is { } not) return not;
        if (request.TalentBps is < 0 or > (int)Amount.BasisPoints)
            return new Refusal(RefusalCode.InvalidArgument, $"The share is 0 to {Amount.BasisPoints} basis points.", "talent_bps");
        var claimed = agreement.Phase == AgreementPhase.Funded ? agreement.Current!.Amount : agreement.Current!.Claimed;
        var pay = Fees.Part(claimed, (ushort)request.TalentBps);
        return Plan(agreement, request, clock, pay) with { TalentBps = request.TalentBps };
    }

    private static Outcome<MovePlan> Settle(AgreementOnChain agreement, MoveRequest request, ChainClock clock)
    {
        if (In(AgreementPhase.Submitted, agreement, request) is { } not) return not;
        return OpensAfter(Deadlines.ReviewEnds(agreement), clock) is { } early
            ? early
            : Plan(agreement, request, clock, agreement.Current!.Claimed);
    }

    private static Outcome<MovePlan> Reclaim(
        AgreementOnChain agreement, Address wallet, MoveRequest request, ChainClock clock)
    {
        if (In(AgreementPhase.Funded, agreement, request) is { } not) return not;
        var terms = agreement.Funded.Terms;
        var grace = wallet == terms.Employer ? 0 : terms.ReviewWindow;
        return OpensAfter(Deadlines.DeliverBy(agreement).After(grace), clock) is { } early
            ? early
            : Plan(agreement, request, clock, count: agreement.MilestonesFunded - agreement.Milestone);
    }

    /// <summary>The court's final word closes at any time; without one the fallback does, after the deadline.</summary>
    private static Outcome<MovePlan> Resolve(
        AgreementOnChain agreement, MoveRequest request, ChainClock clock, CourtWord? court)
    {
        if (In(AgreementPhase.Disputed, agreement, request) is { } not) return not;
        var milestone = agreement.Current!;
        if (court?.TalentBps is { } ruling and >= 0 and <= (int)Amount.BasisPoints)
            return Plan(agreement, request, clock, Fees.Part(milestone.Claimed, (ushort)ruling));
        return OpensAfter(milestone.Dispute!.Deadline, clock) is { } early
            ? early
            : Plan(agreement, request, clock, Fees.Part(milestone.Claimed, agreement.Funded.Terms.FallbackTalentBps));
    }
}
