using Orleans.Runtime;

namespace Braintrust;

/// <summary>
/// Gives up calls that died with a connection. What a gateway sent before it lost a silo is answered by the others within
/// moments or never, but Orleans lets it wait for the response timeout, several seconds. The outcome is unknown, as after
/// that timeout: requests are repeated with their id, and watches are opened again.
/// </summary>
internal sealed class LostCalls(TimeProvider clock) : IOutgoingGrainCallFilter
{
    /// <summary>For answers that are on their way from the silos that live.</summary>
    public static readonly TimeSpan Grace = TimeSpan.FromMilliseconds(500);

    private CancellationTokenSource _lost = NeverYet(clock);

    /// <summary>A connection to a silo ended: what is underway now has <see cref="Grace"/> left.</summary>
    public void Lost() => Interlocked.Exchange(ref _lost, NeverYet(clock)).CancelAfter(Grace);

    public async Task Invoke(IOutgoingGrainCallContext context)
    {
        var lost = Volatile.Read(ref _lost).Token;
        var call = context.Invoke();
        try
        {
            await call.WaitAsync(lost);
        }
        catch (OperationCanceledException) when (lost.IsCancellationRequested && !call.IsCompleted)
        {
            call.Ignore();
            throw new SiloUnavailableException("The connection to a silo was lost before it answered.");
        }
    }

    private static CancellationTokenSource NeverYet(TimeProvider clock) => new(Timeout.InfiniteTimeSpan, clock);
}

internal static class LostCallsRegistration
{
    public static void AddLostCalls(this IClientBuilder client)
    {
        client.Services.AddSingleton<LostCalls>();
        client.Services.AddSingleton<IOutgoingGrainCallFilter>(provider => provider.GetRequiredService<LostCalls>());
        client.Services.AddSingleton<GatewayCountChangedHandler>(provider => (_, change) =>
        {
            if (change.NumberOfConnectedGateways < change.PreviousNumberOfConnectedGateways)
                provider.GetRequiredService<LostCalls>().Lost();
        });
    }
}
