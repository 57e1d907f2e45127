using Braintrust.Escrow;
using Braintrust.Jobs;
using Braintrust.Reputation;
using Microsoft.Extensions.Logging;

namespace Braintrust.Chain;

/// <summary>
/// Wakes the cluster's few singletons from every silo, so that one lost with its silo is back in seconds. Waking one that
/// runs costs a message.
/// </summary>
public sealed class Pulse(
    IGrainFactory grains, IFollowedChains chains, IEnumerable<IProjection> projections, GrainOptions options, TimeProvider clock, ILogger<Pulse> logger)
    : ILifecycleParticipant<ISiloLifecycle>
{
    public void Participate(ISiloLifecycle lifecycle) =>
        new SiloLoop(nameof(Pulse), TimeSpan.FromMilliseconds(options.PulseIntervalMs), clock, logger, Beat)
            .Participate(lifecycle);

    private Task Beat(CancellationToken ct) => Task.WhenAll(chains.All.SelectMany(Wake));

    private IEnumerable<Task> Wake(FollowedChain chain)
    {
        var id = chain.Settings.ChainId;
        yield return grains.GetGrain<IChainWatcherGrain>((long)id).Wake();
        foreach (var projection in projections)
            yield return grains.GetGrain<IProjectionGrain>(ProjectionKey.Of(projection.Name, id)).Wake();
        yield return grains.GetGrain<IHiringKeeperGrain>((long)id).Wake();
        yield return grains.GetGrain<IReconcilerGrain>((long)id).Wake();
        if (chain.Anchor is not null) yield return grains.GetGrain<IAnchorGrain>((long)id).Wake();
        if (chain.Relayer is { } relayer)
            yield return grains.GetGrain<IRelayerGrain>(RelayerKey.Of(id, relayer.Signer.Address)).Wake();
    }
}
