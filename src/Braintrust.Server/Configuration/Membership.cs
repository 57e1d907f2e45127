using System.Net;
using System.Net.Sockets;
using Braintrust.Storage;
using Orleans.Configuration;

namespace Braintrust;

/// <summary>
/// What this process is to Orleans: a silo alone on SQLite, a silo of a cluster on PostgreSQL, or a client of that cluster.
/// </summary>
internal static class Membership
{
    private const string ServiceId = "braintrust";

    private static readonly TimeSpan ConnectPause = TimeSpan.FromMilliseconds(250);

    public static void AddOrleans(this WebApplicationBuilder builder, ServerOptions options)
    {
        builder.Services.Configure<Orleans.Configuration.ClusterOptions>(cluster =>
            (cluster.ClusterId, cluster.ServiceId) = (options.Cluster.ClusterId, ServiceId));
        if (options.IsGateway) builder.UseOrleansClient(client => client.Connect(options));
        else builder.UseOrleans(silo => silo.Serve(options));
    }

    private static void Serve(this ISiloBuilder silo, ServerOptions options)
    {
        if (options.IsCluster) silo.Join(options);
        else silo.Alone();
        silo.AddBraintrustGrainStorage(StorageNames.Transactional);
        silo.AddPlainGrainStorage(options.Storage);
        silo.AddBraintrustGrains(options.Grains);
        silo.AddTelemetry();
        silo.AddOperators(options.Operator);
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
        var address = Resolve(cluster.AdvertisedAddress);
        silo.UsePostgresClustering(options.Storage);
        silo.ConfigureEndpoints(
            address, cluster.SiloPort == 0 ? FreePort() : cluster.SiloPort, cluster.GatewayPort,
            listenOnAnyHostAddress: !IPAddress.IsLoopback(address));
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

    private static void Connect(this IClientBuilder client, ServerOptions options)
    {
        var cluster = options.Cluster;
        client.UsePostgresClustering(options.Storage);
        client.AddBraintrustGrains(options.Grains);
        client.AddTelemetry();
        client.AddOperators(options.Operator);
        client.Configure<ClientMessagingOptions>(messaging =>
            messaging.ResponseTimeout = TimeSpan.FromMilliseconds(cluster.ClientResponseTimeoutMs));
        client.Configure<GatewayOptions>(gateways =>
            gateways.GatewayListRefreshPeriod = TimeSpan.FromMilliseconds(cluster.GatewayRefreshMs));
        client.AddLostCalls();
        client.UseConnectionRetryFilter(new Patience(TimeSpan.FromMilliseconds(cluster.ConnectTimeoutMs)).GoesOn);
    }

    /// <exception cref="StartException">The name has no address.</exception>
    private static IPAddress Resolve(string host)
    {
        if (IPAddress.TryParse(host, out var address)) return address;
        try
        {
            var found = Dns.GetHostAddresses(host);
            return found.FirstOrDefault(one => one.AddressFamily == AddressFamily.InterNetwork) ?? found[0];
        }
        catch (SocketException unknown)
        {
            throw new StartException($"Cluster:AdvertisedAddress is '{host}', which has no address: {unknown.Message}");
        }
    }

    /// <summary>Orleans names a silo by its port, so it must be known before it is bound; a race for it fails the start.</summary>
    private static int FreePort()
    {
        using var probe = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        probe.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return ((IPEndPoint)probe.LocalEndPoint!).Port;
    }

    /// <summary>A gateway that starts before the first silo waits for one.</summary>
    private sealed class Patience(TimeSpan atMost)
    {
        private readonly long _since = TimeProvider.System.GetTimestamp();

        public async Task<bool> GoesOn(Exception missing, CancellationToken ct)
        {
            if (TimeProvider.System.GetElapsedTime(_since) > atMost) return false;
            await Task.Delay(ConnectPause, ct);
            return true;
        }
    }
}
