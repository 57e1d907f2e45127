namespace Braintrust;

/// <summary>
/// Runs one piece of work at a time; asked again meanwhile, it runs once more. Every caller is answered by a run that
/// began after it asked, and learns when that run failed. For a grain's scheduler only.
/// </summary>
internal sealed class SingleFlight(Func<Task> work)
{
    private Task? _running;
    private Task? _next;

    public Task Run()
    {
        // A run that waits for its turn is the answer even when the one before it has just ended: two must not run at once.
        if (_next is { } next) return next;
        return _running is { IsCompleted: false } running ? _next = After(running) : _running = work();
    }

    private async Task After(Task running)
    {
        await running.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
        // What is asked from here on needs a run after this one.
        (_running, _next) = (_next, null);
        await work();
    }
}
