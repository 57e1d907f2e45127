namespace Braintrust.Watch;

/// <summary>Has the secret at hand before the first client.</summary>
public sealed class ClusterSecretStart(ClusterSecret secret) : IHostedService
{
    public Task StartAsync(CancellationToken ct) => secret.Load(ct);

    public Task StopAsync(CancellationToken ct) => Task.CompletedTask;
}
