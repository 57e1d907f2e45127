namespace Braintrust.Documents;

public sealed class DocumentRulesTests
{
    private const string Subject = "agreements/1-0x01";

    private static readonly DateTimeOffset Noon = DateTimeOffset.UnixEpoch.AddHours(12);

    [Fact]
    public void The_content_is_written_with_its_first_attachment_and_the_same_again_is_nothing()
    {
        var content = new byte[] { 1, 2, 3 };
        var once = Accept(Attach(DocumentsState.Empty, Subject, content));
        Assert.Equal((1, 3, 1), (once.Version, once.Bytes, once.Attachments.Count));
        Assert.Equal(["document", "document_attachment"], DocumentRules.Rows("a", DocumentsState.Empty, once).Select(row => row.Table));
        Assert.Same(once, Accept(Attach(once, Subject, content)));
        Assert.Equal(2, Accept(Attach(once, "agreements/1-0x02", content)).Attachments.Count);
    }

    [Fact]
    public void Documents_that_share_a_write_all_have_rows()
    {
        var one = Accept(Attach(DocumentsState.Empty, Subject, [1]));
        var two = Accept(Attach(one, Subject, [2]));
        var rows = DocumentRules.Rows("a", DocumentsState.Empty, Accept(Attach(two, "agreements/1-0x02", [2])));
        Assert.Equal((2, 3), (rows.Count(row => row.Table == "document"), rows.Count(row => row.Table == "document_attachment")));
    }

    [Fact]
    public void A_content_is_forgotten_once_it_is_on_the_disk()
    {
        var one = Accept(Attach(DocumentsState.Empty, Subject, [1]));
        var later = Accept(Attach(one, Subject, [2], Noon.AddMinutes(2)));
        Assert.Equal(Hash32.Keccak([2]), Assert.Single(later.Fresh).Hash);
        Assert.Equal(2, DocumentRules.Rows("a", one, later).Length);
    }

    [Fact]
    public void What_is_taken_away_loses_its_row_and_keeps_its_bytes_counted()
    {
        var two = Accept(Attach(Accept(Attach(DocumentsState.Empty, Subject, [1])), Subject, [2]));
        var one = Accept(DocumentRules.Detach(two, Subject, Hash32.Keccak([1])));
        Assert.Equal((3, 2, 1), (one.Version, one.Bytes, one.Attachments.Count));
        var row = Assert.Single(DocumentRules.Rows("a", two, one));
        Assert.Equal(("document_attachment", RowChange.Delete, Subject), (row.Table, row.Change, row.Key[1]));
        Assert.Equal(RefusalCode.NotFound, Refuse(DocumentRules.Detach(one, Subject, Hash32.Keccak([1]))).Code);
    }

    [Fact]
    public void Taken_away_and_attached_again_in_one_write_has_the_newer_row()
    {
        var once = Accept(Attach(DocumentsState.Empty, Subject, [1]));
        var again = Accept(Attach(Accept(DocumentRules.Detach(once, Subject, Hash32.Keccak([1]))), Subject, [1], Noon.AddMinutes(1)));
        var row = Assert.Single(DocumentRules.Rows("a", once, again), row => row.Table == "document_attachment");
        Assert.Equal((RowChange.Upsert, Noon.AddMinutes(1).ToUnixTimeMilliseconds()), (row.Change, row.Values[3]));
    }

    [Fact]
    public void Rows_tell_the_attachments_again()
    {
        var one = Accept(Attach(DocumentsState.Empty, Subject, [1]));
        var stored = DocumentRules.Rows("a", DocumentsState.Empty, one).Where(row => row.Table == "document_attachment")
            .Select(row => new StoredRow(row.Key, row.Values));
        Assert.Equal(one.Attachments.Values, DocumentRules.Fill(one with { Attachments = one.Attachments.Clear() }, [.. stored]).Attachments.Values);
    }

    [Fact]
    public void A_person_has_so_much_room_and_no_more()
    {
        var full = DocumentsState.Empty with { Bytes = DocumentsState.BytesMax - 3 };
        Accept(Attach(full, Subject, [1, 2, 3]));
        Assert.Equal(RefusalCode.LimitReached, Refuse(Attach(full, Subject, [1, 2, 3, 4])).Code);
        var many = Enumerable.Range(0, DocumentsState.AttachmentsMax).Aggregate(
            DocumentsState.Empty, (state, i) => Accept(Attach(state, $"agreements/{i}", [1], Noon.AddMinutes(2 * i))));
        Assert.Equal(RefusalCode.LimitReached, Refuse(Attach(many, Subject, [1])).Code);
    }

    [Theory]
    [InlineData("text/html", "terms", 1, "media_type")]
    [InlineData("TEXT/PLAIN", "terms", 1, "media_type")]
    [InlineData("text/plain", "", 1, "display_name")]
    [InlineData("text/plain", "two\nlines", 1, "display_name")]
    [InlineData("text/plain", "terms", 0, "content")]
    [InlineData("text/plain", "terms", DocumentRules.ContentBytesMax + 1, "content")]
    public void What_is_malformed_is_refused_by_its_field(string mediaType, string name, int size, string field) =>
        Assert.Equal(field, DocumentRules.Invalid(mediaType, name, size)!.Field);

    [Fact]
    public void The_largest_document_fits() => Assert.Null(DocumentRules.Invalid("text/plain", "terms", DocumentRules.ContentBytesMax));

    private static Outcome<DocumentsState> Attach(DocumentsState state, string subject, byte[] content, DateTimeOffset? at = null) =>
        DocumentRules.Attach(
            state, new Attachment(subject, Hash32.Keccak(content), "text/plain", "terms", content.Length, "a", at ?? Noon), content, at ?? Noon);

    private static DocumentsState Accept(Outcome<DocumentsState> outcome) =>
        outcome.Accepted(out var state, out var refusal) ? state : throw new InvalidOperationException(refusal.Message);

    private static Refusal Refuse(Outcome<DocumentsState> outcome) =>
        outcome.Accepted(out _, out var refusal) ? throw new InvalidOperationException("accepted") : refusal;
}
