using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using Braintrust.Storage;
using Microsoft.Extensions.Logging;
using Orleans.Concurrency;

namespace Braintrust.Documents;

[GrainType("thread"), Reentrant]
public sealed class ThreadGrain : Grain, IThreadGrain
{
    public const string StateName = "thread/state";

    private static readonly StateKind<ThreadState> Kind = new(StateName, ThreadState.Empty, ThreadRules.Rows);

    private readonly TimeProvider _clock;
    private readonly Watchers<ThreadState> _watchers;
    private readonly Committed<ThreadState> _state;

    public ThreadGrain(ICommitStore store, SiloWatchers silo, TimeProvider clock, ILogger<ThreadGrain> logger)
    {
        _clock = clock;
        _watchers = silo.Of<ThreadState>(GrainContext);
        _state = new Committed<ThreadState>(Kind, this.GetPrimaryKeyString(), store, clock, logger, Show, Fail);
    }

    public override Task OnActivateAsync(CancellationToken ct) => _state.Load(ct);

    public override Task OnDeactivateAsync(DeactivationReason reason, CancellationToken ct)
    {
        _watchers.End();
        return Task.CompletedTask;
    }

    public Task<Outcome<Receipt>> Post(
        string author, RequestKey request, string text, ImmutableArray<Hash32> documents, Hash32? offer, Refusal? objection)
    {
        var now = _clock.GetUtcNow().Stored();
        return _state.Run(
            author, request, thread => objection ?? ThreadRules.Post(thread, author, text, documents, offer, now),
            thread => new Receipt(thread.Count));
    }

    public Task<ThreadState> Read() => Task.FromResult(Told(_state.State));

    public async IAsyncEnumerable<ThreadState> Watch([EnumeratorCancellation] CancellationToken ct = default)
    {
        await foreach (var thread in _watchers.Watch(() => Told(_state.State), ct)) yield return thread;
    }

    private static ThreadState Told(ThreadState thread) => thread with { Fresh = [] };

    private void Show(ThreadState thread) => _watchers.Publish(Told(thread));

    private void Fail()
    {
        _watchers.End();
        DeactivateOnIdle();
    }
}
