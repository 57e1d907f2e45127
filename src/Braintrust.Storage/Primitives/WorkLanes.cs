namespace Braintrust.Storage;

/// <summary>
/// Bounded queues that threads of their own serve, each with a context of its own. Lane 0 goes first, but every eighth
/// turn the last lane does, so that neither starves.
/// </summary>
internal sealed class WorkLanes<TContext> : IDisposable where TContext : IDisposable
{
    private const int TurnsBeforeYielding = 8;

    private readonly object _gate = new();
    private readonly Queue<Action<TContext>>[] _lanes;
    private readonly SemaphoreSlim[] _room;
    private readonly Thread[] _threads;
    private int _turns;
    private bool _closed;

    public WorkLanes(string name, int lanes, int threads, int lengthMax, Func<TContext> context)
    {
        _lanes = [.. Enumerable.Range(0, lanes).Select(_ => new Queue<Action<TContext>>())];
        _room = [.. Enumerable.Range(0, lanes).Select(_ => new SemaphoreSlim(lengthMax))];
        _threads = [.. Enumerable.Range(0, threads).Select(i => new Thread(() => Serve(context())))];
        foreach (var thread in _threads)
        {
            thread.Name = name;
            thread.IsBackground = true;
            thread.Start();
        }
    }

    /// <summary>Queues work, waiting while its lane is full, and answers with its outcome.</summary>
    /// <exception cref="StorageUnavailableException">The lanes are closed.</exception>
    public async ValueTask<T> Run<T>(int lane, Func<TContext, T> work, CancellationToken ct)
    {
        var answer = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        await _room[lane].WaitAsync(ct);
        lock (_gate)
        {
            if (_closed) throw new StorageUnavailableException("The database is closed.");
            _lanes[lane].Enqueue(context => Answer(answer, work, context, ct));
            Monitor.Pulse(_gate);
        }

        return await answer.Task.WaitAsync(ct);
    }

    /// <summary>Ends the threads after everything queued has run.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            _closed = true;
            Monitor.PulseAll(_gate);
        }

        foreach (var thread in _threads) thread.Join();
    }

    private static void Answer<T>(
        TaskCompletionSource<T> answer, Func<TContext, T> work, TContext context, CancellationToken ct)
    {
        if (ct.IsCancellationRequested)
        {
            answer.SetCanceled(ct);
            return;
        }

        try
        {
            answer.SetResult(work(context));
        }
        catch (Exception e)
        {
            answer.SetException(e);
        }
    }

    private void Serve(TContext context)
    {
        using (context)
        {
            while (Next() is { } job) job(context);
        }
    }

    private Action<TContext>? Next()
    {
        lock (_gate)
        {
            while (true)
            {
                var yields = ++_turns % TurnsBeforeYielding == 0;
                for (var i = 0; i < _lanes.Length; i++)
                {
                    var lane = yields ? _lanes.Length - 1 - i : i;
                    if (!_lanes[lane].TryDequeue(out var job)) continue;
                    _room[lane].Release();
                    return job;
                }

                if (_closed) return null;
                Monitor.Wait(_gate);
            }
        }
    }
}
