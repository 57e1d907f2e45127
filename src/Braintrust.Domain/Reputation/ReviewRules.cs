using System.Text;
using Braintrust.Chain;
using Braintrust.Escrow;

namespace Braintrust.Reputation;

/// <summary>What a review may say, who may file it, and when it is opened.</summary>
public static class ReviewRules
{
    public const int RatingMax = 5;
    public const int SkillsMax = 10;
    public const int SkillBytesMax = 200;
    public const int TextCharsMax = 2_000;

    /// <summary>Seconds of block time, since the milestone closed, in which both may file and no single review is opened.</summary>
    public const ulong SealedSeconds = 14 * 24 * 3600;

    /// <summary>Why nobody can say this, or null.</summary>
    public static Refusal? Invalid(Review review, string text)
    {
        var ratings = review.Ratings;
        (string Field, int Rating)[] axes =
        [
            ("overall", ratings.Overall), ("quality", ratings.Quality), ("communication", ratings.Communication),
            ("punctuality", ratings.Punctuality), ("fairness", ratings.Fairness), ("again", ratings.Again),
            .. review.Skills.Select(skill => ("skills", (int)skill.Rating)),
        ];
        if (axes.FirstOrDefault(axis => axis.Rating is < 1 or > RatingMax) is { Field: { } field })
            return Bad(field, $"A rating is 1 to {RatingMax}.");
        if (review.Skills.Length > SkillsMax || review.Skills.Select(skill => skill.Skill).Distinct().Count() < review.Skills.Length)
            return Bad("skills", $"At most {SkillsMax} skills, each once.");
        if (review.Skills.Any(skill => Encoding.UTF8.GetByteCount(skill.Skill) is 0 or > SkillBytesMax))
            return Bad("skills", $"A skill has 1 to {SkillBytesMax} bytes.");
        if (!Texts.IsProse(text, 0, TextCharsMax)) return Bad("text", $"At most {TextCharsMax} characters of plain text.");
        return HashOf(text) == review.Text ? null : Bad("text", "The text is not the one that the review names by its hash.");
    }

    /// <summary>As a review names its text: zero for none.</summary>
    public static Hash32 HashOf(string text) => text.Length == 0 ? default : Hash32.Keccak(Encoding.UTF8.GetBytes(text));

    /// <summary>The side that an address is on, or null for a stranger.</summary>
    public static ReviewSide? SideOf(Terms terms, Address reviewer) =>
        reviewer == terms.Talent ? ReviewSide.Talent
        : reviewer == terms.Employer || reviewer == terms.Manager ? ReviewSide.Employer
        : null;

    /// <summary>
    /// Closed as the contract means it: closed in some way, or reclaimed while it was the current one. What was prepaid behind
    /// it went back unworked.
    /// </summary>
    public static bool IsClosed(AgreementOnChain agreement, int milestone) => agreement.Milestones[milestone].Phase switch
    {
        MilestonePhase.Released or MilestonePhase.Settled or MilestonePhase.Refunded or MilestonePhase.Agreed
            or MilestonePhase.Ruled or MilestonePhase.FellBack => true,
        MilestonePhase.Reclaimed => milestone == agreement.Milestone,
        _ => false,
    };

    /// <summary>
    /// The side that may file this review now. Refused: InvalidArgument, NotAParty, WrongState while the milestone is open or
    /// other terms are in force, TooEarly until its closing is final, TooLate once a single review would be opened.
    /// </summary>
    /// <param name="agreement">With its finality.</param>
    /// <param name="now">The newest block's time.</param>
    /// <param name="skills">Those of the talent and of the job.</param>
    public static Outcome<ReviewSide> Check(
        Review review, string text, AgreementOnChain agreement, BlockTime now, IReadOnlySet<string> skills)
    {
        if (Invalid(review, text) is { } invalid) return invalid;
        if (SideOf(agreement.Funded.Terms, review.Reviewer) is not { } side)
            return new Refusal(RefusalCode.NotAParty, "Only employer, manager and talent review each other.", "reviewer");
        if (review.Escrow != agreement.Contract) return Bad("escrow", $"The agreement is held by {agreement.Contract}.");
        if (review.Agreement != agreement.Funded.Agreement)
            return new Refusal(RefusalCode.WrongState, "Other terms are in force: prepare the review again.", "agreement");
        if (review.Milestone < 0 || review.Milestone >= agreement.Milestones.Length)
            return Bad("milestone_index", $"There are {agreement.Milestones.Length} milestones.");
        if (Closing(agreement, review.Milestone, now) is { } early) return early;
        if (side == ReviewSide.Talent && review.Skills.Length > 0) return Bad("skills", "The talent rates no skills.");
        return review.Skills.FirstOrDefault(skill => !skills.Contains(skill.Skill)) is { Skill: var unknown }
            ? Bad("skills", $"Neither the talent nor the job names the skill '{unknown}'.")
            : side;
    }

    private static Refusal? Closing(AgreementOnChain agreement, int milestone, BlockTime now)
    {
        if (!IsClosed(agreement, milestone))
            return new Refusal(RefusalCode.WrongState, "The milestone is not closed.", "milestone_index");
        if (agreement.Milestones[milestone].Seen is not { Status: FinalityStatus.Final } closed)
            return new Refusal(RefusalCode.TooEarly, "The milestone's closing is not final yet.", "milestone_index");
        var until = closed.BlockTime.After(SealedSeconds);
        return now > until
            ? new Refusal(RefusalCode.TooLate, $"Reviews could be filed until {until}.", "milestone_index")
            : null;
    }

    /// <summary>One a side. The same review again changes nothing. Refused: Conflict.</summary>
    public static Outcome<ReviewState> File(ReviewState state, FiledReview review)
    {
        var mine = state.Filed.FirstOrDefault(filed => filed.Side == review.Side);
        if (mine is not null && mine.Seal != review.Seal)
            return new Refusal(RefusalCode.Conflict, "Your side has reviewed this milestone.");
        return mine is not null
            ? state
            : state with { Version = state.Version + 1, Filed = state.Filed.Add(review) };
    }

    /// <summary>
    /// The last second of block time in which a review is sealed whatever happens; 0 when both sides have filed, as nothing is
    /// left to wait for but the anchors.
    /// </summary>
    public static ulong SealedUntil(ReviewState state) =>
        state.Filed.Length > 1 ? 0 : state.Filed[0].ClosedAt.After(SealedSeconds).Seconds;

    /// <summary>
    /// Whether others may see a review. Never before it is anchored for good; with both filed, not before both are, so that
    /// neither can be exchanged for one that answers the other.
    /// </summary>
    /// <param name="sealedUntil">As <see cref="SealedUntil"/>.</param>
    /// <param name="anchored">A final block anchors its batch.</param>
    /// <param name="otherAnchored">The same of the other side's.</param>
    public static bool IsOpen(ulong sealedUntil, bool anchored, bool otherAnchored, BlockTime now) =>
        anchored && (sealedUntil == 0 ? otherAnchored : now.Seconds > sealedUntil);

    private static Refusal Bad(string field, string message) => new(RefusalCode.InvalidArgument, message, field);
}
