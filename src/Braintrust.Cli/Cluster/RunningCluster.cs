using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Diagnostics;

namespace Braintrust.Cluster;

/// <summary>
/// The topology as processes: each starts when what it waits for holds, one that ends is started again, and all stop in
/// reverse order.
/// </summary>
internal sealed class RunningCluster(string folder, ProcessPlace place, Timeline timeline) : IAsyncDisposable
{
    private static readonly TimeSpan HealthyMax = TimeSpan.FromSeconds(120);
    private static readonly TimeSpan LookInterval = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan RestartPause = TimeSpan.FromSeconds(1);

    private readonly ImmutableArray<ClusterService> _services =
        [.. ClusterTopology.In(place).Where(service => service.Kind != ServiceKind.Collector || place.HasCollector)];

    private readonly ConcurrentDictionary<string, ChildProcess> _running = new();
    private readonly List<Task> _keepers = [];
    private readonly CancellationTokenSource _stopping = new();
    private readonly HttpClient _http = new() { Timeout = TimeSpan.FromSeconds(5) };
    private DatabaseFolder? _database;
    private IReadOnlyList<string> _server = [];

    public ClusterService Gateway => _services.Single(service => service.Kind == ServiceKind.Gateway);

    /// <summary>Starts everything; completes when the gateway is ready.</summary>
    /// <exception cref="VerbFailedException">A program is missing, or a service did not become healthy.</exception>
    public async Task Start(CancellationToken ct)
    {
        Directory.CreateDirectory(folder);
        _server = await Programs.Server(text => timeline.Tell(Tale.Service, "server", text), ct);
        _database = await DatabaseFolder.Open(Path.Combine(folder, "postgres"), ct);
        using var failed = CancellationTokenSource.CreateLinkedTokenSource(ct);
        var healthy = new Dictionary<string, Task>();
        foreach (var service in _services)
            healthy[service.Name] = StartAfter(service, [.. service.After.Keys.Select(name => healthy[name])], failed);
        await Task.WhenAll(healthy.Values);
    }

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        foreach (var kinds in _services.Select(service => service.Kind).Distinct().Reverse())
            await Task.WhenAll(_services.Where(service => service.Kind == kinds).Select(Stop));
        await Task.WhenAll(_keepers);
        _http.Dispose();
        _stopping.Dispose();
    }

    /// <summary>One that cannot start keeps nobody waiting.</summary>
    private async Task StartAfter(ClusterService service, Task[] others, CancellationTokenSource failed)
    {
        try
        {
            await Task.WhenAll(others);
            await StartOne(service, failed.Token);
        }
        catch (VerbFailedException)
        {
            await failed.CancelAsync();
            throw;
        }
    }

    private async Task StartOne(ClusterService service, CancellationToken ct)
    {
        ct.ThrowIfCancellationRequested();
        var process = await Spawn(service);
        if (service.Kind == ServiceKind.Deployer)
        {
            if (await process.Ended.WaitAsync(HealthyMax, ct) is not 0 and var code)
                throw new VerbFailedException($"{service.Name} failed with {code}: {await LastWords(service, ct)}");
            return;
        }

        await UntilHealthy(service, process, ct);
        lock (_keepers) _keepers.Add(Keep(service, process));
    }

    private async Task<ChildProcess> Spawn(ClusterService service)
    {
        var process = await ChildProcess.Start(
            Command(service), LogPath(service), service.Environment, folder, service.Kind == ServiceKind.Database ? "INT" : "TERM");
        _running[service.Name] = process;
        timeline.Tell(Tale.Service, service.Name, $"started, process {process.Id}", Facts(service, process, "started"));
        return process;
    }

    /// <summary>Starts a service again whenever it ends, as a supervisor would.</summary>
    private async Task Keep(ClusterService service, ChildProcess process)
    {
        while (true)
        {
            var code = await process.Ended;
            if (_stopping.IsCancellationRequested) return;
            await process.DisposeAsync();
            timeline.Tell(Tale.Trouble, service.Name, $"process {process.Id} ended with {code}; starting it again",
                Facts(service, process, "ended"));
            await Task.Delay(RestartPause, _stopping.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (_stopping.IsCancellationRequested) return;
            process = await Spawn(service);
            // Asked to stop meanwhile, after its place in the order of stopping.
            if (_stopping.IsCancellationRequested)
            {
                await process.DisposeAsync();
                return;
            }

            try
            {
                await UntilHealthy(service, process, _stopping.Token);
            }
            catch (Exception ill) when (ill is VerbFailedException or OperationCanceledException)
            {
                if (ill is VerbFailedException) timeline.Tell(Tale.Trouble, service.Name, ill.Message);
            }
        }
    }

    private async Task Stop(ClusterService service)
    {
        if (!_running.TryGetValue(service.Name, out var process)) return;
        await process.DisposeAsync();
        timeline.Tell(Tale.Service, service.Name, "stopped", Facts(service, process, "stopped"));
    }

    private IReadOnlyList<string> Command(ClusterService service) => service.Kind switch
    {
        ServiceKind.Database => _database!.Serve(service),
        ServiceKind.Node =>
        [
            Programs.Anvil(), "--host", place.ListenAddress, "--port", $"{service.Ports["rpc"]}",
            "--state", Path.Combine(folder, "anvil.json"), .. service.Arguments,
        ],
        ServiceKind.Deployer => [.. Programs.Tool, .. service.Arguments],
        ServiceKind.Collector => [.. Programs.Tool, "otlp", "listen", "--port", $"{service.Ports["otlp"]}"],
        _ => _server,
    };

    private async Task UntilHealthy(ClusterService service, ChildProcess process, CancellationToken ct)
    {
        var waited = Stopwatch.StartNew();
        using var timer = new PeriodicTimer(LookInterval);
        while (!await IsHealthy(service, ct))
        {
            if (process.Ended.IsCompleted || waited.Elapsed > HealthyMax)
                throw new VerbFailedException(
                    $"{service.Name} {(process.Ended.IsCompleted ? "ended" : "is not healthy")}: {await LastWords(service, ct)}");
            await timer.WaitForNextTickAsync(ct);
        }

        timeline.Tell(Tale.Service, service.Name, $"healthy after {waited.Elapsed.TotalSeconds:F1} s", Facts(service, process, "healthy"));
    }

    private async Task<bool> IsHealthy(ClusterService service, CancellationToken ct)
    {
        try
        {
            switch (service.Kind)
            {
                case ServiceKind.Database:
                    return await _database!.Answers(service.Ports["sql"], ct);
                case ServiceKind.Node:
                    using (var question = new StringContent("""{"jsonrpc":"2.0","id":1,"method":"eth_chainId","params":[]}""",
                        System.Net.Http.Headers.MediaTypeHeaderValue.Parse("application/json")))
                    using (var answer = await _http.PostAsync(Address(service, "rpc"), question, ct))
                        return answer.IsSuccessStatusCode;
                case ServiceKind.Collector:
                    return await Answers(Address(service, "otlp"), ct);
                default:
                    return await Answers(new Uri(Address(service, "http"), "/readyz"), ct);
            }
        }
        catch (Exception away) when (away is HttpRequestException or TaskCanceledException && !ct.IsCancellationRequested)
        {
            return false;
        }
    }

    private async Task<bool> Answers(Uri question, CancellationToken ct)
    {
        using var answer = await _http.GetAsync(question, ct);
        return answer.IsSuccessStatusCode;
    }

    private Uri Address(ClusterService service, string port) => new($"http://{place.Host(service.Name)}:{service.Ports[port]}");

    private string LogPath(ClusterService service) => Path.Combine(folder, service.Name + ".log");

    private async Task<string> LastWords(ClusterService service, CancellationToken ct)
    {
        var lines = await File.ReadAllLinesAsync(LogPath(service), ct);
        return string.Join('\n', lines[^Math.Min(lines.Length, 15)..]);
    }

    private (string, object?)[] Facts(ClusterService service, ChildProcess process, string state) =>
    [
        ("service", service.Name), ("state", state), ("pid", process.Id), ("log", LogPath(service)),
        .. service.Ports.Select(port => ($"{port.Key}_port", (object?)port.Value)),
    ];
}
