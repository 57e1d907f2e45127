namespace Braintrust.Security;

/// <summary>
/// The first thing of a graceful stop: unready, then every stream ends UNAVAILABLE with RetryInfo. Only then do the
/// listeners close, which would wait for open streams, and the silo after them.
/// </summary>
public sealed class Drain(OpenStreams streams, ILogger<Drain> log) : IHostedLifecycleService
{
    public Task StoppingAsync(CancellationToken ct)
    {
        log.LogInformation("Stopping: ending {Streams} open streams.", streams.Count);
        streams.Drain();
        return Task.CompletedTask;
    }

    public Task StartingAsync(CancellationToken ct) => Task.CompletedTask;
    public Task StartAsync(CancellationToken ct) => Task.CompletedTask;
    public Task StartedAsync(CancellationToken ct) => Task.CompletedTask;
    public Task StopAsync(CancellationToken ct) => Task.CompletedTask;
    public Task StoppedAsync(CancellationToken ct) => Task.CompletedTask;
}
