using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text.Json;

namespace Braintrust.Testing;

/// <summary>
/// A real Braintrust server as users run it: its own process, sockets, database file and development chain in a
/// temporary folder. It can be killed and started again on the same ports and data.
/// </summary>
public sealed class ServerProcess : IAsyncDisposable
{
    private static readonly TimeSpan StartMax = TimeSpan.FromSeconds(60);

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("braintrust-server-");
    private readonly Dictionary<string, string> _environment;
    private GuardedProcess? _process;

    /// <param name="settings">Settings as <c>Section:Key</c>, over the test's defaults.</param>
    public ServerProcess(params IEnumerable<(string Name, string Value)> settings)
    {
        (string Name, string Value)[] defaults =
        [
            ("Listen:HttpPort", Text(FreePort())), ("Listen:GrpcPort", Text(FreePort())),
            ("Storage:SqlitePath", Path.Combine(_folder.FullName, "braintrust.db")),
            ("Embedded:Port", Text(FreePort())), ("Embedded:DirectoryPath", ChainFolder),
            ("Embedded:AnvilPath", Braintrust.Chain.AnvilServer.Program()),
        ];
        Settings = defaults.Concat(settings).GroupBy(s => s.Name).ToDictionary(s => s.Key, s => s.Last().Value);
        _environment = Settings.ToDictionary(s => "BRAINTRUST__" + s.Key.Replace(":", "__"), s => s.Value);
    }

    public IReadOnlyDictionary<string, string> Settings { get; }

    /// <summary>Address of the native gRPC port.</summary>
    public string Url => $"http://127.0.0.1:{Settings["Listen:GrpcPort"]}";

    /// <summary>Address of the HTTP/1.1 port: JSON, gRPC-Web, health.</summary>
    public string HttpUrl => $"http://127.0.0.1:{Settings["Listen:HttpPort"]}";

    /// <summary>The folder of the embedded chain.</summary>
    public string ChainFolder => Path.Combine(_folder.FullName, "chain");

    public int Id => _process?.Id ?? throw new InvalidOperationException("The server is not running.");

    /// <summary>What the present run wrote.</summary>
    public string Log => _process?.Log ?? "";

    /// <summary>Process id of the embedded node, which may outlive the server; null when none is noted.</summary>
    public int? NodeId => File.Exists(NodeFile)
        ? JsonDocument.Parse(File.ReadAllBytes(NodeFile)).RootElement.GetProperty("ProcessId").GetInt32()
        : null;

    private string NodeFile => Path.Combine(ChainFolder, "anvil.pid.json");

    public static async Task<ServerProcess> Start(params IEnumerable<(string Name, string Value)> settings)
    {
        var server = new ServerProcess(settings);
        try
        {
            await server.Start();
            return server;
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
    }

    /// <summary>Starts it, or starts it again on the same data, and waits until it serves.</summary>
    public async Task Start()
    {
        var stopNode = $"[ ! -f '{NodeFile}' ] || kill $(sed 's/.*\"ProcessId\":\\([0-9]*\\).*/\\1/' '{NodeFile}')";
        _process = await GuardedProcess.Start(
            "dotnet", [BuiltProgram.Path("Braintrust.Server", "Braintrust.Server")],
            Path.Combine(_folder.FullName, "log"), _environment, stopNode);
        await _process.WaitFor(@"Braintrust runs\.", StartMax);
    }

    /// <summary>Runs a verb of the executable on the server's settings; answers the exit code and what was said.</summary>
    public async Task<(int Code, string Said)> Verb(params IEnumerable<string> arguments)
    {
        var start = new ProcessStartInfo("dotnet", [BuiltProgram.Path("Braintrust.Server", "Braintrust.Server"), .. arguments])
        {
            RedirectStandardOutput = true, RedirectStandardError = true,
        };
        foreach (var (name, value) in _environment) start.Environment[name] = value;
        using var verb = Process.Start(start)!;
        using var bound = new CancellationTokenSource(StartMax);
        var said = await Task.WhenAll(
            verb.StandardOutput.ReadToEndAsync(bound.Token), verb.StandardError.ReadToEndAsync(bound.Token));
        await verb.WaitForExitAsync(bound.Token);
        return (verb.ExitCode, string.Concat(said));
    }

    /// <summary>SIGKILL. The embedded node lives on.</summary>
    public async Task Kill()
    {
        await _process!.Kill();
        await _process.DisposeAsync();
        _process = null;
    }

    /// <summary>SIGTERM; answers the exit code.</summary>
    public async Task<int> Terminate()
    {
        var code = await _process!.Terminate();
        await _process.DisposeAsync();
        _process = null;
        return code;
    }

    public async ValueTask DisposeAsync()
    {
        if (_process is not null) await _process.DisposeAsync();
        if (NodeId is { } node) Signals.Kill(node);
        _folder.Delete(recursive: true);
    }

    public static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
