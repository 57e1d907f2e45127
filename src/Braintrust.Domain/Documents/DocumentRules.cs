using System.Collections.Immutable;

namespace Braintrust.Documents;

/// <summary>What may be stored, and how it is kept: the content once, an attachment for every place that shows it.</summary>
public static class DocumentRules
{
    public const int ContentBytesMax = 1 << 20;

    /// <summary>The largest request: a document and what is said of it.</summary>
    public const int RequestBytesMax = ContentBytesMax + (16 << 10);

    /// <summary>Longer than any write takes; then the content is only on the disk.</summary>
    private static readonly TimeSpan FreshFor = TimeSpan.FromMinutes(1);

    /// <summary>What clients can show, and nothing that a browser runs.</summary>
    public static ImmutableArray<string> MediaTypes { get; } =
    [
        "application/json", "application/pdf", "application/zip", "image/jpeg", "image/png", "text/markdown", "text/plain",
    ];

    /// <summary>Why these cannot be attached by anybody, or null.</summary>
    public static Refusal? Invalid(string mediaType, string name, int size) =>
        size is < 1 or > ContentBytesMax
            ? Bad("content", $"A document has 1 to {ContentBytesMax} bytes, not {size}.")
        : !MediaTypes.Contains(mediaType) ? Bad("media_type", $"One of {string.Join(", ", MediaTypes)}.")
        : !Texts.IsLine(name, 1, Attachment.NameCharsMax)
            ? Bad("display_name", $"1 to {Attachment.NameCharsMax} characters of one line, without spaces around it.")
        : null;

    /// <summary>The same document at the same subject again changes nothing. Refused: LimitReached, InvalidArgument.</summary>
    public static Outcome<DocumentsState> Attach(DocumentsState state, Attachment attachment, byte[] content, DateTimeOffset now)
    {
        if (Invalid(attachment.MediaType, attachment.Name, content.Length) is { } invalid) return invalid;
        if (state.Attachments.ContainsKey((attachment.Subject, attachment.Hash))) return state;
        if (state.Attachments.Count == DocumentsState.AttachmentsMax)
            return new Refusal(RefusalCode.LimitReached, $"A person attaches at most {DocumentsState.AttachmentsMax} documents.");
        if (state.Bytes + content.Length > DocumentsState.BytesMax)
            return new Refusal(
                RefusalCode.LimitReached, $"A person stores at most {DocumentsState.BytesMax} bytes; {state.Bytes} are in use.");
        return state with
        {
            Version = state.Version + 1,
            Bytes = state.Bytes + content.Length,
            Attachments = state.Attachments.Add((attachment.Subject, attachment.Hash), attachment),
            Fresh = [.. state.Fresh.Where(fresh => fresh.At + FreshFor > now), new FreshContent(attachment.Hash, content, now)],
        };
    }

    /// <summary>The bytes stay counted: the content stays, under its hash, wherever else it is attached. Refused: NotFound.</summary>
    public static Outcome<DocumentsState> Detach(DocumentsState state, string subject, Hash32 hash) =>
        state.Attachments.ContainsKey((subject, hash))
            ? state with { Version = state.Version + 1, Attachments = state.Attachments.Remove((subject, hash)) }
            : new Refusal(RefusalCode.NotFound, $"You attached no such document to {subject}.", "name");

    public static ImmutableArray<Row> Rows(string account, DocumentsState before, DocumentsState after)
    {
        var added = after.Attachments.Where(now => before.Attachments.GetValueOrDefault(now.Key) != now.Value).Select(now => now.Value).ToArray();
        return
        [
            .. added.Select(now => now.Hash).Distinct().Select(hash => new Row(
                "document", RowChange.Upsert, [hash.ToBytes()], [after.Fresh.First(fresh => fresh.Hash == hash).Content])),
            .. added.Select(now => new Row(
                "document_attachment", RowChange.Upsert, [account, now.Subject, now.Hash.ToBytes()],
                [now.MediaType, now.Name, now.Size, now.At.ToUnixTimeMilliseconds()])),
            .. before.Attachments.Keys.Where(key => !after.Attachments.ContainsKey(key)).Select(gone => new Row(
                "document_attachment", RowChange.Delete, [account, gone.Subject, gone.Hash.ToBytes()], [])),
        ];
    }

    /// <summary>The attachment that a row tells of.</summary>
    public static Attachment Read(StoredRow row) => new(
        (string)row.Key[1], new Hash32((byte[])row.Key[2]), (string)row.Values[0]!, (string)row.Values[1]!, (long)row.Values[2]!,
        (string)row.Key[0], DateTimeOffset.FromUnixTimeMilliseconds((long)row.Values[3]!));

    public static DocumentsState Fill(DocumentsState state, ImmutableArray<StoredRow> rows) => state with
    {
        Attachments = rows.Select(Read).ToImmutableDictionary(attachment => (attachment.Subject, attachment.Hash)),
    };

    private static Refusal Bad(string field, string message) => new(RefusalCode.InvalidArgument, message, field);
}
