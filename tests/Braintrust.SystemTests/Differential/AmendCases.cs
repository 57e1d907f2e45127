using Braintrust.Escrow;

namespace Braintrust.Differential;

/// <summary>
/// Other terms in the place of the present ones, in any state: sound ones, at the bounds, with something changed that must
/// stay, with a step beyond a bound. What stands moves to the new name.
/// </summary>
internal static class AmendCases
{
    private const uint Day = Agreements.Day;

    public static Kind Kind { get; } = new("amendments", Make) { Sorts = [nameof(EscrowMove.Amend)] };

    private static readonly Func<Dice, Stage, AgreementOnChain, Terms, Terms>[] Faults =
    [
        (dice, _, _, t) => t with { Previous = dice.Hash() },
        (_, _, _, t) => t with { Nonce = t.Nonce ^ 1 },
        (dice, stage, _, t) => t with { Employer = dice.Of(stage.Node.Parties) },
        (dice, stage, _, t) => t with { Talent = dice.Of(stage.Node.Parties) },
        (dice, stage, _, t) => t with { Payout = dice.Of(stage.Node.Parties) },
        (_, stage, _, t) => t with { Token = stage.Node.Court },
        (_, _, _, t) => t with { PolicyVersion = t.PolicyVersion ^ 1 },
        (_, _, _, t) => t with { FeeBps = (ushort)(t.FeeBps ^ 1) },
        (dice, _, _, t) => t with { Origin = dice.Address() },
        (_, _, _, t) => t with { OriginBps = (ushort)(t.OriginBps ^ 1) },
        (dice, _, _, t) => t with { Court = dice.Address() },
        (_, _, _, t) => t with { CourtRules = t.CourtRules ^ 1 },
        (_, _, _, t) => t with { CaseTime = t.CaseTime ^ 1 },
        (_, _, _, t) => t with { FallbackTalentBps = (ushort)(t.FallbackTalentBps ^ 1) },
        (dice, _, _, t) => t with { Manager = dice.Of(default, t.Talent) },
        (dice, _, _, t) => t with { ReviewWindow = dice.Of(3 * Day - 1, 90 * Day + 1) },
        (dice, _, _, t) => t with { ReworkTime = dice.Of(3 * Day - 1, 90 * Day + 1) },
        (dice, _, _, t) => t with { RevisionsMax = (byte)dice.Even(8, 255) },
        (dice, _, a, t) => Cut(t, dice.Even(0, a.MilestonesFunded)),
        (_, _, _, t) => t with { Amounts = [.. t.Amounts, .. Enumerable.Repeat(new Amount(1), 33 - t.Amounts.Length)], WorkTimes = [.. t.WorkTimes, .. Enumerable.Repeat(3_600u, 33 - t.WorkTimes.Length)] },
        (_, _, _, t) => t with { WorkTimes = t.WorkTimes.Add(3_600) },
        (dice, _, _, t) => t with { Amounts = t.Amounts.SetItem(dice.Even(0, t.Amounts.Length - 1), default) },
        (dice, _, _, t) => t with { Amounts = t.Amounts.SetItem(dice.Even(0, t.Amounts.Length - 1), new Amount(5)) },
        (dice, _, _, t) => t with { WorkTimes = t.WorkTimes.SetItem(dice.Even(0, t.WorkTimes.Length - 1), dice.Of(3_599u, 365 * Day + 1)) },
    ];

    private static Case Make(Dice dice, Stage stage)
    {
        var terms = Agreements.Terms(dice, stage);
        var agreement = Agreements.Standing(dice, stage, terms);
        var next = Sound(dice, stage, agreement);
        if (!dice.OneIn(3)) next = dice.Of(Faults)(dice, stage, agreement, next);
        var wallet = dice.Of(terms.Employer, terms.Talent);
        return MoveCases.Of(stage, agreement, new MoveRequest(EscrowMove.Amend, agreement.Milestone, Next: next), wallet);
    }

    private static Terms Sound(Dice dice, Stage stage, AgreementOnChain agreement)
    {
        var (terms, other, funded) = (agreement.Funded.Terms, Agreements.Terms(dice, stage), agreement.MilestonesFunded);
        var manager = dice.Of(stage.Node.Parties);
        var next = terms with
        {
            Sequence = other.Sequence, Previous = agreement.Funded.Agreement, Manager = manager == terms.Talent ? terms.Employer : manager,
            ReviewWindow = other.ReviewWindow, ReworkTime = other.ReworkTime, RevisionsMax = other.RevisionsMax,
            ValidUntil = other.ValidUntil, Documents = other.Documents,
            Amounts = [.. terms.Amounts.Take(funded), .. other.Amounts], WorkTimes = [.. terms.WorkTimes.Take(funded), .. other.WorkTimes],
        };
        var least = Math.Max(1, agreement.Phase == AgreementPhase.Idle ? funded + 1 : funded);
        return Cut(next, dice.Even(Math.Min(32, least), Math.Min(32, next.Amounts.Length)));
    }

    private static Terms Cut(Terms terms, int count) =>
        terms with { Amounts = [.. terms.Amounts.Take(count)], WorkTimes = [.. terms.WorkTimes.Take(count)] };
}
