using System.Numerics;
using Braintrust.Chain;
using Braintrust.Escrow;
using Law = Braintrust.Chain.Contracts.WorkAgreementsContract;

namespace Braintrust.Differential;

/// <summary>Names of agreements and negotiations, and the views of any state.</summary>
internal static class NameCases
{
    private static readonly BigInteger UIntMax = BigInteger.Pow(2, 256) - 1;

    /// <summary>Of terms that nobody would fund, too: every field over its whole range.</summary>
    public static Kind Hashes { get; } = new("hashes", (dice, stage) =>
    {
        var terms = new Terms
        {
            Nonce = dice.Big(UIntMax), Sequence = dice.Big(UIntMax), Previous = dice.Hash(), Employer = dice.Address(),
            Manager = dice.Address(), Talent = dice.Address(), Payout = dice.Address(), Token = dice.Address(),
            PolicyVersion = (uint)dice.Big(uint.MaxValue), FeeBps = dice.Share(ushort.MaxValue), Origin = dice.Address(),
            OriginBps = dice.Share(ushort.MaxValue), ReviewWindow = (uint)dice.Big(uint.MaxValue),
            ReworkTime = (uint)dice.Big(uint.MaxValue), RevisionsMax = (byte)dice.Even(0, 255), Court = dice.Address(),
            CourtRules = dice.Big(UIntMax), CaseTime = (uint)dice.Big(uint.MaxValue), FallbackTalentBps = dice.Share(ushort.MaxValue),
            ValidUntil = (ulong)dice.Big(ulong.MaxValue), Documents = dice.Hash(),
            Amounts = [.. Enumerable.Range(0, dice.Even(0, 33)).Select(_ => new Amount(dice.Sum(0, UInt128.MaxValue)))],
            WorkTimes = [.. Enumerable.Range(0, dice.Even(0, 33)).Select(_ => (uint)dice.Big(uint.MaxValue))],
        };
        var question = new Question(stage.Node.Parties[0], stage.Node.Escrow, Law.HashTerms.Encode(EscrowCalls.Of(terms)))
        {
            Reads = [(stage.Node.Escrow, Law.NegotiationOf.Encode(terms.Talent, terms.Nonce))],
        };
        return new Case(
            () => Agreements.Text(terms), question,
            $"{TermsHash.Of(terms, stage.Node.ChainId, stage.Node.Escrow)} {TermsHash.Negotiation(terms.Talent, terms.Nonce)}",
            seen => $"{new Hash32(seen.Answer)} {new Hash32(seen.Answers[0])}");
    });

    public static Kind States { get; } = new("states", (dice, stage) =>
    {
        var terms = Agreements.Terms(dice, stage);
        var agreement = dice.OneIn(20) ? null : Agreements.Standing(dice, stage, terms);
        var name = TermsHash.Of(terms, stage.Node.ChainId, stage.Node.Escrow);
        var slot = StateSlot.Of(agreement);
        var payout = agreement?.PayoutAt(new BlockTime(stage.Now)) ?? terms.Payout;
        var bound = agreement is null ? 0 : Deadlines.ExitBound(agreement).Seconds;
        var (encoded, escrow) = (EscrowCalls.Of(terms), stage.Node.Escrow);
        var question = new Question(stage.Node.Parties[0], escrow, Law.StateOf.Encode(name))
        {
            Reads = [(escrow, Law.StateWord.Encode(name)), (escrow, Law.PayoutOf.Encode(encoded)), (escrow, Law.ExitBound.Encode(encoded))],
            Storage = agreement is null ? [] : Agreements.Stored(agreement),
        };
        return new Case(
            () => $"at {stage.Now} {slot} of {Agreements.Text(terms)} with {agreement?.PayoutMove}", question,
            $"state {slot} {slot.Word()} payout {ProbeNode.Word(payout)} bound {bound}",
            seen => $"state {Slot(seen.Answer)} {new Hash32(seen.Answers[0])} payout {new Hash32(seen.Answers[1])} bound {ProbeNode.Number(seen.Answers[2])}");
    });

    private static StateSlot Slot(byte[] words)
    {
        BigInteger At(int word) => ProbeNode.Number(words.AsSpan(word * 32, 32));
        return new StateSlot(
            (byte)At(0), (byte)At(1), (byte)At(2), (byte)At(3), (byte)At(4), (byte)At(5), (ulong)At(6), (ulong)At(7),
            new Amount((UInt128)At(8)));
    }
}
