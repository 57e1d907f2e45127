using System.Collections.Immutable;
using Braintrust.Chain;
using Orleans;

namespace Braintrust.Disputes;

/// <summary>What a case is about: as <c>IPanelCourt.Opening</c>.</summary>
/// <param name="Arbitrable">The contract that holds the disputed money and asked for the ruling.</param>
/// <param name="Rules">Number of the court's rule set.</param>
/// <param name="Sum">What the dispute is about, base units of the token.</param>
/// <param name="Cost">What the employer's side paid for it, base units: a deposit.</param>
/// <param name="EmployerBps">Share of the sum that the employer's side would pay the talent, basis points.</param>
[GenerateSerializer, Immutable, Alias("disputes.Opening")]
public sealed record Opening(
    [property: Id(0)] Address Arbitrable, [property: Id(1)] Hash32 Negotiation, [property: Id(2)] int Milestone,
    [property: Id(3)] uint Rules, [property: Id(4)] Address Token, [property: Id(5)] Amount Sum,
    [property: Id(6)] Amount Cost, [property: Id(7)] int EmployerBps);

/// <summary>What the PanelCourt contract said in one log. The list is closed. Ratios are basis points, the talent's share.</summary>
public abstract record DisputeEvent
{
    private DisputeEvent() { }

    /// <summary>An event of one case.</summary>
    public abstract record OfCase(Hash32 CaseId) : DisputeEvent;

    public sealed record CaseOpened(Hash32 CaseId, Address EmployerSide, Address Talent, Opening Opening) : OfCase(CaseId);

    /// <summary>The talent named its ratio; another one may follow until its deposit is paid.</summary>
    public sealed record ResponseNamed(Hash32 CaseId, Address Talent, int TalentBps) : OfCase(CaseId);

    /// <param name="Payer">Who paid the talent's deposit, and gets what comes back of it.</param>
    public sealed record ResponsePaid(Hash32 CaseId, Address Payer, Amount Sum) : OfCase(CaseId);

    public sealed record Conceded(Hash32 CaseId, Address Talent, int TalentBps) : OfCase(CaseId);

    /// <param name="Round">First panel 0, its redraw 1, appeal 2, its redraw 3.</param>
    /// <param name="Ticket">Place in the pool's row of draws.</param>
    public sealed record DrawQueued(Hash32 CaseId, Address Arbitrable, int Round, uint Ticket) : OfCase(CaseId);

    /// <summary>A panel sits; its seats are in this order.</summary>
    public sealed record PanelDrawn(Hash32 CaseId, Address Arbitrable, int Round, ImmutableArray<Address> Arbiters)
        : OfCase(CaseId);

    /// <summary>The draw seated nobody: too few arbiters were free, it came after its window, or the case was over.</summary>
    public sealed record PanelMissing(Hash32 CaseId, Address Arbitrable, int Round) : OfCase(CaseId);

    public sealed record VoteCommitted(Hash32 CaseId, Address Arbiter, int Round, Hash32 Commitment) : OfCase(CaseId);

    public sealed record VoteRevealed(Hash32 CaseId, Address Arbiter, int Round, int TalentBps) : OfCase(CaseId);

    /// <param name="TalentBps">The ruling that is appealed against.</param>
    public sealed record Appealed(Hash32 CaseId, Address Appellant, int TalentBps, Amount Sum) : OfCase(CaseId);

    /// <param name="Ruled">False when no ruling came: then the ratio is 0.</param>
    public sealed record CaseConcluded(
        Hash32 CaseId, Address EmployerSide, Address Talent, bool Ruled, int TalentBps, Bill Bill) : OfCase(CaseId);

    /// <param name="Fee">Credited to the arbiter in the case's token.</param>
    /// <param name="Reward">Credited to the arbiter in BTRST.</param>
    public sealed record SeatSettled(
        Hash32 CaseId, Address Arbiter, int Round, bool Forfeited, Amount Fee, Amount Reward) : OfCase(CaseId);

    /// <summary>A sum waits for its party.</summary>
    /// <param name="CaseId">Zero when a returned bond could not be sent.</param>
    public sealed record Credited(Address Party, Address Token, Hash32 CaseId, Amount Sum) : OfCase(CaseId);

    /// <summary>The hash of <paramref name="SeedBlock"/> decides the draws up to <paramref name="LastTicket"/>.</summary>
    public sealed record SeedFixed(Address Arbitrable, ulong SeedBlock, uint LastTicket) : DisputeEvent;

    public sealed record Enlisted(Address Arbitrable, Address Arbiter, uint Seats) : DisputeEvent;

    /// <param name="AvailableAt">The bond of all seats that are leaving can be taken after this second.</param>
    public sealed record Retired(Address Arbitrable, Address Arbiter, uint Seats, BlockTime AvailableAt) : DisputeEvent;

    public sealed record BondReturned(Address Arbitrable, Address Arbiter, uint Seats) : DisputeEvent;

    public sealed record CreditWithdrawn(Address Party, Address Token, Address To, Amount Sum) : DisputeEvent;

    /// <summary>
    /// An event whose numbers leave what sums and milestones can be. Any contract may open cases about any token, so this can
    /// be written; it is kept, and the case is not followed.
    /// </summary>
    /// <param name="CaseId">Null for a withdrawal.</param>
    public sealed record Oversized(Hash32? CaseId) : DisputeEvent;
}
