using System.Collections.Immutable;
using Braintrust.Chain;

namespace Braintrust.Disputes;

/// <summary>
/// Folds the facts of one case, in the chain's order. The contract has checked every fact, so nothing is checked again; what
/// was never seen opened, or was opened at another court, is left out.
/// </summary>
public static class CaseFold
{
    /// <param name="rules">The rule set that the case names.</param>
    public static CaseOnChain? Apply(CaseOnChain? view, DisputeEvent happened, FactPlace at, CourtRules rules)
    {
        if (happened is DisputeEvent.CaseOpened opened) return view ?? Open(opened, at, rules);
        if (view is null || view.Court != at.Contract) return view;
        if (happened is DisputeEvent.Oversized) return null;
        return Next(view, happened, at) with { Seen = at.Seen };
    }

    /// <summary>The case with its finality as of a cursor.</summary>
    public static CaseOnChain At(CaseOnChain view, ChainCursor cursor, ulong confirmationsNeeded) => view with
    {
        Opened = view.Opened.At(cursor, confirmationsNeeded), Seen = view.Seen.At(cursor, confirmationsNeeded),
    };

    private static CaseOnChain Open(DisputeEvent.CaseOpened e, FactPlace at, CourtRules rules) => new()
    {
        CaseId = e.CaseId,
        Court = at.Contract,
        Opening = e.Opening,
        EmployerSide = e.EmployerSide,
        Talent = e.Talent,
        Rules = rules,
        Phase = CasePhase.Response,
        Since = at.Seen.BlockTime,
        Opened = at.Seen,
        Seen = at.Seen,
    };

    private static CaseOnChain Next(CaseOnChain view, DisputeEvent happened, FactPlace at) => happened switch
    {
        DisputeEvent.ResponseNamed e => view with { TalentBps = e.TalentBps },
        // What follows it in the same transaction is the draw's ticket.
        DisputeEvent.ResponsePaid e => view with { Payer = e.Payer, Phase = CasePhase.Drawing, Since = at.Seen.BlockTime },
        DisputeEvent.Appealed e => view with
        {
            Phase = CasePhase.Drawing,
            Since = at.Seen.BlockTime,
            Ruling = e.TalentBps,
            Appellant = e.Appellant,
            AppealCosts = (int)(e.Sum.Units / view.Opening.Cost.Units),
        },
        DisputeEvent.DrawQueued e => view with
        {
            // A redraw's window begins where the last one's votes ended, however late it is asked for.
            Since = view.Phase == CasePhase.Voting ? CaseWindows.RevealEnds(view) : view.Since,
            Phase = CasePhase.Drawing,
            Round = e.Round,
            Ticket = e.Ticket,
        },
        DisputeEvent.PanelDrawn e => view with
        {
            Phase = CasePhase.Voting,
            Since = at.Seen.BlockTime,
            Ticket = null,
            Panels = view.Panels.Add(new Panel(e.Round, at.Seen.BlockTime, [.. e.Arbiters.Select(arbiter => new Seat(arbiter))])),
        },
        // Also of a case that is over: only its place in the row goes.
        DisputeEvent.PanelMissing => view with { Ticket = null },
        DisputeEvent.VoteCommitted e => Change(view, e.Round, e.Arbiter, seat => seat with { Commitment = e.Commitment }),
        DisputeEvent.VoteRevealed e =>
            Change(view, e.Round, e.Arbiter, seat => seat with { Commitment = null, Vote = e.TalentBps }),
        DisputeEvent.CaseConcluded e => view with
        {
            Phase = CasePhase.Concluded,
            Ruling = e.Ruled ? e.TalentBps : null,
            End = new CaseEnd(e.Ruled ? e.TalentBps : null, e.Bill),
        },
        DisputeEvent.SeatSettled e =>
            Change(view, e.Round, e.Arbiter, seat => seat with { End = new SeatEnd(e.Forfeited, e.Fee, e.Reward) }),
        // Accepting is told by the conclusion that follows it; a credit is its party's.
        DisputeEvent.Conceded or DisputeEvent.Credited => view,
        _ => throw new ArgumentOutOfRangeException(nameof(happened), happened.GetType().Name, "no event of a case"),
    };

    /// <summary>Nobody sits twice in one case, so the arbiter names its seat.</summary>
    private static CaseOnChain Change(CaseOnChain view, int round, Address arbiter, Func<Seat, Seat> change) => view with
    {
        Panels =
        [
            .. view.Panels.Select(panel => panel.Round != round ? panel : panel with
            {
                Seats = [.. panel.Seats.Select(seat => seat.Arbiter == arbiter ? change(seat) : seat)],
            }),
        ],
    };
}
