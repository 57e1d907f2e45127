using System.Collections.Immutable;

namespace Braintrust.Escrow;

/// <summary>A move that the law allows, with every default filled in: what remains is to encode and simulate it.</summary>
/// <param name="Contract">The contract to call.</param>
/// <param name="Sum">Claim (Submit) or pay (Release, Settle), base units.</param>
/// <param name="Price">What funding takes from the employer, fee included; else zero.</param>
public sealed record MovePlan(
    EscrowMove Move, Address Contract, Terms Terms, int Milestone, int Count, Amount Sum, Hash32 Evidence, Amount Price)
{
    /// <summary>What the employer lets go: the price of funding, or the pay of a release.</summary>
    public Amount Payment => Price.IsZero ? Sum : Price;

    /// <summary>Balance changes in the agreement's token. A payment that the token refuses becomes a credit instead.</summary>
    public ImmutableArray<BalanceEffect> Effects() => Move switch
    {
        EscrowMove.Fund or EscrowMove.FundMore => [Leaves(Terms.Employer, Price), Reaches(Contract, Price)],
        EscrowMove.Release or EscrowMove.Settle or EscrowMove.Refund => Closing(),
        EscrowMove.Reclaim => [Leaves(Contract, Back), Reaches(Terms.Employer, Back)],
        _ => [],
    };

    /// <summary>What signing does, in one plain sentence; milestones count from 1.</summary>
    public string Summary(TokenUnit unit) => Move switch
    {
        EscrowMove.Fund or EscrowMove.FundMore =>
            $"Fund {Milestones}: {unit.Write(Price)}, the fee included, go from {Terms.Employer} into escrow.",
        EscrowMove.Submit => $"Deliver milestone {Milestone + 1} and claim {unit.Write(Sum)} of {unit.Write(Amount)}.",
        EscrowMove.Release => $"Pay {unit.Write(Sum)} for milestone {Milestone + 1} to {Terms.Payout}{Returned(unit)}.",
        EscrowMove.Settle =>
            $"Pay the claimed {unit.Write(Sum)} for milestone {Milestone + 1} to {Terms.Payout}, because nobody answered in time{Returned(unit)}.",
        EscrowMove.Refund =>
            $"Give milestone {Milestone + 1} back: {Terms.Employer} gets {unit.Write(Split.Refund)}, its fee included.",
        _ => $"Take {Milestones} back: {Terms.Employer} gets {unit.Write(Back)} and the agreement ends.",
    };

    private Amount Amount => Terms.Amounts[Milestone];
    private Split Split => Fees.Close(Amount, Terms.FeeBps, Sum);
    private Amount Back => Fees.Price(Terms, Milestone, Count);

    private string Milestones =>
        Count == 1 ? $"milestone {Milestone + 1}" : $"milestones {Milestone + 1} to {Milestone + Count}";

    private string Returned(TokenUnit unit) =>
        Split.Refund.IsZero ? "" : $"; {unit.Write(Split.Refund)} go back to {Terms.Employer}";

    private ImmutableArray<BalanceEffect> Closing()
    {
        var split = Split;
        BalanceEffect[] effects =
        [
            Leaves(Contract, split.Pay + split.Refund), Reaches(Terms.Payout, split.Pay), Reaches(Terms.Employer, split.Refund),
        ];
        return [.. effects.Where(effect => !effect.Amount.IsZero)];
    }

    private BalanceEffect Leaves(Address holder, Amount sum) => new(holder, Terms.Token, sum, Incoming: false);

    private BalanceEffect Reaches(Address holder, Amount sum) => new(holder, Terms.Token, sum, Incoming: true);
}
