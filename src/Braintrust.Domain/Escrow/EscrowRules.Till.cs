using System.Numerics;

namespace Braintrust.Escrow;

/// <summary>What the contract keeps for somebody in one token: a party's credit, or the fees of the house.</summary>
/// <param name="Sum">Base units.</param>
/// <param name="Withdrawals">How often the party withdrew before; 0 for fees.</param>
/// <param name="Receiver">Where fees go; the zero address for a credit, which goes where its party likes.</param>
public sealed record TillWord(Amount Sum, BigInteger Withdrawals, Address Receiver);

/// <summary>What leaves the contract beside the milestones, and nonces that their talent gives up.</summary>
public static partial class EscrowRules
{
    private static Outcome<MovePlan> Withdraw(AgreementOnChain agreement, MoveRequest request, TillWord? till)
    {
        if (till is null || till.Sum.IsZero) return new Refusal(RefusalCode.WrongState, "There is no credit in this token.");
        return Lost(request.To, agreement)
            ? new Refusal(RefusalCode.InvalidArgument, "A credit cannot go to the zero address, the token or the escrow.", "to")
            : Paid(EscrowMove.Withdraw, agreement, till) with { To = request.To, Withdrawals = till.Withdrawals };
    }

    private static Outcome<MovePlan> SweepFees(AgreementOnChain agreement, TillWord? till)
    {
        if (till is null || till.Sum.IsZero)
            return new Refusal(RefusalCode.WrongState, "No fee was kept in this token since the last sweep.");
        return Lost(till.Receiver, agreement)
            ? new Refusal(RefusalCode.WrongState, "The fee receiver of the policy cannot take this token.")
            : Paid(EscrowMove.SweepFees, agreement, till) with { To = till.Receiver };
    }

    private static Outcome<MovePlan> BurnNonce(
        SignedTerms? offer, NegotiationOnChain chain, MoveRequest request, WorkLaw? law)
    {
        if (NonceSpent(chain) is { } spent) return spent;
        if (offer is null) return new Refusal(RefusalCode.WrongState, "No signed offer stands.");
        return law is null
            ? new Refusal(RefusalCode.ChainMismatch, "No escrow contract is registered on this chain.")
            : new MovePlan(request.Move, law.Contract, offer.Terms, 0, 0, default, default, default);
    }

    private static MovePlan Paid(EscrowMove move, AgreementOnChain agreement, TillWord till) =>
        new(move, agreement.Contract, agreement.Funded.Terms, agreement.Milestone, 0, till.Sum, default, default);

    private static bool Lost(Address to, AgreementOnChain agreement) =>
        to.IsZero || to == agreement.Funded.Terms.Token || to == agreement.Contract;
}
