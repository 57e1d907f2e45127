using System.Net.Http.Json;
using System.Text.Json;
using Braintrust.Testing;

namespace Braintrust.Cluster;

/// <summary>
/// A whole cluster as `braintrust cluster up` starts it: a collector, PostgreSQL, a node, three silos, a gateway, each a
/// process.
/// </summary>
public sealed class ClusterProcess : IAsyncLifetime
{
    /// <summary>Long enough for a machine that does much else.</summary>
    public static readonly TimeSpan StepMax = TimeSpan.FromSeconds(120);

    private static readonly TimeSpan StartMax = TimeSpan.FromSeconds(300);

    /// <summary>The data's owner is another user when root runs this, who must be able to reach it.</summary>
    private readonly DirectoryInfo _folder = new(Path.Combine(Path.GetTempPath(), $"braintrust-cluster-{Guid.NewGuid():N}"));

    private GuardedProcess? _process;

    public string Log => _process?.Log ?? "";

    /// <summary>The gateway's native gRPC address.</summary>
    public string Url => Grpc("gateway");

    /// <summary>The native gRPC address of a server.</summary>
    public string Grpc(string service) => $"http://127.0.0.1:{Number(service, "grpc_port")}";

    /// <summary>The address of a service's HTTP port.</summary>
    public Uri Http(string service) => new($"http://127.0.0.1:{Number(service, "http_port")}");

    /// <summary>What the cluster's collector took so far.</summary>
    public async Task<ExportedTelemetry> Telemetry()
    {
        using var http = new HttpClient();
        var told = await http.GetFromJsonAsync<ExportedTelemetry>($"http://127.0.0.1:{Number("collector", "otlp_port")}/");
        return told!;
    }

    public int ProcessId(string service) => Number(service, "pid");

    public async Task InitializeAsync()
    {
        _folder.Create();
        var environment = new Dictionary<string, string>
        {
            ["OTEL_BSP_SCHEDULE_DELAY"] = "500", ["OTEL_METRIC_EXPORT_INTERVAL"] = "1000", ["OTEL_BLRP_SCHEDULE_DELAY"] = "500",
            ["BRAINTRUST__Limits__SignInCallsPerMinutePerAddress"] = "1000000",
        };
        _process = await GuardedProcess.Start(
            "dotnet",
            [
                BuiltProgram.Path("Braintrust.Cli", "braintrust"), "cluster", "up", "--json", "--free-ports",
                "--folder", Path.Combine(_folder.FullName, "cluster"), "--collector",
            ],
            Path.Combine(_folder.FullName, "log"), environment);
        await _process.WaitFor("The cluster runs", StartMax);
    }

    /// <summary>SIGKILL or SIGTERM, from outside as an accident or an operator would; answers the process id.</summary>
    public int End(string service, bool kill)
    {
        var id = ProcessId(service);
        if (kill) Signals.Kill(id);
        else Signals.Terminate(id);
        return id;
    }

    /// <summary>Waits until the service's next process is healthy.</summary>
    public Task Healed(string service, int deadProcess) => Eventually.Holds(
        () => Task.FromResult(Events(service).Reverse()
            .TakeWhile(e => e.Facts.GetProperty("pid").GetInt32() != deadProcess).Any(e => e.State == "healthy")),
        healed => healed, StepMax, $"a new {service} in: {Log}");

    /// <summary>SIGTERM must end it with success and leave nothing behind.</summary>
    /// <exception cref="InvalidOperationException">It did not.</exception>
    public async Task DisposeAsync()
    {
        if (_process is null) return;
        var log = Log;
        var started = Events(null).Select(e => e.Facts.GetProperty("pid").GetInt32()).Distinct().ToArray();
        var code = await _process.Terminate();
        _folder.Delete(recursive: true);
        if (code != 0 || started.Where(Signals.IsAlive).ToArray() is { Length: > 0 })
            throw new InvalidOperationException($"The cluster ended with {code}, or left processes behind: {log}");
    }

    private int Number(string service, string fact) => Events(service).Last().Facts.GetProperty(fact).GetInt32();

    private IEnumerable<(string State, JsonElement Facts)> Events(string? service) =>
        from line in Log.Split('\n')
        where line.StartsWith('{') && line.EndsWith('}')
        let facts = JsonDocument.Parse(line).RootElement
        where facts.TryGetProperty("state", out _) && (service is null || facts.GetProperty("service").GetString() == service)
        select (facts.GetProperty("state").GetString()!, facts);
}
