using System.Collections.Immutable;
using Orleans.Concurrency;

namespace Braintrust.Documents;

/// <summary>What one person stored, and how much. Key: the account's ULID.</summary>
[Alias("documents.IDocumentsGrain")]
public interface IDocumentsGrain : IGrainWithStringKey
{
    /// <summary>
    /// Stores the content, unless it is there, and attaches it; the service asked whether this person may write to the
    /// subject. All of it is one transaction. Refused with nothing stored: LimitReached, InvalidArgument.
    /// </summary>
    [Alias("Attach")]
    Task<Outcome<Attachment>> Attach(RequestKey request, string subject, string mediaType, string name, [Immutable] byte[] content);

    /// <summary>Takes an attachment of this person away. Refused: NotFound.</summary>
    /// <param name="objection">What the service found against it, or null; a request that was answered before is answered again.</param>
    [Alias("Detach")]
    Task<Outcome<Receipt>> Detach(RequestKey request, string subject, Hash32 document, Refusal? objection);
}

/// <summary>The conversation about one subject. Key: the subject's resource name.</summary>
[Alias("documents.IThreadGrain")]
public interface IThreadGrain : IGrainWithStringKey
{
    /// <summary>
    /// Appends a message and answers its number; the service asked whether the author takes part. Refused: LimitReached,
    /// InvalidArgument.
    /// </summary>
    /// <param name="objection">
    /// What the service found against the message (a document or an offer that is not there), or null. A message that was
    /// posted before is answered again all the same.
    /// </param>
    [Alias("Post")]
    Task<Outcome<Receipt>> Post(
        string author, RequestKey request, string text, ImmutableArray<Hash32> documents, Hash32? offer,
        Refusal? objection = null);

    /// <summary>How many messages there are, and the newest.</summary>
    [Alias("Read"), AlwaysInterleave]
    Task<ThreadState> Read();

    /// <summary>The present state, then every newer one, conflated. Ends when the grain deactivates: reopen.</summary>
    /// <exception cref="EnumerationAbortedException">It ended while nobody was reading: reopen.</exception>
    [Alias("Watch"), AlwaysInterleave]
    IAsyncEnumerable<ThreadState> Watch(CancellationToken ct = default);
}
