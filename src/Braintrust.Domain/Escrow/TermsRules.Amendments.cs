using System.Collections.Immutable;
using System.Globalization;
using Orleans;

namespace Braintrust.Escrow;

/// <summary>What both sides may change of a funded agreement. Source: <c>TermsLib.requireAmendable</c>.</summary>
public static partial class TermsRules
{
    private const uint WindowSecondsMin = 3 * Day;
    private const uint WindowSecondsMax = 90 * Day;

    /// <summary>Null when the contract would take the next terms in the agreement's present state.</summary>
    public static Refusal? ValidateNext(Terms next, AgreementOnChain agreement)
    {
        var present = agreement.Funded.Terms;
        if (Numbers(next) is { Field: var field } wrong) return wrong with { Field = "next." + field!["terms.".Length..] };
        if (next.Previous != agreement.Funded.Agreement)
            return Next("previous", $"The next terms name the present ones as their previous: {agreement.Funded.Agreement}.");
        if (Kept(next, present) is { } changed) return Next(changed, "An amendment cannot change this.");
        if (next.Manager.IsZero || next.Manager == next.Talent) return Next("manager", "The manager is somebody else than the talent.");
        if (next.ReviewWindow is < WindowSecondsMin or > WindowSecondsMax)
            return Next("review_window_seconds", $"The review window is {Words.Duration(WindowSecondsMin)} to {Words.Duration(WindowSecondsMax)}.");
        if (next.ReworkTime is < WindowSecondsMin or > WindowSecondsMax)
            return Next("rework_time_seconds", $"The rework time is {Words.Duration(WindowSecondsMin)} to {Words.Duration(WindowSecondsMax)}.");
        return next.RevisionsMax > RevisionsMax
            ? Next("revisions_max", $"Changes can be requested {RevisionsMax} times of a milestone at most.")
            : NextMilestones(next, agreement);
    }

    /// <summary>Every field in which the next terms differ, by its path on the wire, in the order of the terms.</summary>
    public static ImmutableArray<TermsChange> Changes(Terms present, Terms next)
    {
        var (before, after) = (Told(present), Told(next));
        var paths = before.Keys.Union(after.Keys);
        return
        [
            .. paths.Select(path => new TermsChange(path, before.GetValueOrDefault(path, ""), after.GetValueOrDefault(path, "")))
                .Where(change => change.Before != change.After),
        ];
    }

    /// <summary>The field that must stay and does not, or null.</summary>
    private static string? Kept(Terms next, Terms present)
    {
        (string Field, bool Same)[] kept =
        [
            ("nonce", next.Nonce == present.Nonce), ("employer", next.Employer == present.Employer),
            ("talent", next.Talent == present.Talent), ("payout", next.Payout == present.Payout),
            ("token", next.Token == present.Token), ("policy_version", next.PolicyVersion == present.PolicyVersion),
            ("fee_bps", next.FeeBps == present.FeeBps), ("origin", next.Origin == present.Origin),
            ("origin_bps", next.OriginBps == present.OriginBps), ("court", next.Court == present.Court),
            ("court_rules", next.CourtRules == present.CourtRules), ("case_time_seconds", next.CaseTime == present.CaseTime),
            ("fallback_talent_bps", next.FallbackTalentBps == present.FallbackTalentBps),
        ];
        return kept.FirstOrDefault(one => !one.Same).Field;
    }

    /// <summary>Funded milestones stay; an idle agreement without one to come would never end.</summary>
    private static Refusal? NextMilestones(Terms next, AgreementOnChain agreement)
    {
        var (present, funded) = (agreement.Funded.Terms, agreement.MilestonesFunded);
        var least = agreement.Phase == AgreementPhase.Idle ? funded + 1 : funded;
        if (next.Amounts.Length < least || next.Amounts.Length > Terms.MilestonesMax || next.WorkTimes.Length != next.Amounts.Length)
            return Next("milestones", $"In its present state the agreement has {least} to {Terms.MilestonesMax} milestones.");
        for (var i = 0; i < next.Amounts.Length; i++)
        {
            if (i < funded && (next.Amounts[i] != present.Amounts[i] || next.WorkTimes[i] != present.WorkTimes[i]))
                return Next($"milestones[{i}]", "A funded milestone stays what it is.");
            if (i >= funded && next.Amounts[i].IsZero) return Next($"milestones[{i}].amount", "A milestone pays something.");
            if (i >= funded && next.WorkTimes[i] is < WorkTimeSecondsMin or > WorkTimeSecondsMax)
                return Next($"milestones[{i}].work_time_seconds", "The work time is 1 hour to 365 days.");
        }

        return Fees.Fit(next) ? null : Next("milestones", "The price of all milestones must stay below 2^128 base units.");
    }

    private static Dictionary<string, string> Told(Terms terms)
    {
        var told = new Dictionary<string, string>
        {
            ["sequence"] = terms.Sequence.ToString(CultureInfo.InvariantCulture),
            ["previous"] = terms.Previous.ToString(),
            ["manager"] = terms.Manager.ToString(),
            ["review_window_seconds"] = Number(terms.ReviewWindow),
            ["rework_time_seconds"] = Number(terms.ReworkTime),
            ["revisions_max"] = Number(terms.RevisionsMax),
            ["valid_until_seconds"] = Number(terms.ValidUntil),
            ["documents"] = terms.Documents.ToString(),
        };
        for (var i = 0; i < terms.Amounts.Length; i++)
        {
            told[$"milestones[{i}].amount"] = terms.Amounts[i].ToString();
            told[$"milestones[{i}].work_time_seconds"] = Number(terms.WorkTimes[i]);
        }

        return told;
    }

    private static string Number(ulong number) => number.ToString(CultureInfo.InvariantCulture);

    private static Refusal Next(string field, string message) => new(RefusalCode.InvalidArgument, message, "next." + field);
}

/// <summary>One field in which the next terms differ from the present ones.</summary>
/// <param name="Field">Path as the wire names it, such as <c>milestones[2].amount</c>.</param>
/// <param name="Before">Empty where the present terms have no such field.</param>
/// <param name="After">Empty where the next terms have none.</param>
[GenerateSerializer, Immutable, Alias("escrow.TermsChange")]
public sealed record TermsChange(
    [property: Id(0)] string Field, [property: Id(1)] string Before, [property: Id(2)] string After);
