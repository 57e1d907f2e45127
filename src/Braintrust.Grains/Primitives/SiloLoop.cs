using Microsoft.Extensions.Logging;

namespace Braintrust;

/// <summary>
/// Work that a silo, or a client of silos, repeats while it is active. It stops in the first stop stage, before anything it
/// uses is gone.
/// A failing round is logged when the kind of failure changes, and tried again after the interval.
/// </summary>
internal sealed class SiloLoop(
    string name, TimeSpan interval, TimeProvider clock, ILogger logger, Func<CancellationToken, Task> round)
{
    private readonly CancellationTokenSource _stop = new();
    private Task _running = Task.CompletedTask;
    private string? _trouble;

    public void Participate(ILifecycleObservable lifecycle, Action? stopping = null) => lifecycle.Subscribe(
        name, ServiceLifecycleStage.Last, _ => Start(), ct => Stop(stopping, ct));

    private Task Start()
    {
        _running = Task.Run(Run);
        return Task.CompletedTask;
    }

    private async Task Stop(Action? stopping, CancellationToken ct)
    {
        stopping?.Invoke();
        await _stop.CancelAsync();
        await _running.WaitAsync(ct).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private async Task Run()
    {
        while (!_stop.IsCancellationRequested)
        {
            await Round();
            await Task.Delay(interval, clock, _stop.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task Round()
    {
        try
        {
            await round(_stop.Token);
            if (_trouble is not null) logger.LogInformation("{Loop} works again", name);
            _trouble = null;
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
        }
        catch (Exception wrong)
        {
            if (_trouble != wrong.GetType().Name) logger.LogWarning(wrong, "{Loop} fails and tries again", name);
            _trouble = wrong.GetType().Name;
        }
    }
}
