using Braintrust.Chain;

namespace Braintrust.Escrow;

/// <summary>Why a milestone closed; the numbers are the contract's.</summary>
public enum Closing
{
    Released = 0,
    Settled = 1,
    Refunded = 2,

    /// <summary>By both sides.</summary>
    Agreed = 3,

    /// <summary>By the court.</summary>
    Ruled = 4,

    /// <summary>By the terms' fallback: the court did not rule in time.</summary>
    FellBack = 5,
}

/// <summary>What the WorkAgreements contract said in one log. The list is closed.</summary>
public abstract record EscrowEvent
{
    private EscrowEvent() { }

    /// <summary>An event of one agreement, with the keys that every such event carries.</summary>
    public abstract record OfAgreement : EscrowEvent
    {
        internal OfAgreement() { }

        public required Hash32 Negotiation { get; init; }
        public required Address Employer { get; init; }
        public required Address Talent { get; init; }
        public required Hash32 Agreement { get; init; }
    }

    public sealed record AgreementFunded(Terms Terms, int Count, Amount Paid) : OfAgreement;

    public sealed record MilestonesFunded(int FirstMilestone, int Count, Amount Paid) : OfAgreement;

    /// <summary>The employer paid the talent beside the agreement.</summary>
    /// <param name="Sum">What went to the payout; nothing of it was ever held.</param>
    /// <param name="Fee">What was kept on top, the origin's share included.</param>
    /// <param name="FeeSerial">As in <see cref="MilestoneClosed"/>.</param>
    public sealed record Tipped(Amount Sum, Amount Fee, long FeeSerial) : OfAgreement;

    public sealed record MilestoneSubmitted(int Milestone, Amount Claimed, Hash32 Evidence) : OfAgreement;

    /// <summary>The work time runs anew from this block on.</summary>
    public sealed record MilestoneExtended(int Milestone) : OfAgreement;

    /// <param name="AnswerBy">Last second in which the talent can keep or deliver the milestone.</param>
    public sealed record CancelAsked(int Milestone, BlockTime AnswerBy) : OfAgreement;

    public sealed record MilestoneKept(int Milestone) : OfAgreement;

    /// <param name="Revision">Number of this request for the milestone, from 1.</param>
    /// <param name="Reasons">Hash of what is asked for.</param>
    public sealed record ChangesRequested(int Milestone, int Revision, Hash32 Reasons) : OfAgreement;

    /// <param name="EmployerBps">Share of the claim that the employer's side would pay, basis points.</param>
    /// <param name="Cost">What the court took from the manager.</param>
    /// <param name="Deadline">Last second in which only the court's ruling closes.</param>
    /// <param name="CaseId">The case's name at the court.</param>
    public sealed record MilestoneDisputed(
        int Milestone, int EmployerBps, Amount Cost, BlockTime Deadline, Hash32 CaseId) : OfAgreement;

    /// <param name="FeeSerial">Gapless number of the kept fee per token, 0 when none was kept.</param>
    public sealed record MilestoneClosed(
        int Milestone, Closing How, Amount Pay, Amount Fee, Amount Refund, long FeeSerial) : OfAgreement;

    public sealed record AgreementReclaimed(int FirstMilestone, int Count, Amount Refund) : OfAgreement;

    /// <summary>No further milestone will be worked on.</summary>
    /// <param name="FirstMilestone">The first that was prepaid and went back, when there is any.</param>
    public sealed record AgreementEnded(int FirstMilestone, int Count, Amount Refund) : OfAgreement;

    /// <summary>Both sides replaced the terms: everything stands as it stood, under the name <paramref name="Amended"/>.</summary>
    public sealed record AgreementAmended(Hash32 Amended, Terms Terms) : OfAgreement;

    /// <param name="To">Where pay goes after <paramref name="WaitsUntil"/>, unless called off before.</param>
    public sealed record PayoutMoveAsked(Address To, BlockTime WaitsUntil) : OfAgreement;

    public sealed record PayoutMoveCancelled : OfAgreement;

    /// <summary>A payment that could not be pushed and waits for its party.</summary>
    public sealed record PaymentCredited(
        Hash32 Negotiation, Address Party, Address Token, Hash32 Agreement, Amount Sum) : EscrowEvent;

    /// <summary>The origin's share of the fee that the same transaction kept: a credit of the origin.</summary>
    public sealed record FeeShared(
        Hash32 Negotiation, Address Origin, Address Token, Hash32 Agreement, Amount Sum) : EscrowEvent;

    public sealed record CreditWithdrawn(Address Party, Address Token, Address To, Amount Sum) : EscrowEvent;

    public sealed record FeesSwept(Address Token, Address To, Amount Sum, long FirstSerial, long LastSerial) : EscrowEvent;

    public sealed record NonceBurned(Hash32 Negotiation, Address Talent) : EscrowEvent;

    /// <summary>
    /// An event whose sums leave 128 bits. Only a token made to do so can cause it, no real one has so many units; the
    /// fact stays in the ledger and the agreement is not followed.
    /// </summary>
    public sealed record Oversized(
        Hash32? Negotiation, Hash32? Agreement, Address? Employer, Address? Talent, Address? Party, Address? Token)
        : EscrowEvent;

    /// <summary>The negotiation it concerns, or null when it concerns none.</summary>
    public Hash32? About => this switch
    {
        OfAgreement of => of.Negotiation,
        PaymentCredited credited => credited.Negotiation,
        FeeShared shared => shared.Negotiation,
        NonceBurned burned => burned.Negotiation,
        Oversized big => big.Negotiation,
        _ => null,
    };
}
