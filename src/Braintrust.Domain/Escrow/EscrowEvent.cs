namespace Braintrust.Escrow;

/// <summary>Why a milestone closed; the numbers are the contract's.</summary>
public enum Closing
{
    Released = 0,
    Settled = 1,
    Refunded = 2,
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

    public sealed record MilestoneSubmitted(int Milestone, Amount Claimed, Hash32 Evidence) : OfAgreement;

    /// <param name="FeeSerial">Gapless number of the kept fee per token, 0 when none was kept.</param>
    public sealed record MilestoneClosed(
        int Milestone, Closing How, Amount Pay, Amount Fee, Amount Refund, long FeeSerial) : OfAgreement;

    public sealed record AgreementReclaimed(int FirstMilestone, int Count, Amount Refund) : OfAgreement;

    /// <summary>A payment that could not be pushed and waits for its party.</summary>
    public sealed record PaymentCredited(
        Hash32 Negotiation, Address Party, Address Token, Hash32 Agreement, Amount Sum) : EscrowEvent;

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
        NonceBurned burned => burned.Negotiation,
        Oversized big => big.Negotiation,
        _ => null,
    };
}
