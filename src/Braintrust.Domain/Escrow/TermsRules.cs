using System.Numerics;
using Braintrust.Chain;
using Braintrust.Governance;

namespace Braintrust.Escrow;

/// <summary>The contract that terms are made for, and what its policy says of their version and token.</summary>
/// <param name="Contract">The WorkAgreements contract.</param>
/// <param name="Funding">What first funding would read, or why it would refuse; later moves read none of it.</param>
public sealed record WorkLaw(ulong ChainId, Address Contract, Outcome<FundingRules> Funding);

/// <summary>
/// What is known of the time in which a transaction sent now will run. Not before either: the chain's clock may stand
/// (nobody mines) while the wall's goes on, and a development chain's may run ahead.
/// </summary>
/// <param name="Head">Time of the newest block: no later block has an earlier one.</param>
/// <param name="Next">The best guess of the next block's time: the later of the head's and the wall's.</param>
public readonly record struct ChainClock(BlockTime Head, BlockTime Next);

/// <summary>The bounds that the contract and the policy set on terms, told with the name of the field at fault.</summary>
public static partial class TermsRules
{
    public const uint WorkTimeSecondsMin = 3600;
    public const uint WorkTimeSecondsMax = 365 * Day;
    public const uint CaseTimeSecondsMax = 365 * Day;
    public const uint ReworkSecondsMax = 90 * Day;
    public const byte RevisionsMax = 7;
    public const int SignatureBytesMax = 1024;

    private const uint Day = 24 * 3600;

    private static readonly BigInteger UInt256Max = BigInteger.Pow(2, 256) - 1;

    /// <summary>Null when the contract would take the terms now, else what it would refuse first.</summary>
    public static Refusal? Validate(Terms terms, ChainClock clock, WorkLaw law)
    {
        if (Numbers(terms) is { } wrong) return wrong;
        return law.Funding.Accepted(out var rules, out var refusal)
            ? Parties(terms, law) ?? Shares(terms, rules) ?? Court(terms) ?? Windows(terms, clock, rules)
                ?? Milestones(terms, rules)
            : refusal;
    }

    private static Refusal? Numbers(Terms terms)
    {
        if (terms.Nonce.Sign < 0 || terms.Nonce > UInt256Max) return Bad("nonce", "The nonce is 0 to 2^256 - 1.");
        if (terms.Sequence.Sign < 0 || terms.Sequence > UInt256Max)
            return Bad("sequence", "The sequence is 0 to 2^256 - 1.");
        return terms.CourtRules.Sign < 0 || terms.CourtRules > UInt256Max
            ? Bad("court_rules", "The court's rule set is 0 to 2^256 - 1.")
            : null;
    }

    private static Refusal? Parties(Terms terms, WorkLaw law)
    {
        if (terms.Employer.IsZero) return Bad("employer", "An employer must pay.");
        if (terms.Talent.IsZero || terms.Talent == terms.Employer)
            return Bad("talent", "The talent is somebody else than the employer.");
        if (terms.Manager.IsZero || terms.Manager == terms.Talent)
            return Bad("manager", "The manager is somebody else than the talent.");
        if (terms.Payout.IsZero || terms.Payout == terms.Token || terms.Payout == law.Contract)
            return Bad("payout", "Pay cannot go to the zero address, the token or the escrow.");
        return null;
    }

    private static Refusal? Shares(Terms terms, FundingRules rules)
    {
        if (terms.FeeBps != rules.FeeBps)
            return Bad("fee_bps", $"The fee of policy version {rules.Version} is {Words.Share(rules.FeeBps)}.");
        if (terms.Origin.IsZero && terms.OriginBps > 0) return Bad("origin_bps", "Without an origin nobody gets a share of the fee.");
        return terms.OriginBps > rules.OriginBpsMax
            ? Bad("origin_bps", $"The origin gets at most {Words.Share(rules.OriginBpsMax)} of the fee.")
            : null;
    }

    private static Refusal? Court(Terms terms)
    {
        if (terms.Court.IsZero != (terms.CaseTime == 0))
            return Bad("case_time_seconds", "With a court a case has a time, without one it is 0.");
        if (terms.CaseTime > CaseTimeSecondsMax) return Bad("case_time_seconds", "A case takes 365 days at most.");
        return terms.FallbackTalentBps > Amount.BasisPoints
            ? Bad("fallback_talent_bps", $"The fallback is 0 to {Amount.BasisPoints} basis points of the claim.")
            : null;
    }

    private static Refusal? Windows(Terms terms, ChainClock clock, FundingRules rules)
    {
        if (terms.ReviewWindow < rules.ReviewWindowSecondsMin || terms.ReviewWindow > rules.ReviewWindowSecondsMax)
            return Bad(
                "review_window_seconds",
                $"The review window is {Words.Duration(rules.ReviewWindowSecondsMin)} to {Words.Duration(rules.ReviewWindowSecondsMax)}.");
        if (terms.ReworkTime < rules.ReworkSecondsMin || terms.ReworkTime > ReworkSecondsMax)
            return Bad(
                "rework_time_seconds", $"The rework time is {Words.Duration(rules.ReworkSecondsMin)} to {Words.Duration(ReworkSecondsMax)}.");
        if (terms.RevisionsMax > RevisionsMax)
            return Bad("revisions_max", $"Changes can be requested {RevisionsMax} times of a milestone at most.");
        if (terms.ValidUntil < clock.Head.Seconds) return Bad("valid_until_seconds", "The offer has already expired.");
        if (terms.ValidUntil > clock.Next.Seconds + rules.ValiditySecondsMax)
            return Bad("valid_until_seconds", $"An offer is valid for {Words.Duration(rules.ValiditySecondsMax)} at most.");
        return null;
    }

    private static Refusal? Milestones(Terms terms, FundingRules rules)
    {
        if (terms.Amounts.Length is 0 or > Terms.MilestonesMax || terms.WorkTimes.Length != terms.Amounts.Length)
            return Bad("milestones", $"An agreement has 1 to {Terms.MilestonesMax} milestones.");
        for (var i = 0; i < terms.Amounts.Length; i++)
        {
            if (terms.Amounts[i] < rules.AmountMin)
                return Bad($"milestones[{i}].amount", $"A milestone pays at least {Words.Count(rules.AmountMin.Units, "base unit")} of its token.");
            if (terms.WorkTimes[i] is < WorkTimeSecondsMin or > WorkTimeSecondsMax)
                return Bad($"milestones[{i}].work_time_seconds", "The work time is 1 hour to 365 days.");
        }

        return Fees.Fit(terms) ? null : Bad("milestones", "The price of all milestones must stay below 2^128 base units.");
    }

    private static Refusal Bad(string field, string message) =>
        new(RefusalCode.InvalidArgument, message, "terms." + field);
}
