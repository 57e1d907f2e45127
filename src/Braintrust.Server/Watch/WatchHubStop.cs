namespace Braintrust.Watch;

/// <summary>
/// Between the listeners' stop and the silo's: waits until the grains know that nobody watches, since a silo that stops
/// has nobody left to tell.
/// </summary>
public sealed class WatchHubStop(WatchHub hub, TimeProvider clock, ILogger<WatchHubStop> log) : IHostedService
{
    /// <summary>A grain that does not answer must not delay the stop for long.</summary>
    public static readonly TimeSpan WaitMax = TimeSpan.FromMilliseconds(500);

    public Task StartAsync(CancellationToken ct) => Task.CompletedTask;

    public async Task StopAsync(CancellationToken ct)
    {
        try
        {
            await hub.Closed().WaitAsync(WaitMax, clock, ct);
        }
        catch (TimeoutException)
        {
            log.LogInformation("Some watched subjects did not close in time; stopping without them.");
        }
    }
}
