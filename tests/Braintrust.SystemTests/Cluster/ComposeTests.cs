using System.Text.RegularExpressions;
using YamlDotNet.Core;
using YamlDotNet.Serialization;

namespace Braintrust.Cluster;

using Yaml = Dictionary<object, object>;

/// <summary>Containers and processes are one cluster: docker-compose.yml and `cluster up` are held to one description.</summary>
public sealed class ComposeTests
{
    private static readonly ContainerPlace Containers = new();
    private static readonly Yaml Compose = Parse();
    private static readonly Yaml Services = (Yaml)Compose["services"];

    public static TheoryData<string> All => [.. ClusterTopology.In(Containers).Select(service => service.Name)];

    [Fact]
    public void The_same_services_stand_in_both()
    {
        var names = ClusterTopology.In(Containers).Select(service => service.Name).Order().ToArray();
        Assert.Equal(names, Services.Keys.Cast<string>().Order());
        Assert.Equal(names, ClusterTopology.In(Processes()).Select(service => service.Name).Order());
    }

    [Theory, MemberData(nameof(All))]
    public void A_service_starts_after_the_same_others(string name)
    {
        var after = Map(Container(name), "depends_on").ToDictionary(
            other => (string)other.Key, other => (string)((Yaml)other.Value)["condition"]);
        var expected = Described(name).After.ToDictionary(
            other => other.Key, other => other.Value == Awaited.Healthy ? "service_healthy" : "service_completed_successfully");
        Assert.Equal(expected, after);
        Assert.Equal(Described(name).After, Process(name).After);
    }

    [Theory, MemberData(nameof(All))]
    public void A_service_is_told_the_same(string name)
    {
        var service = Described(name);
        var told = Map(Container(name), "environment").ToDictionary(setting => (string)setting.Key, setting => (string)setting.Value);
        if (service.Kind == ServiceKind.Database)
            Assert.All(["POSTGRES_DB", "POSTGRES_USER", "POSTGRES_PASSWORD"], key => Assert.Equal(ClusterTopology.DatabaseUser, told[key]));
        else Assert.Equal(service.Environment, told);
        if (service.Kind != ServiceKind.Collector)
            Assert.Equal(service.Arguments, Container(name).GetValueOrDefault("command") is List<object> command ? command : []);
    }

    [Theory, MemberData(nameof(All))]
    public void A_process_differs_only_in_where_it_is(string name)
    {
        var (contained, process) = (Described(name), Process(name));
        Assert.Equal((contained.Kind, contained.Ports.Count), (process.Kind, process.Ports.Count));
        Assert.Equal(contained.Ports.Keys, process.Ports.Keys);
        Assert.Equal(contained.Environment.Keys, process.Environment.Keys);
        foreach (var key in contained.Environment.Keys)
            Assert.Equal(Placeless(contained.Environment[key]), Placeless(process.Environment[key]));
        Assert.Equal(contained.Arguments.Select(Placeless), process.Arguments.Select(Placeless));
    }

    [Theory, MemberData(nameof(All))]
    public void A_container_is_bounded_watched_and_published_on_loopback_only(string name)
    {
        var (service, container) = (Described(name), Container(name));
        Assert.Contains("mem_limit", container.Keys);
        Assert.Contains("cpus", container.Keys);
        Assert.Equal(service.Kind == ServiceKind.Collector ? ["obs"] : ["core", "obs"], (List<object>)container["profiles"]);
        Assert.Equal(service.Kind is not (ServiceKind.Deployer or ServiceKind.Collector), container.ContainsKey("healthcheck"));
        foreach (var published in container.GetValueOrDefault("ports") as List<object> ?? [])
        {
            var port = Regex.Match((string)published, @"^127\.0\.0\.1:(\d+):(\d+)$");
            Assert.True(port.Success, $"{name} publishes {published}");
            Assert.Equal(port.Groups[1].Value, port.Groups[2].Value);
            Assert.Contains(int.Parse(port.Groups[2].ValueSpan), service.Ports.Values);
        }
    }

    [Fact]
    public void Every_image_is_built_here_and_runs_as_nobody_special()
    {
        var file = File.ReadAllText(RepositoryRoot.File("Dockerfile"));
        var stages = Regex.Split(file, "^FROM ", RegexOptions.Multiline).Skip(1).ToDictionary(stage => Regex.Match(stage, @" AS (\w+)").Groups[1].Value);
        var targets = Services.Values.Cast<Yaml>().Where(service => service.ContainsKey("build"))
            .Select(service => (string)((Yaml)service["build"])["target"]).Distinct().Order();
        Assert.Equal(["anvil", "cli", "server"], targets);
        Assert.All(targets, target => Assert.Matches(@"(?m)^USER (?!root|0\b)\S+$", stages[target]));
    }

    [Fact]
    public void The_collector_listens_where_telemetry_is_sent()
    {
        var text = File.ReadAllText(RepositoryRoot.File("docker-compose.yml"));
        Assert.Contains($"OTEL_EXPORTER_OTLP_ENDPOINT=http://{ClusterTopology.Collector}:{ClusterTopology.OtlpPort} docker compose", text);
        var config = (string)((Yaml)((Yaml)Compose["configs"])["collector"])["content"];
        Assert.Contains($"http:\n        endpoint: 0.0.0.0:{ClusterTopology.OtlpPort}\n", config);
        Assert.Equal([$"{ClusterTopology.OtlpPort}"], (List<object>)Container(ClusterTopology.Collector)["expose"]);
        Assert.Equal($"http://127.0.0.1:{ClusterTopology.OtlpPort}", new ProcessPlace("folder", freePorts: false, otlpEndpoint: null).OtlpEndpoint);
    }

    [Fact]
    public void Every_process_has_ports_of_its_own()
    {
        var ports = ClusterTopology.In(Processes()).SelectMany(service => service.Ports.Values).ToArray();
        Assert.Equal(ports.Length, ports.Distinct().Count());
        var free = ClusterTopology.In(new ProcessPlace("folder", freePorts: true, "")).SelectMany(service => service.Ports.Values).ToArray();
        Assert.Equal(free.Length, free.Distinct().Count());
    }

    private static ClusterService Described(string name) => ClusterTopology.In(Containers).Single(service => service.Name == name);

    private static ClusterService Process(string name) => ClusterTopology.In(Processes()).Single(service => service.Name == name);

    private static ProcessPlace Processes() => new("/deployment", freePorts: false, Containers.OtlpEndpoint);

    private static Yaml Container(string name) => (Yaml)Services[name];

    private static Yaml Map(Yaml owner, string key) => owner.GetValueOrDefault(key) as Yaml ?? [];

    /// <summary>Without hosts and ports.</summary>
    private static string Placeless(string text) =>
        Regex.Replace(text, @"\b(127\.0\.0\.1|0\.0\.0\.0|postgres|anvil|silo\d)\b|(?<=[:=]|^)\d{4,5}\b(?=$|;|/)", "?");

    private static Yaml Parse() => new DeserializerBuilder().Build().Deserialize<Yaml>(
        new MergingParser(new Parser(new StringReader(File.ReadAllText(RepositoryRoot.File("docker-compose.yml"))))));
}
