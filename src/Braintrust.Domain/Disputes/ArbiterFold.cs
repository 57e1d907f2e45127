using System.Collections.Immutable;
using Braintrust.Chain;

namespace Braintrust.Disputes;

/// <summary>Folds what the courts say of one address, in the chain's order. The contract has checked it; nothing is checked again.</summary>
public static class ArbiterFold
{
    public static ArbiterOnChain Apply(ArbiterOnChain view, DisputeEvent happened, FactPlace at, Address who)
    {
        var next = Next(view, happened, at, who);
        return ReferenceEquals(next, view) ? view : next with { Seen = at.Seen };
    }

    private static ArbiterOnChain Next(ArbiterOnChain view, DisputeEvent happened, FactPlace at, Address who) => happened switch
    {
        DisputeEvent.Enlisted e when e.Arbiter == who =>
            Bench(view, at.Contract, e.Arbitrable, bench => bench with { Bonded = bench.Bonded + e.Seats }),
        DisputeEvent.Retired e when e.Arbiter == who => Bench(view, at.Contract, e.Arbitrable, bench => bench with
        {
            Bonded = bench.Bonded - e.Seats, Leaving = bench.Leaving + e.Seats, AvailableAt = e.AvailableAt,
        }),
        DisputeEvent.BondReturned e when e.Arbiter == who =>
            Bench(view, at.Contract, e.Arbitrable, bench => bench with { Leaving = 0, AvailableAt = null }),
        DisputeEvent.PanelDrawn e when e.Arbiters.Contains(who) =>
            Bench(view, at.Contract, e.Arbitrable, bench => bench with { Locked = bench.Locked + 1 }) with
            {
                Seats = view.Seats.Add(new LockedSeat(at.Contract, e.CaseId, e.Round, e.Arbitrable, at.Seen.BlockTime)),
            },
        DisputeEvent.VoteCommitted e when e.Arbiter == who =>
            Seat(view, at.Contract, e.CaseId, e.Round, seat => seat with { Commitment = e.Commitment }),
        DisputeEvent.VoteRevealed e when e.Arbiter == who =>
            Seat(view, at.Contract, e.CaseId, e.Round, seat => seat with { Commitment = null, Vote = e.TalentBps }),
        DisputeEvent.SeatSettled e when e.Arbiter == who => Settle(view, e, at.Contract),
        DisputeEvent.Credited e when e.Party == who => Credit(
            view, at.Contract, e.Token,
            credit => credit with { Waiting = credit.Waiting.PlusCapped(e.Sum), Ever = credit.Ever.PlusCapped(e.Sum) }),
        DisputeEvent.CreditWithdrawn e when e.Party == who =>
            Credit(view, at.Contract, e.Token, credit => credit with { Waiting = default }),
        _ => view,
    };

    private static ArbiterOnChain Settle(ArbiterOnChain view, DisputeEvent.SeatSettled e, Address court)
    {
        var seat = view.Seats.FirstOrDefault(Is(court, e.CaseId, e.Round));
        if (seat is null) return view;
        var settled = Bench(view, court, seat.Arbitrable, bench => bench with
        {
            Locked = bench.Locked - 1, Bonded = e.Forfeited ? bench.Bonded - 1 : bench.Bonded,
        });
        return settled with
        {
            Seats = settled.Seats.Remove(seat),
            SeatsKept = settled.SeatsKept + (e.Forfeited ? 0 : 1),
            SeatsForfeited = settled.SeatsForfeited + (e.Forfeited ? 1 : 0),
        };
    }

    private static ArbiterOnChain Bench(
        ArbiterOnChain view, Address court, Address arbitrable, Func<Bench, Bench> change) => view with
        {
            Benches = Changed(
                view.Benches, bench => bench.Court == court && bench.Arbitrable == arbitrable, new Bench(court, arbitrable), change),
        };

    private static ArbiterOnChain Credit(
        ArbiterOnChain view, Address court, Address token, Func<CourtCredit, CourtCredit> change) => view with
        {
            Credits = Changed(
                view.Credits, credit => credit.Court == court && credit.Token == token,
                new CourtCredit(court, token, default, default), change),
        };

    private static ArbiterOnChain Seat(
        ArbiterOnChain view, Address court, Hash32 caseId, int round, Func<LockedSeat, LockedSeat> change)
    {
        var is_ = Is(court, caseId, round);
        return view with { Seats = [.. view.Seats.Select(seat => is_(seat) ? change(seat) : seat)] };
    }

    private static Func<LockedSeat, bool> Is(Address court, Hash32 caseId, int round) =>
        seat => seat.Court == court && seat.CaseId == caseId && seat.Round == round;

    private static ImmutableArray<T> Changed<T>(ImmutableArray<T> all, Predicate<T> wanted, T unless, Func<T, T> change)
    {
        var i = 0;
        while (i < all.Length && !wanted(all[i])) i++;
        return i == all.Length ? all.Add(change(unless)) : all.SetItem(i, change(all[i]));
    }
}
