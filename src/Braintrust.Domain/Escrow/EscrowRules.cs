using Braintrust.Chain;

namespace Braintrust.Escrow;

/// <summary>
/// The law's refusals, told before anybody signs. They are the contract's own, in its order. Time is the one thing that
/// cannot be known: a window that has closed by the newest block's time stays closed, so TooLate is certain; TooEarly is
/// judged by the best guess of the next block's time and may turn out allowed a block later, never the other way round.
/// </summary>
public static class EscrowRules
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
    public static Outcome<MovePlan> Check(
        SignedTerms? offer, NegotiationOnChain chain, Address wallet, MoveRequest request, ChainClock clock, WorkLaw? law)
    {
        if (NotAParty(chain.Agreement?.Funded.Terms ?? offer?.Terms, wallet, request.Move) is { } stranger) return stranger;
        if (request.Move == EscrowMove.Fund) return Fund(offer, chain, request, clock, law);
        if (chain.Agreement is not { } agreement)
            return new Refusal(RefusalCode.WrongState, "The agreement is not funded.");
        return request.Move switch
        {
            EscrowMove.FundMore => FundMore(agreement, request),
            EscrowMove.Submit => Submit(agreement, request, clock),
            EscrowMove.Release => Release(agreement, request),
            EscrowMove.Settle => Settle(agreement, request, clock),
            EscrowMove.Refund => Refund(agreement, request),
            EscrowMove.Reclaim => Reclaim(agreement, wallet, request, clock),
            _ => new Refusal(RefusalCode.InvalidArgument, "There is no such move.", "move"),
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
        return Funding(EscrowMove.FundMore, agreement.Contract, terms, agreement.MilestonesFunded, request);
    }

    private static Outcome<MovePlan> Funding(
        EscrowMove move, Address contract, Terms terms, int first, MoveRequest request)
    {
        if (request.Milestone != first) return WrongMilestone($"The next milestone to fund is index {first}.");
        if (request.Count < 1 || request.Count > terms.Amounts.Length - first)
            return new Refusal(
                RefusalCode.InvalidArgument, $"There are {terms.Amounts.Length - first} milestones left to fund.", "count");
        return new MovePlan(
            move, contract, terms, first, request.Count, default, default, Fees.Price(terms, first, request.Count));
    }

    private static Outcome<MovePlan> Submit(AgreementOnChain agreement, MoveRequest request, ChainClock clock)
    {
        if (Current(agreement, request) is { } not) return not;
        if (agreement.Phase != AgreementPhase.Funded) return WrongPhase(agreement);
        var end = Deadlines.WorkEnds(agreement);
        if (clock.Head > end)
            return new Refusal(RefusalCode.TooLate, $"The work time ended at {end}.");
        var amount = agreement.Funded.Terms.Amounts[agreement.Milestone];
        var claimed = request.Sum.IsZero ? amount : request.Sum;
        return claimed > amount ? OutOfRange(new Amount(1), amount) : Plan(agreement, request, claimed);
    }

    private static Outcome<MovePlan> Release(AgreementOnChain agreement, MoveRequest request)
    {
        if (Current(agreement, request) is { } not) return not;
        var milestone = agreement.Milestones[agreement.Milestone];
        var submitted = agreement.Phase == AgreementPhase.Submitted;
        var least = submitted ? milestone.Claimed : new Amount(1);
        var pay = !request.Sum.IsZero ? request.Sum : submitted ? milestone.Claimed : milestone.Amount;
        return pay < least || pay > milestone.Amount
            ? OutOfRange(least, milestone.Amount)
            : Plan(agreement, request, pay);
    }

    private static Outcome<MovePlan> Settle(AgreementOnChain agreement, MoveRequest request, ChainClock clock)
    {
        if (Current(agreement, request) is { } not) return not;
        if (agreement.Phase != AgreementPhase.Submitted) return WrongPhase(agreement);
        return OpensAfter(Deadlines.ReviewEnds(agreement), clock) is { } early
            ? early
            : Plan(agreement, request, agreement.Milestones[agreement.Milestone].Claimed);
    }

    private static Outcome<MovePlan> Refund(AgreementOnChain agreement, MoveRequest request) =>
        Current(agreement, request) is { } not ? not : Plan(agreement, request, Amount.Zero);

    private static Outcome<MovePlan> Reclaim(
        AgreementOnChain agreement, Address wallet, MoveRequest request, ChainClock clock)
    {
        if (Current(agreement, request) is { } not) return not;
        if (agreement.Phase != AgreementPhase.Funded) return WrongPhase(agreement);
        var terms = agreement.Funded.Terms;
        var grace = wallet == terms.Employer ? 0 : terms.ReviewWindow;
        return OpensAfter(Deadlines.WorkEnds(agreement).After(grace), clock) is { } early
            ? early
            : Plan(agreement, request, Amount.Zero, agreement.MilestonesFunded - agreement.Milestone);
    }

    private static MovePlan Plan(AgreementOnChain agreement, MoveRequest request, Amount sum, int count = 1) => new(
        request.Move, agreement.Contract, agreement.Funded.Terms, agreement.Milestone, count, sum, request.Evidence, default);

    private static Refusal? Current(AgreementOnChain agreement, MoveRequest request) =>
        agreement.Phase is not (AgreementPhase.Funded or AgreementPhase.Submitted) ? WrongPhase(agreement)
        : request.Milestone != agreement.Milestone
            ? WrongMilestone($"The current milestone is index {agreement.Milestone}.")
            : null;

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
            EscrowMove.Fund or EscrowMove.FundMore => ("employer", terms?.Employer),
            EscrowMove.Submit or EscrowMove.Refund => ("talent", terms?.Talent),
            EscrowMove.Release => ("manager", terms?.Manager),
            _ => ("", null),
        };
        return only.Wallet is { } party && party != wallet
            ? new Refusal(RefusalCode.NotAParty, $"Only the {only.Party}'s wallet can do this.", "wallet")
            : null;
    }

    private static Refusal WrongPhase(AgreementOnChain agreement) => new(RefusalCode.WrongState, agreement.Phase switch
    {
        AgreementPhase.Idle => "Nothing is funded at the moment.",
        AgreementPhase.Funded => "The current milestone is not delivered yet.",
        AgreementPhase.Submitted => "The current milestone is already delivered.",
        _ => "The agreement has ended.",
    });

    private static Refusal WrongMilestone(string message) => new(RefusalCode.WrongState, message, "milestone_index");

    private static Refusal OutOfRange(Amount min, Amount max) =>
        new(RefusalCode.InvalidArgument, $"The sum must be {min} to {max}.", "sum");
}
