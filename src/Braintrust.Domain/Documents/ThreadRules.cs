using System.Collections.Immutable;
using System.Text;

namespace Braintrust.Documents;

/// <summary>What may be posted, and how often. Who may post, and that named documents are there, is asked before.</summary>
public static class ThreadRules
{
    /// <summary>Messages of all authors in one minute.</summary>
    public const int PostsPerMinuteMax = 120;

    /// <summary>More than two minutes can post, which is longer than any write takes: no row can be missed.</summary>
    private const int FreshMax = 3 * PostsPerMinuteMax;

    /// <summary>Why nobody can post this, or null.</summary>
    public static Refusal? Invalid(string text, ImmutableArray<Hash32> documents) =>
        !Texts.IsProse(text, 1, Message.TextBytesMax) || Encoding.UTF8.GetByteCount(text) > Message.TextBytesMax
            ? new Refusal(RefusalCode.InvalidArgument, $"1 to {Message.TextBytesMax} bytes of plain text.", "text")
        : documents.Length > Message.DocumentsMax || documents.Distinct().Count() < documents.Length
            ? new Refusal(RefusalCode.InvalidArgument, $"At most {Message.DocumentsMax} documents, each once.", "documents")
        : null;

    public static Outcome<ThreadState> Post(
        ThreadState thread, string author, string text, ImmutableArray<Hash32> documents, Hash32? offer, DateTimeOffset now)
    {
        if (Invalid(text, documents) is { } invalid) return invalid;
        if (thread.Count == ThreadState.MessagesMax)
            return new Refusal(RefusalCode.LimitReached, $"A thread has at most {ThreadState.MessagesMax} messages.");
        var minute = now.ToUnixTimeSeconds() / 60;
        var posters = thread.Minute == minute ? thread.Posters : [];
        var mine = posters.FirstOrDefault(poster => poster.Account == author) ?? new Poster(author, 0);
        if (mine.Posts >= Poster.PostsPerMinuteMax || posters.Sum(poster => poster.Posts) >= PostsPerMinuteMax)
            return new Refusal(RefusalCode.LimitReached, "Too many messages in this minute; wait for the next one.");
        var message = new Message(thread.Count + 1, author, text, documents, offer, now);
        return thread with
        {
            Count = message.Number,
            Newest = message,
            Minute = minute,
            Posters = posters.Remove(mine).Add(mine with { Posts = mine.Posts + 1 }),
            Fresh = [.. thread.Fresh.TakeLast(FreshMax - 1), message],
        };
    }

    /// <exception cref="InvalidOperationException">A message would be lost: a bug.</exception>
    public static ImmutableArray<Row> Rows(string thread, ThreadState before, ThreadState after)
    {
        var added = after.Fresh.Where(message => message.Number > before.Count).ToArray();
        return added.Length == after.Count - before.Count
            ?
            [
                .. added.Select(message => new Row(
                    "thread_message", RowChange.Insert, [thread, message.Number],
                    [
                        message.Author, message.Text, string.Join('\n', message.Documents), message.Offer?.ToBytes(),
                        message.At.ToUnixTimeMilliseconds(),
                    ])),
            ]
            : throw new InvalidOperationException($"{after.Count - before.Count - added.Length} messages of {thread} are gone.");
    }

    /// <summary>The message that a row tells of.</summary>
    public static Message Read(StoredRow row) => new(
        (long)row.Key[1], (string)row.Values[0]!, (string)row.Values[1]!,
        [.. ((string)row.Values[2]!).Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(hash => Hash32.Parse(hash))],
        row.Values[3] is byte[] offer ? new Hash32(offer) : null, DateTimeOffset.FromUnixTimeMilliseconds((long)row.Values[4]!));
}
