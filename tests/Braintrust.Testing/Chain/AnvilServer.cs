using System.Globalization;
using System.Net.Http.Json;
using System.Runtime.InteropServices;
using Braintrust.Testing;

namespace Braintrust.Chain;

/// <summary>An anvil of a test's own, on a free loopback port, without a state file.</summary>
public sealed class AnvilServer : IAsyncDisposable
{
    private const string HowToInstall = "Install it: npm ci --ignore-scripts in contracts/tools/foundry (./check system does).";
    private static readonly TimeSpan StartMax = TimeSpan.FromSeconds(30);

    private readonly GuardedProcess _process;
    private readonly DirectoryInfo _folder;

    private AnvilServer(GuardedProcess process, DirectoryInfo folder, int port) =>
        (_process, _folder, Port) = (process, folder, port);

    public int Port { get; }
    public int ProcessId => _process.Id;

    public Uri Url => new($"http://127.0.0.1:{Port}");

    /// <param name="options">Further anvil options, such as <c>--no-mining</c>.</param>
    /// <exception cref="FileNotFoundException">anvil is not installed; the message says how.</exception>
    public static async Task<AnvilServer> Start(params string[] options)
    {
        var folder = Directory.CreateTempSubdirectory("braintrust-anvil-");
        // Without the bound on its history anvil loses contract code in long reorganisation runs.
        string[] arguments = ["--host", "127.0.0.1", "--port", "0", "--prune-history", "256", .. options];
        var process = await GuardedProcess.Start(Program(), arguments, Path.Combine(folder.FullName, "log"));
        var listening = await process.WaitFor(@"Listening on 127\.0\.0\.1:(\d+)", StartMax);
        return new AnvilServer(process, folder, int.Parse(listening.Groups[1].ValueSpan, CultureInfo.InvariantCulture));
    }

    /// <summary>A client of it.</summary>
    public JsonRpcChain Connect(bool withSocket = false) => new(
        new JsonRpcChainOptions
        {
            HttpUrl = Url,
            WebSocketUrl = withSocket ? new Uri($"ws://127.0.0.1:{Port}") : null,
            ChainId = DevelopmentKeys.ChainId,
            PollIntervalMs = 50,
        },
        TimeProvider.System);

    /// <summary>Calls a method that only anvil has, beyond <see cref="AnvilDevChain"/>.</summary>
    public async Task Ask(string method, params object[] parameters)
    {
        using var http = new HttpClient();
        using var response = await http.PostAsJsonAsync(Url, new { jsonrpc = "2.0", id = 1, method, @params = parameters });
        var answer = await response.Content.ReadAsStringAsync();
        if (!response.IsSuccessStatusCode || answer.Contains("\"error\"", StringComparison.Ordinal))
            throw new InvalidOperationException($"{method}: {answer}");
    }

    /// <summary>The repository's own anvil.</summary>
    public static string Program()
    {
        var system = OperatingSystem.IsMacOS() ? "darwin" : "linux";
        var processor = RuntimeInformation.OSArchitecture == Architecture.Arm64 ? "arm64" : "amd64";
        var path = RepositoryRoot.File(
            "contracts", "tools", "foundry", "node_modules", "@foundry-rs", $"anvil-{system}-{processor}", "bin", "anvil");
        return File.Exists(path) ? path : throw new FileNotFoundException($"anvil is not installed. {HowToInstall}", path);
    }

    public async ValueTask DisposeAsync()
    {
        await _process.DisposeAsync();
        _folder.Delete(recursive: true);
    }
}
