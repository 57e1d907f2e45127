using System.Collections.Immutable;
using Braintrust.Security;
using Braintrust.Storage;
using Grpc.Core;
using V1 = Braintrust.Api.Documents.V1;

namespace Braintrust.Documents;

public sealed class ThreadsService(
    SubjectGates gates, Callers callers, ListingReader listings, IListings attachments, IRows rows, IGrainFactory grains)
    : V1.ThreadsService.ThreadsServiceBase
{
    private static readonly ListingKind Kind = new(
        "thread_message",
        [
            new("number", "number", ListingFieldKind.Number) { Sortable = true }, new("author", "author", ListingFieldKind.Text),
            new("create_time", "at_ms", ListingFieldKind.Time) { Sortable = true },
        ],
        [new ListingOrder("number")]);

    public override async Task<V1.GetThreadResponse> GetThread(V1.GetThreadRequest request, ServerCallContext context)
    {
        var subject = DocumentsWire.Subject(request.Name, "name");
        await gates.Enter(await callers.Of(context), subject, "name");
        return new() { Thread = DocumentsWire.Thread(subject, await grains.GetGrain<IThreadGrain>(subject).Read()) };
    }

    public override async Task<V1.PostMessageResponse> PostMessage(V1.PostMessageRequest request, ServerCallContext context)
    {
        var ct = context.CancellationToken;
        var key = Wire.Request(request, request.RequestId);
        var subject = DocumentsWire.Subject(request.Parent, "parent");
        var documents = DocumentsWire.Hashes(request.Documents);
        if (ThreadRules.Invalid(request.Text, documents) is { } invalid) throw invalid.ToRpc();
        Hash32? offer = request.Offer.Length == 0 ? null : Wire.Hash(request.Offer, "offer");
        var caller = await callers.Of(context);
        var rights = await gates.Enter(caller, subject, "parent", writes: true);
        var objection = offer is { } named && !rights.Offers.Contains(named)
            ? new Refusal(RefusalCode.NotFound, $"{named} is no offer of {subject}.", "offer")
            : await Missing(subject, documents, ct);
        var outcome = await grains.GetGrain<IThreadGrain>(subject).Post(
            caller.AccountId, key, request.Text, documents, offer, objection);
        var posted = await rows.Read(Kind.Table, [subject, outcome.OrThrow().Version], ct);
        return new() { Message = DocumentsWire.Message(ThreadRules.Read(posted.Single())) };
    }

    public override async Task<V1.ListMessagesResponse> ListMessages(V1.ListMessagesRequest request, ServerCallContext context)
    {
        var subject = DocumentsWire.Subject(request.Parent, "parent");
        var caller = await callers.Of(context);
        await gates.Enter(caller, subject, "parent");
        var (found, next) = await listings.Read(
            Kind, caller.AccountId, nameof(ListMessages) + subject, [ListingCondition.Equal("thread", subject)],
            new PageRequest(request.PageSize, request.PageToken, request.Filter, request.OrderBy), context.CancellationToken);
        return new() { Messages = { found.Select(row => DocumentsWire.Message(ThreadRules.Read(row))) }, NextPageToken = next };
    }

    private async Task<Refusal?> Missing(string subject, ImmutableArray<Hash32> documents, CancellationToken ct)
    {
        foreach (var document in documents)
        {
            ImmutableArray<ListingCondition> where =
                [ListingCondition.Equal("subject", subject), ListingCondition.Equal("hash", document.ToBytes())];
            var page = await attachments.Read(new ListingQuery("document_attachment", where, [], 1), ct);
            if (page.Rows.IsEmpty)
                return new Refusal(RefusalCode.DocumentMissing, $"{document} is not attached to {subject}.", "documents");
        }

        return null;
    }
}
