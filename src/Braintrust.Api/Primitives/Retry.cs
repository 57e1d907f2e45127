using Grpc.Core;

namespace Braintrust.Api;

/// <param name="AttemptsMax">Calls in all.</param>
/// <param name="DelayMin">Pause before the second call; doubles, half of it random.</param>
/// <param name="DelayMax">Longest pause of our own choice; the server's RetryInfo is obeyed whatever it says.</param>
public sealed record RetryPolicy(int AttemptsMax, TimeSpan DelayMin, TimeSpan DelayMax)
{
    /// <summary>Bridges about fifteen seconds: the restart of a server, the death of a silo.</summary>
    public static RetryPolicy Default { get; } = new(12, TimeSpan.FromMilliseconds(100), TimeSpan.FromSeconds(2));

    internal TimeSpan Delay(int attempt, RpcException error)
    {
        var full = Math.Min(DelayMin.TotalMilliseconds * Math.Pow(2, Math.Min(attempt, 30)), DelayMax.TotalMilliseconds);
        var jittered = TimeSpan.FromMilliseconds(full / 2 + Random.Shared.NextDouble() * full / 2);
        return error.RetryAfter() is { } told && told > jittered ? told : jittered;
    }
}

/// <summary>Repeats a call until it is answered.</summary>
public static class Retry
{
    /// <summary>
    /// Calls until the answer is there or is a refusal. The call must send the same message every time, request id
    /// included: then a mutation whose answer was lost is answered again and not done again.
    /// </summary>
    /// <exception cref="RpcException">A refusal, or the last failure when the attempts are used up.</exception>
    public static async Task<T> Call<T>(
        Func<CancellationToken, Task<T>> call, RetryPolicy? policy = null, TimeProvider? clock = null, CancellationToken ct = default)
    {
        policy ??= RetryPolicy.Default;
        for (var attempt = 0; ; attempt++)
        {
            try
            {
                return await call(ct);
            }
            catch (RpcException error) when (error.IsWorthRetrying() && attempt + 1 < policy.AttemptsMax && !ct.IsCancellationRequested)
            {
                await Task.Delay(policy.Delay(attempt, error), clock ?? TimeProvider.System, ct);
            }
        }
    }

    /// <summary>As <see cref="Call{T}(Func{CancellationToken,Task{T}},RetryPolicy,TimeProvider,CancellationToken)"/>, for the calls of a generated client.</summary>
    public static Task<T> Call<T>(
        Func<AsyncUnaryCall<T>> call, RetryPolicy? policy = null, TimeProvider? clock = null, CancellationToken ct = default) =>
        Call(async _ => await call(), policy, clock, ct);
}
