using System.Collections.Immutable;
using System.Runtime.ExceptionServices;
using Braintrust.Storage;
using Microsoft.Extensions.Logging;

namespace Braintrust;

/// <summary>What makes one kind of state: its name, its beginning and the rows that are committed with it.</summary>
/// <param name="StateName">"grain/state", unique over all grain classes.</param>
/// <param name="Empty">The state before the first write.</param>
/// <param name="Rows">Pure: the side rows of a change. The first argument is the grain's key.</param>
/// <param name="RowTaken">The refusal when a row to insert exists already.</param>
public sealed record StateKind<TState>(
    string StateName, TState Empty, Func<string, TState, TState, ImmutableArray<Row>>? Rows = null,
    Refusal? RowTaken = null)
{
    /// <summary>
    /// Collections of the state that are kept as rows instead of in its JSON: what can grow without a small bound. The
    /// property is [JsonIgnore], <see cref="Rows"/> emits the rows that a change touched, and these read them back.
    /// </summary>
    public ImmutableArray<ChildRows<TState>> Children { get; init; } = [];
}

/// <param name="Table">A side table whose first key column is the grain's key.</param>
/// <param name="Fill">Pure: the state with what these rows say, which come in the order of their key.</param>
public sealed record ChildRows<TState>(string Table, Func<TState, ImmutableArray<StoredRow>, TState> Fill);

/// <summary>
/// A grain's durable state, and the one way to change it. Rules run on the tentative state, which holds changes not yet
/// written; one write is in flight; each caller is answered after the write that holds its change. So commands that come
/// together share a write, and nothing that is read or answered can be lost. Any failed write ends it: the tentative
/// state is dropped, every waiting caller gets the exception, and the grain must deactivate and read again. Runs on the
/// grain's scheduler only.
/// </summary>
/// <param name="committed">Called with each newly durable state.</param>
/// <param name="failed">Called once, when nothing more can be written by this activation.</param>
public sealed class Committed<TState>(
    StateKind<TState> kind, string key, ICommitStore store, TimeProvider clock, ILogger logger,
    Action<TState> committed, Action failed)
    where TState : class
{
    private readonly List<Command<TState>> _waiting = [];
    private TState _tentative = kind.Empty;
    private long _version;
    private Task _writing = Task.CompletedTask;
    private bool _oneByOne;
    private ExceptionDispatchInfo? _failure;

    /// <summary>What is durable: the only thing to read or to show.</summary>
    public TState State { get; private set; } = kind.Empty;

    /// <summary>
    /// Ends when no write is underway. What the database shows others (side rows) can be a moment ahead of
    /// <see cref="State"/>: a reader that came by such a row waits for this.
    /// </summary>
    public Task Written => _writing;

    public async Task Load(CancellationToken ct)
    {
        var (stored, rows) = kind.Children.IsEmpty
            ? new StoredWithRows(await store.Read(kind.StateName, key, ct), [])
            : await store.ReadWithRows(kind.StateName, key, [.. kind.Children.Select(child => child.Table)], ct);
        _version = stored?.Version ?? 0;
        var bare = stored?.Payload is { Length: > 0 } payload
            ? StateSerializer.Deserialize<TState>(payload)
            : kind.Empty;
        State = _tentative = kind.Children.Zip(rows).Aggregate(bare, (state, child) => child.First.Fill(state, child.Second));
    }

    /// <summary>Runs a rule and answers once its result is durable.</summary>
    public Task<Outcome<TState>> Run(Func<TState, Outcome<TState>> rule) =>
        Run(new Command<TState>(null, rule, _ => []), state => state);

    /// <summary>
    /// The same for a mutation that may be repeated: its answer is stored with the state, and the same request id answers
    /// it again, also where the rule would now refuse. Another body is RequestIdReused.
    /// </summary>
    /// <param name="answer">Pure: what the request answers. Its JSON is at most 4 KiB.</param>
    public Task<Outcome<TAnswer>> Run<TAnswer>(
        string caller, RequestKey request, Func<TState, Outcome<TState>> rule, Func<TState, TAnswer> answer)
        where TAnswer : notnull
    {
        var name = new RequestName(caller, request.Id, request.BodyHash);
        if (_waiting.FirstOrDefault(command => command.Request is { } other && other.IsSameAs(name)) is not { } twin)
            return Run(new Command<TState>(name, rule, state => StateSerializer.Serialize(answer(state))), answer);
        return twin.Request!.BodyHash == name.BodyHash
            ? Answer(twin.Settled.Task, answer)
            : Task.FromResult<Outcome<TAnswer>>(Requests.Reused);
    }

    private Task<Outcome<TAnswer>> Run<TAnswer>(Command<TState> command, Func<TState, TAnswer> answer)
        where TAnswer : notnull
    {
        _failure?.Throw();
        Try(command);
        if (_writing.IsCompleted) _writing = Write();
        return Answer(command.Settled.Task, answer);
    }

    private static async Task<Outcome<TAnswer>> Answer<TAnswer>(
        Task<Settlement<TState>> settled, Func<TState, TAnswer> answer) where TAnswer : notnull
    {
        var settlement = await settled;
        if (settlement.Refusal is { } refusal) return refusal;
        return settlement.Saved is { } saved ? StateSerializer.Deserialize<TAnswer>(saved) : answer(settlement.After!);
    }

    /// <summary>Puts a command in the queue when its rule agrees.</summary>
    private void Try(Command<TState> command)
    {
        try
        {
            if (command.Rule(_tentative).Accepted(out var next, out var refusal))
            {
                command.After = _tentative = next;
                _waiting.Add(command);
            }
            else
            {
                _ = Refuse(command, refusal, _waiting.LastOrDefault()?.Settled.Task);
            }
        }
        catch (Exception wrong)
        {
            command.Settled.TrySetException(wrong);
        }
    }

    /// <summary>
    /// A refusal first looks for a saved answer. It may rest on changes that are not written yet: then it is told only
    /// after they became durable.
    /// </summary>
    private async Task Refuse(Command<TState> command, Refusal refusal, Task? rests)
    {
        try
        {
            var saved = command.Request is { } request ? await Find(request) : null;
            if (saved is null && rests is not null) await rests;
            command.Settled.TrySetResult(saved ?? new Settlement<TState>(Refusal: refusal));
        }
        catch (Exception wrong)
        {
            command.Settled.TrySetException(wrong);
        }
    }

    private async Task Write()
    {
        try
        {
            while (_waiting.Count > 0) await WriteOnce();
        }
        catch (Exception wrong)
        {
            Fail(wrong);
        }
    }

    private async Task WriteOnce()
    {
        var batch = _waiting.Take(_oneByOne ? 1 : _waiting.Count).ToArray();
        var after = batch[^1].After!;
        if (batch.All(command => command.Request is null) && ReferenceEquals(after, State))
        {
            Settle(batch, after);
            return;
        }

        var result = await store.Commit(Unit(batch, after), CancellationToken.None);
        switch (result.Verdict)
        {
            case CommitVerdict.Committed:
                _version = result.Version;
                Settle(batch, after);
                break;
            case CommitVerdict.RequestExists:
                await Replay(batch.Where(command => command.Request?.Id == result.RequestId));
                break;
            case CommitVerdict.RowExists when batch.Length > 1:
                _oneByOne = true;
                Rerun();
                break;
            case CommitVerdict.RowExists when kind.RowTaken is not null:
                _waiting.RemoveAt(0);
                batch[0].Settled.TrySetResult(new Settlement<TState>(Refusal: kind.RowTaken));
                Rerun();
                break;
            default:
                throw new StorageUnavailableException(
                    $"{kind.StateName} {key} was written elsewhere ({result.Verdict}): read it again.");
        }
    }

    private CommitUnit Unit(Command<TState>[] batch, TState after)
    {
        var now = clock.GetUtcNow();
        return new CommitUnit(
            kind.StateName, key, _version, StateSerializer.SchemaVersion<TState>(), StateSerializer.Serialize(after),
            [.. batch.Where(command => command.Request is not null).Select(command => command.Save(now))],
            kind.Rows?.Invoke(key, State, after) ?? []);
    }

    private void Settle(Command<TState>[] batch, TState after)
    {
        var changed = !ReferenceEquals(State, after);
        State = after;
        _waiting.RemoveRange(0, batch.Length);
        if (_waiting.Count == 0) _oneByOne = false;
        foreach (var command in batch) command.Settled.TrySetResult(new Settlement<TState>(After: command.After));
        if (changed) committed(after);
    }

    private async Task Replay(IEnumerable<Command<TState>> repeated)
    {
        foreach (var command in repeated)
        {
            if (await Find(command.Request!) is not { } saved) continue;
            _waiting.Remove(command);
            command.Settled.TrySetResult(saved);
        }

        Rerun();
    }

    /// <summary>A command left the queue, so every rule after it runs again on what is durable.</summary>
    private void Rerun()
    {
        var again = _waiting.ToArray();
        _waiting.Clear();
        _tentative = State;
        foreach (var command in again) Try(command);
    }

    private async Task<Settlement<TState>?> Find(RequestName name)
    {
        if (await store.ReadRequest(name.Caller, name.Id, CancellationToken.None) is not { } saved) return null;
        return saved.BodyHash == name.BodyHash
            ? new Settlement<TState>(Saved: saved.Result)
            : new Settlement<TState>(Refusal: Requests.Reused);
    }

    private void Fail(Exception wrong)
    {
        _failure = ExceptionDispatchInfo.Capture(wrong);
        _tentative = State;
        var waiting = _waiting.ToArray();
        _waiting.Clear();
        if (wrong is StorageUnavailableException)
            logger.LogWarning(wrong, "{State} {Key}: the write failed, nothing of it is believed", kind.StateName, key);
        else
            logger.LogError(wrong, "{State} {Key}: the write failed, nothing of it is believed", kind.StateName, key);
        foreach (var command in waiting) command.Settled.TrySetException(wrong);
        failed();
    }
}
