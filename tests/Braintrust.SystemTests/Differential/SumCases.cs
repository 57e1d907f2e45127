using System.Numerics;
using Braintrust.Chain;
using Braintrust.Escrow;

namespace Braintrust.Differential;

/// <summary>
/// Every sum of the law, out of the money that the contract really moves, keeps and credits: tips, partial releases, and
/// the shares that both sides, the court or the fallback give the talent.
/// </summary>
internal static class SumCases
{
    private const int ExhaustiveAmountMax = 40;

    public static Kind Tips { get; } = new("tips", (dice, stage) =>
    {
        var terms = One(dice, stage, UInt128.MaxValue / 64);
        var agreement = Agreements.Standing(dice, stage, terms);
        var tip = new MoveRequest(EscrowMove.Tip, 0, Sum: new Amount(dice.Sum(1, UInt128.MaxValue / 2)));
        return MoveCases.Of(stage, agreement, tip, terms.Employer);
    });

    public static Kind Releases { get; } = new("releases", (dice, stage) =>
    {
        var agreement = Working(stage, One(dice, stage, Largest));
        var pay = new Amount(dice.Sum(1, agreement.Current!.Amount.Units));
        return MoveCases.Of(stage, agreement, new MoveRequest(EscrowMove.Release, 0, Sum: pay), agreement.Funded.Terms.Manager);
    });

    public static Kind Agreed { get; } = new("agreed", (dice, stage) =>
    {
        var terms = One(dice, stage, Largest);
        var agreement = dice.OneIn(2) ? Working(stage, terms) : Disputed(dice, stage, terms, stage.Now);
var request = new MoveRequest(EscrowMove.Agree, 0, TalentBps: dice.OneIn(20) ? 10_001 : dice.Share(10_000));
        return MoveCases.Of(stage, agreement, request, dice.Of(terms.Employer, terms.Talent));
    });

    public static Kind Rulings { get; } = new("rulings", (dice, stage) =>
    {
        var terms = One(dice, stage, Largest) with { Court = stage.Node.Court, CaseTime = 1 };
        var (agreement, bps) = (Disputed(dice, stage, terms, stage.Now), dice.Share(10_000));
        return MoveCases.Of(
            stage, agreement, new MoveRequest(EscrowMove.Resolve, 0), dice.Of(stage.Node.Parties), new CourtWord(null, 0, bps), 1 << 16 | bps);
    });

    public static Kind Fallbacks { get; } = new("fallbacks", (dice, stage) =>
    {
        var terms = One(dice, stage, Largest) with { Court = stage.Node.Court, CaseTime = 1, FallbackTalentBps = dice.Share(10_000) };
        return MoveCases.Of(
            stage, Disputed(dice, stage, terms, stage.Now - 1), new MoveRequest(EscrowMove.Resolve, 0), dice.Of(stage.Node.Parties));
    });

    /// <summary>
    /// Every amount up to 40, every pay of it, and every fee up to 2,000 basis points: of those that make the same fee of the
    /// amount, the lowest and the highest.
    /// </summary>
    public static Kind SmallReleases { get; } = Every("small releases",
        [.. from amount in Small from fee in Edges(amount, 2_000) from pay in Enumerable.Range(1, amount) select (amount, fee, pay)],
        (dice, stage, terms, pay) => MoveCases.Of(
            stage, Working(stage, terms), new MoveRequest(EscrowMove.Release, 0, Sum: new Amount((UInt128)pay)), terms.Manager));

    /// <summary>Every claim up to 40 and every ratio: of those that leave the talent the same, the lowest and the highest.</summary>
    public static Kind SmallRatios { get; } = Every("small ratios",
        [.. from amount in Small from fee in new[] { 0, 777, 2_000 } from bps in Edges(amount, 10_000) select (amount, fee, bps)],
        (dice, stage, terms, bps) =>
        {
            var heard = terms with { Court = stage.Node.Court, CaseTime = 1, FallbackTalentBps = (ushort)bps };
            var agreement = Disputed(dice, stage, heard, stage.Now - 1);
            agreement = agreement with { Milestones = [agreement.Current! with { Claimed = agreement.Current!.Amount }] };
            return MoveCases.Of(stage, agreement, new MoveRequest(EscrowMove.Resolve, 0), heard.Employer);
        });

    private static IEnumerable<int> Small => Enumerable.Range(1, ExhaustiveAmountMax);

    private static Kind Every(
        string name, (int Amount, int Fee, int Part)[] all, Func<Dice, Stage, Terms, int, Case> make) =>
        new(name, (dice, stage) =>
        {
            var (amount, fee, part) = all[stage.Index];
            var terms = One(dice, stage, 1) with { Amounts = [new Amount((UInt128)amount)], FeeBps = (ushort)fee };
            return make(dice, stage, terms, part);
        })
        { All = all.Length };

    /// <summary>The basis points up to <paramref name="most"/> around which floor(amount * bps / 10,000) changes.</summary>
    private static IEnumerable<int> Edges(int amount, int most) => Enumerable.Range(0, amount + 1)
        .Select(part => (part * 10_000 + amount - 1) / amount)
        .SelectMany(bps => new[] { bps - 1, bps }).Append(most).Where(bps => bps >= 0 && bps <= most).Distinct();

    /// <summary>Its price with the highest fee is just below 2^128.</summary>
    private static UInt128 Largest => UInt128.MaxValue / 6 * 5;

    private static Terms One(Dice dice, Stage stage, UInt128 most) => Agreements.Terms(dice, stage) with
    {
        Amounts = [new Amount(dice.Sum(1, most))], WorkTimes = [3_600],
    };

    private static AgreementOnChain Working(Stage stage, Terms terms) => new()
    {
        Funded = new SignedTermsRef(TermsHash.Of(terms, stage.Node.ChainId, stage.Node.Escrow), terms),
        FirstTerms = default, Phase = AgreementPhase.Funded, Milestone = 0, MilestonesFunded = 1, Since = new BlockTime(stage.Now),
        Milestones =
        [
            new MilestoneView
            {
                Phase = MilestonePhase.Working, Amount = terms.Amounts[0], FeeOnTop = Fees.OnTop(terms.Amounts[0], terms.FeeBps),
            },
        ],
        Contract = stage.Node.Escrow,
        Seen = Agreements.Seen(stage.Now),
    };

    private static AgreementOnChain Disputed(Dice dice, Stage stage, Terms terms, ulong deadline)
    {
        var working = Working(stage, terms);
        var disputed = working.Current! with
        {
            Claimed = new Amount(dice.Sum(1, working.Current!.Amount.Units)),
            Dispute = new DisputeView(0, default, new BlockTime(deadline), Agreements.CaseOf(stage, terms, 0)),
        };
        return working with { Phase = AgreementPhase.Disputed, Milestones = [disputed] };
    }
}
