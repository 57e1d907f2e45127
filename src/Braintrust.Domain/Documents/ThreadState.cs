using System.Collections.Immutable;
using System.Text.Json.Serialization;
using Orleans;

namespace Braintrust.Documents;

/// <summary>A conversation about one subject. Its messages are rows; the state knows how many there are, and the newest.</summary>
[GenerateSerializer, Immutable, Alias("documents.ThreadState")]
public sealed record ThreadState
{
    public const long MessagesMax = 100_000;

    public static readonly ThreadState Empty = new();

    /// <summary>Messages posted so far; also the version, since messages never change.</summary>
    [Id(0)] public long Count { get; init; }
    [Id(1)] public Message? Newest { get; init; }

    /// <summary>The minute since 1970 that <see cref="Posters"/> counts.</summary>
    [Id(2)] public long Minute { get; init; }
    [Id(3)] public ImmutableArray<Poster> Posters { get; init; } = [];

    /// <summary>Messages on their way to the disk, and some before them.</summary>
    [Id(4), JsonIgnore] public ImmutableArray<Message> Fresh { get; init; } = [];
}

/// <param name="Number">Place in the thread, from 1.</param>
/// <param name="Author">Account id.</param>
/// <param name="Documents">Attached to the thread's subject, in the order they were named.</param>
/// <param name="Offer">Hash of the offer it is about, or null.</param>
[GenerateSerializer, Immutable, Alias("documents.Message")]
public sealed record Message(
    [property: Id(0)] long Number, [property: Id(1)] string Author, [property: Id(2)] string Text,
    [property: Id(3)] ImmutableArray<Hash32> Documents, [property: Id(4)] Hash32? Offer, [property: Id(5)] DateTimeOffset At)
{
    /// <summary>In UTF-8.</summary>
    public const int TextBytesMax = 4_096;
    public const int DocumentsMax = 10;
}

/// <param name="Posts">In the present minute.</param>
[GenerateSerializer, Immutable, Alias("documents.Poster")]
public sealed record Poster([property: Id(0)] string Account, [property: Id(1)] int Posts)
{
    public const int PostsPerMinuteMax = 30;
}
