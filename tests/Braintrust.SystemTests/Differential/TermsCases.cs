using System.Numerics;
using System.Text;
using Braintrust.Chain;
using Braintrust.Escrow;
using Braintrust.Governance;
using Law = Braintrust.Chain.Contracts.WorkAgreementsContract;

namespace Braintrust.Differential;

/// <summary>
/// First funding under any policy: terms at the bounds of the law, and one step beyond them. With one fault both name the
/// same field; with more of them both refuse, each in its own order.
/// </summary>
internal static class TermsCases
{
    private const int SpentNoncesSlot = 1;
    private const uint Day = Agreements.Day;

    public static Kind Kind { get; } = new("funding", Make);

    /// <summary>What can be wrong with sound terms. Some faults are none: then both find none.</summary>
    private static readonly Func<Dice, Stage, FundingRules, Terms, Terms>[] Faults =
    [
        (_, _, _, t) => t with { Talent = default },
        (_, _, _, t) => t with { Talent = t.Employer },
        (_, _, _, t) => t with { Manager = default },
        (_, _, _, t) => t with { Manager = t.Talent },
        (dice, stage, _, t) => t with { Payout = dice.Of(default, stage.Node.Token, stage.Node.Escrow) },
        (dice, _, r, t) => t with { FeeBps = (ushort)(r.FeeBps == 0 || dice.OneIn(2) ? r.FeeBps + 1 : r.FeeBps - 1) },
        (_, _, _, t) => t with { Origin = default, OriginBps = 1 },
        (_, stage, r, t) => t with { Origin = stage.Node.Parties[0], OriginBps = (ushort)(r.OriginBpsMax + 1) },
        (_, _, _, t) => t with { CaseTime = t.CaseTime == 0 ? 1u : 0 },
        (_, stage, _, t) => t with { Court = stage.Node.Court, CaseTime = 365 * Day + 1 },
        (dice, _, _, t) => t with { FallbackTalentBps = (ushort)dice.Number(10_001, ushort.MaxValue) },
        (_, stage, _, t) => t with { ValidUntil = stage.Now - 1 },
        (_, stage, r, t) => t with { ValidUntil = stage.Now + r.ValiditySecondsMax + 1 },
        (_, _, r, t) => t with { ReviewWindow = r.ReviewWindowSecondsMin - 1 },
        (_, _, r, t) => t with { ReviewWindow = r.ReviewWindowSecondsMax + 1 },
        (_, _, r, t) => t with { ReworkTime = r.ReworkSecondsMin - 1 },
        (_, _, _, t) => t with { ReworkTime = 90 * Day + 1 },
        (dice, _, _, t) => t with { RevisionsMax = (byte)dice.Even(8, 255) },
        (_, _, _, t) => t with { Amounts = [], WorkTimes = [] },
        (_, _, _, t) => t with { Amounts = [.. Enumerable.Repeat(t.Amounts[0], 33)], WorkTimes = [.. Enumerable.Repeat(t.WorkTimes[0], 33)] },
        (_, _, _, t) => t with { WorkTimes = t.WorkTimes.Add(3_600) },
        (_, _, r, t) => t with { Amounts = t.Amounts.SetItem(t.Amounts.Length - 1, new Amount(r.AmountMin.Units - 1)) },
        (_, _, _, t) => t with { WorkTimes = t.WorkTimes.SetItem(t.WorkTimes.Length - 1, 3_599) },
        (_, _, _, t) => t with { WorkTimes = t.WorkTimes.SetItem(0, 365 * Day + 1) },
    ];

    private static Case Make(Dice dice, Stage stage)
    {
        var rules = Rules(dice, stage);
        var terms = Sound(dice, stage, rules);
        var faults = dice.OneIn(4) ? 0 : dice.OneIn(5) ? 2 : 1;
        for (var i = 0; i < faults && terms.Amounts.Length > 0; i++) terms = dice.Of(Faults)(dice, stage, rules, terms);
        var left = terms.Amounts.Length;
        var (count, spent) = (dice.OneIn(8) ? dice.Of(0, left + 1) : dice.Even(1, Math.Max(1, left)), dice.OneIn(10));
        var wallet = dice.OneIn(10) ? dice.Of(stage.Node.Parties) : terms.Employer;
        var several = faults + (spent ? 1 : 0) + (count < 1 || count > left ? 1 : 0) + (wallet == terms.Employer ? 0 : 1) > 1;

        var agreement = TermsHash.Of(terms, stage.Node.ChainId, stage.Node.Escrow);
        var question = new Question(wallet, stage.Node.Escrow, Law.Fund.Encode(EscrowCalls.Of(terms), agreement.ToBytes(), count))
        {
            Reads = MoveCases.Reads(stage, agreement, terms), Storage = [.. Stored(stage, rules), Nonce(stage, terms, spent)],
        };
        return new Case(
            () => $"fund {count} by {wallet} at {stage.Now}, nonce spent {spent}, under {rules}: {Agreements.Text(terms)}", question,
            Short(Expected(stage, rules, terms, agreement, wallet, count, spent), several), seen => Short(Told(seen), several));
    }

    private static string Expected(
        Stage stage, FundingRules rules, Terms terms, Hash32 agreement, Address wallet, int count, bool spent)
    {
        var now = new BlockTime(stage.Now);
        var answer = EscrowRules.Check(
            new SignedTerms(terms, agreement, agreement.ToBytes()), new NegotiationOnChain { NonceBurned = spent }, wallet,
            new MoveRequest(EscrowMove.Fund, 0, count), new ChainClock(now, now), new WorkLaw(stage.Node.ChainId, stage.Node.Escrow, rules));
        if (!answer.Accepted(out var plan, out var refusal)) return $"{refusal.Code} {Field(refusal.Field)}";
        var log = new Law.AgreementFundedEvent(
            TermsHash.Negotiation(terms.Talent, terms.Nonce), terms.Employer, terms.Talent, agreement, EscrowCalls.Of(terms), count,
            plan.Price.Units).Encode();
        var funded = EscrowFold.Apply(
            NegotiationOnChain.Empty, EscrowFacts.TryRead(log.Topics, log.Data)!.Value.Event,
            new FactPlace(1, stage.Node.Escrow, Agreements.Seen(stage.Now), 0));
        return MoveCases.Outcome(stage, plan, funded.Agreement!);
    }

    private static string Told(Seen seen)
    {
        if (seen.Done) return MoveCases.Told(seen);
        var field = Law.ErrorName(seen.Answer) switch
        {
            "TermsInvalid" => Encoding.ASCII.GetString(seen.Answer.AsSpan(4)).TrimEnd('\0') is "amounts" or "workTimes"
                ? "milestones"
                : Encoding.ASCII.GetString(seen.Answer.AsSpan(4)).TrimEnd('\0'),
            "NothingToFund" => "count",
            "Unauthorized" => "wallet",
            _ => "",
        };
        return $"{Reverts.Of(seen.Answer)} {field}";
    }

    /// <summary>Which of several faults is told first is nobody's promise.</summary>
    private static string Short(string answer, bool several) => several && !answer.StartsWith("word", StringComparison.Ordinal) ? "refused" : answer;

    private static string Field(string? field) => field switch
    {
        "terms.fee_bps" => "feeBps",
        "terms.origin_bps" => "originBps",
        "terms.case_time_seconds" => "caseTime",
        "terms.fallback_talent_bps" => "fallbackTalentBps",
        "terms.valid_until_seconds" => "validUntil",
        "terms.review_window_seconds" => "reviewWindow",
        "terms.rework_time_seconds" => "reworkTime",
        "terms.revisions_max" => "revisionsMax",
        null => "",
        _ when field.StartsWith("terms.milestones", StringComparison.Ordinal) => "milestones",
        _ => field.Replace("terms.", "", StringComparison.Ordinal),
    };

    /// <summary>Any that a vote could make, within the bounds that no vote can move.</summary>
    private static FundingRules Rules(Dice dice, Stage stage)
    {
        var shortest = (uint)dice.Number(3 * Day, 90 * Day);
        return new FundingRules(
            (uint)stage.Index, stage.Node.Token, dice.Share(2_000), shortest, (uint)dice.Number(shortest, 90 * Day),
            (uint)dice.Number(3 * Day, 90 * Day), (uint)dice.Number(Day, 30 * Day), dice.Share(5_000), new Amount(dice.Sum(1, 1_000_000_000)));
    }

    private static Terms Sound(Dice dice, Stage stage, FundingRules rules)
    {
        var terms = Agreements.Terms(dice, stage);
        return terms with
        {
            PolicyVersion = rules.Version, FeeBps = rules.FeeBps,
            OriginBps = terms.Origin.IsZero ? (ushort)0 : dice.Share(rules.OriginBpsMax),
            ReviewWindow = (uint)dice.Number(rules.ReviewWindowSecondsMin, rules.ReviewWindowSecondsMax),
            ReworkTime = (uint)dice.Number(rules.ReworkSecondsMin, 90 * Day),
            ValidUntil = stage.Now + dice.Number(0, rules.ValiditySecondsMax),
            Amounts = [.. terms.Amounts.Select(amount => amount < rules.AmountMin ? rules.AmountMin : amount)],
        };
    }

    /// <summary>The seven words from which the probe as a policy answers.</summary>
    private static IEnumerable<(Address, Hash32, Hash32)> Stored(Stage stage, FundingRules rules)
    {
        BigInteger[] words =
        [
            rules.FeeBps, rules.ReviewWindowSecondsMin, rules.ReviewWindowSecondsMax, rules.ReworkSecondsMin, rules.ValiditySecondsMax,
            rules.OriginBpsMax, rules.AmountMin.Units,
        ];
        return words.Select((word, i) => (stage.Node.Policy, ProbeNode.Word(((BigInteger)rules.Version << 8) + i), ProbeNode.Word(word)));
    }

    /// <summary>The word of the talent's nonce.</summary>
    public static (Address, Hash32, Hash32) Nonce(Stage stage, Terms terms, bool spent)
    {
        var slot = ProbeNode.SlotOf(
            ProbeNode.Word(terms.Nonce >> 8), ProbeNode.SlotOf(ProbeNode.Word(terms.Talent), ProbeNode.Word(SpentNoncesSlot)));
        return (stage.Node.Escrow, slot, ProbeNode.Word(spent ? BigInteger.One << (int)(terms.Nonce & 0xff) : 0));
    }
}
