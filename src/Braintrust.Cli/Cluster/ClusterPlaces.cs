using System.Net;
using System.Net.Sockets;

namespace Braintrust.Cluster;

/// <summary>Each service in a container of its own, reached by its name on its usual ports.</summary>
public sealed class ContainerPlace : IClusterPlace
{
    public string ListenAddress => "0.0.0.0";
    public string PublicRpcUrl => "http://127.0.0.1:8545";
    public string SettingsFile => "/deployment/settings.json";
    public string DeploymentFile => "/deployment/deployment.json";

    /// <summary>As docker-compose.yml says it: off unless the variable is set where it is started.</summary>
    public string OtlpEndpoint => "${OTEL_EXPORTER_OTLP_ENDPOINT:-}";

    public string Host(string service) => service;

    public int Port(string service, string name, int standard) => standard;
}

/// <summary>All services as processes on loopback, each on ports of its own.</summary>
/// <param name="otlpEndpoint">Empty for nowhere, null for a collector of the cluster's own.</param>
public sealed class ProcessPlace(string folder, bool freePorts, string? otlpEndpoint) : IClusterPlace
{
    /// <summary>Between the ports of one server and of the next.</summary>
    private const int Step = 10;

    private readonly Dictionary<(string, string), int> _ports = [];

    public string ListenAddress => "127.0.0.1";
    public string PublicRpcUrl => $"http://127.0.0.1:{Port(ClusterTopology.Node, "rpc", 8545)}";
    public string SettingsFile => Path.Combine(folder, "settings.json");
    public string DeploymentFile => Path.Combine(folder, "deployment.json");
    public string OtlpEndpoint => otlpEndpoint ?? $"http://127.0.0.1:{Port(ClusterTopology.Collector, "otlp", ClusterTopology.OtlpPort)}";

    /// <summary>Whether the cluster's own collector runs.</summary>
    public bool HasCollector => otlpEndpoint is null;

    public string Host(string service) => "127.0.0.1";

    /// <summary>The same at every call. Silos count up from the usual ports; gateway and node have the usual ones.</summary>
    public int Port(string service, string name, int standard)
    {
        if (_ports.TryGetValue((service, name), out var known)) return known;
        var port = freePorts ? Free() : standard + Step * Number(service);
        return _ports[(service, name)] = port;
    }

    /// <summary>PostgreSQL steps aside too: many machines have one of their own on its usual port.</summary>
    private static int Number(string service) =>
        service == ClusterTopology.Database ? 1 : char.IsAsciiDigit(service[^1]) ? service[^1] - '0' : 0;

    private int Free()
    {
        while (true)
        {
            using var probe = new TcpListener(IPAddress.Loopback, 0);
            probe.Start();
            var port = ((IPEndPoint)probe.LocalEndpoint).Port;
            if (!_ports.ContainsValue(port)) return port;
        }
    }
}
