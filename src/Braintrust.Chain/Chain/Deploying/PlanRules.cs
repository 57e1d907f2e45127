using System.Collections.Immutable;
using System.Numerics;

namespace Braintrust.Chain;

/// <summary>The bounds of IPolicy and ICourtRules, so that a plan fails before it costs anything.</summary>
internal static class PlanRules
{
    private const uint Day = 24 * 3600;
    private const int ListMax = 16;

    public static IEnumerable<string> Problems(DeploymentPlan plan) =>
    [
        .. Within("chainId", plan.ChainId, 1, long.MaxValue, "(an EIP-155 chain id)"),
        .. Within("confirmations", plan.Confirmations, 1, 10_000, "blocks"),
        .. Token(plan.Token), .. Policy(plan.Policy), .. Court(plan.Court),
        .. NonZero("reputation.anchor", plan.Reputation.Anchor), .. Governance(plan.Governance), .. Names(plan),
    ];

    private static IEnumerable<string> Token(PlannedToken token)
    {
        if (token.Existing is null == token.Holder is null) yield return "token names either existing or holder.";
        if ((token.Existing ?? token.Holder) is { IsZero: true }) yield return "token is the zero address.";
    }

    private static IEnumerable<string> Policy(PlannedPolicy policy) =>
    [
        .. NonZero("policy.treasury", policy.Treasury),
        .. Within("policy.feeBps", policy.FeeBps, 0, 2_000, "basis points"),
        .. Within("policy.reviewWindowMin", policy.ReviewWindowMin, 3 * Day, 90 * Day, "seconds"),
        .. Within("policy.reviewWindowMax", policy.ReviewWindowMax, policy.ReviewWindowMin, 90 * Day, "seconds"),
        .. Within("policy.reworkTimeMin", policy.ReworkTimeMin, 3 * Day, 90 * Day, "seconds"),
        .. Within("policy.validityMax", policy.ValidityMax, Day, 30 * Day, "seconds"),
        .. Within("policy.originBpsMax", policy.OriginBpsMax, 0, 5_000, "basis points"),
        .. Listed("policy.tokens", policy.Tokens, token => token.Token),
        .. OrNone(policy.Tokens).SelectMany((token, i) => Listing($"policy.tokens[{i}]", token)),
    ];

    private static IEnumerable<string> Listing(string at, PlannedListing token) =>
    [
        .. Within(at + ".amountMin", token.AmountMin, 1, UInt128.MaxValue, "base units"),
        .. Within(at + ".referencePrice", token.ReferencePrice, 1, (UInt128.One << 88) - 1, "millionths"),
    ];

    private static IEnumerable<string> Court(PlannedCourt court) =>
    [
        .. Within("court.seat", court.Seat, 1, (BigInteger.One << 96) - 1, "base units of BTRST"),
        .. OrNone(court.RuleSets).IsEmpty ? ["court.ruleSets is empty: a court without rules hears nothing."] : Array.Empty<string>(),
        .. OrNone(court.RuleSets).Length > ListMax ? [$"court.ruleSets has more than {ListMax}."] : Array.Empty<string>(),
        .. OrNone(court.RuleSets).SelectMany((rules, i) => Rules($"court.ruleSets[{i}]", rules)),
    ];

    private static IEnumerable<string> Rules(string at, PlannedRules rules) =>
    [
        .. Within(at + ".costBps", rules.CostBps, 1, 1_000, "basis points"),
        .. Within(at + ".bandBps", rules.BandBps, 0, 2_000, "basis points"),
        .. Within(at + ".responseWindow", rules.ResponseWindow, 5 * Day, 14 * Day, "seconds"),
        .. Within(at + ".drawWindow", rules.DrawWindow, Day, 3 * Day, "seconds"),
        .. Within(at + ".commitWindow", rules.CommitWindow, 2 * Day, 7 * Day, "seconds"),
        .. Within(at + ".revealWindow", rules.RevealWindow, Day, 5 * Day, "seconds"),
        .. Within(at + ".appealWindow", rules.AppealWindow, 2 * Day, 7 * Day, "seconds"),
        .. Listed(at + ".tokens", rules.Tokens, token => token.Token),
        .. OrNone(rules.Tokens).SelectMany((token, i) =>
            Within($"{at}.tokens[{i}].costMin", token.CostMin, 1, (UInt128.One << 96) - 1, "base units")),
    ];

    private static IEnumerable<string> Governance(PlannedGovernance governance) =>
    [
        .. Within("governance.delaySeconds", governance.DelaySeconds, 0, 30 * Day, "seconds"),
        .. Accounts("governance.proposers", governance.Proposers, zeroIsAnybody: false),
        .. OrNone(governance.Cancellers).IsEmpty ? [] : Accounts("governance.cancellers", governance.Cancellers, zeroIsAnybody: false),
        .. Accounts("governance.executors", governance.Executors, zeroIsAnybody: true),
    ];

    private static IEnumerable<string> Accounts(string at, ImmutableArray<Address> accounts, bool zeroIsAnybody)
    {
        if (OrNone(accounts).IsEmpty) yield return $"{at} is empty.";
        if (OrNone(accounts).Length > ListMax) yield return $"{at} has more than {ListMax}.";
        if (OrNone(accounts).Distinct().Count() != OrNone(accounts).Length) yield return $"{at} names an account twice.";
        if (!zeroIsAnybody && OrNone(accounts).Contains(Address.Zero)) yield return $"{at} names the zero address.";
    }

    private static IEnumerable<string> Listed<T>(string at, ImmutableArray<T> tokens, Func<T, string> name)
    {
        var names = OrNone(tokens).Select(name).ToList();
        if (names.Count is 0 or > ListMax) yield return $"{at} must name 1 to {ListMax} tokens.";
        if (names.Distinct(StringComparer.OrdinalIgnoreCase).Count() != names.Count) yield return $"{at} names a token twice.";
        foreach (var wrong in names.Where(token => token is not (DeploymentPlan.Btrst or DeploymentPlan.Dollar) && !Address.TryParse(token, out _)))
            yield return $"{at} names '{wrong}': neither {DeploymentPlan.Btrst} nor an address with a right EIP-55 checksum.";
    }

    /// <summary>The worthless dollar is for the chain whose keys everybody knows, and a court hears what the policy lists.</summary>
    private static IEnumerable<string> Names(DeploymentPlan plan)
    {
        var listed = OrNone(plan.Policy.Tokens).Select(token => token.Token).ToHashSet(StringComparer.OrdinalIgnoreCase);
        foreach (var heard in OrNone(plan.Court.RuleSets).SelectMany(rules => OrNone(rules.Tokens)).Select(token => token.Token).Distinct())
            if (!listed.Contains(heard)) yield return $"court.ruleSets name {heard}, which policy.tokens do not list.";
        if (plan.ChainId != DevelopmentKeys.ChainId && listed.Contains(DeploymentPlan.Dollar))
            yield return $"{DeploymentPlan.Dollar} is worth nothing: it stands on chain {DevelopmentKeys.ChainId} only.";
    }

    private static IEnumerable<string> NonZero(string name, Address address)
    {
        if (address.IsZero) yield return $"{name} is the zero address.";
    }

    private static IEnumerable<string> Within(string name, BigInteger value, BigInteger min, BigInteger max, string unit)
    {
        if (value < min || value > max) yield return $"{name} is {value}: it must be {min} to {max} {unit}.";
    }

    /// <summary>A list that the JSON left out is none.</summary>
    private static ImmutableArray<T> OrNone<T>(ImmutableArray<T> list) => list.IsDefault ? [] : list;
}
