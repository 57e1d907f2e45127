using Grpc.Core;

namespace Braintrust;

/// <summary>Waits for what nothing announces: tries again until it is so, for a bounded time.</summary>
public static class Eventually
{
    public static async Task Does(Func<Task> attempt)
    {
        using var bound = new CancellationTokenSource(ApiServer.WaitMax);
        while (true)
        {
            try
            {
                await attempt();
                return;
            }
            catch (Exception e) when (!bound.IsCancellationRequested && e is RpcException or HttpRequestException or Xunit.Sdk.XunitException)
            {
                // Asking without a pause would use up the account's calls.
                await Task.Delay(25);
            }
        }
    }
}
