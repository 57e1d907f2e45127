using System.Collections.Immutable;
using System.Numerics;

namespace Braintrust.Reputation;

/// <summary>An opened review with its weight.</summary>
/// <param name="Weight">The fee kept when the milestone closed, without the origin's share; zero when the policy does not price the token.</param>
public sealed record WeighedReview(Ratings Ratings, ImmutableArray<SkillRating> Skills, ReferenceValue Weight);

/// <param name="Reviews">How many rated it.</param>
/// <param name="Average">Thousandths.</param>
public sealed record SkillScore(string Skill, int Reviews, int Average);

/// <summary>What opened reviews say together. Averages are thousandths of a rating, rounded down, zero without weight.</summary>
/// <param name="Weight">Of all of them.</param>
/// <param name="Skills">The most weighed first.</param>
public sealed record ReviewScore(
    int Reviews, ReferenceValue Weight, int Overall, int Quality, int Communication, int Punctuality, int Fairness, int Again,
    ImmutableArray<SkillScore> Skills)
{
    public const int SkillsMax = 30;

    private const int Thousandths = 1_000;

    /// <summary>
    /// average = floor(1000 * sum(weight * rating) / sum(weight)): whoever paid the network nothing moves nothing.
    /// </summary>
    public static ReviewScore Of(IReadOnlyCollection<WeighedReview> reviews) => new(
        reviews.Count, reviews.Aggregate(default(ReferenceValue), (sum, review) => sum + review.Weight),
        Axis(reviews, ratings => ratings.Overall), Axis(reviews, ratings => ratings.Quality),
        Axis(reviews, ratings => ratings.Communication), Axis(reviews, ratings => ratings.Punctuality),
        Axis(reviews, ratings => ratings.Fairness), Axis(reviews, ratings => ratings.Again), SkillsOf(reviews));

    private static int Axis(IEnumerable<WeighedReview> reviews, Func<Ratings, byte> axis) =>
        Average(reviews.Select(review => (review.Weight, axis(review.Ratings))));

    private static ImmutableArray<SkillScore> SkillsOf(IEnumerable<WeighedReview> reviews) =>
    [
        .. reviews.SelectMany(review => review.Skills.Select(skill => (skill.Skill, review.Weight, skill.Rating)))
            .GroupBy(rated => rated.Skill, StringComparer.Ordinal)
            .OrderByDescending(skill => skill.Aggregate(BigInteger.Zero, (sum, rated) => sum + rated.Weight.Millionths))
            .ThenBy(skill => skill.Key, StringComparer.Ordinal).Take(SkillsMax)
            .Select(skill => new SkillScore(
                skill.Key, skill.Count(), Average(skill.Select(rated => (rated.Weight, rated.Rating))))),
    ];

    private static int Average(IEnumerable<(ReferenceValue Weight, byte Rating)> rated)
    {
        var (sum, weights) = (BigInteger.Zero, BigInteger.Zero);
        foreach (var (weight, rating) in rated)
            (sum, weights) = (sum + (BigInteger)weight.Millionths * rating, weights + weight.Millionths);
        return weights.IsZero ? 0 : (int)(sum * Thousandths / weights);
    }
}
