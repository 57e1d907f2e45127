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
        if (_running is not { IsCompleted: false } running) return _running = work();
        return _next ??= After(running);
    }

    private async Task After(Task running)
    {
        await running.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
        // What is asked from here on needs a run after this one.
        (_running, _next) = (_next, null);
        await work();
    }
}
