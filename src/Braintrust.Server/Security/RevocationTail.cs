namespace Braintrust.Security;

/// <summary>Reads revocations four times a second, and sweeps what expired once in a while.</summary>
public sealed class RevocationTail(
    Sessions sessions, Accounts.ISessionStore store, TimeProvider clock, ILogger<RevocationTail> log) : BackgroundService
{
    public static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(250);

    /// <summary>Between two deletions of expired nonces, sessions and saved requests.</summary>
    public static readonly TimeSpan SweepInterval = TimeSpan.FromMinutes(10);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Interval, clock);
        var failing = false;
        var sweptAt = clock.GetTimestamp();
        do
        {
            try
            {
                await sessions.ReadRevocations(stoppingToken);
                if (failing) log.LogWarning("Revocations are read again.");
                failing = false;
                if (clock.GetElapsedTime(sweptAt) < SweepInterval) continue;
                sweptAt = clock.GetTimestamp();
                log.LogInformation("Deleted {Rows} expired rows.", await store.Sweep(clock.GetUtcNow(), stoppingToken));
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
            catch (Exception e)
            {
                if (!failing) log.LogWarning(e, "Revocations cannot be read: authenticated calls are refused until they can.");
                failing = true;
            }
        }
        while (await Tick(timer, stoppingToken));
    }

    private static async ValueTask<bool> Tick(PeriodicTimer timer, CancellationToken ct)
    {
        try { return await timer.WaitForNextTickAsync(ct); }
        catch (OperationCanceledException) { return false; }
    }
}
