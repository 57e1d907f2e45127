using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Orleans.Streams;

namespace Braintrust.Chain;

/// <summary>"Look": an agreement has ledger entries up to a position. It carries no facts; losing it costs time only.</summary>
[GenerateSerializer, Immutable, Alias("chain.Bell")]
public sealed record Bell([property: Id(0)] long Pos);

/// <summary>Rings agreements. Never waits for them, never fails: what is not rung is told by the silo's tail.</summary>
public sealed class Bells(IServiceProvider services, GrainOptions options, ILogger<Bells> logger)
{
    public const string Provider = "bells";
    public const string Agreements = "agreements";

    private int _inFlight;

    /// <summary>Bells that are underway in this silo.</summary>
    public int InFlight => Volatile.Read(ref _inFlight);

    /// <summary>Rings what a step touched, unless the chain is far behind: tails tell of many entries more cheaply.</summary>
    public void Ring(ulong chain, FollowReport report)
    {
        var behind = (long)report.NodeHeadNo - (long)report.Cursor.HeadNo;
        if (!options.Bells || behind > options.BellsBlocksBehindMax) return;
        foreach (var negotiation in report.Touched)
        {
            if (Interlocked.Increment(ref _inFlight) > options.BellsInFlightMax) Interlocked.Decrement(ref _inFlight);
            else _ = Ring(ChainKey.Of(chain, negotiation), report.Cursor.Pos);
        }
    }

    /// <summary>Tells the projections of a chain that its ledger has moved.</summary>
    public void RingProjections(ulong chain)
    {
        if (!options.Bells) return;
        var grains = services.GetRequiredService<IGrainFactory>();
        foreach (var projection in services.GetServices<IProjection>())
            _ = Tell(grains.GetGrain<IProjectionGrain>(ProjectionKey.Of(projection.Name, chain)));
    }

    private async Task Tell(IProjectionGrain projection)
    {
        try
        {
            await projection.Look();
        }
        catch (Exception lost)
        {
            logger.LogDebug(lost, "A projection was not told; the next pulse does");
        }
    }

    private async Task Ring(string key, long pos)
    {
        try
        {
            var streams = services.GetRequiredKeyedService<IStreamProvider>(Provider);
            await streams.GetStream<Bell>(StreamId.Create(Agreements, key)).OnNextAsync(new Bell(pos));
        }
        catch (Exception lost)
        {
            logger.LogDebug(lost, "A bell for {Key} was lost", key);
        }
        finally
        {
            Interlocked.Decrement(ref _inFlight);
        }
    }
}
