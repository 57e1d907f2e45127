using System.Collections.Immutable;
using Braintrust.Chain;
using Braintrust.Escrow;

namespace Braintrust.Disputes;

/// <summary>
/// The court's refusals in its cases, told before anybody signs; they are the contract's own. A window that has closed by the
/// newest block's time stays closed, so TooLate is certain; TooEarly is judged by the best guess of the next block's time.
/// </summary>
public static partial class DisputeRules
{
    /// <param name="now">What the court says of the case's pool; only Draw and Conclude read it.</param>
    public static Outcome<DisputePlan> Check(
        CaseOnChain view, Address wallet, CaseRequest request, ChainClock clock, CourtNow? now) => request.Move switch
        {
            DisputeMove.Respond => Respond(view, wallet, request, clock),
            DisputeMove.PayResponse => PayResponse(view, wallet, clock),
            DisputeMove.Concede => Concede(view, wallet, clock),
            DisputeMove.Appeal => Appeal(view, wallet, clock),
            DisputeMove.Conclude => Conclude(view, clock, now),
            DisputeMove.QueueDraw => QueueDraw(view, clock),
            DisputeMove.Draw => Draw(view, now),
            DisputeMove.Commit => Commit(view, wallet, request, clock),
            DisputeMove.Reveal => Reveal(view, request, clock),
            _ => new Refusal(RefusalCode.InvalidArgument, "That is no move in a case.", "move"),
        };

    /// <summary>What goes back of the deposits when the case ends at a ruling, or at none, as things stand.</summary>
    public static Bill Bill(CaseOnChain view, int? ruling) => view.Phase == CasePhase.Response || view.TalentBps is not { } talent
        ? CourtMath.Unanswered(view.Opening.Cost)
        : CourtMath.Answered(
            view.Opening.Cost, view.Opening.EmployerBps, talent, ruling, view.AppealCosts,
            view.IsAppeal && view.Panel is { Tally.Ruled: true });

    /// <summary>What would go back if the panel that comes next, or sits, ruled so.</summary>
    /// <param name="talentBps">What the talent asks for, where it has not named it yet.</param>
    public static Bill Preview(CaseOnChain view, int ruling, int talentBps) => CourtMath.Answered(
        view.Opening.Cost, view.Opening.EmployerBps, view.TalentBps ?? talentBps, ruling, view.AppealCosts, view.IsAppeal);

    /// <summary>The calls that anybody may make, as things stand: some are open, some open by time.</summary>
    public static ImmutableArray<DueMove> Due(CaseOnChain view)
    {
        var due = ImmutableArray.CreateBuilder<DueMove>();
        if (view.Ticket is not null) due.Add(new DueMove(DisputeMove.Draw, view.Since, null));
        if (view.Phase == CasePhase.Drawing && view.Ticket is null)
            due.Add(new DueMove(DisputeMove.QueueDraw, view.Since, CaseWindows.OverAfter(view)));
        if (view.Phase == CasePhase.Voting && !view.IsRedraw && !view.Panel!.Tally.Ruled)
            due.Add(new DueMove(DisputeMove.QueueDraw, CaseWindows.RevealEnds(view), CaseWindows.OverAfter(view)));
        if (CaseWindows.OverAfter(view) is { } over) due.Add(new DueMove(DisputeMove.Conclude, over, null));
        return due.ToImmutable();
    }

    private static Outcome<DisputePlan> Respond(CaseOnChain view, Address wallet, CaseRequest request, ChainClock clock)
    {
        if (InResponse(view, clock) is { } not) return not;
        if (NotTalent(view, wallet) is { } stranger) return stranger;
        var least = view.Opening.EmployerBps + 1;
        if (request.TalentBps < least || request.TalentBps > Amount.BasisPoints)
            return new Refusal(
                RefusalCode.InvalidArgument, $"The ratio is {least} to {Amount.BasisPoints} basis points.", "talent_bps", "RatioOutOfRange");
        return request.Pays ? Deposit(view, wallet, request.Move, view.Opening.Cost) : Plan(view, request.Move);
    }

    private static Outcome<DisputePlan> PayResponse(CaseOnChain view, Address wallet, ChainClock clock)
    {
        if (InResponse(view, clock) is { } not) return not;
        return view.TalentBps is null
            ? new Refusal(RefusalCode.WrongState, "The talent has not named its ratio.", Error: "ResponseMissing")
            : Deposit(view, wallet, DisputeMove.PayResponse, view.Opening.Cost);
    }

    private static Outcome<DisputePlan> Concede(CaseOnChain view, Address wallet, ChainClock clock) =>
        (InResponse(view, clock) ?? NotTalent(view, wallet)) is { } not
            ? not
            : Ending(view, DisputeMove.Concede, view.Opening.EmployerBps);

    private static Outcome<DisputePlan> Appeal(CaseOnChain view, Address wallet, ChainClock clock)
    {
        if (wallet != view.Talent && wallet != view.EmployerSide)
            return new Refusal(RefusalCode.NotAParty, "Only the two sides can appeal.", "wallet", "Unauthorized");
        if (view.Phase != CasePhase.Voting || view.IsAppeal) return WrongPhase(view);
        var opens = CaseWindows.RevealEnds(view);
        if (OpensAfter(opens, clock) is { } early) return early;
        if (ClosedAfter(opens.After(view.Rules.AppealSeconds), clock, "The time to appeal") is { } late) return late;
        if (view.Panel!.Tally.Median is not { } ruling)
            return new Refusal(RefusalCode.WrongState, "The panel did not rule: there is nothing to appeal against.", Error: "NothingToAppeal");
        var times = CourtMath.AppealCosts(
            view.Opening.EmployerBps, view.TalentBps!.Value, ruling, byTalent: wallet == view.Talent);
        return Deposit(view, wallet, DisputeMove.Appeal, new Amount(view.Opening.Cost.Units * (UInt128)times));
    }

    private static Outcome<DisputePlan> Conclude(CaseOnChain view, ChainClock clock, CourtNow? now)
    {
        if (CaseWindows.OverAfter(view) is not { } over) return WrongPhase(view);
        if (clock.Next <= over)
            return new Refusal(RefusalCode.TooEarly, $"The case is over after {over} unless something happens.", Error: "NotFinal");
        var ruling = CaseWindows.OutcomeAt(view, clock.Next).Ruling;
        if (now is { } court && court.Pool.IsSeedPending(court.NextBlock) && ReturnsSeats(view, ruling)) return SeedPending;
        return Ending(view, DisputeMove.Conclude, ruling);
    }

    private static Outcome<DisputePlan> QueueDraw(CaseOnChain view, ChainClock clock)
    {
        if (view.Phase == CasePhase.Drawing)
            return view.Ticket is not null
                ? new Refusal(RefusalCode.WrongState, "A draw waits already.", Error: "DrawWaits")
                : ClosedAfter(CaseWindows.OverAfter(view)!.Value, clock, "The time to draw") is { } over ? over
                : Plan(view, DisputeMove.QueueDraw);
        if (view.Phase != CasePhase.Voting || view.IsRedraw) return WrongPhase(view);
        var opens = CaseWindows.RevealEnds(view);
        if (OpensAfter(opens, clock) is { } early) return early;
        if (ClosedAfter(opens.After(view.Rules.DrawSeconds), clock, "The time to draw again") is { } late) return late;
        return view.Panel!.Tally.Ruled
            ? new Refusal(RefusalCode.WrongState, "The panel ruled.", Error: "PanelRuled")
            : Plan(view, DisputeMove.QueueDraw);
    }

    /// <summary>Also for a case that is over: its ticket must go before those behind it.</summary>
    private static Outcome<DisputePlan> Draw(CaseOnChain view, CourtNow? now)
    {
        if (now is not { Ticket: not 0 } court) return WrongPhase(view);
        if (court.Ticket != court.Pool.Drawn + 1)
            return new Refusal(
                RefusalCode.WrongState, $"Draws go in order: ticket {court.Pool.Drawn + 1} is next, this is {court.Ticket}.", Error: "NotNextDraw");
        return court.NextBlock <= court.Pool.SeedBlock
            ? new Refusal(RefusalCode.TooEarly, $"Block {court.Pool.SeedBlock} decides, and is not made yet.", Error: "SeedTooEarly")
            : Plan(view, DisputeMove.Draw);
    }

    private static Outcome<DisputePlan> Commit(CaseOnChain view, Address wallet, CaseRequest request, ChainClock clock)
    {
        if (view.Phase != CasePhase.Voting) return WrongPhase(view);
        if (ClosedAfter(CaseWindows.CommitEnds(view), clock, "The time to seal votes") is { } late) return late;
        if (SeatOf(view, wallet) is not { } seat)
            return new Refusal(RefusalCode.NotAParty, "The wallet has no seat on the present panel.", "wallet", "Unauthorized");
        return request.Commitment.IsZero
            ? new Refusal(RefusalCode.InvalidArgument, "Seal the vote first.", "commitment")
            : Plan(view, DisputeMove.Commit) with { Seat = seat };
    }

    private static Outcome<DisputePlan> Reveal(CaseOnChain view, CaseRequest request, ChainClock clock)
    {
        if (view.Phase != CasePhase.Voting) return WrongPhase(view);
        if (OpensAfter(CaseWindows.CommitEnds(view), clock) is { } early) return early;
        if (ClosedAfter(CaseWindows.RevealEnds(view), clock, "The time to open votes") is { } late) return late;
        if (request.TalentBps is < 0 or > (int)Amount.BasisPoints)
            return new Refusal(RefusalCode.InvalidArgument, $"A vote is 0 to {Amount.BasisPoints} basis points.", "talent_bps", "RatioOutOfRange");
        if (SeatOf(view, request.Arbiter) is not { } seat || view.Panel!.Seats[seat].Commitment is null)
            return new Refusal(RefusalCode.WrongState, "No sealed vote of that arbiter waits.", "arbiter", "CommitmentMismatch");
        return Plan(view, DisputeMove.Reveal) with { Seat = seat };
    }

    private static DisputePlan Plan(CaseOnChain view, DisputeMove move) =>
        new(move, view.Court, view, view.Opening.Token, default, []);

    private static DisputePlan Deposit(CaseOnChain view, Address wallet, DisputeMove move, Amount price) => new(
        move, view.Court, view, view.Opening.Token, price,
        [new(wallet, view.Opening.Token, price, Incoming: false), new(view.Court, view.Opening.Token, price, Incoming: true)]);

    /// <summary>Deposits go back; what the arbiters earn stays in the court as their credit.</summary>
    private static DisputePlan Ending(CaseOnChain view, DisputeMove move, int? ruling)
    {
        var (bill, token) = (Bill(view, ruling), view.Opening.Token);
        var all = bill.EmployerBack + bill.TalentBack + bill.AppealBack;
        BalanceEffect[] effects =
        [
            new(view.Court, token, all, Incoming: false), new(view.EmployerSide, token, bill.EmployerBack, Incoming: true),
            new(view.Payer ?? default, token, bill.TalentBack, Incoming: true),
            new(view.Appellant ?? default, token, bill.AppealBack, Incoming: true),
        ];
        return new DisputePlan(move, view.Court, view, token, default, [.. effects.Where(effect => !effect.Amount.IsZero)])
        {
            Sum = all,
        };
    }

    /// <summary>Whether concluding gives a seat back to the draw, which must wait while a known seed decides draws.</summary>
    private static bool ReturnsSeats(CaseOnChain view, int? ruling) => view.Panels.Any(panel => panel.Seats.Any(seat =>
        seat.Vote is { } vote
        && (!panel.Tally.Ruled || (ruling is { } ratio && CourtMath.Distance(vote, ratio) <= view.Rules.BandBps))));

    private static int? SeatOf(CaseOnChain view, Address arbiter)
    {
        var seats = view.Panel?.Seats ?? [];
        for (var i = 0; i < seats.Length; i++)
            if (seats[i].Arbiter == arbiter) return i;
        return null;
    }

    private static Refusal? NotTalent(CaseOnChain view, Address wallet) => wallet == view.Talent
        ? null
        : new Refusal(RefusalCode.NotAParty, "Only the talent's wallet can do this.", "wallet", "Unauthorized");

    private static Refusal? InResponse(CaseOnChain view, ChainClock clock) => view.Phase == CasePhase.Response
        ? ClosedAfter(CaseWindows.OverAfter(view)!.Value, clock, "The time to answer")
        : WrongPhase(view);

    private static Refusal? ClosedAfter(BlockTime second, ChainClock clock, string what) => clock.Head > second
        ? new Refusal(RefusalCode.TooLate, $"{what} ended at {second}.", Error: "TooLate")
        : null;

    private static Refusal? OpensAfter(BlockTime second, ChainClock clock) => clock.Next > second
        ? null
        : new Refusal(RefusalCode.TooEarly, $"This opens after {second}.", Error: "TooEarly");

    private static Refusal WrongPhase(CaseOnChain view) => new(
        RefusalCode.WrongState,
        view.Phase switch
        {
            CasePhase.Response => "The talent has not matched the deposit yet.",
            CasePhase.Drawing => "A panel is to be drawn.",
            CasePhase.Voting => "A panel sits.",
            _ => "The case is concluded.",
        },
        Error: "WrongPhase");

    private static Refusal SeedPending { get; } = new(
        RefusalCode.TooEarly, "The block that decides draws is made: make those draws first.", Error: "SeedPending");
}
