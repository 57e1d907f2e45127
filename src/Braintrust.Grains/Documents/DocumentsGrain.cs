using Braintrust.Storage;
using Microsoft.Extensions.Logging;
using Orleans.Concurrency;

namespace Braintrust.Documents;

[GrainType("documents"), Reentrant]
public sealed class DocumentsGrain : Grain, IDocumentsGrain
{
    public const string StateName = "documents/state";

    private static readonly StateKind<DocumentsState> Kind = new(StateName, DocumentsState.Empty, DocumentRules.Rows)
    {
        Children = [new("document_attachment", DocumentRules.Fill)],
    };

    private readonly TimeProvider _clock;
    private readonly Committed<DocumentsState> _state;

    public DocumentsGrain(ICommitStore store, TimeProvider clock, ILogger<DocumentsGrain> logger)
    {
        _clock = clock;
        _state = new Committed<DocumentsState>(Kind, Id, store, clock, logger, _ => { }, DeactivateOnIdle);
    }

    private string Id => this.GetPrimaryKeyString();

    public override Task OnActivateAsync(CancellationToken ct) => _state.Load(ct);

    public Task<Outcome<Attachment>> Attach(RequestKey request, string subject, string mediaType, string name, byte[] content)
    {
        var now = _clock.GetUtcNow().Stored();
        var attachment = new Attachment(subject, Hash32.Keccak(content), mediaType, name, content.Length, Id, now);
        return _state.Run(
            Id, request, state => DocumentRules.Attach(state, attachment, content, now),
            state => state.Attachments[(subject, attachment.Hash)]);
    }

    public Task<Outcome<Receipt>> Detach(RequestKey request, string subject, Hash32 document, Refusal? objection) => _state.Run(
        Id, request, state => objection ?? DocumentRules.Detach(state, subject, document), state => new Receipt(state.Version));
}
