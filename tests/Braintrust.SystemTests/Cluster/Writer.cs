using System.Diagnostics;
using Braintrust.Accounts;
using Braintrust.Api.Watch;
using Braintrust.Api.Watch.V1;
using Grpc.Core;

namespace Braintrust.Cluster;

/// <summary>
/// Somebody who changes one thing again and again as a client should: repeats each request with its id until it is
/// answered, waits until the own watch shows the answer, and remembers what was acknowledged. Each answered mutation is sent
/// once more at once, as by a client that lost the answer, and all of them again at the end.
/// </summary>
internal abstract class Writer(Person person) : IAsyncDisposable
{
    private readonly CancellationTokenSource _done = new();
    private readonly Lock _lock = new();
    private readonly List<Func<CancellationToken, Task<string?>>> _replays = [];
    private readonly List<string> _differences = [];
    private Task? _watching;
    private TaskCompletionSource _news = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private string? _seen;

    public Person Person => person;

    /// <summary>Called after each answered call.</summary>
    public Action Answered { get; init; } = () => { };

    /// <summary>Mutations that were acknowledged.</summary>
    public int Mutations => _replays.Count;

    /// <summary>Calls that had to be made again.</summary>
    public int Repeated { get; private set; }

    /// <summary>The longest wait for an answer, or for the sight of it on the watch, since this was last set.</summary>
    public TimeSpan Longest { get; set; }

    /// <summary>The value that was acknowledged last.</summary>
    public string Acknowledged { get; private set; } = "";

    /// <summary>What the watch showed last.</summary>
    public string? Seen { get { lock (_lock) return _seen; } }

    /// <summary>Repeated requests that were answered otherwise than the first time.</summary>
    public IReadOnlyList<string> Differences => _differences;

    protected abstract string Subject { get; }

    /// <summary>Rounds of writing so far.</summary>
    protected int Rounds { get; private set; }

    /// <summary>Opens what is written and watches it.</summary>
    public async Task Begin(CancellationToken ct)
    {
        await WriteOnce(ct);
        _watching = Watch();
    }

    /// <summary>Writes one round and waits until it is seen.</summary>
    public async Task WriteOnce(CancellationToken ct)
    {
        Acknowledged = await Write(ct);
        if (_watching is not null) await Timed(Shows(Acknowledged, _watching).WaitAsync(ClusterProcess.StepMax, ct));
        Rounds++;
    }

    /// <summary>The value as it is read now.</summary>
    public abstract Task<string> Read(CancellationToken ct);

    /// <summary>What a server's lists say otherwise than what was acknowledged, page by page.</summary>
    public virtual Task<IReadOnlyList<string>> Unlike(ServerLink server, CancellationToken ct) =>
        Task.FromResult<IReadOnlyList<string>>([]);

    /// <summary>Sends every acknowledged mutation again; answers what was answered otherwise than before.</summary>
    public async Task<IReadOnlyList<string>> Replay(CancellationToken ct)
    {
        var differences = new List<string>();
        foreach (var replay in _replays)
            if (await replay(ct) is { } difference) differences.Add(difference);
        return differences;
    }

    public async ValueTask DisposeAsync()
    {
        await _done.CancelAsync();
        if (_watching is not null) await _watching;
        _done.Dispose();
    }

    protected abstract Task<string> Write(CancellationToken ct);

    protected abstract string Value(Update update);

    /// <summary>A call with all its repetitions.</summary>
    protected async Task<T> Call<T>(Func<CallOptions, AsyncUnaryCall<T>> call, CancellationToken ct, Person? by = null)
    {
        var attempts = 0;
        var answer = (by ?? person).Call(options =>
        {
            if (attempts++ > 0) Repeated++;
            return call(options);
        }, ct);
        await Timed(answer);
        return await answer;
    }

    /// <param name="call">Sends one message, its request id in it.</param>
    /// <param name="alike">What of an answer is the same whenever nothing else was changed in between.</param>
    /// <param name="lasting">What of it stays the same for ever; all that is alike when not given.</param>
    protected async Task<T> Mutate<T>(
        Func<CallOptions, AsyncUnaryCall<T>> call, Func<T, string> alike, CancellationToken ct,
        Func<T, string>? lasting = null, Person? by = null)
    {
        lasting ??= alike;
        var first = await Call(call, ct, by);
        Answered();
        if (await Again(alike, ct) is { } difference) _differences.Add(difference);
        _replays.Add(token => Again(lasting, token));
        return first;

        async Task<string?> Again(Func<T, string> told, CancellationToken token)
        {
            var again = await Try(token);
            return told(first) == again ? null : $"{told(first)} was answered, and to the same request again {again}";

            async Task<string> Try(CancellationToken token)
            {
                try
                {
                    return told(await Call(call, token, by));
                }
                catch (RpcException refused)
                {
                    return refused.Message;
                }
            }
        }
    }

    private async Task Timed(Task waited)
    {
        var since = Stopwatch.GetTimestamp();
        await waited;
        var took = Stopwatch.GetElapsedTime(since);
        if (took > Longest) Longest = took;
    }

    private async Task Shows(string value, Task watching)
    {
        while (true)
        {
            Task news;
            lock (_lock)
            {
                if (_seen == value) return;
                news = _news.Task;
            }

            // A watch that was refused shows nothing any more, and says why.
            await await Task.WhenAny(news, watching);
        }
    }

    private async Task Watch()
    {
        var messages = person.Server.Watches.Resumed([Subject], () => person.Headers, policy: person.Server.Policy, ct: _done.Token);
        try
        {
            await foreach (var message in messages)
                if (message.Update is { } update) Show(Value(update));
        }
        catch (Exception) when (_done.IsCancellationRequested)
        {
            // Asked to end.
        }
    }

    private void Show(string value)
    {
        lock (_lock)
        {
            _seen = value;
            _news.TrySetResult();
            _news = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        }
    }
}
