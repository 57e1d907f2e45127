using Braintrust.Chain;

namespace Braintrust.Escrow;

/// <summary>
/// The law's refusals, told before anybody signs. They are the contract's own, in its order. Time is the one thing that
/// cannot be known: a window that has closed by the newest block's time stays closed, so TooLate is certain; TooEarly is
/// judged by the best guess of the next block's time and may turn out allowed a block later, never the other way round.
/// </summary>
public static partial class EscrowRules
{
    /// <summary>
    /// Whether terms may be offered: they are within the law's bounds, stand for this negotiation, replace only earlier
    /// ones of its chain of offers, and the nonce can still be funded. The signature is for the caller to check.
    /// </summary>
    public static Refusal? CheckOffer(
        SignedTerms? standing, NegotiationOnChain chain, Hash32 negotiation, Terms terms, ChainClock clock, WorkLaw law)
    {
        if (TermsRules.Validate(terms, clock, law) is { } invalid) return invalid;
        if (TermsHash.Negotiation(terms.Talent, terms.Nonce) != negotiation)
            return new Refusal(RefusalCode.InvalidArgument, "The terms name another negotiation.", "terms.nonce");
        if (NonceSpent(chain) is { } spent) return spent;
        if (standing is null || standing.Agreement == TermsHash.Of(terms, law.ChainId, law.Contract)) return null;
        return terms.Sequence > standing.Terms.Sequence
            ? null
            : new Refusal(RefusalCode.Conflict, "A later offer of this negotiation stands.", "terms.sequence");
    }

    /// <summary>The plan of a move, or what the contract would answer.</summary>
    /// <param name="offer">The signed offer that funding would take.</param>
    /// <param name="law">What first funding is held to; no other move reads it.</param>
    /// <param name="court">What the court of the terms says; only Dispute and Resolve read it.</param>
    /// <param name="till">What the contract keeps in the terms' token; only Withdraw and SweepFees read it.</param>
    public static Outcome<MovePlan> Check(
        SignedTerms? offer, NegotiationOnChain chain, Address wallet, MoveRequest request, ChainClock clock, WorkLaw? law,
        CourtWord? court = null, TillWord? till = null)
    {
        if (NotAParty(chain.Agreement?.Funded.Terms ?? offer?.Terms, wallet, request.Move) is { } stranger) return stranger;
        if (request.Move == EscrowMove.Fund) return Fund(offer, chain, request, clock, law);
        if (request.Move == EscrowMove.BurnNonce) return BurnNonce(offer, chain, request, law);
        if (chain.Agreement is not { } agreement)
            return new Refusal(RefusalCode.WrongState, "The agreement is not funded.");
        return request.Move switch
        {
            EscrowMove.FundMore => FundMore(agreement, request),
            EscrowMove.Submit => Submit(agreement, request, clock),
            EscrowMove.Extend => Extend(agreement, request, clock),
            EscrowMove.AskToCancel => AskToCancel(agreement, request, clock),
            EscrowMove.Keep => Keep(agreement, request, clock),
            EscrowMove.RequestChanges => RequestChanges(agreement, request, clock),
            EscrowMove.Dispute => Dispute(agreement, request, clock, court),
            EscrowMove.Withdraw => Withdraw(agreement, request, till),
            EscrowMove.SweepFees => SweepFees(agreement, till),
            _ => Closing(agreement, wallet, request, clock, court) ?? Change(agreement, wallet, request, clock)
                ?? new Refusal(RefusalCode.InvalidArgument, "There is no such move.", "move"),
        };
    }

    private static Outcome<MovePlan> Fund(
        SignedTerms? offer, NegotiationOnChain chain, MoveRequest request, ChainClock clock, WorkLaw? law)
    {
        if (offer is not { Terms: var terms })
            return NonceSpent(chain) ?? new Refusal(RefusalCode.WrongState, "No signed offer stands.");
        if (law is null) return new Refusal(RefusalCode.ChainMismatch, "No escrow contract is registered on this chain.");
        if (offer.Agreement != TermsHash.Of(terms, law.ChainId, law.Contract))
            return new Refusal(RefusalCode.WrongState, "The offer was signed for an earlier contract: offer it again.");
        if (!law.Funding.Accepted(out _, out var outdated)) return outdated;
        if (terms.ValidUntil < clock.Head.Seconds)
            return new Refusal(RefusalCode.TooLate, $"The offer expired at {new BlockTime(terms.ValidUntil)}.");
        if (TermsRules.Validate(terms, clock, law) is { } invalid) return invalid;
        if (NonceSpent(chain) is { } spent) return spent;
        return Funding(EscrowMove.Fund, law.Contract, terms, 0, request);
    }

    private static Outcome<MovePlan> FundMore(AgreementOnChain agreement, MoveRequest request)
    {
        var terms = agreement.Funded.Terms;
        if (agreement.Phase == AgreementPhase.Ended) return WrongPhase(agreement);
        if (agreement.Ending) return Ending;
        return Funding(EscrowMove.FundMore, agreement.Contract, terms, agreement.MilestonesFunded, request);
    }

    private static Outcome<MovePlan> Funding(
        EscrowMove move, Address contract, Terms terms, int first, MoveRequest request)
    {
        if (request.Milestone != first) return WrongMilestone($"The next milestone to fund is index {first}.");
        if (request.Count < 1 || request.Count > terms.Amounts.Length - first)
            return new Refusal(
                RefusalCode.InvalidArgument, $"{Words.Count((UInt128)(terms.Amounts.Length - first), "milestone")} can be funded still.", "count");
        return new MovePlan(
            move, contract, terms, first, request.Count, default, default, Fees.Price(terms, first, request.Count));
    }

    private static MovePlan Plan(
        AgreementOnChain agreement, MoveRequest request, ChainClock clock, Amount sum = default, int count = 1) => new(
        request.Move, agreement.Contract, agreement.Funded.Terms, agreement.Milestone, count, sum, request.Evidence, default)
        {
            Payout = agreement.PayoutAt(clock.Next), To = request.To, EmployerBps = request.EmployerBps,
        };

    /// <summary>Null when the request names the current milestone, and that is in the phase.</summary>
    private static Refusal? In(AgreementPhase phase, AgreementOnChain agreement, MoveRequest request) =>
        Current(agreement, request) ?? (agreement.Phase == phase ? null : WrongPhase(agreement));

    private static Refusal? Current(AgreementOnChain agreement, MoveRequest request) =>
        agreement.IsOpen ? Named(agreement, request) : WrongPhase(agreement);

    private static Refusal? Named(AgreementOnChain agreement, MoveRequest request) =>
        request.Milestone == agreement.Milestone
            ? null
            : WrongMilestone($"The current milestone is index {agreement.Milestone}.");

    private static Refusal? ClosedAfter(BlockTime second, ChainClock clock, string what) =>
        clock.Head > second ? new Refusal(RefusalCode.TooLate, $"{what} ended at {second}.") : null;

    private static Refusal? OpensAfter(BlockTime second, ChainClock clock) =>
        clock.Next > second
            ? null
            : new Refusal(RefusalCode.TooEarly, $"This opens after {second}.");

    private static Refusal? NonceSpent(NegotiationOnChain chain) =>
        chain.Agreement is not null ? new Refusal(RefusalCode.WrongState, "The negotiation is already funded.")
        : chain.NonceBurned ? new Refusal(RefusalCode.WrongState, "The talent withdrew every offer of this negotiation.")
        : null;

    private static Refusal? NotAParty(Terms? terms, Address wallet, EscrowMove move)
    {
        (string Party, Address? Wallet) only = move switch
        {
            EscrowMove.Fund or EscrowMove.FundMore or EscrowMove.AskToCancel or EscrowMove.Tip => ("employer", terms?.Employer),
            EscrowMove.Submit or EscrowMove.Refund or EscrowMove.Keep or EscrowMove.MovePayout => ("talent", terms?.Talent),
            EscrowMove.Release or EscrowMove.ReleaseMany or EscrowMove.RequestChanges or EscrowMove.Dispute =>
                ("manager", terms?.Manager),
            EscrowMove.Agree or EscrowMove.Amend when wallet != terms?.Employer => ("talent", terms?.Talent),
            EscrowMove.BurnNonce => ("talent", terms?.Talent),
            // The manager may as well.
            EscrowMove.Extend when wallet != terms?.Manager => ("employer", terms?.Employer),
            _ => ("", null),
        };
        return only.Wallet is { } party && party != wallet
            ? NotAllowed($"Only the {only.Party}'s wallet can do this.")
            : null;
    }

    private static Refusal NotAllowed(string message) => new(RefusalCode.NotAParty, message, "wallet");

    private static Refusal WrongPhase(AgreementOnChain agreement) => new(RefusalCode.WrongState, agreement.Phase switch
    {
        AgreementPhase.Idle => "Nothing is funded at the moment.",
        AgreementPhase.Funded => "The current milestone is not delivered yet.",
        AgreementPhase.Submitted => "The current milestone is already delivered.",
        AgreementPhase.Disputed => "The current milestone is disputed.",
        _ => "The agreement has ended.",
    });

    private static Refusal Ending { get; } = new(RefusalCode.WrongState, "The agreement ends with its current milestone.");

    private static Refusal WrongMilestone(string message) => new(RefusalCode.WrongState, message, "milestone_index");

    private static Refusal OutOfRange(Amount min, Amount max) =>
        new(RefusalCode.InvalidArgument, $"The sum must be {min} to {max}.", "sum");
}
