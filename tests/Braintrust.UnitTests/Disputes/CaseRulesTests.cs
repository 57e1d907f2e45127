using Braintrust.Chain;
using Braintrust.Escrow;

namespace Braintrust.Disputes;

/// <summary>A case from its facts, and every window of it at its last second and the one after.</summary>
public sealed class CaseRulesTests
{
    private const ulong Start = 1_000_000;
    private const uint Day = 86_400;
    private static readonly CourtRules Rules = new(500, 500, 5 * Day, Day, 2 * Day, Day, 2 * Day);
    private static readonly Hash32 Id = Hash32.Keccak([1]);
    private static readonly Address Court = DevelopmentKeys.Address(9);
    private static readonly Address Arbitrable = DevelopmentKeys.Address(8);
    private static readonly Address Employer = DevelopmentKeys.Address(1);
    private static readonly Address Talent = DevelopmentKeys.Address(2);
    private static readonly Address[] Panel = [.. Enumerable.Range(3, 3).Select(DevelopmentKeys.Address)];
    private static readonly Opening About =
        new(Arbitrable, Hash32.Keccak([2]), 0, 1, DevelopmentKeys.Address(7), new Amount(1_000), new Amount(50), 2_000);

    private static readonly (DisputeEvent, ulong) Opened = (new DisputeEvent.CaseOpened(Id, Employer, Talent, About), Start);
    private static readonly (DisputeEvent, ulong)[] Answered =
    [
        Opened, (new DisputeEvent.ResponseNamed(Id, Talent, 9_000), Start + 5), (new DisputeEvent.ResponsePaid(Id, Employer, new Amount(50)), Start + 10),
        (new DisputeEvent.DrawQueued(Id, Arbitrable, 0, 1), Start + 10),
    ];

    private static readonly ulong Drawn = Start + 100;
    private static readonly (DisputeEvent, ulong)[] Seated = [.. Answered, (new DisputeEvent.PanelDrawn(Id, Arbitrable, 0, [.. Panel]), Drawn)];
    private static readonly ulong RevealEnds = Drawn + 3 * Day;

    private static (DisputeEvent, ulong)[] Voted(params int[] votes) =>
        [.. Seated, .. votes.Select((vote, seat) => ((DisputeEvent)new DisputeEvent.VoteRevealed(Id, Panel[seat], 0, vote), RevealEnds - 1))];

    [Fact]
    public void Silence_in_the_response_window_is_conceding()
    {
        var view = Fold(Opened);
        var end = Start + 5 * Day;
        Assert.Equal(new CaseOutcome(false, 2_000), CaseWindows.OutcomeAt(view, new BlockTime(end)));
        Assert.Equal(new CaseOutcome(true, 2_000), CaseWindows.OutcomeAt(view, new BlockTime(end + 1)));
        Allowed(view, Talent, new(DisputeMove.Respond, 2_001, true), end);
        Refused(RefusalCode.TooLate, view, Talent, new(DisputeMove.Respond, 2_001, true), end + 1);
        Refused(RefusalCode.InvalidArgument, view, Talent, new(DisputeMove.Respond, 2_000), end);
        Refused(RefusalCode.NotAParty, view, Employer, new(DisputeMove.Concede), end);
        Refused(RefusalCode.WrongState, view, Employer, new(DisputeMove.PayResponse), end);
        Refused(RefusalCode.TooEarly, view, Panel[0], new(DisputeMove.Conclude), end);
        Assert.Equal(
            [(Court, 50u, false), (Employer, 50u, true)],
            Allowed(view, Panel[0], new(DisputeMove.Conclude), end + 1).Effects.Select(effect => (effect.Holder, (uint)effect.Amount.Units, effect.Incoming)));
    }

    [Fact]
    public void A_deposit_is_taken_from_whoever_pays_it()
    {
        var view = Fold(Opened, (new DisputeEvent.ResponseNamed(Id, Talent, 9_000), Start + 5));
        var plan = Allowed(view, Panel[0], new(DisputeMove.PayResponse), Start + 6);
        Assert.Equal((new Amount(50), Panel[0]), (plan.Price, plan.Effects[0].Holder));
        Assert.Equal(Amount.Zero, Allowed(view, Talent, new(DisputeMove.Respond, 8_000), Start + 6).Price);
    }

    [Fact]
    public void A_draw_goes_in_its_row_once_its_block_is_made()
    {
        var view = Fold(Answered);
        Assert.Equal((CasePhase.Drawing, 1u, Start + 10, Employer), (view.Phase, view.Ticket, view.Since.Seconds, view.Payer));
        var draw = new CaseRequest(DisputeMove.Draw);
        var pool = new Pool(3, 6, SeedBlock: 20, Drawn: 0, Seeded: 1, Queued: 2);
        Assert.Equal(RefusalCode.TooEarly, Code(DisputeRules.Check(view, Panel[0], draw, Clock(Start), new CourtNow(20, pool, 1))));
        Assert.Equal(RefusalCode.None, Code(DisputeRules.Check(view, Panel[0], draw, Clock(Start), new CourtNow(21, pool, 1))));
        Assert.Equal(RefusalCode.WrongState, Code(DisputeRules.Check(view, Panel[0], draw, Clock(Start), new CourtNow(21, pool, 2))));
        Assert.Equal(RefusalCode.WrongState, Code(DisputeRules.Check(view, Panel[0], draw, Clock(Start), new CourtNow(21, pool))));
        Refused(RefusalCode.WrongState, view, Panel[0], new(DisputeMove.QueueDraw), Start + 11);
        var missed = Fold([.. Answered, (new DisputeEvent.PanelMissing(Id, Arbitrable, 0), Start + 20)]);
        Allowed(missed, Panel[0], new(DisputeMove.QueueDraw), Start + 10 + Day);
        Refused(RefusalCode.TooLate, missed, Panel[0], new(DisputeMove.QueueDraw), Start + 11 + Day);
        Assert.Equal(new CaseOutcome(true, null), CaseWindows.OutcomeAt(missed, new BlockTime(Start + 11 + Day)));
    }

    [Fact]
    public void A_draw_that_comes_too_late_seats_nobody_and_only_gives_its_place_up()
    {
        var bill = new Bill(new Amount(50), new Amount(50), default, default);
        (DisputeEvent, ulong)[] over =
            [.. Answered, (new DisputeEvent.CaseConcluded(Id, Employer, Talent, false, 0, bill), Start + 11 + Day)];
        Assert.Contains(DisputeRules.Due(Fold(over)), due => due.Move == DisputeMove.Draw);

        var concluded = Fold([.. over, (new DisputeEvent.PanelMissing(Id, Arbitrable, 0), Start + 12 + Day)]);

        Assert.Equal(Fold(over) with { Ticket = null }, concluded with { Seen = Fold(over).Seen, Panels = Fold(over).Panels });
        Assert.Equal(new CaseOutcome(true, null), CaseWindows.OutcomeAt(concluded, new BlockTime(Start + 12 + Day)));
        Assert.Empty(DisputeRules.Due(concluded));
        var late = Fold([.. Answered, (new DisputeEvent.PanelMissing(Id, Arbitrable, 0), Start + 11 + Day)]);
        Assert.Equal((CasePhase.Drawing, null, Start + 10), (late.Phase, late.Ticket, late.Since.Seconds));
        Assert.Equal([DisputeMove.QueueDraw, DisputeMove.Conclude], DisputeRules.Due(late).Select(due => due.Move));
        Refused(RefusalCode.TooLate, late, Panel[0], new(DisputeMove.QueueDraw), Start + 11 + Day);
    }

    [Fact]
    public void Votes_are_sealed_then_opened_each_in_its_window()
    {
        var (view, commitEnds) = (Fold(Seated), Drawn + 2 * Day);
        var commit = new CaseRequest(DisputeMove.Commit, Commitment: Hash32.Keccak([9]));
        Assert.Equal(1, Allowed(view, Panel[1], commit, commitEnds).Seat);
        Refused(RefusalCode.TooLate, view, Panel[1], commit, commitEnds + 1);
        Refused(RefusalCode.NotAParty, view, Talent, commit, commitEnds);
        var sealed_ = Fold([.. Seated, (new DisputeEvent.VoteCommitted(Id, Panel[1], 0, commit.Commitment), Drawn + 1)]);
        var reveal = new CaseRequest(DisputeMove.Reveal, 10_000, Arbiter: Panel[1]);
        Refused(RefusalCode.TooEarly, sealed_, Talent, reveal, commitEnds);
        Assert.Equal(1, Allowed(sealed_, Talent, reveal, commitEnds + 1).Seat);
        Allowed(sealed_, Talent, reveal, RevealEnds);
        Refused(RefusalCode.TooLate, sealed_, Talent, reveal, RevealEnds + 1);
        Refused(RefusalCode.InvalidArgument, sealed_, Talent, reveal with { TalentBps = 10_001 }, RevealEnds);
        Refused(RefusalCode.WrongState, sealed_, Talent, reveal with { Arbiter = Panel[0] }, RevealEnds);
    }

    [Fact]
    public void A_ruling_can_be_appealed_once_and_stands_when_nobody_does()
    {
        var (view, end) = (Fold(Voted(8_000, 8_100)), RevealEnds + 2 * Day);
        Refused(RefusalCode.TooEarly, view, Talent, new(DisputeMove.Appeal), RevealEnds);
        Assert.Equal(new Amount(50), Allowed(view, Talent, new(DisputeMove.Appeal), RevealEnds + 1).Price);
        Assert.Equal(new Amount(100), Allowed(view, Employer, new(DisputeMove.Appeal), end).Price);
        Refused(RefusalCode.TooLate, view, Employer, new(DisputeMove.Appeal), end + 1);
        Refused(RefusalCode.NotAParty, view, Panel[0], new(DisputeMove.Appeal), end);
        Refused(RefusalCode.WrongState, view, Panel[0], new(DisputeMove.QueueDraw), RevealEnds + 1);
        Assert.Equal(new CaseOutcome(false, 8_100), CaseWindows.OutcomeAt(view, new BlockTime(end)));
        Assert.Equal(new CaseOutcome(true, 8_100), CaseWindows.OutcomeAt(view, new BlockTime(end + 1)));
        var appealed = Fold(
        [
            .. Voted(8_000, 8_100), (new DisputeEvent.Appealed(Id, Employer, 8_100, new Amount(100)), end),
            (new DisputeEvent.DrawQueued(Id, Arbitrable, 2, 2), end),
        ]);
        Assert.Equal((CasePhase.Drawing, 2, 8_100, 2, Employer, end), (appealed.Phase, appealed.Round, appealed.Ruling, appealed.AppealCosts, appealed.Appellant, appealed.Since.Seconds));
        Assert.Equal(new Bill(default, new Amount(50), new Amount(100), new Amount(50)), DisputeRules.Bill(appealed, 8_100));
        Assert.Equal(new Bill(default, new Amount(50), default, new Amount(150)), DisputeRules.Preview(appealed, 7_000, 0));
        Assert.Equal(new CaseOutcome(true, 8_100), CaseWindows.OutcomeAt(appealed, new BlockTime(end + Day + 1)));
    }

    [Fact]
    public void A_panel_that_does_not_rule_is_drawn_again_from_the_end_of_its_votes_and_never_twice()
    {
        var view = Fold(Voted(8_000));
        Refused(RefusalCode.WrongState, view, Talent, new(DisputeMove.Appeal), RevealEnds + 1);
        Allowed(view, Panel[0], new(DisputeMove.QueueDraw), RevealEnds + 1);
        Allowed(view, Panel[0], new(DisputeMove.QueueDraw), RevealEnds + Day);
        Refused(RefusalCode.TooLate, view, Panel[0], new(DisputeMove.QueueDraw), RevealEnds + Day + 1);
        Assert.Equal(new CaseOutcome(true, null), CaseWindows.OutcomeAt(view, new BlockTime(RevealEnds + Day + 1)));
        var again = Fold([.. Voted(8_000), (new DisputeEvent.DrawQueued(Id, Arbitrable, 1, 2), RevealEnds + 500)]);
        Assert.Equal((CasePhase.Drawing, RevealEnds, 1), (again.Phase, again.Since.Seconds, again.Round));
        var redrawn = Fold(
        [
            .. Voted(8_000), (new DisputeEvent.DrawQueued(Id, Arbitrable, 1, 2), RevealEnds + 500),
            (new DisputeEvent.PanelDrawn(Id, Arbitrable, 1, [.. Panel]), RevealEnds + 600),
        ]);
        Refused(RefusalCode.WrongState, redrawn, Panel[0], new(DisputeMove.QueueDraw), RevealEnds + 600 + 3 * Day + 1);
        Assert.Equal(RevealEnds + 600 + 3 * Day, CaseWindows.OverAfter(redrawn)!.Value.Seconds);
        Assert.Equal(new Bill(new Amount(50), new Amount(50), default, default), DisputeRules.Bill(redrawn, null));
    }

    [Fact]
    public void Concluding_waits_while_a_known_block_decides_draws_and_seats_would_return()
    {
        var (view, end) = (Fold(Voted(8_000, 8_100)), RevealEnds + 2 * Day + 1);
        var pending = new CourtNow(30, new Pool(3, 6, SeedBlock: 20, Drawn: 1, Seeded: 2, Queued: 2));
        Assert.Equal(RefusalCode.TooEarly, Code(DisputeRules.Check(view, Talent, new(DisputeMove.Conclude), Clock(end), pending)));
        foreach (var block in new ulong[] { 19, 277 })
            Assert.Equal(RefusalCode.None, Code(DisputeRules.Check(view, Talent, new(DisputeMove.Conclude), Clock(end), pending with { NextBlock = block })));
        var silent = Fold(Seated);
        Assert.Equal(RefusalCode.None, Code(DisputeRules.Check(silent, Talent, new(DisputeMove.Conclude), Clock(end), pending)));
    }

    [Fact]
    public void Due_moves_open_as_the_windows_close()
    {
        Assert.Equal([new DueMove(DisputeMove.Conclude, new BlockTime(Start + 5 * Day), null)], DisputeRules.Due(Fold(Opened)).AsEnumerable());
        Assert.Equal([DisputeMove.Draw, DisputeMove.Conclude], DisputeRules.Due(Fold(Answered)).Select(due => due.Move));
        Assert.Equal(
            [(DisputeMove.QueueDraw, RevealEnds, RevealEnds + Day), (DisputeMove.Conclude, RevealEnds + Day, 0)],
            DisputeRules.Due(Fold(Seated)).Select(due => (due.Move, due.OpensAfter.Seconds, due.ClosesAfter?.Seconds ?? 0)));
        Assert.Equal(
            [(DisputeMove.Conclude, RevealEnds + 2 * Day)],
            DisputeRules.Due(Fold(Voted(1, 2))).Select(due => (due.Move, due.OpensAfter.Seconds)));
    }

    [Fact]
    public void What_another_court_or_a_case_never_opened_says_is_left_out()
    {
        Assert.Null(CaseFold.Apply(null, Answered[1].Item1, Place(Start), Rules));
        var view = Fold(Opened);
        Assert.Same(view, CaseFold.Apply(view, Answered[1].Item1, Place(Start) with { Contract = Arbitrable }, Rules));
    }

    [Fact]
    public void An_arbiters_seats_lock_return_and_leave()
    {
        var arbiter = new (DisputeEvent, ulong)[]
        {
            (new DisputeEvent.Enlisted(Arbitrable, Panel[0], 3), Start), (new DisputeEvent.Retired(Arbitrable, Panel[0], 1, new BlockTime(Start + 9)), Start + 1),
            (new DisputeEvent.PanelDrawn(Id, Arbitrable, 0, [.. Panel]), Start + 2), (new DisputeEvent.Enlisted(Arbitrable, Panel[1], 1), Start + 3),
        }.Aggregate(ArbiterOnChain.Empty, (view, one) => ArbiterFold.Apply(view, one.Item1, Place(one.Item2), Panel[0]));
        Assert.Equal(new Bench(Court, Arbitrable, 2, 1, 1, new BlockTime(Start + 9)), Assert.Single(arbiter.Benches));
        Assert.Equal(Start + 2 + 3 * Day, Assert.Single(arbiter.Seats).Under(Rules).RevealBy!.Value.Seconds);
        var traits = new CourtTraits(About.Token, new Amount(1_000));
        Assert.Equal(RefusalCode.TooEarly, Code(DisputeRules.Check(arbiter, Panel[0], new(DisputeMove.TakeBond, Court, Arbitrable), Clock(Start + 9), traits, null)));
        Assert.Equal(RefusalCode.None, Code(DisputeRules.Check(arbiter, Panel[0], new(DisputeMove.TakeBond, Court, Arbitrable), Clock(Start + 10), traits, null)));
        Assert.Equal(RefusalCode.InvalidArgument, Code(DisputeRules.Check(arbiter, Panel[0], new(DisputeMove.Retire, Court, Arbitrable, 2), Clock(Start), traits, null)));
        Assert.Equal(RefusalCode.None, Code(DisputeRules.Check(arbiter, Panel[0], new(DisputeMove.Retire, Court, Arbitrable, 1), Clock(Start), traits, null)));
        Assert.Equal(RefusalCode.WrongState, Code(DisputeRules.Check(arbiter, Panel[0], new(DisputeMove.Withdraw, Court, Token: About.Token, To: Talent), Clock(Start), traits, null)));
        var settled = ArbiterFold.Apply(arbiter, new DisputeEvent.SeatSettled(Id, Panel[0], 0, true, default, default), Place(Start + 5), Panel[0]);
        Assert.Equal((1u, 0u, 1), (settled.Benches[0].Bonded, settled.Benches[0].Locked, settled.SeatsForfeited));
    }

    private static CaseOnChain Fold(params (DisputeEvent Event, ulong At)[] facts) =>
        facts.Aggregate((CaseOnChain?)null, (view, fact) => CaseFold.Apply(view, fact.Event, Place(fact.At), Rules))!;

    private static FactPlace Place(ulong second) =>
        new(1, Court, new Seen(1, default, new BlockTime(second), default, FinalityStatus.Pending, 0, 0), 0);

    private static ChainClock Clock(ulong second) => new(new BlockTime(second), new BlockTime(second));

    private static DisputePlan Allowed(CaseOnChain view, Address by, CaseRequest request, ulong second) =>
        DisputeRules.Check(view, by, request, Clock(second), null).Accepted(out var plan, out var refusal)
            ? plan
            : throw new Xunit.Sdk.XunitException($"{request.Move} at {second}: {refusal}");

    private static void Refused(RefusalCode code, CaseOnChain view, Address by, CaseRequest request, ulong second) =>
        Assert.Equal(code, Code(DisputeRules.Check(view, by, request, Clock(second), null)));

    private static RefusalCode Code(Outcome<DisputePlan> outcome) =>
        outcome.Accepted(out _, out var refusal) ? RefusalCode.None : refusal.Code;
}
