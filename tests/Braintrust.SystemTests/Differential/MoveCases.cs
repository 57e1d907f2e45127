using System.Numerics;
using Braintrust.Chain;
using Braintrust.Escrow;
using Law = Braintrust.Chain.Contracts.WorkAgreementsContract;

namespace Braintrust.Differential;

/// <summary>
/// Any move by anybody in any state at the decisive seconds: both allow it or both refuse it for the same reason. Where it
/// is allowed, C#'s balance changes are those of the token, and the fold of the event gives the word in the slot.
/// </summary>
internal static class MoveCases
{
    /// <summary>All but those with kinds of their own.</summary>
    private static readonly EscrowMove[] Moves =
    [
        .. Enum.GetValues<EscrowMove>().Except(
            [EscrowMove.Fund, EscrowMove.Agree, EscrowMove.Amend, EscrowMove.BurnNonce, EscrowMove.Withdraw, EscrowMove.SweepFees]),
    ];

    public static Kind Kind { get; } = new("moves", Make) { Sorts = [.. Moves.Select(move => move.ToString())] };

    private static Case Make(Dice dice, Stage stage)
    {
        var terms = Agreements.Terms(dice, stage);
        var agreement = Agreements.Standing(dice, stage, terms);
        var request = Request(dice, stage, agreement);
        var wallet = dice.OneIn(4) ? dice.Of(stage.Node.Parties) : Rightful(dice, stage, terms, request.Move);
        var (court, ruling) = Court(dice, agreement);
        return Of(stage, agreement, request, wallet, court, ruling);
    }

    /// <summary>One move as both see it.</summary>
    /// <param name="ruling">What the court's storage says of the current case.</param>
    public static Case Of(
        Stage stage, AgreementOnChain agreement, MoveRequest request, Address wallet, CourtWord? court = null, BigInteger ruling = default)
    {
        var (terms, now) = (agreement.Funded.Terms, new BlockTime(stage.Now));
        var answer = EscrowRules.Check(
            null, new NegotiationOnChain { Agreement = agreement }, wallet, request, new ChainClock(now, now), null, court);
        var expected = answer.Accepted(out var plan, out var refusal) ? Outcome(stage, agreement, plan) : refusal.Code.ToString();
        var asked = plan ?? new MovePlan(
            request.Move, agreement.Contract, terms, request.Milestone, request.Count, request.Sum, request.Evidence, default)
            {
                To = request.To, EmployerBps = request.EmployerBps, TalentBps = request.TalentBps, Next = request.Next,
            };
        if (asked.TakesBoth) asked = asked with { Consent = Consented(stage, agreement, asked, wallet) };
        var question = Question(stage, agreement, Name(stage, agreement, asked), wallet, EscrowCalls.Encode(asked, []));
        var ruled = (stage.Node.Court, Agreements.CaseOf(stage, terms, agreement.Milestone), ProbeNode.Word(ruling));
        return new Case(
            () => $"{request} by {wallet} {Text(stage, agreement)} and {court}", question with { Storage = [.. question.Storage, ruled] },
            expected, Told)
        { Sort = request.Move.ToString() };
    }

    /// <summary>The other side signed the same, good for this very second: a probe signs the digest that C# computes, or nothing.</summary>
    private static Consent Consented(Stage stage, AgreementOnChain agreement, MovePlan plan, Address wallet)
    {
        var (terms, digest) = (agreement.Funded.Terms, SignedForms.Digest(stage, agreement, plan, stage.Now));
        return new Consent(
            plan.Move, wallet == terms.Employer ? terms.Talent : terms.Employer, plan.Milestone, plan.TalentBps, plan.Next,
            StateSlot.Of(agreement).Word(), stage.Now, digest.ToBytes(), digest, default, agreement.Funded.Agreement);
    }

    /// <summary>What the agreement is called once the plan is carried out.</summary>
    private static Hash32 Name(Stage stage, AgreementOnChain agreement, MovePlan plan) =>
        plan is { Move: EscrowMove.Amend, Next: { } next } ? TermsHash.Of(next, stage.Node.ChainId, stage.Node.Escrow) : agreement.Funded.Agreement;

    private static Question Question(Stage stage, AgreementOnChain agreement, Hash32 name, Address wallet, byte[] call) =>
        new(wallet, stage.Node.Escrow, call)
        {
            Reads = Reads(stage, name, agreement.Funded.Terms), Storage = Agreements.Stored(agreement),
        };

    private static string Text(Stage stage, AgreementOnChain agreement) =>
        $"at {stage.Now} in {StateSlot.Of(agreement)} of {Agreements.Text(agreement.Funded.Terms)} with {agreement.PayoutMove}";

    private static MoveRequest Request(Dice dice, Stage stage, AgreementOnChain agreement)
    {
        var move = dice.Of(Fitting(dice, agreement));
        var amount = agreement.Current?.Amount.Units ?? 1;
        var claimed = agreement.Current?.Claimed.Units ?? 0;
        var milestone = move == EscrowMove.FundMore ? agreement.MilestonesFunded : agreement.Milestone;
        var sum = dice.Even(0, 3) switch
        {
            0 => claimed + (UInt128)dice.Even(0, 1),
            1 => amount + (UInt128)dice.Even(0, 1),
            _ => dice.Sum(0, amount),
        };
        if (move == EscrowMove.Tip) sum = dice.Sum(0, UInt128.MaxValue / 2);
        if (move == EscrowMove.Dispute) sum = (Agreements.Quote(agreement.Funded.Terms).Cost?.Units ?? 0) is var cost && dice.OneIn(2) ? cost : dice.Sum(0, UInt128.MaxValue);
        return new MoveRequest(
            move, dice.OneIn(8) && move != EscrowMove.FundMore ? dice.Even(0, 33) : milestone, dice.Even(0, 4), new Amount(sum), dice.Hash(),
            dice.OneIn(4) ? dice.Of(default, stage.Node.Token, stage.Node.Escrow) : dice.Of(stage.Node.Parties),
            dice.Even(0, 9) == 0 ? 10_001 : dice.Share(10_000));
    }

    /// <summary>Half of the time what the phase knows, else anything.</summary>
    private static IReadOnlyList<EscrowMove> Fitting(Dice dice, AgreementOnChain agreement) => dice.OneIn(2) ? Moves : agreement.Phase switch
    {
        AgreementPhase.Funded => [EscrowMove.Submit, EscrowMove.Extend, EscrowMove.AskToCancel, EscrowMove.Keep, EscrowMove.Reclaim, EscrowMove.Release, EscrowMove.ReleaseMany],
        AgreementPhase.Submitted => [EscrowMove.RequestChanges, EscrowMove.Settle, EscrowMove.Dispute, EscrowMove.Release, EscrowMove.Refund],
        AgreementPhase.Disputed => [EscrowMove.Resolve, EscrowMove.Resolve, EscrowMove.Release, EscrowMove.End],
        _ => Moves,
    };

    private static Address Rightful(Dice dice, Stage stage, Terms terms, EscrowMove move) => move switch
    {
        EscrowMove.FundMore or EscrowMove.AskToCancel or EscrowMove.Tip => terms.Employer,
        EscrowMove.Submit or EscrowMove.Refund or EscrowMove.Keep or EscrowMove.MovePayout => terms.Talent,
        EscrowMove.Release or EscrowMove.ReleaseMany or EscrowMove.RequestChanges or EscrowMove.Dispute => terms.Manager,
        EscrowMove.Extend or EscrowMove.Reclaim => dice.Of(terms.Employer, terms.Manager, dice.Of(stage.Node.Parties)),
        _ => dice.Of(terms.Talent, terms.Employer, terms.Payout, dice.Of(stage.Node.Parties)),
    };

    private static (CourtWord? Word, BigInteger Stored) Court(Dice dice, AgreementOnChain agreement)
    {
        if (agreement.Funded.Terms.Court.IsZero) return (null, 0);
        var quote = Agreements.Quote(agreement.Funded.Terms);
        if (dice.OneIn(2)) return (quote, 0);
        var (isFinal, bps) = (!dice.OneIn(3), dice.OneIn(6) ? dice.Even(10_000, 65_535) : dice.Share(10_000));
        return (quote with { TalentBps = isFinal && bps <= 10_000 ? bps : null }, bps | (isFinal ? 1 << 16 : 0));
    }

    // ------------------------------------------------------------------------------------------------- C#

    /// <summary>The agreement after the move: the fold of what the contract says when it happens.</summary>
    private static AgreementOnChain Then(Stage stage, AgreementOnChain agreement, MovePlan plan)
    {
        var place = new FactPlace(1, agreement.Contract, Agreements.Seen(stage.Now), 0);
        return Happened.Of(agreement, plan, stage.Now, Name(stage, agreement, plan))
            .Aggregate(new NegotiationOnChain { Agreement = agreement }, (view, one) => EscrowFold.Apply(view, one, place))
            .Agreement!;
    }

    private static IEnumerable<BigInteger> Moved(Stage stage, MovePlan plan)
    {
        var effects = plan.Effects();
        return Watched(stage).Select(holder => effects.Where(effect => effect.Holder == holder)
            .Aggregate(BigInteger.Zero, (sum, effect) => effect.Incoming ? sum + effect.Amount.Units : sum - effect.Amount.Units));
    }

    private static string Outcome(Stage stage, AgreementOnChain before, MovePlan plan) =>
        Outcome(stage, plan, Then(stage, before, plan));

    /// <summary>What C# says of a move that is allowed.</summary>
    public static string Outcome(Stage stage, MovePlan plan, AgreementOnChain after)
    {
        var kept = Happened.FeesOf(plan);
        var shared = kept.Aggregate(BigInteger.Zero, (sum, fee) => sum + Fees.OriginShare(fee, plan.Terms.OriginBps).Units);
        var fees = kept.Aggregate(BigInteger.Zero, (sum, fee) => sum + fee.Units) - shared;
        return $"word {StateSlot.Of(after).Word()} moved {string.Join(',', Moved(stage, plan))} shared {shared} fees {fees}";
    }

    // ------------------------------------------------------------------------------------------------- the contract

    private static Address[] Watched(Stage stage) => [stage.Node.Escrow, stage.Node.Court, .. stage.Node.Parties];

    /// <summary>What shows where a move left everything.</summary>
    public static IReadOnlyList<(Address, byte[])> Reads(Stage stage, Hash32 agreement, Terms terms) =>
    [
        (stage.Node.Escrow, Law.StateWord.Encode(agreement)),
        (stage.Node.Token, AbiCodec.EncodeCall("movedOf(address[])", [Watched(stage).Cast<object>().ToArray()])),
        (stage.Node.Escrow, Law.CreditOf.Encode(terms.Origin, terms.Token)),
        (stage.Node.Escrow, Law.FeesOf.Encode(terms.Token)),
    ];

    /// <summary>What the contract says of a move.</summary>
    public static string Told(Seen seen)
    {
        if (!seen.Done) return Reverts.Of(seen.Answer);
        var moved = (object[])AbiCodec.Decode([AbiType.Parse("int256[]")], seen.Answers[1])[0];
        return $"word {new Hash32(seen.Answers[0])} moved {string.Join(',', moved)} "
            + $"shared {ProbeNode.Number(seen.Answers[2].AsSpan(0, 32))} fees {ProbeNode.Number(seen.Answers[3].AsSpan(0, 32))}";
    }
}
