using System.Numerics;
using Braintrust.Escrow;
using Law = Braintrust.Chain.Contracts.WorkAgreementsContract;

namespace Braintrust.Differential;

/// <summary>The digest of every form that people sign, in any state: what the contract computes from the bytes of the call.</summary>
internal static class SignedForms
{
    private const int CreditsSlot = 2;

    private static readonly EscrowMove[] Moves =
    [
        .. Enum.GetValues<EscrowMove>().Except(
            [EscrowMove.Fund, EscrowMove.FundMore, EscrowMove.Tip, EscrowMove.Settle, EscrowMove.Resolve, EscrowMove.SweepFees]),
    ];

    public static Kind Kind { get; } = new("signed calls", Make) { Sorts = [.. Moves.Select(move => move.ToString())] };

    /// <summary>What is signed for a move of the agreement as it stands.</summary>
    public static Hash32 Digest(Stage stage, AgreementOnChain agreement, MovePlan plan, ulong expiry) => CallTypedData.Of(
        CallForm.Of(plan, agreement.Funded.Agreement, StateSlot.Of(agreement).Word(), expiry)!, stage.Node.ChainId, stage.Node.Escrow).Digest;

    private static Case Make(Dice dice, Stage stage)
    {
        var terms = Agreements.Terms(dice, stage);
        var agreement = Agreements.Standing(dice, stage, terms);
        var (signer, expiry) = (dice.Of(stage.Node.Parties), (ulong)dice.Big(ulong.MaxValue));
        var (amount, withdrawals) = Credit(stage, signer);
        var move = dice.Of(Moves);
        var sum = move == EscrowMove.Withdraw ? amount : dice.Sum(0, UInt128.MaxValue);
        int Any() => (int)dice.Big(int.MaxValue);
        var plan = new MovePlan(move, stage.Node.Escrow, terms, Any(), Any(), new Amount(sum), dice.Hash(), default)
        {
            To = dice.Address(), EmployerBps = Any(), TalentBps = Any(), Next = Agreements.Terms(dice, stage), Withdrawals = withdrawals,
        };
        var question = new Question(signer, stage.Node.Escrow, Law.HashCall.Encode(signer, expiry, EscrowCalls.Encode(plan, [])))
        {
            Storage = [.. Agreements.Stored(agreement), (stage.Node.Escrow, CreditOf(stage, signer), ProbeNode.Word(amount | withdrawals << 192))],
        };
        return new Case(
            () => $"{plan} until {expiry} by {signer} on {Agreements.Text(terms)}", question,
            Digest(stage, agreement, plan, expiry).ToString(), seen => seen.Done ? new Hash32(seen.Answer).ToString() : Reverts.Of(seen.Answer))
        {
            Sort = move.ToString(),
        };
    }

    /// <summary>All cases of a page share one storage: so what a signer has there hangs on the page's second.</summary>
    private static (UInt128 Amount, BigInteger Withdrawals) Credit(Stage stage, Address signer)
    {
        var dice = new Dice(0, signer.ToString(), (long)stage.Now);
        return (dice.Sum(0, UInt128.MaxValue), dice.Big(ulong.MaxValue));
    }

    private static Hash32 CreditOf(Stage stage, Address party) => CreditOf(party, stage.Node.Token);

    /// <summary>The slot of a credit.</summary>
    public static Hash32 CreditOf(Address party, Address token) => ProbeNode.SlotOf(
        ProbeNode.Word(token), ProbeNode.SlotOf(ProbeNode.Word(party), ProbeNode.Word(CreditsSlot)));
}
