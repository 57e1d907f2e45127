using System.Collections.Immutable;
using System.Numerics;
using Braintrust.Chain;
using Braintrust.Disputes;

namespace Braintrust.Differential;

/// <summary>A case that got as far as some round, as the court lets cases go, and the storage that stands for it.</summary>
/// <param name="SitterSeat">Seat of the one arbiter who can act, on the present panel; below zero where it has none.</param>
internal sealed record CourtDocket(CaseOnChain View, int SitterSeat)
{
    private const int NoRuling = ushort.MaxValue;
    private const int Silent = ushort.MaxValue;
    private const uint Day = Agreements.Day;

    public static CourtRules Rules(Dice dice) => new(
        (ushort)dice.Even(1, 1_000), dice.Share(2_000), (uint)dice.Number(5 * Day, 14 * Day), (uint)dice.Number(Day, 3 * Day),
        (uint)dice.Number(2 * Day, 7 * Day), (uint)dice.Number(Day, 5 * Day), (uint)dice.Number(2 * Day, 7 * Day));

    /// <summary>As the slot holds them, and as the number of a set from which the probe reads its rules.</summary>
    public static BigInteger Word(CourtRules rules) =>
        rules.CostBps | (BigInteger)rules.BandBps << 16 | (BigInteger)rules.ResponseSeconds << 32 | (BigInteger)rules.DrawSeconds << 64
        | (BigInteger)rules.CommitSeconds << 96 | (BigInteger)rules.RevealSeconds << 128 | (BigInteger)rules.AppealSeconds << 160;

    public static CourtDocket Heard(Dice dice, Stage stage, CasePhase phase)
    {
        var (id, parties, round) = (dice.Hash(), stage.Node.Parties, phase == CasePhase.Response ? 0 : dice.Even(0, 3));
        var (employerBps, panels) = ((int)dice.Share(9_999), Panels(dice, id, phase, round));
        var sitter = -1;
        if (phase == CasePhase.Voting)
        {
            // One of the present panel is a probe: it can seal and open votes.
            sitter = dice.Even(0, panels[^1].Seats.Length - 1);
            var seat = panels[^1].Seats[sitter] with { Arbiter = parties[^1] };
            seat = seat with { Commitment = seat.Vote is null && !dice.OneIn(3) ? dice.Hash() : null };
            panels = panels.SetItem(panels.Length - 1, panels[^1] with { Seats = panels[^1].Seats.SetItem(sitter, seat) });
        }

        var (employer, talent) = (dice.Of(parties[0], parties[1]), dice.Of(parties[2], parties[3]));
        var named = phase == CasePhase.Response && dice.OneIn(2) ? null : (int?)dice.Even(employerBps + 1, 10_000);
        var view = new CaseOnChain
        {
            CaseId = id, Court = stage.Node.PanelCourt,
            Opening = new Opening(Account(id, 0), default, 0, (uint)stage.Index + 1, stage.Node.Token, default, new Amount(dice.Sum(0, CourtMath.CostMax.Units)), employerBps),
            EmployerSide = employer, Talent = talent, Rules = Rules(dice), Phase = phase, Round = round, Since = default,
            TalentBps = named, Payer = phase == CasePhase.Response ? null : dice.Of(parties),
            Ruling = round >= 2 ? panels.First(panel => panel.Tally.Ruled).Tally.Median : null,
            Ticket = phase == CasePhase.Drawing && dice.OneIn(2) ? 1u : null,
            Appellant = round >= 2 ? dice.Of(employer, talent) : null, AppealCosts = round >= 2 ? dice.Even(1, 2) : 0,
            Panels = panels, Opened = Agreements.Seen(stage.Now), Seen = Agreements.Seen(stage.Now),
        };
        return new CourtDocket(view with { Since = new BlockTime(Since(dice, stage, view)) }, sitter);
    }

    /// <summary>So that one of the case's windows ends about now.</summary>
    private static ulong Since(Dice dice, Stage stage, CaseOnChain view)
    {
        var rules = view.Rules;
        var voting = (ulong)rules.CommitSeconds + rules.RevealSeconds;
        var ends = view.Phase == CasePhase.Voting
            ? dice.Of(CaseWindows.OverAfter(view)!.Value.Seconds, rules.CommitSeconds, voting, voting + rules.AppealSeconds, voting + rules.DrawSeconds)
            : CaseWindows.OverAfter(view)!.Value.Seconds;
        return dice.OneIn(4) ? stage.Now - dice.Number(0, ends) : dice.Edge(stage.Now - ends, 1, stage.Now);
    }

    /// <summary>A redraw follows a panel that did not rule, an appeal one that did.</summary>
    private static ImmutableArray<Panel> Panels(Dice dice, Hash32 id, CasePhase phase, int round)
    {
        var (panels, center, next) = (ImmutableArray.CreateBuilder<Panel>(), (int)dice.Share(10_000), 1);
        void Sit(int at, bool? ruled)
        {
            Panel panel;
            do
            {
                var seats = Enumerable.Range(next, CourtMath.Seats(at)).Select(number => new Seat(Account(id, number), null, Vote(dice, center)));
                panel = new Panel(at, default, [.. seats]);
            }
            while (ruled is { } wanted && panel.Tally.Ruled != wanted);
            next += panel.Seats.Length;
            panels.Add(panel);
        }

        var redrawn = round == 1 || (round >= 2 && dice.OneIn(2));
        if (round > 0) Sit(0, !redrawn);
        if (redrawn && round > 1) Sit(1, true);
        if (round == 3) Sit(2, false);
        if (phase == CasePhase.Voting) Sit(round, null);
        return panels.ToImmutable();
    }

    /// <summary>Silent, near the others, or anywhere.</summary>
    private static int? Vote(Dice dice, int center) => dice.Even(0, 3) switch
    {
        0 => null,
        1 => dice.Share(10_000),
        _ => Math.Clamp(center + dice.Even(-200, 200), 0, 10_000),
    };

    /// <summary>Number 0 is the arbitrable: a pool of the case's own, so that cases of a page do not meet in one.</summary>
    private static Address Account(Hash32 id, int number) => new(Hash32.Keccak([.. id.ToBytes(), (byte)number]).ToBytes().AsSpan(12));

    /// <param name="vote">What the sitter's seal holds, where it sealed one, with <paramref name="salt"/>.</param>
    public IEnumerable<(Address, Hash32, Hash32)> Stored(Stage stage, int vote, Hash32 salt)
    {
        (Address, Hash32, Hash32) At(Hash32 slot, BigInteger word) => (stage.Node.PanelCourt, slot, ProbeNode.Word(word));
        static BigInteger Of(Address? address) => ProbeNode.Number((address ?? default).ToBytes());
        static Hash32 In(BigInteger mapping, Hash32 key) => ProbeNode.SlotOf(key, ProbeNode.Word(mapping));
        var (id, first) = (View.CaseId, ProbeNode.Number(In(6, View.CaseId).ToBytes()));
        yield return At(ProbeNode.Word(first), Of(View.EmployerSide) | (BigInteger)View.Opening.EmployerBps << 160
            | (BigInteger)(View.TalentBps ?? 0) << 176 | (BigInteger)(int)View.Phase << 192 | (BigInteger)View.Round << 200
            | (BigInteger)(View.Ruling ?? NoRuling) << 208 | (BigInteger)(View.Ticket ?? 0) << 224);
        yield return At(ProbeNode.Word(first + 1), Of(View.Talent) | (BigInteger)View.Since.Seconds << 160
            | (BigInteger)View.Opening.Rules << 200 | (View.Appellant == View.Talent ? BigInteger.One << 232 : 0)
            | (BigInteger)View.AppealCosts << 240);
        yield return At(ProbeNode.Word(first + 2), Of(View.Opening.Arbitrable) | (BigInteger)View.Opening.Cost.Units << 160);
        yield return At(ProbeNode.Word(first + 3), Of(View.Opening.Token));
        yield return At(In(7, id), Of(View.Payer));
        yield return At(In(10, ProbeNode.Word(View.Opening.Rules)), Word(View.Rules));
        var (arbiters, number) = (In(3, ProbeNode.Word(View.Opening.Arbitrable)), 0);
        foreach (var panel in View.Panels)
        {
            BigInteger word = 0;
            foreach (var (index, seat) in panel.Seats.Index())
            {
                word |= ((BigInteger)(++number) << 16 | (seat.Vote ?? Silent)) << (index * 48);
                yield return At(
                    ProbeNode.SlotOf(ProbeNode.Word(number), arbiters), Of(seat.Arbiter) | BigInteger.One << 160 | BigInteger.One << 192);
            }

            yield return At(ProbeNode.SlotOf(ProbeNode.Word(panel.Round), In(8, id)), word);
        }

        if (SitterSeat < 0 || View.Panel!.Seats[SitterSeat].Commitment is null) yield break;
        var seals = ProbeNode.SlotOf(ProbeNode.Word(View.Round), In(9, id));
        var commitment = Hash32.Keccak(
        [
            .. ProbeNode.Word(stage.Node.ChainId).ToBytes(), .. ProbeNode.Word(stage.Node.PanelCourt).ToBytes(), .. id.ToBytes(),
            .. ProbeNode.Word(View.Round).ToBytes(), .. ProbeNode.Word(View.Panel.Seats[SitterSeat].Arbiter).ToBytes(),
            .. ProbeNode.Word(vote).ToBytes(), .. salt.ToBytes(),
        ]);
        yield return (stage.Node.PanelCourt, ProbeNode.SlotOf(ProbeNode.Word(SitterSeat), seals), commitment);
    }
}
