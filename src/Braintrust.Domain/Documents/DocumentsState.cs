using System.Collections.Immutable;
using System.Text.Json.Serialization;
using Orleans;

namespace Braintrust.Documents;

/// <summary>Everything one person has stored.</summary>
public sealed record DocumentsState
{
    /// <summary>Bytes one person may store, all attachments that ever were together.</summary>
    public const long BytesMax = 64 << 20;

    /// <summary>Attachments one person may make.</summary>
    public const int AttachmentsMax = 1_000;

    public static readonly DocumentsState Empty = new();

    public long Version { get; init; }
    public long Bytes { get; init; }

    /// <summary>By subject and hash. Kept as rows.</summary>
    [JsonIgnore]
    public ImmutableDictionary<(string Subject, Hash32 Hash), Attachment> Attachments { get; init; } =
        ImmutableDictionary<(string, Hash32), Attachment>.Empty;

    /// <summary>Contents on their way to the disk, and a moment longer.</summary>
    [JsonIgnore] public ImmutableArray<FreshContent> Fresh { get; init; } = [];
}

/// <param name="At">When it came.</param>
public sealed record FreshContent(Hash32 Hash, byte[] Content, DateTimeOffset At);

/// <summary>A document's place beside what it is about. The same content elsewhere is another attachment of one document.</summary>
/// <param name="Subject">Resource name such as agreements/…, whose readers read the document.</param>
/// <param name="Hash">keccak-256 of the content: the document's name.</param>
/// <param name="MediaType">One of <see cref="DocumentRules.MediaTypes"/>.</param>
/// <param name="Name">What the uploader calls it.</param>
/// <param name="Size">Bytes.</param>
/// <param name="Account">Who attached it.</param>
[GenerateSerializer, Immutable, Alias("documents.Attachment")]
public sealed record Attachment(
    [property: Id(0)] string Subject, [property: Id(1)] Hash32 Hash, [property: Id(2)] string MediaType,
    [property: Id(3)] string Name, [property: Id(4)] long Size, [property: Id(5)] string Account, [property: Id(6)] DateTimeOffset At)
{
    public const int NameCharsMax = 120;
}
