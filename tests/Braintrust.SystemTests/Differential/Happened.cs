using System.Numerics;
using Braintrust.Escrow;
using Law = Braintrust.Chain.Contracts.WorkAgreementsContract;

namespace Braintrust.Differential;

/// <summary>What the contract will log of a planned move, by the C# rules alone, read as the ledger reads it.</summary>
internal static class Happened
{
    /// <param name="amended">What the agreement is called afterwards.</param>
    public static IEnumerable<EscrowEvent> Of(AgreementOnChain agreement, MovePlan plan, ulong now, Hash32 amended) =>
        Logs(agreement, plan, now, amended).Select(log => EscrowFacts.TryRead(log.Topics, log.Data)!.Value.Event);

    /// <summary>The fees that the move keeps, the origin's shares included.</summary>
    public static IReadOnlyList<Amount> FeesOf(MovePlan plan) => plan.Move switch
    {
        EscrowMove.Tip => [plan.Price - plan.Sum],
        _ => [.. Closings(plan).Select(one => one.Split.Fee)],
    };

    private static IEnumerable<(Hash32[] Topics, byte[] Data)> Logs(
        AgreementOnChain agreement, MovePlan plan, ulong now, Hash32 amended)
    {
        var (terms, m, name) = (plan.Terms, plan.Milestone, agreement.Funded.Agreement);
        var (id, employer, talent) = (TermsHash.Negotiation(terms.Talent, terms.Nonce), terms.Employer, terms.Talent);
        return plan.Move switch
        {
            EscrowMove.FundMore =>
                [new Law.MilestonesFundedEvent(id, employer, talent, name, plan.First, plan.Count, Units(plan.Price)).Encode()],
            EscrowMove.Submit =>
                [new Law.MilestoneSubmittedEvent(id, employer, talent, name, m, Units(plan.Sum), plan.Evidence).Encode()],
            EscrowMove.Extend => [new Law.MilestoneExtendedEvent(id, employer, talent, name, m).Encode()],
            EscrowMove.AskToCancel =>
                [new Law.CancelAskedEvent(id, employer, talent, name, m, now + Deadlines.CancelWindow).Encode()],
            EscrowMove.Keep => [new Law.MilestoneKeptEvent(id, employer, talent, name, m).Encode()],
            EscrowMove.RequestChanges =>
                [new Law.ChangesRequestedEvent(id, employer, talent, name, m, agreement.Current!.Revisions + 1, plan.Evidence).Encode()],
            EscrowMove.Dispute =>
            [
                new Law.MilestoneDisputedEvent(
                    id, employer, talent, name, m, plan.EmployerBps, Units(plan.Price), now + terms.CaseTime, default).Encode(),
            ],
            EscrowMove.Reclaim =>
                [new Law.AgreementReclaimedEvent(id, employer, talent, name, plan.First, plan.Count, Back(plan)).Encode()],
            EscrowMove.End =>
                [new Law.AgreementEndedEvent(id, employer, talent, name, plan.First, plan.Count, Back(plan)).Encode()],
            EscrowMove.Tip =>
                [new Law.TippedEvent(id, employer, talent, name, Units(plan.Sum), Units(plan.Price - plan.Sum), 0).Encode()],
            EscrowMove.Amend =>
                [new Law.AgreementAmendedEvent(id, employer, talent, name, amended, EscrowCalls.Of(plan.Next!)).Encode()],
            EscrowMove.MovePayout =>
                [new Law.PayoutMoveAskedEvent(id, employer, talent, name, plan.To, now + Deadlines.PayoutDelay).Encode()],
            EscrowMove.CancelPayoutMove => [new Law.PayoutMoveCancelledEvent(id, employer, talent, name).Encode()],
            _ => Closings(plan).Select(one => new Law.MilestoneClosedEvent(
                id, employer, talent, name, one.Milestone, (byte)How(plan.Move), Units(one.Split.Pay), Units(one.Split.Fee),
                Units(one.Split.Refund), 0).Encode()),
        };
    }

    private static IEnumerable<(int Milestone, Split Split)> Closings(MovePlan plan)
    {
        Amount Paid(int milestone) => plan.Move == EscrowMove.ReleaseMany ? plan.Terms.Amounts[milestone] : plan.Sum;
        var count = plan.Move switch
        {
            EscrowMove.Release or EscrowMove.Settle or EscrowMove.Refund or EscrowMove.Resolve or EscrowMove.Agree => 1,
            EscrowMove.ReleaseMany => plan.Count,
            _ => 0,
        };
        return Enumerable.Range(plan.Milestone, count)
            .Select(i => (i, Fees.Close(plan.Terms.Amounts[i], plan.Terms.FeeBps, Paid(i))));
    }

    /// <summary>Ruled or fallen back makes no difference to what stands afterwards.</summary>
    private static Closing How(EscrowMove move) => move switch
    {
        EscrowMove.Settle => Closing.Settled,
        EscrowMove.Refund => Closing.Refunded,
        EscrowMove.Resolve => Closing.Ruled,
        EscrowMove.Agree => Closing.Agreed,
        _ => Closing.Released,
    };

    private static BigInteger Back(MovePlan plan) => Fees.Price(plan.Terms, plan.First, plan.Count).Units;

    private static BigInteger Units(Amount amount) => amount.Units;
}
