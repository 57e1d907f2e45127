using System.Collections.Immutable;
using System.Numerics;

namespace Braintrust.Escrow;

/// <summary>A move that the law allows, with every default filled in: what remains is to encode and simulate it.</summary>
/// <param name="Contract">The contract to call.</param>
/// <param name="Milestone">The current one; for funding the first to fund.</param>
/// <param name="Sum">
/// Claim (Submit), pay (closings), tip (Tip), the most that the court may take (Dispute), what leaves the contract
/// (Withdraw, SweepFees); base units.
/// </param>
/// <param name="Evidence">Hash of the delivered work (Submit) or of what is asked for (RequestChanges).</param>
/// <param name="Price">What the move takes from its wallet: funding and a tip with the fee, the court's cost; else zero.</param>
public sealed record MovePlan(
    EscrowMove Move, Address Contract, Terms Terms, int Milestone, int Count, Amount Sum, Hash32 Evidence, Amount Price)
{
    /// <summary>The first of the <see cref="Count"/> milestones that are paid in, paid out or go back.</summary>
    public int First { get; init; } = Milestone;

    /// <summary>Where pay goes at present.</summary>
    public Address Payout { get; init; } = Terms.Payout;

    /// <summary>Where pay (MovePayout), a credit (Withdraw) or kept fees (SweepFees) shall go.</summary>
    public Address To { get; init; }

    /// <summary>Share of the claim that the employer's side would pay (Dispute), basis points.</summary>
    public int EmployerBps { get; init; }

    /// <summary>The talent's share of the claim (Agree), basis points.</summary>
    public int TalentBps { get; init; }

    /// <summary>The terms that take the place of the present ones (Amend).</summary>
    public Terms? Next { get; init; }

    /// <summary>The other side's consent, which the call takes along (Agree, Amend); null while there is none.</summary>
    public Consent? Consent { get; init; }

    /// <summary>True for what both sides must consent to.</summary>
    public bool TakesBoth => Move is EscrowMove.Agree or EscrowMove.Amend;

    /// <summary>How often the party withdrew in this token before (Withdraw).</summary>
    public BigInteger Withdrawals { get; init; }

    /// <summary>What the employer's side lets go: the price, or the pay of a release.</summary>
    public Amount Payment => Price.IsZero ? Sum : Price;

    /// <summary>Balance changes in the agreement's token. A payment that the token refuses becomes a credit instead.</summary>
    public ImmutableArray<BalanceEffect> Effects()
    {
        BalanceEffect[] effects = Move switch
        {
            EscrowMove.Fund or EscrowMove.FundMore => [Leaves(Terms.Employer, Price), Reaches(Contract, Price)],
            EscrowMove.Tip => [Leaves(Terms.Employer, Price), Reaches(Payout, Sum), Reaches(Contract, Price - Sum)],
            EscrowMove.Dispute => [Leaves(Terms.Manager, Price), Reaches(Terms.Court, Price)],
            EscrowMove.Release or EscrowMove.Settle or EscrowMove.Refund or EscrowMove.Resolve or EscrowMove.Agree =>
            [
                Leaves(Contract, Split.Pay + Split.Refund), Reaches(Payout, Split.Pay), Reaches(Terms.Employer, Split.Refund),
            ],
            EscrowMove.ReleaseMany => [Leaves(Contract, Sum), Reaches(Payout, Sum)],
            EscrowMove.Reclaim or EscrowMove.End => [Leaves(Contract, Back), Reaches(Terms.Employer, Back)],
            EscrowMove.Withdraw or EscrowMove.SweepFees => [Leaves(Contract, Sum), Reaches(To, Sum)],
            _ => [],
        };
        return [.. effects.Where(effect => !effect.Amount.IsZero)];
    }

    /// <summary>What signing does, in one plain sentence; milestones count from 1.</summary>
    public string Summary(TokenUnit unit) => Move switch
    {
        EscrowMove.Fund or EscrowMove.FundMore =>
            $"Fund {Milestones}: {unit.Write(Price)}, the fee included, go from {Terms.Employer} into escrow.",
        EscrowMove.Submit => $"Deliver {One} and claim {unit.Write(Sum)} of {unit.Write(Amount)}.",
        EscrowMove.Extend => $"Give {One} its whole work time again from now on.",
        EscrowMove.AskToCancel =>
            $"Ask to cancel {One}: without an answer within 7 days you can take back everything funded.",
        EscrowMove.Keep => $"Keep {One}, which the employer asked to cancel.",
        EscrowMove.RequestChanges => $"Ask for changes of {One}, to be delivered within {Words.Duration(Terms.ReworkTime)}.",
        EscrowMove.Tip =>
            $"Tip {unit.Write(Sum)} to {Payout}: {unit.Write(Price)}, the fee included, leave {Terms.Employer}.",
        EscrowMove.Dispute =>
            $"Dispute {One} at the court {Terms.Court}: you would pay {Words.Share(EmployerBps)} of the claim, and the court takes {unit.Write(Price)}, {unit.Write(Sum)} at most.",
        EscrowMove.MovePayout => $"Have pay go to {To} instead of {Payout}, in 7 days unless called off.",
        EscrowMove.CancelPayoutMove => $"Call off the move of the payout: pay goes on to {Payout}.",
        EscrowMove.End => $"End the agreement{Returning(unit)}.",
        EscrowMove.Amend => $"Put other terms in the place of the present ones, for ever{Changed(unit)}.",
        EscrowMove.BurnNonce => "Withdraw every offer of this negotiation: none of them can be funded any more.",
        EscrowMove.Withdraw => $"Take your whole credit of {unit.Write(Sum)} to {To}.",
        EscrowMove.SweepFees => $"Send the kept fees of {unit.Write(Sum)} to their receiver {To}.",
        _ => Closing(unit),
    };

    private string Closing(TokenUnit unit) => Move switch
    {
        EscrowMove.Release => $"Pay {unit.Write(Sum)} for {One} to {Payout}{Returned(unit)}.",
        EscrowMove.ReleaseMany => $"Pay {unit.Write(Sum)} for {Milestones} to {Payout}.",
        EscrowMove.Settle =>
            $"Pay the claimed {unit.Write(Sum)} for {One} to {Payout}, because nobody answered in time{Returned(unit)}.",
        EscrowMove.Agree =>
            $"Close {One} at {Words.Share(TalentBps)} of the claim: {unit.Write(Sum)} go to {Payout}{Returned(unit)}.",
        EscrowMove.Resolve => $"Close the disputed {One}: {unit.Write(Sum)} go to {Payout}{Returned(unit)}.",
        EscrowMove.Refund =>
            $"Give {One} back: {Terms.Employer} gets {unit.Write(Split.Refund)}, its fee included.",
        _ => $"Take {Milestones} back: {Terms.Employer} gets {unit.Write(Back)} and the agreement ends.",
    };

    private Amount Amount => Terms.Amounts[Milestone];
    private Split Split => Fees.Close(Amount, Terms.FeeBps, Sum);
    private Amount Back => Fees.Price(Terms, First, Count);
    private string One => $"milestone {Milestone + 1}";
    private string Milestones => Count == 1 ? $"milestone {First + 1}" : $"milestones {First + 1} to {First + Count}";

    private string Returned(TokenUnit unit) =>
        Split.Refund.IsZero ? "" : $"; {unit.Write(Split.Refund)} go back to {Terms.Employer}";

    private string Returning(TokenUnit unit) =>
        Count == 0 ? "" : $": {unit.Write(Back)} for {Milestones} go back to {Terms.Employer}";

    private string Changed(TokenUnit unit)
    {
        var clauses = TermsWords.Of(Terms, Next!, unit).ToArray();
        return clauses.Length == 0 ? "" : $": {string.Join("; ", clauses)}";
    }

    private BalanceEffect Leaves(Address holder, Amount sum) => new(holder, Terms.Token, sum, Incoming: false);

    private BalanceEffect Reaches(Address holder, Amount sum) => new(holder, Terms.Token, sum, Incoming: true);
}
