using System.Collections.Immutable;
using System.Globalization;
using Braintrust.Chain;

namespace Braintrust.Cluster;

/// <summary>What a member of the cluster is.</summary>
public enum ServiceKind
{
    /// <summary>PostgreSQL: states, ledger, membership.</summary>
    Database,

    /// <summary>The development chain.</summary>
    Node,

    /// <summary>Deploys the contracts, writes their addresses where the servers read them, and ends.</summary>
    Deployer,

    /// <summary>A server with grains.</summary>
    Silo,

    /// <summary>A server without grains, for clients.</summary>
    Gateway,

    /// <summary>Takes telemetry (OTLP); only when asked for.</summary>
    Collector,
}

/// <summary>What must hold of another service before one starts.</summary>
public enum Awaited
{
    /// <summary>It answers its health check.</summary>
    Healthy,

    /// <summary>It ended with success.</summary>
    Completed,
}

/// <summary>One service: what it listens on, what it waits for, what it is told.</summary>
/// <param name="Ports">By name: sql, rpc, http, grpc, silo, gateway, otlp.</param>
/// <param name="Arguments">Of its program, whichever that is in the place.</param>
/// <param name="Environment">The settings that make it what it is.</param>
public sealed record ClusterService(
    string Name, ServiceKind Kind, ImmutableSortedDictionary<string, int> Ports,
    ImmutableSortedDictionary<string, Awaited> After, ImmutableArray<string> Arguments,
    ImmutableSortedDictionary<string, string> Environment);

/// <summary>Where the services run, which is all that differs between containers and processes.</summary>
public interface IClusterPlace
{
    /// <summary>The address that servers listen on for clients.</summary>
    string ListenAddress { get; }

    /// <summary>Host under which other services reach a service.</summary>
    string Host(string service);

    /// <param name="standard">The port that a service with a host of its own has.</param>
    int Port(string service, string name, int standard);

    /// <summary>The node as wallets beside the cluster reach it.</summary>
    string PublicRpcUrl { get; }

    /// <summary>File that the deployer writes and the servers read.</summary>
    string SettingsFile { get; }

    /// <summary>File in which the deployer says what stands where; the settings name it.</summary>
    string DeploymentFile { get; }

    /// <summary>Where telemetry goes (OTLP over HTTP); empty for nowhere.</summary>
    string OtlpEndpoint { get; }
}

/// <summary>
/// The cluster to try on one machine, described once: <c>cluster up</c> starts it as processes, and a test holds
/// docker-compose.yml to it.
/// </summary>
public static class ClusterTopology
{
    public const string Database = "postgres";
    public const string Node = "anvil";
    public const string Deployer = "deployer";
    public const string Gateway = "gateway";
    public const string Collector = "collector";

    /// <summary>The password protects nothing: the database listens on loopback, or inside the containers' network.</summary>
    public const string DatabaseUser = "braintrust";

    /// <summary>Servers' variable that names the deployer's file.</summary>
    public const string SettingsVariable = "BRAINTRUST_SETTINGS_FILE";

    /// <summary>The port of OTLP over HTTP.</summary>
    public const int OtlpPort = 4318;

    private const int Silos = 3;

    /// <summary>Confirmations that make a block final: the node mines one a second.</summary>
    private const int Confirmations = 2;

    private const int ConnectionsMax = 200;

    /// <summary>Every service, each after those it waits for; the collector hears the others stop.</summary>
    public static ImmutableArray<ClusterService> In(IClusterPlace place) =>
    [
        CollectorIn(place), DatabaseIn(place), NodeIn(place), DeployerIn(place),
        .. Enumerable.Range(1, Silos).Select(number => SiloIn(place, $"silo{number}")), GatewayIn(place),
    ];

    private static ClusterService DatabaseIn(IClusterPlace place) => new(
        Database, ServiceKind.Database, Ports(place, Database, ("sql", 5432)), After(),
        ["-c", $"max_connections={ConnectionsMax}"], Settings());

    private static ClusterService NodeIn(IClusterPlace place) => new(
        Node, ServiceKind.Node, Ports(place, Node, ("rpc", 8545)), After(),
        ["--chain-id", "31337", "--block-time", "1", "--mixed-mining", "--prune-history", "256", "--state-interval", "1"],
        Settings());

    private static ClusterService DeployerIn(IClusterPlace place) => new(
        Deployer, ServiceKind.Deployer, Ports(place, Deployer), After((Node, Awaited.Healthy)),
        [
            "deploy", "--development", "--rpc", Rpc(place), "--public-rpc", place.PublicRpcUrl, "--out", place.DeploymentFile,
            "--settings", place.SettingsFile,
        ],
        Settings());

    private static ClusterService SiloIn(IClusterPlace place, string name)
    {
        var ports = Ports(place, name, ("http", 8080), ("grpc", 8081), ("silo", 11_111), ("gateway", 30_000));
        return new(
            name, ServiceKind.Silo, ports, After((Database, Awaited.Healthy), (Deployer, Awaited.Completed)), [],
            Server(place, name, ports, "Silo").AddRange(Settings(
                ("Cluster:AdvertisedAddress", place.Host(name)), ("Cluster:SiloPort", Text(ports["silo"])),
                ("Cluster:GatewayPort", Text(ports["gateway"])))));
    }

    private static ClusterService GatewayIn(IClusterPlace place)
    {
        var ports = Ports(place, Gateway, ("http", 8080), ("grpc", 8081));
        var silos = Enumerable.Range(1, Silos).Select(number => ($"silo{number}", Awaited.Healthy));
        return new(Gateway, ServiceKind.Gateway, ports, After([.. silos]), [], Server(place, Gateway, ports, "Gateway"));
    }

    private static ClusterService CollectorIn(IClusterPlace place) => new(
        Collector, ServiceKind.Collector, Ports(place, Collector, ("otlp", OtlpPort)), After(), [], Settings());

    private static ImmutableSortedDictionary<string, string> Server(
        IClusterPlace place, string name, ImmutableSortedDictionary<string, int> ports, string role) => Settings(
        ("Listen:Address", place.ListenAddress), ("Listen:HttpPort", Text(ports["http"])), ("Listen:GrpcPort", Text(ports["grpc"])),
        ("Storage:Engine", "PostgreSql"), ("Storage:ConnectionString", ConnectionString(place)), ("Cluster:Role", role),
        ("Chains:0:ConfirmationsMin", Text(Confirmations)), ("Chains:0:PollIntervalMs", "100"),
        ("Jobs:Reviewers:0", DevelopmentKeys.Address(0).ToString()))
        .Add(SettingsVariable, place.SettingsFile)
        .Add("OTEL_SERVICE_NAME", "braintrust-" + role.ToLowerInvariant())
        .Add("OTEL_RESOURCE_ATTRIBUTES", "service.instance.id=" + name)
        .Add("OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf")
        .Add("OTEL_EXPORTER_OTLP_ENDPOINT", place.OtlpEndpoint);

    private static string ConnectionString(IClusterPlace place) =>
        $"Host={place.Host(Database)};Port={place.Port(Database, "sql", 5432)};Database={DatabaseUser};"
        + $"Username={DatabaseUser};Password={DatabaseUser}";

    private static string Rpc(IClusterPlace place) => $"http://{place.Host(Node)}:{place.Port(Node, "rpc", 8545)}";

    private static ImmutableSortedDictionary<string, int> Ports(
        IClusterPlace place, string service, params ReadOnlySpan<(string Name, int Standard)> ports)
    {
        var chosen = ImmutableSortedDictionary.CreateBuilder<string, int>(StringComparer.Ordinal);
        foreach (var (name, standard) in ports) chosen[name] = place.Port(service, name, standard);
        return chosen.ToImmutable();
    }

    private static ImmutableSortedDictionary<string, Awaited> After(params IEnumerable<(string Service, Awaited Awaited)> others) =>
        others.ToImmutableSortedDictionary(other => other.Service, other => other.Awaited, StringComparer.Ordinal);

    private static ImmutableSortedDictionary<string, string> Settings(params IEnumerable<(string Key, string Value)> settings) =>
        settings.ToImmutableSortedDictionary(
            setting => "BRAINTRUST__" + setting.Key.Replace(":", "__", StringComparison.Ordinal), setting => setting.Value,
            StringComparer.Ordinal);

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
