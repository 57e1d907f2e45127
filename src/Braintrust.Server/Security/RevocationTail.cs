namespace Braintrust.Security;

/// <summary>Reads revocations four times a second.</summary>
public sealed class RevocationTail(Sessions sessions, TimeProvider clock, ILogger<RevocationTail> log) : BackgroundService
{
    public static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(250);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Interval, clock);
        var failing = false;
        do
        {
            try
            {
                await sessions.ReadRevocations(stoppingToken);
                if (failing) log.LogWarning("Revocations are read again.");
                failing = false;
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
        while (await timer.Tick(stoppingToken));
    }
}

internal static class Ticks
{
    /// <summary>Waits for the next tick; false when the process stops.</summary>
    public static async ValueTask<bool> Tick(this PeriodicTimer timer, CancellationToken ct)
    {
        try
        {
            return await timer.WaitForNextTickAsync(ct);
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }
}
