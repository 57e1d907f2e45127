using System.Numerics;
using Braintrust.Chain;
using Braintrust.Escrow;
using Law = Braintrust.Chain.Contracts.WorkAgreementsContract;

namespace Braintrust.Differential;

/// <summary>
/// What no milestone decides on: credits that their party takes, kept fees that anyone sweeps, nonces that their talent gives up.
/// All cases of a page share one storage, so what is kept in a token, for whom, hangs on the page's second.
/// </summary>
internal static class TillCases
{
    private const int FeesSlot = 3;

    public static Kind Withdrawals { get; } = new("withdrawals", Withdraw) { Sorts = [nameof(EscrowMove.Withdraw)] };

    public static Kind Sweeps { get; } = new("sweeps", Sweep) { Sorts = [nameof(EscrowMove.SweepFees)] };

    public static Kind Nonces { get; } = new("burnt nonces", Burn) { Sorts = [nameof(EscrowMove.BurnNonce)] };

    private static Case Withdraw(Dice dice, Stage stage)
    {
        var (agreement, wallet) = (Standing(dice, stage), dice.Of(stage.Node.Parties));
        var token = agreement.Funded.Terms.Token;
        var to = dice.OneIn(4) ? dice.Of(default, token, stage.Node.Escrow) : dice.OneIn(2) ? wallet : dice.Of(Holders(stage));
        var page = OfPage(stage, $"credit {wallet} {token}");
        var till = new TillWord(Kept(page), page.Big(ulong.MaxValue - 1), default);
        var request = new MoveRequest(EscrowMove.Withdraw, agreement.Milestone, To: to);
        var question = new Question(wallet, stage.Node.Escrow, Law.Withdraw.Encode(token, to))
        {
            Reads = [(stage.Node.Escrow, Law.CreditOf.Encode(wallet, token)), Moved(stage, token)],
            Storage = [(stage.Node.Escrow, SignedForms.CreditOf(wallet, token), ProbeNode.Word(till.Sum.Units | till.Withdrawals << 192))],
        };
        return Of(stage, agreement, request, wallet, till, question, plan =>
        {
            var log = new Law.CreditWithdrawnEvent(wallet, token, plan.To, plan.Sum.Units).Encode();
            var change = CreditChange.Of(EscrowFacts.TryRead(log.Topics, log.Data)!.Value.Event)!;
            var left = new ListedCredit(stage.Node.ChainId, stage.Node.Escrow, wallet, token) { Amount = till.Sum }.After(change, At(stage));
            return $"{left.Amount},{plan.Withdrawals + 1} moved {Sums(stage, plan)}";
        });
    }

    private static Case Sweep(Dice dice, Stage stage)
    {
        var (agreement, wallet) = (Standing(dice, stage), dice.Of(stage.Node.Parties));
        var token = agreement.Funded.Terms.Token;
        var page = OfPage(stage, "receiver");
        var receiver = page.OneIn(4) ? page.Of(default, stage.Node.Token, stage.Node.Escrow) : page.Of(Holders(stage));
        page = OfPage(stage, $"fees {token}");
        var (kept, last) = (Kept(page), page.Big((BigInteger.One << 40) - 1));
        var word = kept.Units | last << 176 | page.Big(last) << 216;
        var question = new Question(wallet, stage.Node.Escrow, Law.SweepFees.Encode(token))
        {
            Reads = [(stage.Node.Escrow, Law.FeesOf.Encode(token)), Moved(stage, token)],
            Storage =
            [
                (stage.Node.Escrow, ProbeNode.SlotOf(ProbeNode.Word(token), ProbeNode.Word(FeesSlot)), ProbeNode.Word(word)),
                (stage.Node.Policy, default, ProbeNode.Word(receiver)),
            ],
        };
        var asked = Of(
            stage, agreement, new MoveRequest(EscrowMove.SweepFees, agreement.Milestone), wallet, new TillWord(kept, 0, receiver), question,
            plan => $"0,{last} moved {Sums(stage, plan)}");
        // The receiver is nobody's argument here: it is the state that is wrong.
        return asked with { Told = seen => asked.Told(seen).Replace(nameof(RefusalCode.InvalidArgument), nameof(RefusalCode.WrongState), StringComparison.Ordinal) };
    }

    /// <summary>Anybody can burn a nonce, but only one of their own: the talent's is spent by the talent alone.</summary>
    private static Case Burn(Dice dice, Stage stage)
    {
        var terms = Agreements.Terms(dice, stage);
        var (wallet, spent) = (dice.OneIn(4) ? dice.Of(stage.Node.Parties) : terms.Talent, dice.OneIn(3));
        var agreement = TermsHash.Of(terms, stage.Node.ChainId, stage.Node.Escrow);
        var before = !spent ? NegotiationOnChain.Empty : dice.OneIn(2) ? new() { NonceBurned = true } : new()
        {
            Agreement = Agreements.Standing(dice, stage, terms),
        };
        var now = new BlockTime(stage.Now);
        var answer = EscrowRules.Check(
            new SignedTerms(terms, agreement, []), before, wallet, new MoveRequest(EscrowMove.BurnNonce, 0), new ChainClock(now, now),
            new WorkLaw(stage.Node.ChainId, stage.Node.Escrow, new Refusal(RefusalCode.PolicyVersionExpired, "")));
        var log = new Law.NonceBurnedEvent(TermsHash.Negotiation(terms.Talent, terms.Nonce), terms.Talent, terms.Nonce).Encode();
        var after = EscrowFold.Apply(before, EscrowFacts.TryRead(log.Topics, log.Data)!.Value.Event, At(stage));
        var question = new Question(wallet, stage.Node.Escrow, Law.BurnNonce.Encode(terms.Nonce))
        {
            Reads = [(stage.Node.Escrow, Law.IsNonceSpent.Encode(terms.Talent, terms.Nonce))],
            Storage = [TermsCases.Nonce(stage, terms, spent)],
        };
        return new Case(
            () => $"burn by {wallet}, spent {spent}: {Agreements.Text(terms)}", question,
            answer.Accepted(out _, out var refusal) ? $"spent {after.NonceBurned}" : refusal.Code.ToString(),
            seen => !seen.Done ? Reverts.Of(seen.Answer)
                : wallet != terms.Talent && (ProbeNode.Number(seen.Answers[0]) == 1) == spent ? nameof(RefusalCode.NotAParty)
                : $"spent {ProbeNode.Number(seen.Answers[0]) == 1}")
        { Sort = nameof(EscrowMove.BurnNonce) };
    }

    private static Case Of(
        Stage stage, AgreementOnChain agreement, MoveRequest request, Address wallet, TillWord till, Question question,
        Func<MovePlan, string> done)
    {
        var now = new BlockTime(stage.Now);
        var answer = EscrowRules.Check(
            null, new NegotiationOnChain { Agreement = agreement }, wallet, request, new ChainClock(now, now), null, till: till);
        return new Case(
            () => $"{request} by {wallet} with {till} of {Agreements.Text(agreement.Funded.Terms)}", question,
            answer.Accepted(out var plan, out var refusal) ? $"kept {done(plan)}" : refusal.Code.ToString(), Told)
        { Sort = request.Move.ToString() };
    }

    private static string Told(Seen seen)
    {
        if (!seen.Done) return Reverts.Of(seen.Answer);
        var moved = (object[])AbiCodec.Decode([AbiType.Parse("int256[]")], seen.Answers[1])[0];
        return $"kept {ProbeNode.Number(seen.Answers[0].AsSpan(0, 32))},{ProbeNode.Number(seen.Answers[0].AsSpan(32, 32))} "
            + $"moved {string.Join(',', moved)}";
    }

    /// <summary>An agreement in any state, in one of the tokens that all of them are.</summary>
    private static AgreementOnChain Standing(Dice dice, Stage stage) =>
        Agreements.Standing(dice, stage, Agreements.Terms(dice, stage) with { Token = dice.Of([stage.Node.Token, .. stage.Node.Parties]) });

    private static Dice OfPage(Stage stage, string what) => new(0, what, (long)stage.Now);

    private static Amount Kept(Dice page) => page.OneIn(4) ? default : new(page.Sum(0, UInt128.MaxValue));

    private static FactPlace At(Stage stage) => new(1, stage.Node.Escrow, Agreements.Seen(stage.Now), 0);

    private static Address[] Holders(Stage stage) => [stage.Node.Court, .. stage.Node.Parties];

    private static (Address, byte[]) Moved(Stage stage, Address token) =>
        (token, AbiCodec.EncodeCall("movedOf(address[])", [Watched(stage).Cast<object>().ToArray()]));

    private static Address[] Watched(Stage stage) => [stage.Node.Escrow, .. Holders(stage)];

    private static string Sums(Stage stage, MovePlan plan) => string.Join(',', Watched(stage).Select(holder =>
        plan.Effects().Where(effect => effect.Holder == holder && effect.Token == plan.Terms.Token)
            .Aggregate(BigInteger.Zero, (sum, effect) => effect.Incoming ? sum + effect.Amount.Units : sum - effect.Amount.Units)));
}
