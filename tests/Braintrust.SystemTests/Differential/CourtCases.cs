using System.Collections.Immutable;
using System.Numerics;
using Braintrust.Chain;
using Braintrust.Disputes;
using Braintrust.Escrow;
using Law = Braintrust.Chain.Contracts.PanelCourtContract;

namespace Braintrust.Differential;

/// <summary>
/// The court: what a case costs and lasts, every move in it at the decisive seconds, the ruling, and who is paid what in the
/// end. A refusal names the contract's own error.
/// </summary>
internal static class CourtCases
{
    private static readonly DisputeMove[] Moves =
    [
        DisputeMove.Respond, DisputeMove.PayResponse, DisputeMove.Concede, DisputeMove.Appeal, DisputeMove.Conclude, DisputeMove.QueueDraw,
        DisputeMove.Commit, DisputeMove.Reveal,
    ];

    public static Kind Quotes { get; } = new("court quotes", (dice, stage) =>
    {
        var (rules, costMin) = (CourtDocket.Rules(dice), dice.OneIn(10) ? 0 : dice.Big(CourtMath.CostMax.Units));
        var token = new Address([.. dice.Bytes(8), .. ProbeNode.Word(costMin).ToBytes()[20..]]);
        var (word, sum) = (CourtDocket.Word(rules), dice.Sum(0, UInt128.MaxValue));
        var question = new Question(stage.Node.Parties[0], stage.Node.PanelCourt, Law.Cost.Encode(word, token, sum))
        {
            Reads = [(stage.Node.PanelCourt, Law.Longest.Encode(word))],
        };
        var cost = costMin.IsZero ? "TokenNotHeard" : rules.Cost(new Amount(sum), new Amount((UInt128)costMin)).ToString();
        return new Case(
            () => $"{sum} of {token} under {rules}", question, $"{cost} within {rules.Longest}",
            seen => $"{(seen.Done ? ProbeNode.Number(seen.Answer).ToString() : Law.ErrorName(seen.Answer))} within {ProbeNode.Number(seen.Answers[0])}");
    });

    public static Kind Verdicts { get; } = new("court verdicts", (dice, stage) =>
    {
        var docket = CourtDocket.Heard(dice, stage, dice.Of(CasePhase.Response, CasePhase.Drawing, CasePhase.Voting, CasePhase.Voting));
        return Of(stage, docket, new CaseRequest(DisputeMove.Conclude), dice.Of(stage.Node.Parties), default);
    });

    public static Kind Kind { get; } = new("court moves", (dice, stage) =>
    {
        var docket = CourtDocket.Heard(dice, stage, dice.Of(CasePhase.Response, CasePhase.Response, CasePhase.Drawing, CasePhase.Voting, CasePhase.Voting));
        var view = docket.View;
        DisputeMove[] fitting = view.Phase switch
        {
            CasePhase.Response => [DisputeMove.Respond, DisputeMove.PayResponse, DisputeMove.Concede],
            CasePhase.Drawing => [DisputeMove.QueueDraw, DisputeMove.Conclude],
            _ => Moves[3..],
        };
        var move = dice.Of(dice.OneIn(3) ? Moves : fitting);
        var wallet = dice.OneIn(3) ? dice.Of(stage.Node.Parties) : move switch
        {
            DisputeMove.Commit or DisputeMove.Reveal => stage.Node.Parties[^1],
            DisputeMove.Appeal => dice.Of(view.Talent, view.EmployerSide),
            _ => view.Talent,
        };
        var (bps, salt) = (dice.OneIn(8) ? dice.Even(10_000, 10_001) : dice.Share(10_000), dice.Hash());
        return Of(stage, docket, new CaseRequest(move, bps, dice.OneIn(2), dice.Hash(), salt, stage.Node.Parties[^1]), wallet, salt);
    })
    { Sorts = [.. Moves.Select(move => move.ToString())] };

    private static Case Of(Stage stage, CourtDocket docket, CaseRequest request, Address wallet, Hash32 salt)
    {
        var (view, now) = (docket.View, new BlockTime(stage.Now));
        var expected = DisputeRules.Check(view, wallet, request, new ChainClock(now, now), null).Accepted(out var plan, out var refusal)
            ? Done(stage, docket, plan)
            : refusal.Error ?? refusal.Code.ToString();
        var ends = request.Move is DisputeMove.Conclude or DisputeMove.Concede;
        var question = new Question(wallet, stage.Node.PanelCourt, Call(docket, request))
        {
            Reads = Reads(stage, view), Storage = [.. docket.Stored(stage, request.TalentBps, salt)],
        };
        return new Case(() => $"{request} by {wallet} at {stage.Now} in {docket}", question, expected, seen => Told(seen, ends))
        {
            Sort = request.Move.ToString(),
        };
    }

    private static byte[] Call(CourtDocket docket, CaseRequest request)
    {
        var (id, seat) = (docket.View.CaseId, Math.Max(0, docket.SitterSeat));
        return request.Move switch
        {
            DisputeMove.Respond => Law.Respond.Encode(id, request.TalentBps, request.Pays),
            DisputeMove.PayResponse => Law.PayResponse.Encode(id),
            DisputeMove.Concede => Law.Concede.Encode(id),
            DisputeMove.Appeal => Law.Appeal.Encode(id),
            DisputeMove.QueueDraw => Law.QueueDraw.Encode(id),
            DisputeMove.Commit => Law.Commit.Encode(id, seat, request.Commitment),
            DisputeMove.Reveal => Law.Reveal.Encode(id, seat, request.TalentBps, request.Salt),
            _ => Law.Conclude.Encode(id),
        };
    }

    // ------------------------------------------------------------------------------------------------- C#

    private static Address[] Watched(Stage stage) => [stage.Node.PanelCourt, .. stage.Node.Parties];

    private static string Done(Stage stage, CourtDocket docket, DisputePlan plan)
    {
        var view = docket.View;
        var moved = string.Join(',', Watched(stage).Select(holder => plan.Effects.Where(effect => effect.Holder == holder)
            .Aggregate(BigInteger.Zero, (sum, effect) => effect.Incoming ? sum + effect.Amount.Units : sum - effect.Amount.Units)));
        if (plan.Move is not (DisputeMove.Conclude or DisputeMove.Concede)) return $"moved {moved}";
        var ruling = plan.Move == DisputeMove.Concede ? view.Opening.EmployerBps : CaseWindows.OutcomeAt(view, new BlockTime(stage.Now)).Ruling;
        var settled = CourtMath.Settle(
            [.. view.Panels.Select(panel => panel.Seats.Select(seat => seat.Vote).ToArray())], ruling ?? 0, view.Rules.BandBps,
            DisputeRules.Bill(view, ruling).Fee, new Amount(ProbeNode.Seat));
        var paid = settled.Rounds.SelectMany(round => round).Select(end => $"{end.Fee}+{end.Reward}");
        return $"moved {moved} final {ruling is not null} {ruling ?? 0} treasury {settled.Treasury} arbiters {string.Join(',', paid)}";
    }

    // ------------------------------------------------------------------------------------------------- the contract

    private static IReadOnlyList<(Address, byte[])> Reads(Stage stage, CaseOnChain view)
    {
        (Address, byte[]) Credit(Address party, Address token) => (stage.Node.PanelCourt, Law.CreditOf.Encode(party, token));
        return
        [
            (stage.Node.Token, AbiCodec.EncodeCall("movedOf(address[])", [Watched(stage).Cast<object>().ToArray()])),
            (stage.Node.PanelCourt, Law.Ruling.Encode(view.CaseId)),
            Credit(ProbeNode.Treasury, stage.Node.Btrst),
            .. view.Panels.SelectMany(panel => panel.Seats).SelectMany(seat => new[]
            {
                Credit(seat.Arbiter, stage.Node.Token), Credit(seat.Arbiter, stage.Node.Btrst),
            }),
        ];
    }

    private static string Told(Seen seen, bool ends)
    {
        if (!seen.Done) return Law.ErrorName(seen.Answer) ?? Hex.Of(seen.Answer);
        var moved = string.Join(',', (object[])AbiCodec.Decode([AbiType.Parse("int256[]")], seen.Answers[0])[0]);
        if (!ends) return $"moved {moved}";
        var credits = seen.Answers.Skip(2).Select(word => ProbeNode.Number(word)).ToArray();
        var paid = credits.Skip(1).Chunk(2).Select(pair => $"{pair[0]}+{pair[1]}");
        return $"moved {moved} final {!ProbeNode.Number(seen.Answers[1].AsSpan(0, 32)).IsZero} {ProbeNode.Number(seen.Answers[1].AsSpan(32))} "
            + $"treasury {credits[0]} arbiters {string.Join(',', paid)}";
    }
}
