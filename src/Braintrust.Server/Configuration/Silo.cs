using System.Net;
using System.Net.Sockets;
using Braintrust.Storage;
using Orleans.Configuration;

namespace Braintrust;

/// <summary>The silo in this process: alone on SQLite, a member of a cluster on PostgreSQL.</summary>
internal static class Silo
{
    public static void AddSilo(this WebApplicationBuilder builder, ServerOptions options) =>
        builder.UseOrleans(silo => Configure(silo, options));

    private static void Configure(ISiloBuilder silo, ServerOptions options)
    {
        silo.Configure<Orleans.Configuration.ClusterOptions>(cluster =>
            (cluster.ClusterId, cluster.ServiceId) = (options.Cluster.ClusterId, "braintrust"));
        if (options.IsCluster) silo.Join(options);
        else silo.Alone();
        silo.AddBraintrustGrainStorage(StorageNames.Transactional);
        silo.AddPlainGrainStorage(options.Storage);
        silo.AddBraintrustGrains(options.Grains);
    }

    /// <summary>Nobody joins and nobody left: a process that was killed starts again at once, on any free ports.</summary>
    private static void Alone(this ISiloBuilder silo)
    {
        var port = FreePort();
        silo.UseLocalhostClustering(port, gatewayPort: 0, new IPEndPoint(IPAddress.Loopback, port));
    }

    private static void Join(this ISiloBuilder silo, ServerOptions options)
    {
        var cluster = options.Cluster;
        silo.UsePostgresClustering(options.Storage);
        silo.ConfigureEndpoints(
            IPAddress.Parse(cluster.AdvertisedAddress), cluster.SiloPort == 0 ? FreePort() : cluster.SiloPort, cluster.GatewayPort,
            listenOnAnyHostAddress: !IPAddress.IsLoopback(IPAddress.Parse(cluster.AdvertisedAddress)));
        silo.Configure<ClusterMembershipOptions>(membership =>
        {
            membership.ProbeTimeout = TimeSpan.FromMilliseconds(cluster.ProbeTimeoutMs);
            membership.NumMissedProbesLimit = cluster.MissedProbesMax;
            membership.NumVotesForDeathDeclaration = cluster.DeathVotesMin;
            membership.TableRefreshTimeout = TimeSpan.FromMilliseconds(cluster.TableRefreshMs);
            membership.DeathVoteExpirationTimeout = TimeSpan.FromMilliseconds(cluster.DeathVoteExpirationMs);
            membership.IAmAliveTablePublishTimeout = TimeSpan.FromMilliseconds(cluster.AlivePublishMs);
        });
    }

    /// <summary>Orleans names a silo by its port, so it must be known before it is bound; a race for it fails the start.</summary>
    private static int FreePort()
    {
        using var probe = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        probe.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return ((IPEndPoint)probe.LocalEndPoint!).Port;
    }
}
