using System.Collections.Immutable;
using System.Globalization;
using Google.Protobuf;
using V1 = Braintrust.Api.Reputation.V1;

namespace Braintrust.Reputation;

internal static class ReviewWire
{
    private const string Collection = "reviews";

    public static string Name(ulong chainId, Hash32 negotiation, int milestone, ReviewSide side) =>
        $"{Collection}/{ReviewKey.Of(chainId, negotiation, milestone)}-{Word(side)}";

    /// <summary>In the one spelling we write.</summary>
    public static (ulong ChainId, Hash32 Negotiation, int Milestone, ReviewSide Side) Parse(string name, string field)
    {
        var parts = name.Length <= Wire.TextLengthMax ? name.Split('/', '-') : [];
        if (parts.Length == 5
            && ulong.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out var chainId)
            && Hash32.TryParse(parts[2], out var negotiation)
            && int.TryParse(parts[3], NumberStyles.None, CultureInfo.InvariantCulture, out var milestone))
            foreach (var side in Enum.GetValues<ReviewSide>())
                if (Name(chainId, negotiation, milestone, side) == name) return (chainId, negotiation, milestone, side);
        throw Wire.Bad(field, $"A name is {Collection}/{{chain id}}-{{negotiation}}-{{milestone}}-{{talent or employer}}.");
    }

    public static Ratings Ratings(V1.Ratings? ratings, string field)
    {
        if (ratings is null) throw Wire.Bad(field, "Ratings are required.");
        return new Ratings(
            Rating(ratings.Overall, $"{field}.overall"), Rating(ratings.Quality, $"{field}.quality"),
            Rating(ratings.Communication, $"{field}.communication"), Rating(ratings.Punctuality, $"{field}.punctuality"),
            Rating(ratings.Fairness, $"{field}.fairness"), Rating(ratings.Again, $"{field}.again"));
    }

    public static ImmutableArray<SkillRating> Skills(IReadOnlyCollection<V1.SkillRating> skills, string field) =>
        skills.Count <= ReviewRules.SkillsMax
            ? [.. skills.Select(skill => new SkillRating(skill.Skill, Rating(skill.Rating, field)))]
            : throw Wire.Bad(field, $"At most {ReviewRules.SkillsMax} skills.");

    public static Review Review(V1.Review? review)
    {
        if (review is null) throw Wire.Bad("review", "A review is required.");
        return new Review
        {
            Escrow = Wire.Address(review.Escrow, "review.escrow"),
            Negotiation = Wire.Hash(review.Negotiation, "review.negotiation"),
            Agreement = Wire.Hash(review.Agreement, "review.agreement"),
            Milestone = Milestone(review.MilestoneIndex, "review.milestone_index"),
            Reviewer = Wire.Address(review.Reviewer, "review.reviewer"),
            Ratings = Ratings(review.Ratings, "review.ratings"),
            Skills = Skills(review.Skills, "review.skills"),
            Text = Wire.Hash(review.TextHash, "review.text_hash", whenEmpty: default),
            Salt = Wire.Hash(review.Salt, "review.salt"),
        };
    }

    public static int Milestone(uint index, string field) => Wire.Count(index, field, 0, Escrow.Terms.MilestonesMax - 1);

    public static V1.Review Review(Review review) => new()
    {
        Escrow = review.Escrow.ToString(),
        Negotiation = review.Negotiation.ToString(),
        Agreement = review.Agreement.ToString(),
        MilestoneIndex = (uint)review.Milestone,
        Reviewer = review.Reviewer.ToString(),
        Ratings = Ratings(review.Ratings),
        Skills = { review.Skills.Select(skill => new V1.SkillRating { Skill = skill.Skill, Rating = skill.Rating }) },
        TextHash = review.Text.ToString(),
        Salt = review.Salt.ToString(),
    };

    public static V1.FiledReview Filed(ulong chainId, JudgedReview judged)
    {
        var filed = judged.Filed;
        return new()
        {
            Name = Name(chainId, filed.Review.Negotiation, filed.Review.Milestone, filed.Side),
            Opening = Opening(chainId, judged),
            State = judged.IsOpen ? V1.ReviewState.Open : judged.IsAnchored ? V1.ReviewState.Anchored : V1.ReviewState.Sealed,
            Side = (V1.ReviewSide)filed.Side,
            About = filed.About.ToString(),
            Weight = filed.Weight.ToString(),
            ClosedTime = Wire.BlockTime(ListingValue.Of(filed.ClosedAt)),
            FiledTime = Wire.Time(filed.FiledAt),
        };
    }

    public static V1.ReviewScore Score(ReviewScore score) => new()
    {
        Reviews = (uint)score.Reviews,
        Weight = score.Weight.ToString(),
        Averages = new()
        {
            Overall = (uint)score.Overall,
            Quality = (uint)score.Quality,
            Communication = (uint)score.Communication,
            Punctuality = (uint)score.Punctuality,
            Fairness = (uint)score.Fairness,
            Again = (uint)score.Again,
        },
        Skills =
        {
            score.Skills.Select(skill => new V1.SkillScore
            {
                Skill = skill.Skill, Reviews = (uint)skill.Reviews, Average = (uint)skill.Average,
            }),
        },
    };

    /// <summary>A place is told once a final block anchors it: before, it may change.</summary>
    private static V1.ReviewOpening Opening(ulong chainId, JudgedReview judged)
    {
        var filed = judged.Filed;
        var opening = new V1.ReviewOpening
        {
            Review = Review(filed.Review),
            Text = filed.Text,
            Signature = ByteString.CopyFrom(filed.Signature),
            Seal = filed.Seal.ToString(),
            ChainId = chainId,
            Contract = filed.Contract.ToString(),
            Terms = Escrow.EscrowWire.Terms(filed.Terms),
        };
        if (judged is not { IsAnchored: true, Place: { } place }) return opening;
        opening.Batch = place.Batch;
        opening.Index = (uint)place.Index;
        opening.Count = (uint)place.Count;
        opening.Root = place.Root.ToString();
        opening.Proof.AddRange(place.Proof.Select(hash => hash.ToString()));
        return opening;
    }

    private static V1.Ratings Ratings(Ratings ratings) => new()
    {
        Overall = ratings.Overall,
        Quality = ratings.Quality,
        Communication = ratings.Communication,
        Punctuality = ratings.Punctuality,
        Fairness = ratings.Fairness,
        Again = ratings.Again,
    };

    private static byte Rating(uint rating, string field) => (byte)Wire.Count(rating, field, 1, ReviewRules.RatingMax);

    private static string Word(ReviewSide side) => side == ReviewSide.Talent ? "talent" : "employer";
}
