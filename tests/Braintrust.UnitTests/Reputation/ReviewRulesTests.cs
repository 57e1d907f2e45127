using System.Collections.Frozen;
using Braintrust.Chain;
using Braintrust.Escrow;

namespace Braintrust.Reputation;

public sealed class ReviewRulesTests
{
    private const ulong Start = 1_000_000;
    private const string Text = "Good work.";

    private static readonly Address Contract = Address.Parse("0x00000000000000000000000000000000000e5c01");
    private static readonly WorkStory Story =
        new(31337, Contract, Address.Parse("0x0000000000000000000000000000000000007031"), 7, Start + 86_400);

    private static readonly IReadOnlySet<string> Skills = new[] { "rust" }.ToFrozenSet();
    private static readonly BlockTime Soon = new(Start + 100);

    [Fact]
    public void Each_side_may_review_a_milestone_that_closed_for_good()
    {
        var closed = Closed();
        Assert.Equal(ReviewSide.Employer, Accepted(Check(Review(Story.Terms.Employer), closed)));
        Assert.Equal(ReviewSide.Talent, Accepted(Check(Review(Story.Terms.Talent) with { Skills = [] }, closed)));
    }

    [Fact]
    public void A_reclaimed_milestone_may_be_reviewed_but_not_those_prepaid_behind_it()
    {
        var reclaimed = Final(Folded(Story.Funded(2), Story.Reclaimed(0, 2)));
        Assert.Equal(ReviewSide.Employer, Accepted(Check(Review(Story.Terms.Employer), reclaimed)));
        Assert.Equal(RefusalCode.WrongState, Refused(Check(Review(Story.Terms.Employer) with { Milestone = 1 }, reclaimed)).Code);
    }

    [Fact]
    public void Strangers_open_milestones_unsure_closings_and_late_reviews_are_refused()
    {
        var closed = Closed();
        Assert.Equal(RefusalCode.NotAParty, Refused(Check(Review(WorkStory.Stranger), closed)).Code);
        Assert.Equal(RefusalCode.WrongState, Refused(Check(Review(Story.Terms.Employer) with { Milestone = 1 }, closed)).Code);
        Assert.Equal(RefusalCode.InvalidArgument, Refused(Check(Review(Story.Terms.Employer) with { Milestone = 3 }, closed)).Code);
        var unsure = Folded(Story.Funded(2), Story.Closed(0, Closing.Released, 500));
        Assert.Equal(RefusalCode.TooEarly, Refused(Check(Review(Story.Terms.Employer), unsure)).Code);
        var since = closed.Milestones[0].Seen!.BlockTime;
        Assert.Equal(ReviewSide.Employer, Accepted(Check(
            Review(Story.Terms.Employer), closed, since.After(ReviewRules.SealedSeconds))));
        Assert.Equal(RefusalCode.TooLate, Refused(Check(
            Review(Story.Terms.Employer), closed, since.After(ReviewRules.SealedSeconds + 1))).Code);
    }

    [Fact]
    public void A_review_names_this_agreement()
    {
        Assert.Equal(
            RefusalCode.WrongState, Refused(Check(Review(Story.Terms.Employer) with { Agreement = Hash32.Keccak([1]) }, Closed())).Code);
        Assert.Equal("escrow", Refused(Check(Review(Story.Terms.Employer) with { Escrow = Story.Terms.Token }, Closed())).Field);
    }

    [Theory]
    [InlineData("overall")]
    [InlineData("quality")]
    [InlineData("communication")]
    [InlineData("punctuality")]
    [InlineData("fairness")]
    [InlineData("again")]
    public void Every_rating_is_one_to_five(string field)
    {
        foreach (var (rating, good) in new (byte, bool)[] { (0, false), (1, true), (5, true), (6, false), (255, false) })
        {
            var five = new Ratings(5, 5, 5, 5, 5, 5);
            var ratings = field switch
            {
                "overall" => five with { Overall = rating },
                "quality" => five with { Quality = rating },
                "communication" => five with { Communication = rating },
                "punctuality" => five with { Punctuality = rating },
                "fairness" => five with { Fairness = rating },
                _ => five with { Again = rating },
            };
            var invalid = ReviewRules.Invalid(Review(Story.Terms.Employer) with { Ratings = ratings }, Text);
            Assert.Equal(good ? null : field, invalid?.Field);
        }
    }

    [Fact]
    public void Skills_are_known_few_and_rated_once_and_never_by_the_talent()
    {
        var mine = Review(Story.Terms.Employer);
        Assert.Equal("skills", Refused(Check(mine with { Skills = [new("cobol", 3)] }, Closed())).Field);
        Assert.Equal("skills", Refused(Check(mine with { Skills = [new("rust", 3), new("rust", 4)] }, Closed())).Field);
        Assert.Equal("skills", Refused(Check(mine with { Skills = [new("rust", 6)] }, Closed())).Field);
        Assert.Equal("skills", Refused(Check(mine with { Skills = [.. Enumerable.Range(0, 11).Select(i => new SkillRating($"s{i}", 1))] }, Closed())).Field);
        Assert.Equal("skills", Refused(Check(mine with { Skills = [new(new string('x', 201), 1)] }, Closed())).Field);
        Assert.Equal("skills", Refused(Check(Review(Story.Terms.Talent), Closed())).Field);
    }

    [Fact]
    public void The_text_is_the_one_that_was_signed()
    {
        Assert.Equal("text", ReviewRules.Invalid(Review(Story.Terms.Employer), "Bad work.")?.Field);
        Assert.Equal("text", ReviewRules.Invalid(Review(Story.Terms.Employer), new string('x', ReviewRules.TextCharsMax + 1))?.Field);
        Assert.Null(ReviewRules.Invalid(Review(Story.Terms.Employer) with { Text = default }, ""));
    }

    [Fact]
    public void A_side_reviews_once_and_the_same_again_changes_nothing()
    {
        var first = Filed(ReviewSide.Employer, 1);
        var state = Accepted(ReviewRules.File(ReviewState.Empty, first));
        Assert.Same(state, Accepted(ReviewRules.File(state, first)));
        Assert.Equal(RefusalCode.Conflict, Refused(ReviewRules.File(state, Filed(ReviewSide.Employer, 2))).Code);
        Assert.Equal(Start + ReviewRules.SealedSeconds, ReviewRules.SealedUntil(state));
        var both = Accepted(ReviewRules.File(state, Filed(ReviewSide.Talent, 3)));
        Assert.Equal((2, 0ul), (both.Filed.Length, ReviewRules.SealedUntil(both)));
    }

    [Fact]
    public void A_review_opens_only_anchored_and_both_together_or_late()
    {
        var until = Start + ReviewRules.SealedSeconds;
        foreach (var (sealedUntil, anchored, other, now, open) in new (ulong, bool, bool, ulong, bool)[]
                 {
                     (0, true, true, Start, true), (0, true, false, Start, false), (0, false, true, until + 1, false),
                     (0, true, false, until + 1, false), (until, true, false, until, false), (until, true, false, until + 1, true),
                     (until, false, false, until + 1, false),
                 })
            Assert.Equal(open, ReviewRules.IsOpen(sealedUntil, anchored, other, new BlockTime(now)));
    }

    private static AgreementOnChain Closed() => Final(Folded(Story.Funded(2), Story.Closed(0, Closing.Released, 500)));

    private static AgreementOnChain Folded(params ScriptedLog[] logs) => logs.Select((log, i) => (log, i)).Aggregate(
        NegotiationOnChain.Empty, (view, each) =>
        {
            var place = new FactPlace(
                each.i + 1, Contract,
                new Seen((ulong)each.i + 1, Hash32.Keccak([(byte)each.i]), new BlockTime(Start), default, FinalityStatus.Pending, 0, 0), 0);
            return EscrowFold.Apply(view, EscrowFacts.TryRead([.. each.log.Topics], each.log.Data.Span)!.Value.Event, place);
        }).Agreement!;

    private static AgreementOnChain Final(AgreementOnChain agreement) => EscrowFold.At(
        agreement, new ChainCursor(9, 9, 20, Hash32.Keccak([9]), Soon, 10), confirmationsNeeded: 1);

    private static Review Review(Address reviewer) => new()
    {
        Escrow = Contract,
        Negotiation = Story.Negotiation,
        Agreement = Story.Agreement,
        Milestone = 0,
        Reviewer = reviewer,
        Ratings = new Ratings(5, 4, 3, 2, 1, 5),
        Skills = [new SkillRating("rust", 5)],
        Text = ReviewRules.HashOf(Text),
        Salt = Hash32.Keccak([7]),
    };

    private static FiledReview Filed(ReviewSide side, byte seal) => new(
        Review(Story.Terms.Employer), Text, [1], Story.Terms, Hash32.Keccak([seal]), Contract, side, Story.Terms.Talent,
        default, Hash32.Keccak([0]), new BlockTime(Start), DateTimeOffset.UnixEpoch);

    private static Outcome<ReviewSide> Check(Review review, AgreementOnChain agreement, BlockTime? now = null) =>
        ReviewRules.Check(review, Text, agreement, now ?? Soon, Skills);

    private static T Accepted<T>(Outcome<T> outcome) where T : notnull
    {
        Assert.True(outcome.Accepted(out var value, out var refusal), refusal?.Message);
        return value;
    }

    private static Refusal Refused<T>(Outcome<T> outcome) where T : notnull
    {
        Assert.False(outcome.Accepted(out _, out var refusal));
        return refusal!;
    }
}
