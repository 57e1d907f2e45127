using Braintrust.Chain;
using Braintrust.Escrow;

namespace Braintrust.Disputes;

/// <summary>What arbiters do with their bonds, and parties with their credits.</summary>
public static partial class DisputeRules
{
    /// <param name="now">What the court says of the pool; only Enlist and Retire read it.</param>
    public static Outcome<DisputePlan> Check(
        ArbiterOnChain view, Address wallet, ArbiterRequest request, ChainClock clock, CourtTraits court, CourtNow? now) =>
        request.Move switch
        {
            DisputeMove.Enlist => Enlist(wallet, request, court, now),
            DisputeMove.Retire => Retire(view, request, court, now),
            DisputeMove.TakeBond => TakeBond(view, wallet, request, clock, court),
            DisputeMove.Withdraw => Withdraw(view, request),
            _ => new Refusal(RefusalCode.InvalidArgument, "That is no move of an arbiter.", "move"),
        };

    private static Outcome<DisputePlan> Enlist(Address wallet, ArbiterRequest request, CourtTraits court, CourtNow? now)
    {
        var most = uint.MaxValue - (now?.Pool.Weight ?? 0);
        if (IsPending(now)) return SeedPending;
        if (request.Seats < 1 || request.Seats > most) return SeatsOutOfRange(most);
        var bond = Bond(court, request.Seats);
        return new DisputePlan(
            request.Move, request.Court, null, court.Btrst, bond,
            [new(wallet, court.Btrst, bond, Incoming: false), new(request.Court, court.Btrst, bond, Incoming: true)]);
    }

    private static Outcome<DisputePlan> Retire(ArbiterOnChain view, ArbiterRequest request, CourtTraits court, CourtNow? now)
    {
        if (IsPending(now)) return SeedPending;
        var free = view.Bench(request.Court, request.Arbitrable)?.Free ?? 0;
        return request.Seats < 1 || request.Seats > free
            ? SeatsOutOfRange(free)
            : new DisputePlan(request.Move, request.Court, null, court.Btrst, default, []) { Sum = Bond(court, request.Seats) };
    }

    private static Outcome<DisputePlan> TakeBond(
        ArbiterOnChain view, Address wallet, ArbiterRequest request, ChainClock clock, CourtTraits court)
    {
        if (view.Bench(request.Court, request.Arbitrable) is not { AvailableAt: { } opens } bench)
            return new Refusal(RefusalCode.WrongState, "No bond is on its way out.", Error: "SeatsOutOfRange");
        if (OpensAfter(opens, clock) is { } early) return early;
        var bond = Bond(court, bench.Leaving);
        return Paid(request, court.Btrst, bond, wallet);
    }

    private static Outcome<DisputePlan> Withdraw(ArbiterOnChain view, ArbiterRequest request)
    {
        var waiting = view.Credit(request.Court, request.Token);
        if (waiting.IsZero)
            return new Refusal(RefusalCode.WrongState, "There is no credit in this token.", "token", "NothingCredited");
        return request.To.IsZero || request.To == request.Token || request.To == request.Court
            ? new Refusal(RefusalCode.InvalidArgument, "Money sent there is lost.", "to", "RecipientInvalid")
            : Paid(request, request.Token, waiting, request.To);
    }

    private static DisputePlan Paid(ArbiterRequest request, Address token, Amount sum, Address to) => new(
        request.Move, request.Court, null, token, default,
        [new(request.Court, token, sum, Incoming: false), new(to, token, sum, Incoming: true)])
    {
        Sum = sum,
    };

    private static Amount Bond(CourtTraits court, uint seats) => new(checked(court.Seat.Units * seats));

    private static bool IsPending(CourtNow? now) => now is { } court && court.Pool.IsSeedPending(court.NextBlock);

    private static Refusal SeatsOutOfRange(uint most) =>
        new(RefusalCode.InvalidArgument, $"Between 1 and {most} seats.", "seats", "SeatsOutOfRange");
}
