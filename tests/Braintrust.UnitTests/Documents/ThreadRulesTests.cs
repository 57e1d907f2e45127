namespace Braintrust.Documents;

public sealed class ThreadRulesTests
{
    private static readonly DateTimeOffset Noon = DateTimeOffset.UnixEpoch.AddHours(12);
    private static readonly Hash32 Hash = Hash32.Keccak([1]);

    [Fact]
    public void Messages_are_numbered_without_gaps_and_each_has_a_row()
    {
        var two = Accept(Post(Accept(Post(ThreadState.Empty, "a", "one")), "b", "two"));
        Assert.Equal((2, "two", 2), (two.Count, two.Newest!.Text, (int)two.Newest.Number));
        var rows = ThreadRules.Rows("t", ThreadState.Empty, two);
        Assert.Equal([1L, 2L], rows.Select(row => (long)row.Key[1]));
        var told = ThreadRules.Read(new StoredRow(rows[1].Key, rows[1].Values));
        Assert.Equal((2, "b", "two", Noon), (told.Number, told.Author, told.Text, told.At));
    }

    [Fact]
    public void A_row_keeps_the_documents_and_the_offer()
    {
        var thread = Accept(ThreadRules.Post(ThreadState.Empty, "a", "see", [Hash, Hash32.Keccak([2])], Hash, Noon));
        var row = ThreadRules.Rows("t", ThreadState.Empty, thread).Single();
        var told = ThreadRules.Read(new StoredRow(row.Key, row.Values));
        Assert.Equal([Hash, Hash32.Keccak([2])], told.Documents.ToArray());
        Assert.Equal(Hash, told.Offer);
    }

    [Theory]
    [InlineData("")]
    [InlineData(" \n ")]
    [InlineData("bell\a")]
    public void An_empty_or_broken_text_is_refused(string text) => Assert.Equal("text", Refuse(Post(ThreadState.Empty, "a", text)).Field);

    [Fact]
    public void A_text_is_bounded_in_bytes()
    {
        Accept(Post(ThreadState.Empty, "a", new string('a', Message.TextBytesMax)));
        Accept(Post(ThreadState.Empty, "a", new string('é', Message.TextBytesMax / 2)));
        Assert.Equal("text", Refuse(Post(ThreadState.Empty, "a", new string('é', Message.TextBytesMax / 2 + 1))).Field);
    }

    [Fact]
    public void Documents_are_named_once_and_at_most_ten()
    {
        Assert.Equal("documents", ThreadRules.Invalid("see", [Hash, Hash])!.Field);
        Assert.Equal("documents", ThreadRules.Invalid("see", [.. Enumerable.Range(0, 11).Select(i => Hash32.Keccak([(byte)i]))])!.Field);
        Assert.Null(ThreadRules.Invalid("see", [.. Enumerable.Range(0, 10).Select(i => Hash32.Keccak([(byte)i]))]));
    }

    [Fact]
    public void One_person_posts_so_often_in_a_minute_and_all_together_so_often()
    {
        var busy = Enumerable.Range(0, Poster.PostsPerMinuteMax).Aggregate(ThreadState.Empty, (thread, _) => Accept(Post(thread, "a", "x")));
        Assert.Equal(RefusalCode.LimitReached, Refuse(Post(busy, "a", "x")).Code);
        Accept(Post(busy, "b", "x"));
        Accept(Post(busy, "a", "x", Noon.AddMinutes(1)));
        var crowd = Enumerable.Range(0, ThreadRules.PostsPerMinuteMax).Aggregate(
            ThreadState.Empty, (thread, i) => Accept(Post(thread, $"p{i % 10}", "x")));
        Assert.Equal(RefusalCode.LimitReached, Refuse(Post(crowd, "late", "x")).Code);
        Assert.Equal(ThreadRules.PostsPerMinuteMax, ThreadRules.Rows("t", ThreadState.Empty, crowd).Length);
    }

    [Fact]
    public void A_thread_has_an_end() => Assert.Equal(
        RefusalCode.LimitReached, Refuse(Post(ThreadState.Empty with { Count = ThreadState.MessagesMax }, "a", "x")).Code);

    [Fact]
    public void A_message_that_would_be_lost_is_a_bug() => Assert.Throws<InvalidOperationException>(
        () => ThreadRules.Rows("t", ThreadState.Empty, Accept(Post(ThreadState.Empty, "a", "x")) with { Fresh = [] }));

    private static Outcome<ThreadState> Post(ThreadState thread, string author, string text, DateTimeOffset? at = null) =>
        ThreadRules.Post(thread, author, text, [], null, at ?? Noon);

    private static ThreadState Accept(Outcome<ThreadState> outcome) =>
        outcome.Accepted(out var thread, out var refusal) ? thread : throw new InvalidOperationException(refusal.Message);

    private static Refusal Refuse(Outcome<ThreadState> outcome) =>
        outcome.Accepted(out _, out var refusal) ? throw new InvalidOperationException("accepted") : refusal;
}
