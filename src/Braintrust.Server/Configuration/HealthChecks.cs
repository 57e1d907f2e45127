using Braintrust.Chain;
using Braintrust.Escrow;
using Braintrust.Security;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Braintrust;

/// <summary>Unready while the database does not answer: every authenticated call would be refused.</summary>
public sealed class DatabaseHealth(Sessions sessions, HealthOptions options) : IHealthCheck
{
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        var silence = sessions.RevocationsReadAgo;
        return Task.FromResult(silence < TimeSpan.FromMilliseconds(options.DatabaseSilenceMsMax)
            ? HealthCheckResult.Healthy($"read {silence.TotalMilliseconds:0} ms ago")
            : HealthCheckResult.Unhealthy(silence == TimeSpan.MaxValue ? "never read" : $"silent for {silence.TotalSeconds:0} s"));
    }
}

/// <summary>Unready while a chain is halted, not read, or far behind its node.</summary>
public sealed class ChainHealth(
    OpenedChains chains, IChainProgress progress, IGrainFactory grains, HealthOptions options, TimeProvider clock,
    IHostApplicationLifetime lifetime) : IHealthCheck
{
    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        // A silo that stops cannot place the grain that would answer.
        if (lifetime.ApplicationStopping.IsCancellationRequested) return HealthCheckResult.Unhealthy("stopping");
        if (!chains.AreOpen) return HealthCheckResult.Unhealthy("the chains are not open yet");
        var told = new List<string>();
        foreach (var chain in chains.All)
        {
            var id = chain.Settings.ChainId;
            if (progress.Latest(id) is not { } cursor) return HealthCheckResult.Unhealthy($"chain {id} was never read");
            if (cursor.Halted is { } why)
                return HealthCheckResult.Unhealthy($"chain {id} is halted: {why} To go on: {ChainVerbs.ResumeCommand($"{id}")}");
            if (clock.GetUtcNow() - progress.ReadAt(id) > TimeSpan.FromMilliseconds(options.DatabaseSilenceMsMax))
                return HealthCheckResult.Unhealthy($"the progress of chain {id} cannot be read");
            var watcher = await grains.GetGrain<IChainWatcherGrain>(unchecked((long)id)).Status();
            if (watcher.NodeHeadNo > cursor.HeadNo + (ulong)options.LagBlocksMax)
                return HealthCheckResult.Unhealthy($"chain {id} is {watcher.NodeHeadNo - cursor.HeadNo} blocks behind its node");
            var low = await RelayerTrouble(chain);
            told.Add($"chain {id} at block {cursor.HeadNo}" + (watcher.Trouble is null ? "" : $", {watcher.Trouble}") + (low is null ? "" : $", {low}"));
        }

        return HealthCheckResult.Healthy(string.Join("; ", told));
    }

    /// <summary>Told and no more: without its relayer a server is as ready as ever.</summary>
    private async Task<string?> RelayerTrouble(FollowedChain chain) => chain.Relayer is { } relayer
        ? (await grains.GetGrain<IRelayerGrain>(RelayerKey.Of(chain.Settings.ChainId, relayer.Signer.Address)).Status()).Low
        : null;
}

/// <summary>
/// Unready when a chain is not, any more, what its deployment file says. Looked at now and then: code does not change on a chain
/// that is well, and each look is some forty calls.
/// </summary>
public sealed class DeploymentHealth(OpenedChains chains, HealthOptions options, TimeProvider clock) : IHealthCheck
{
    private readonly SemaphoreSlim _one = new(1);
    private HealthCheckResult _told = HealthCheckResult.Healthy("not looked at since the start");
    private long? _lookedAt;

    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        if (!chains.AreOpen) return HealthCheckResult.Unhealthy("the chains are not open yet");
        await _one.WaitAsync(cancellationToken);
        try
        {
            if (_lookedAt is { } at && clock.GetElapsedTime(at) < TimeSpan.FromMilliseconds(options.DeploymentLookMs)) return _told;
            _told = await Look(cancellationToken);
            _lookedAt = clock.GetTimestamp();
            return _told;
        }
        finally
        {
            _one.Release();
        }
    }

    private async Task<HealthCheckResult> Look(CancellationToken ct)
    {
        foreach (var chain in chains.All)
        {
            if (chain.Deployment is not { } deployment) continue;
            try
            {
                if (await new DeploymentCheck(chain.Node, deployment).Run(history: false, ct) is [var differs, ..])
                    return HealthCheckResult.Unhealthy($"chain {chain.Settings.ChainId}: {differs}");
            }
            catch (Exception away) when (away is ChainUnavailableException or ChainProtocolException)
            {
                // The follower tells of a node that is away; what was seen of the deployment stands.
                return new HealthCheckResult(_told.Status, $"chain {chain.Settings.ChainId} could not be looked at: {away.Message}");
            }
        }

        return HealthCheckResult.Healthy("as deployed");
    }
}

/// <summary>Unready from the moment this process is asked to stop.</summary>
public sealed class DrainHealth(IHostApplicationLifetime lifetime) : IHealthCheck
{
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) =>
        Task.FromResult(lifetime.ApplicationStopping.IsCancellationRequested
            ? HealthCheckResult.Unhealthy("stopping")
            : HealthCheckResult.Healthy());
}

/// <summary>
/// Degraded while payments of some subject are stopped because the contracts and the database disagree about it; everything else
/// goes on, so the process still gets calls.
/// </summary>
public sealed class ReconciliationHealth(OpenedChains chains, DifferenceBook book) : IHealthCheck
{
    private const int NamedMax = 5;

    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        if (!chains.AreOpen) return HealthCheckResult.Unhealthy("the chains are not open yet");
        var stopped = new List<string>();
        foreach (var chain in chains.All)
            stopped.AddRange((await book.Read(chain.Settings.ChainId, cancellationToken)).Where(differs => differs.Lifted is null)
                .Select(differs => $"chain {differs.ChainId} {differs.Subject}: {differs.What}"));
        return stopped.Count == 0
            ? HealthCheckResult.Healthy("no payment is stopped")
            : HealthCheckResult.Degraded($"{stopped.Count} differ: {string.Join("; ", stopped.Take(NamedMax))}");
    }
}
