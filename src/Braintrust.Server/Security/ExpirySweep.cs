using Braintrust.Accounts;

namespace Braintrust.Security;

/// <summary>
/// Deletes expired nonces, sessions and saved requests once in a while. A loop of its own: after a busy day there is much
/// to delete, and revocations must be read meanwhile.
/// </summary>
public sealed class ExpirySweep(ISessionStore store, TimeProvider clock, ILogger<ExpirySweep> log) : BackgroundService
{
    public static readonly TimeSpan Interval = TimeSpan.FromMinutes(10);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Interval, clock);
        while (await timer.Tick(stoppingToken))
        {
            try
            {
                log.LogInformation("Deleted {Rows} expired rows.", await store.Sweep(clock.GetUtcNow(), stoppingToken));
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
            catch (Exception e)
            {
                log.LogWarning(e, "Expired rows cannot be deleted at the moment; tried again in {Interval}.", Interval);
            }
        }
    }
}
