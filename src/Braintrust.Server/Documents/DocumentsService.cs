using System.Collections.Immutable;
using Braintrust.Security;
using Braintrust.Storage;
using Google.Protobuf;
using Grpc.Core;
using V1 = Braintrust.Api.Documents.V1;

namespace Braintrust.Documents;

public sealed class DocumentsService(
    SubjectGates gates, Callers callers, ListingReader listings, IListings attachments, IRows rows, IGrainFactory grains)
    : V1.DocumentsService.DocumentsServiceBase
{
    /// <summary>Places that are tried when a document is asked for without its subject.</summary>
    private const int SubjectsTriedMax = 50;

    private static readonly ListingKind Kind = new(
        "document_attachment",
        [
            new("media_type", "media_type", ListingFieldKind.Text), new("display_name", "display_name", ListingFieldKind.Text) { Sortable = true },
            new("create_time", "at_ms", ListingFieldKind.Time) { Sortable = true },
        ],
        [new ListingOrder("at_ms")]);

    public override async Task<V1.PutDocumentResponse> PutDocument(V1.PutDocumentRequest request, ServerCallContext context)
    {
        var key = Wire.Request(request, request.RequestId);
        if (DocumentRules.Invalid(request.MediaType, request.DisplayName, request.Content.Length) is { } invalid) throw invalid.ToRpc();
        var caller = await callers.Of(context);
        await gates.Enter(caller, request.Subject, "subject", writes: true);
        var outcome = await grains.GetGrain<IDocumentsGrain>(caller.AccountId).Attach(
            key, request.Subject, request.MediaType, request.DisplayName, request.Content.ToByteArray());
        return new() { Document = DocumentsWire.Document(outcome.OrThrow()) };
    }

    public override async Task<V1.DetachDocumentResponse> DetachDocument(V1.DetachDocumentRequest request, ServerCallContext context)
    {
        var key = Wire.Request(request, request.RequestId);
        var hash = DocumentsWire.Hash(request.Name, "name");
        var caller = await callers.Of(context);
        var rights = await gates.Enter(caller, request.Subject, "subject", writes: true);
        var objection = rights.KeepsAll || rights.Bound.Contains(hash)
            ? new Refusal(RefusalCode.WrongState, "An offer or terms name it, or the agreement is funded: it stays.", "name")
            : null;
        (await grains.GetGrain<IDocumentsGrain>(caller.AccountId).Detach(key, request.Subject, hash, objection)).OrThrow();
        return new();
    }

    public override async Task<V1.GetDocumentResponse> GetDocument(V1.GetDocumentRequest request, ServerCallContext context)
    {
        var ct = context.CancellationToken;
        var hash = DocumentsWire.Hash(request.Name, "name");
        var caller = await callers.Of(context);
        if (request.Subject.Length > 0) await gates.Enter(caller, request.Subject, "subject");
        var found = await Readable(hash, request.Subject, caller, ct)
            ?? throw new Refusal(RefusalCode.NotFound, "There is no such document for you.", "name").ToRpc();
        var content = (await rows.Read("document", [hash.ToBytes()], ct)).Single();
        return new()
        {
            Document = DocumentsWire.Document(found), Content = UnsafeByteOperations.UnsafeWrap((byte[])content.Values[0]!),
        };
    }

    public override async Task<V1.ListDocumentsResponse> ListDocuments(V1.ListDocumentsRequest request, ServerCallContext context)
    {
        var caller = await callers.Of(context);
        await gates.Enter(caller, request.Subject, "subject");
        var (found, next) = await listings.Read(
            Kind, caller.AccountId, nameof(ListDocuments) + request.Subject, [ListingCondition.Equal("subject", request.Subject)],
            new PageRequest(request.PageSize, request.PageToken, request.Filter, request.OrderBy), context.CancellationToken);
        return new() { Documents = { found.Select(row => DocumentsWire.Document(DocumentRules.Read(row))) }, NextPageToken = next };
    }

    /// <summary>An attachment of the document that the caller may read, or null.</summary>
    private async Task<Attachment?> Readable(Hash32 hash, string subject, Caller caller, CancellationToken ct)
    {
        ImmutableArray<ListingCondition> where = [ListingCondition.Equal("hash", hash.ToBytes())];
        if (subject.Length > 0) where = where.Add(ListingCondition.Equal("subject", subject));
        var page = await attachments.Read(new ListingQuery(Kind.Table, where, [], SubjectsTriedMax), ct);
        foreach (var attachment in page.Rows.Select(DocumentRules.Read).DistinctBy(attachment => attachment.Subject))
            if (subject.Length > 0 || !(await gates.RightsOf(caller, attachment.Subject, "subject")).IsRefused) return attachment;
        return null;
    }
}
