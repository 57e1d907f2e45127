namespace Braintrust.Reputation;

public sealed class ReviewScoreTests
{
    [Fact]
    public void Nothing_said_is_nothing_rated()
    {
        var score = ReviewScore.Of([]);
        Assert.Equal((0, 0, 0), (score.Reviews, score.Overall, score.Skills.Length));
    }

    [Fact]
    public void Ratings_weigh_by_fees_and_round_down()
    {
        var score = ReviewScore.Of([Rated(5, 2), Rated(4, 1)]);
        Assert.Equal((2, "3", 4_666), (score.Reviews, score.Weight.ToString(), score.Overall));
        Assert.Equal((4_666, 4_666), (score.Again, score.Quality));
    }

    [Fact]
    public void Who_paid_the_network_nothing_moves_nothing()
    {
        Assert.Equal(5_000, ReviewScore.Of([Rated(5, 1), Rated(1, 0), Rated(1, 0)]).Overall);
        Assert.Equal((1, 0), (ReviewScore.Of([Rated(5, 0)]).Reviews, ReviewScore.Of([Rated(5, 0)]).Overall));
    }

    [Fact]
    public void The_largest_weights_overflow_nothing() =>
        Assert.Equal(4_000, ReviewScore.Of([Rated(4, UInt128.MaxValue), Rated(4, UInt128.MaxValue)]).Overall);

    [Fact]
    public void Skills_are_rated_apart_the_most_weighed_first()
    {
        var score = ReviewScore.Of([Rated(5, 1, new SkillRating("go", 3)), Rated(5, 2, new SkillRating("rust", 4), new SkillRating("go", 5)), Rated(5, 9, new SkillRating("sql", 1))]);
        Assert.Equal(["sql", "go", "rust"], score.Skills.Select(skill => skill.Skill));
        Assert.Equal((2, 4_333), (score.Skills[1].Reviews, score.Skills[1].Average));
    }

    private static WeighedReview Rated(byte rating, UInt128 weight, params SkillRating[] skills) => new(
        new Ratings(rating, rating, rating, rating, rating, rating),
        [.. skills], new ReferenceValue(weight));
}
