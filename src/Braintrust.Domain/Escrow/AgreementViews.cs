using System.Collections.Immutable;
using Braintrust.Chain;
using Orleans;

namespace Braintrust.Escrow;

/// <summary>
/// Where an agreement stands on chain. The numbers are stored and the API's; the contract's own are told by
/// <see cref="StateSlot"/>. Amended terms need none: the agreement goes on under the terms that took their place.
/// </summary>
public enum AgreementPhase
{
    None = 0,
    Idle = 1,
    Funded = 2,
    Submitted = 3,
    Ended = 4,
    Disputed = 5,
}

public enum MilestonePhase
{
    Unfunded = 0,
    Prepaid = 1,
    Working = 2,
    Submitted = 3,
    Released = 4,
    Settled = 5,
    Refunded = 6,
    Reclaimed = 7,
    Disputed = 8,
    Agreed = 9,
    Ruled = 10,
    FellBack = 11,

    /// <summary>Prepaid, and went back when the agreement was ended before its turn.</summary>
    Returned = 12,
}

/// <summary>One milestone, its sums in base units. Once closed: amount + its fee = Pay + Fee + Refund.</summary>
[GenerateSerializer, Immutable, Alias("escrow.MilestoneView")]
public sealed record MilestoneView
{
    [Id(0)] public required MilestonePhase Phase { get; init; }
    [Id(1)] public required Amount Amount { get; init; }

    /// <summary>Fee taken on top when funded.</summary>
    [Id(2)] public required Amount FeeOnTop { get; init; }
    [Id(3)] public Amount Claimed { get; init; }
    [Id(4)] public Hash32 Evidence { get; init; }
    [Id(5)] public Amount Pay { get; init; }
    [Id(6)] public Amount Fee { get; init; }
    [Id(7)] public Amount Refund { get; init; }

    /// <summary>Position of the ledger fact behind the present phase, 0 while unfunded.</summary>
    [Id(8)] public long Pos { get; init; }

    /// <summary>Where that fact was seen, or null while unfunded.</summary>
    [Id(9)] public Seen? Seen { get; init; }

    /// <summary>Times that changes were requested of it, and the hash of what was asked for last.</summary>
    [Id(10)] public int Revisions { get; init; }
    [Id(11)] public Hash32 Reasons { get; init; }

    /// <summary>True once the employer asked to cancel it, which it can do once.</summary>
    [Id(12)] public bool CancelAsked { get; init; }

    /// <summary>Last second to answer that, null when there is nothing to answer (any more).</summary>
    [Id(13)] public BlockTime? AnswerBy { get; init; }

    /// <summary>The case about it, null when it was never disputed.</summary>
    [Id(14)] public DisputeView? Dispute { get; init; }
}

/// <summary>A disputed claim.</summary>
/// <param name="EmployerBps">Share of the claim that the employer's side would pay, basis points.</param>
/// <param name="Cost">What the court took from the manager, base units.</param>
/// <param name="Deadline">Last second in which only the court's ruling closes; then the terms' fallback does.</param>
/// <param name="CaseId">The case's name at the court that the terms name.</param>
[GenerateSerializer, Immutable, Alias("escrow.DisputeView")]
public sealed record DisputeView(
    [property: Id(0)] int EmployerBps, [property: Id(1)] Amount Cost, [property: Id(2)] BlockTime Deadline,
    [property: Id(3)] Hash32 CaseId);

/// <summary>Where the talent's pay goes once the talent asked to be paid elsewhere.</summary>
/// <param name="Present">Where it went when the last move was asked for.</param>
/// <param name="Next">Where it goes after <paramref name="WaitsUntil"/>; null when the move was called off.</param>
[GenerateSerializer, Immutable, Alias("escrow.PayoutMove")]
public sealed record PayoutMove(
    [property: Id(0)] Address Present, [property: Id(1)] Address? Next, [property: Id(2)] BlockTime WaitsUntil)
{
    /// <summary>Whether it can still be called off.</summary>
    public bool Waits(BlockTime now) => Next is not null && now <= WaitsUntil;
}

/// <summary>An agreement as its facts tell it: the fold of the ledger, never stored per fact.</summary>
[GenerateSerializer, Immutable, Alias("escrow.AgreementOnChain")]
public sealed record AgreementOnChain
{
    /// <summary>The terms in force: those it was funded under, or what both sides put in their place last.</summary>
    [Id(0)] public required SignedTermsRef Funded { get; init; }

    /// <summary>EIP-712 hash of the terms that it was funded under first.</summary>
    [Id(12)] public required Hash32 FirstTerms { get; init; }

    /// <summary>Times that the terms were replaced.</summary>
    [Id(13)] public int Amendments { get; init; }
    [Id(1)] public required AgreementPhase Phase { get; init; }

    /// <summary>Index of the current milestone; the number of milestones when all are closed.</summary>
    [Id(2)] public required int Milestone { get; init; }

    /// <summary>Milestones funded so far, without those that went back when it was ended.</summary>
    [Id(3)] public required int MilestonesFunded { get; init; }

    /// <summary>True when no more than the current milestone will be funded.</summary>
    [Id(14)] public bool Ending { get; init; }

    /// <summary>When the present phase began, or the work time was extended.</summary>
    [Id(4)] public required BlockTime Since { get; init; }
    [Id(5)] public required ImmutableArray<MilestoneView> Milestones { get; init; }

    /// <summary>paid in = paid to talent + fees kept + refunded + held, to the wei. Credits count as paid or refunded.</summary>
    [Id(6)] public Amount PaidIn { get; init; }
    [Id(7)] public Amount PaidToTalent { get; init; }
    [Id(8)] public Amount FeesKept { get; init; }
    [Id(9)] public Amount Refunded { get; init; }

    /// <summary>Of the sums paid and refunded: what the token refused to send, so that it waited in the contract.</summary>
    [Id(15)] public Amount CreditedToTalent { get; init; }
    [Id(16)] public Amount CreditedToEmployer { get; init; }

    /// <summary>Paid beside the agreement, straight to the payout, and the fees kept on it: never part of what is held.</summary>
    [Id(17)] public Amount Tips { get; init; }
    [Id(18)] public Amount TipFees { get; init; }

    /// <summary>The origin's share of all fees kept, tips' included: a credit of the origin.</summary>
    [Id(19)] public Amount OriginShares { get; init; }

    /// <summary>Times that a move of the payout was asked for or called off, and the last one; null when there was none.</summary>
    [Id(20)] public int PayoutMoves { get; init; }
    [Id(21)] public PayoutMove? PayoutMove { get; init; }

    /// <summary>Where the last fact of the agreement was seen.</summary>
    [Id(22)] public required Seen Seen { get; init; }

    /// <summary>Last moment of the current step's window, and the move that opens after it; null when none runs.</summary>
    [Id(10)] public Deadline? Deadline { get; init; }

    /// <summary>The contract that holds the money.</summary>
    [Id(11)] public Address Contract { get; init; }

    public Amount Held => PaidIn - PaidToTalent - FeesKept - Refunded;

    /// <summary>A milestone is being worked on, reviewed or disputed: money is held.</summary>
    public bool IsOpen => Phase is AgreementPhase.Funded or AgreementPhase.Submitted or AgreementPhase.Disputed;

    /// <summary>The current milestone; null when all are closed.</summary>
    public MilestoneView? Current => Milestone < Milestones.Length ? Milestones[Milestone] : null;

    /// <summary>Where the talent's pay goes at a time: the contract's <c>payoutOf</c>.</summary>
    public Address PayoutAt(BlockTime now) => PayoutMove is not { } move ? Funded.Terms.Payout
        : move.Next is { } next && now > move.WaitsUntil ? next
        : move.Present;
}

/// <summary>Terms as an event of the contract told them, with the agreement's name under them.</summary>
[GenerateSerializer, Immutable, Alias("escrow.SignedTermsRef")]
public sealed record SignedTermsRef([property: Id(0)] Hash32 Agreement, [property: Id(1)] Terms Terms);

/// <param name="At">The window's last second; the move opens when block time exceeds it.</param>
[GenerateSerializer, Immutable, Alias("escrow.Deadline")]
public sealed record Deadline([property: Id(0)] BlockTime At, [property: Id(1)] EscrowMove Opens);

/// <summary>Everything a person can do to an agreement on chain.</summary>
public enum EscrowMove
{
    Fund = 1,
    FundMore = 2,
    Submit = 3,
    Release = 4,
    Settle = 5,
    Refund = 6,
    Reclaim = 7,
    Extend = 8,
    AskToCancel = 9,
    Keep = 10,
    RequestChanges = 11,
    End = 12,
    Tip = 13,
    ReleaseMany = 14,
    MovePayout = 15,
    CancelPayoutMove = 16,
    Dispute = 17,
    Resolve = 18,

    /// <summary>Both sides close the current milestone at a share of the claim.</summary>
    Agree = 19,

    /// <summary>Both sides put other terms in the place of the present ones.</summary>
    Amend = 20,
    BurnNonce = 21,
    Withdraw = 22,
    SweepFees = 23,
}

/// <summary>What the chain says of one negotiation: the agreement it became, or that it can become none.</summary>
[GenerateSerializer, Immutable, Alias("escrow.NegotiationOnChain")]
public sealed record NegotiationOnChain
{
    public static readonly NegotiationOnChain Empty = new();

    [Id(0)] public AgreementOnChain? Agreement { get; init; }

    /// <summary>True when the talent burned the nonce: no offer can be funded any more.</summary>
    [Id(1)] public bool NonceBurned { get; init; }
}

/// <summary>What a party sees: the signed offer that stands off chain, and the chain's truth.</summary>
[GenerateSerializer, Immutable, Alias("escrow.AgreementView")]
public sealed record AgreementView
{
    [Id(0)] public required ulong ChainId { get; init; }
    [Id(1)] public required Hash32 Negotiation { get; init; }

    /// <summary>Does not change when nothing but finality advances: that is told by <see cref="Cursor"/>.</summary>
    [Id(2)] public required ViewVersion Version { get; init; }

    /// <summary>
    /// The latest signed terms that can still be funded; null once funded, when the nonce was burned, and when funding
    /// was seen without an offer here.
    /// </summary>
    [Id(3)] public SignedTerms? Offer { get; init; }
    [Id(4)] public AgreementOnChain? Chain { get; init; }

    /// <summary>Recent facts that rewinds took back, oldest first, at most <see cref="RetractionsMax"/>.</summary>
    [Id(5)] public ImmutableArray<Retraction> Retractions { get; init; } = [];

    /// <summary>The chain's cursor this view was folded at.</summary>
    [Id(6)] public required ChainCursor Cursor { get; init; }

    /// <summary>Where the agreement came from, or null when nobody said.</summary>
    [Id(7)] public AgreementContext? Context { get; init; }

    /// <summary>What either side consented to and the other has not taken up.</summary>
    [Id(8)] public ImmutableArray<ConsentView> Consents { get; init; } = [];

    public const int RetractionsMax = 64;
}

/// <summary>Where a negotiation stands, for the one who made its terms.</summary>
/// <param name="Agreement">{chain id}-{negotiation}, as in the agreement's name.</param>
/// <param name="Offer">EIP-712 hash of the signed terms that can be funded, null when none stand.</param>
/// <param name="Funded">EIP-712 hash of the terms that were funded, null while none are.</param>
[GenerateSerializer, Immutable, Alias("escrow.AgreementStanding")]
public sealed record AgreementStanding(
    [property: Id(0)] string Agreement, [property: Id(1)] Hash32? Offer, [property: Id(2)] Hash32? Funded,
    [property: Id(3)] AgreementPhase Phase);

/// <summary>What can become of signed terms that nobody has funded yet.</summary>
public enum FundingProspect
{
    /// <summary>They may be funded still, or it is not known yet.</summary>
    Open = 0,

    /// <summary>A final block holds the funding of the negotiation.</summary>
    Funded = 1,

    /// <summary>They never will be: past their last second, or the nonce is burned, by the final block.</summary>
    Over = 2,
}

/// <summary>A move that a party wants to make; prepared by the server, signed by a wallet.</summary>
/// <param name="Milestone">Index it concerns; for funding the first milestone to fund.</param>
/// <param name="Count">Milestones to fund (Fund, FundMore) or to pay (ReleaseMany).</param>
/// <param name="Sum">
/// Claim (Submit), pay (Release), tip (Tip) or the most that the court may take (Dispute: zero for what it asks now); base
/// units.
/// </param>
/// <param name="Evidence">Hash of the delivered work (Submit) or of what is asked for (RequestChanges).</param>
/// <param name="To">Where pay (MovePayout) or a credit (Withdraw) shall go.</param>
/// <param name="EmployerBps">Share of the claim that the employer's side would pay (Dispute), basis points.</param>
/// <param name="TalentBps">The talent's share of the claim (Agree), basis points.</param>
/// <param name="Next">The terms that take the place of the present ones (Amend).</param>
/// <param name="Permit">Instead of an approval (Fund, FundMore, Tip, Dispute); null when the escrow may take the money already.</param>
[GenerateSerializer, Immutable, Alias("escrow.MoveRequest")]
public sealed record MoveRequest(
    [property: Id(0)] EscrowMove Move,
    [property: Id(1)] int Milestone,
    [property: Id(2)] int Count = 0,
    [property: Id(3)] Amount Sum = default,
    [property: Id(4)] Hash32 Evidence = default,
    [property: Id(5)] Address To = default,
    [property: Id(6)] int EmployerBps = 0,
    [property: Id(7)] int TalentBps = 0,
    [property: Id(8)] Terms? Next = null,
    [property: Id(9)] PermitWord? Permit = null);

/// <summary>The wallet's signed allowance for the escrow (ERC-2612), which goes before a move that takes its money.</summary>
/// <param name="Value">Base units.</param>
/// <param name="Deadline">Last second, block time.</param>
[GenerateSerializer, Immutable, Alias("escrow.PermitWord")]
public sealed record PermitWord(
    [property: Id(0)] Amount Value, [property: Id(1)] ulong Deadline, [property: Id(2)] byte[] Signature);

/// <summary>
/// A transaction for a wallet to sign, with its meaning. When <paramref name="ApprovalNeeded"/> is set, the transaction is
/// that approval (and there are no effects): sign it, let it be included, then prepare the move again.
/// </summary>
/// <param name="Summary">One plain sentence.</param>
/// <param name="Effects">Balance changes that the simulated move causes.</param>
[GenerateSerializer, Immutable, Alias("escrow.PreparedMove")]
public sealed record PreparedMove(
    [property: Id(0)] ulong ChainId,
    [property: Id(1)] Address From,
    [property: Id(2)] Address To,
    [property: Id(3)] byte[] Data,
    [property: Id(4)] ulong GasLimit,
    [property: Id(5)] UInt128 MaxFeePerGas,
    [property: Id(6)] UInt128 MaxPriorityFeePerGas,
    [property: Id(7)] ulong Nonce,
    [property: Id(8)] string Summary,
    [property: Id(9)] ImmutableArray<BalanceEffect> Effects,
    [property: Id(10)] PreparedApproval? ApprovalNeeded)
{
    /// <summary>What an amendment changes; empty for any other move.</summary>
    [Id(11)] public ImmutableArray<TermsChange> Changes { get; init; } = [];

    /// <summary>What to sign instead of sending the approval; null when none is needed or the token has no permits.</summary>
    [Id(12)] public PreparedPermit? Permit { get; init; }
}

/// <param name="TypedDataJson">JSON for <c>eth_signTypedData_v4</c>.</param>
/// <param name="Deadline">Last second, block time.</param>
[GenerateSerializer, Immutable, Alias("escrow.PreparedPermit")]
public sealed record PreparedPermit(
    [property: Id(0)] string TypedDataJson, [property: Id(1)] Amount Value, [property: Id(2)] ulong Deadline);

/// <param name="Incoming">True when the holder receives, false when it pays.</param>
[GenerateSerializer, Immutable, Alias("escrow.BalanceEffect")]
public sealed record BalanceEffect(
    [property: Id(0)] Address Holder,
    [property: Id(1)] Address Token,
    [property: Id(2)] Amount Amount,
    [property: Id(3)] bool Incoming);

/// <summary>An ERC-20 approval that must be mined before the move can be: sign it first, then prepare again.</summary>
[GenerateSerializer, Immutable, Alias("escrow.PreparedApproval")]
public sealed record PreparedApproval(
    [property: Id(0)] Address Token,
    [property: Id(1)] Address Spender,
    [property: Id(2)] Amount Amount);
