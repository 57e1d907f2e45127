using System.Numerics;
using Braintrust.Chain;
using Law = Braintrust.Chain.Contracts.PanelCourtContract;

namespace Braintrust.Differential;

/// <summary>What a case costs and lasts, when it is over, how it is ruled, and who is paid what in the end.</summary>
internal static class CourtCases
{
    private const int PanelsSlot = 8;
    private const int Silent = ushort.MaxValue;

    public static Kind Quotes { get; } = new("court quotes", (dice, stage) =>
    {
        var windows = Windows(dice);
        var costMin = dice.OneIn(10) ? 0 : dice.Big(CourtModel.CostMax);
        var token = new Address([.. dice.Bytes(8), .. ProbeNode.Word(costMin).ToBytes()[20..]]);
        var (rules, sum) = (Word(windows), dice.Big(UInt128.MaxValue));
        var question = new Question(stage.Node.Parties[0], stage.Node.PanelCourt, Law.Cost.Encode(rules, token, sum))
        {
            Reads = [(stage.Node.PanelCourt, Law.Longest.Encode(rules))],
        };
        var cost = costMin.IsZero ? "TokenNotHeard" : CourtModel.Cost(windows.CostBps, costMin, sum).ToString();
        return new Case(
            () => $"{sum} of {token} under {windows}", question, $"{cost} within {CourtModel.Longest(windows)}",
            seen => $"{(seen.Done ? ProbeNode.Number(seen.Answer).ToString() : Law.ErrorName(seen.Answer))} within {ProbeNode.Number(seen.Answers[0])}");
    });

    public static Kind Verdicts { get; } = new("court verdicts", (dice, stage) =>
    {
        var one = At(dice, stage, Heard(dice));
        var (id, parties) = (dice.Hash(), stage.Node.Parties);
        var (employer, talent, payer) = (dice.Even(0, 3), dice.Even(4, 7), dice.Even(0, 7));
        var seats = one.Rounds.SelectMany(panel => panel).ToArray();
        var question = new Question(dice.Of(parties), stage.Node.PanelCourt, Law.Conclude.Encode(id))
        {
            Reads =
            [
                (stage.Node.PanelCourt, Law.Ruling.Encode(id)),
                (stage.Node.Token, AbiCodec.EncodeCall("movedOf(address[])", [parties.Cast<object>().ToArray()])),
                Credit(stage, ProbeNode.Treasury, stage.Node.Btrst),
                .. seats.SelectMany(seat => new[]
                {
                    Credit(stage, Account(id, seat.Arbiter), stage.Node.Token), Credit(stage, Account(id, seat.Arbiter), stage.Node.Btrst),
                }),
            ],
            Storage = [.. Stored(stage, one, id, parties[employer], parties[talent], parties[payer])],
        };
        return new Case(
            () => $"at {stage.Now} {one} rounds {string.Join(" / ", one.Rounds.Select(panel => string.Join(' ', panel.Select(seat => seat.Vote))))}",
            question, Expected(stage, one, seats, employer, talent, payer), Told);
    });

    private static string Expected(Stage stage, CourtCase one, CourtSeat[] seats, int employer, int talent, int payer)
    {
        if (stage.Now <= CourtModel.Ends(one)) return "NotFinal";
        var (bill, moved) = (CourtModel.Bill(one), new BigInteger[stage.Node.Parties.Count]);
        moved[employer] += bill.Employer;
        moved[payer] += bill.Payer;
        moved[one.TalentAppealed ? talent : employer] += bill.Appellant;
        var paid = seats.Select(seat => bill.Arbiters.GetValueOrDefault(seat.Arbiter)).Select(one => $"{one.Fee}+{one.Reward}");
        var ruling = CourtModel.Ruling(one);
        return $"final {ruling is not null} {ruling ?? 0} moved {string.Join(',', moved)} treasury {bill.Treasury} arbiters {string.Join(',', paid)}";
    }

    private static string Told(Seen seen)
    {
        if (!seen.Done) return Law.ErrorName(seen.Answer) ?? Hex.Of(seen.Answer);
        var credits = seen.Answers.Skip(2).Select(word => ProbeNode.Number(word)).ToArray();
        var moved = (object[])AbiCodec.Decode([AbiType.Parse("int256[]")], seen.Answers[1])[0];
        var paid = credits.Skip(1).Chunk(2).Select(pair => $"{pair[0]}+{pair[1]}");
        return $"final {!ProbeNode.Number(seen.Answers[0].AsSpan(0, 32)).IsZero} {ProbeNode.Number(seen.Answers[0].AsSpan(32))} "
            + $"moved {string.Join(',', moved)} treasury {credits[0]} arbiters {string.Join(',', paid)}";
    }

    // ------------------------------------------------------------------------------------------------- cases

    private static CourtWindows Windows(Dice dice) => new(
        dice.Even(1, 1_000), dice.Share(2_000), (uint)dice.Number(5, 14) * Agreements.Day, (uint)dice.Number(1, 3) * Agreements.Day,
        (uint)dice.Number(2, 7) * Agreements.Day, (uint)dice.Number(1, 5) * Agreements.Day, (uint)dice.Number(2, 7) * Agreements.Day);

    /// <summary>A case that got as far as some round, as the court lets cases go.</summary>
    private static CourtCase Heard(Dice dice)
    {
        var (phase, round, next) = (dice.Of(CourtPhase.Response, CourtPhase.Drawing, CourtPhase.Voting, CourtPhase.Voting, CourtPhase.Voting), dice.Even(0, 3), 1);
        if (phase == CourtPhase.Response) round = 0;
        var (employerBps, center) = ((int)dice.Share(9_999), (int)dice.Share(10_000));
        CourtSeat[] Panel(int seats, bool? ruled)
        {
            var panel = Enumerable.Range(next, seats).Select(arbiter => new CourtSeat(arbiter, Vote(dice, center))).ToArray();
            if (ruled is { } wanted && CourtModel.Median(panel) is not null != wanted) return Panel(seats, ruled);
            next += seats;
            return panel;
        }

        CourtSeat[][] rounds = [[], [], [], []];
        var redrawn = round == 1 || (round >= 2 && dice.OneIn(2));
        if (round > 0) rounds[0] = Panel(3, !redrawn);
        if (redrawn && round > 1) rounds[1] = Panel(3, true);
        var earlier = round >= 2 ? CourtModel.Median(rounds[redrawn ? 1 : 0]) : null;
        if (round == 3) rounds[2] = Panel(5, false);
        if (phase == CourtPhase.Voting) rounds[round] = Panel(round < 2 ? 3 : 5, null);
        return new CourtCase(
            phase, round, rounds, employerBps, phase == CourtPhase.Response ? 0 : dice.Even(employerBps + 1, 10_000), earlier,
            round >= 2 && dice.OneIn(2), round >= 2 ? dice.Even(1, 2) : 0, dice.Big(CourtModel.CostMax), 0, Windows(dice));
    }

    /// <summary>Silent, near the others, or anywhere.</summary>
    private static int? Vote(Dice dice, int center) => dice.Even(0, 3) switch
    {
        0 => null,
        1 => dice.Share(10_000),
        _ => Math.Clamp(center + dice.Even(-200, 200), 0, 10_000),
    };

    /// <summary>The last second of its windows is about now.</summary>
    private static CourtCase At(Dice dice, Stage stage, CourtCase one) =>
        one with { Since = dice.Edge(stage.Now - CourtModel.Ends(one) - (dice.OneIn(2) ? 1UL : 0), 1, stage.Now) };

    // ------------------------------------------------------------------------------------------------- storage

    private static Address Account(Hash32 id, int arbiter) => new(Hash32.Keccak([.. id.ToBytes(), (byte)arbiter]).ToBytes()[12..]);

    /// <summary>A pool of the case's own, so that cases of a page do not meet in one.</summary>
    private static Address Arbitrable(Hash32 id) => Account(id, 0);

    private static (Address, byte[]) Credit(Stage stage, Address party, Address token) =>
        (stage.Node.PanelCourt, Law.CreditOf.Encode(party, token));

    private static BigInteger Word(CourtWindows windows) =>
        windows.CostBps | (BigInteger)windows.Band << 16 | (BigInteger)windows.Response << 32 | (BigInteger)windows.Draw << 64
        | (BigInteger)windows.Commit << 96 | (BigInteger)windows.Reveal << 128 | (BigInteger)windows.Appeal << 160;

    private static IEnumerable<(Address, Hash32, Hash32)> Stored(
        Stage stage, CourtCase one, Hash32 id, Address employer, Address talent, Address payer)
    {
        (Address, Hash32, Hash32) At(Hash32 slot, BigInteger word) => (stage.Node.PanelCourt, slot, ProbeNode.Word(word));
        static BigInteger Of(Address address) => ProbeNode.Number(address.ToBytes());
        static Hash32 In(BigInteger mapping, Hash32 key) => ProbeNode.SlotOf(key, ProbeNode.Word(mapping));
        var (rules, first) = (stage.Index + 1, ProbeNode.Number(In(6, id).ToBytes()));
        yield return At(ProbeNode.Word(first), Of(employer) | (BigInteger)one.EmployerBps << 160 | (BigInteger)one.TalentBps << 176
            | (BigInteger)(int)one.Phase << 192 | (BigInteger)one.Round << 200 | (BigInteger)(one.Earlier ?? Silent) << 208);
        yield return At(ProbeNode.Word(first + 1), Of(talent) | (BigInteger)one.Since << 160 | (BigInteger)rules << 200
            | (one.TalentAppealed ? BigInteger.One << 232 : 0) | (BigInteger)one.AppealCosts << 240);
        yield return At(ProbeNode.Word(first + 2), Of(Arbitrable(id)) | one.Cost << 160);
        yield return At(ProbeNode.Word(first + 3), Of(stage.Node.Token));
        yield return At(In(7, id), one.Phase == CourtPhase.Response ? 0 : Of(payer));
        yield return At(In(10, ProbeNode.Word(rules)), Word(one.Windows));
        foreach (var (round, panel) in one.Rounds.Index())
            yield return At(
                ProbeNode.SlotOf(ProbeNode.Word(round), In(PanelsSlot, id)),
                panel.Index().Aggregate(BigInteger.Zero, (word, seat) =>
                    word | ((BigInteger)seat.Item.Arbiter << 16 | (seat.Item.Vote ?? Silent)) << (seat.Index * 48)));
        var arbiters = In(3, ProbeNode.Word(Arbitrable(id)));
        foreach (var seat in one.Rounds.SelectMany(panel => panel))
            yield return At(
                ProbeNode.SlotOf(ProbeNode.Word(seat.Arbiter), arbiters), Of(Account(id, seat.Arbiter)) | BigInteger.One << 160 | BigInteger.One << 192);
    }
}
