using System.Collections.Immutable;
using V1 = Braintrust.Api.Documents.V1;

namespace Braintrust.Documents;

internal static class DocumentsWire
{
    private const string Documents = "documents/";
    private const string Threads = "threads/";

    public static Hash32 Hash(string name, string field) =>
        name.StartsWith(Documents, StringComparison.Ordinal) && Hash32.TryParse(name.AsSpan(Documents.Length), out var hash)
        && name.AsSpan(Documents.Length).SequenceEqual(hash.ToString())
            ? hash
            : throw Wire.Bad(field, "A name is documents/{0x and 64 lower-case digits}.");

    public static ImmutableArray<Hash32> Hashes(IEnumerable<string> names) =>
        [.. names.Take(Braintrust.Documents.Message.DocumentsMax + 1).Select((name, i) => Hash(name, $"documents[{i}]"))];

    /// <summary>What a thread is about.</summary>
    public static string Subject(string name, string field) =>
        name.StartsWith(Threads, StringComparison.Ordinal)
        && (name.AsSpan(Threads.Length).StartsWith("agreements/") || name.AsSpan(Threads.Length).StartsWith("negotiations/")
            || name.AsSpan(Threads.Length).StartsWith("disputes/"))
            ? name[Threads.Length..]
            : throw Wire.Bad(field, "A name is threads/agreements/..., threads/negotiations/... or threads/disputes/....");

    public static V1.Document Document(Attachment attachment) => new()
    {
        Name = Documents + attachment.Hash,
        Subject = attachment.Subject,
        MediaType = attachment.MediaType,
        DisplayName = attachment.Name,
        SizeBytes = (uint)attachment.Size,
        Uploader = "accounts/" + attachment.Account,
        CreateTime = Wire.Time(attachment.At),
    };

    public static V1.Thread Thread(string subject, ThreadState thread) => new()
    {
        Name = Threads + subject,
        MessageCount = (ulong)thread.Count,
        Newest = thread.Newest is { } newest ? Message(newest) : null,
    };

    public static V1.Message Message(Message message) => new()
    {
        Number = (ulong)message.Number,
        Author = "accounts/" + message.Author,
        Text = message.Text,
        Documents = { message.Documents.Select(hash => Documents + hash) },
        Offer = message.Offer?.ToString() ?? "",
        CreateTime = Wire.Time(message.At),
    };
}
