using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;

namespace Braintrust.Chain;

/// <summary>
/// An anvil of a test's own on a free port, that mines only when told. Without anvil the tests fail; they are never
/// skipped.
/// </summary>
internal sealed class AnvilNode : IAsyncDisposable
{
    private const string Need = "These tests need anvil: run npm ci --ignore-scripts in contracts/tools/foundry, or put anvil on PATH.";
    private const string Ready = "Listening on ";

    private readonly Process _process;
    private readonly Task _drained;

    private AnvilNode(Process process, string address, Task drained) => (_process, Address, _drained) = (process, address, drained);

    /// <summary>Host and port.</summary>
    public string Address { get; }

    public static async Task<AnvilNode> Start(CancellationToken ct)
    {
        // Without pruning, long runs of reorgs corrupt contract code.
        string[] arguments = ["--port", "0", "--host", "127.0.0.1", "--no-mining", "--slots-in-an-epoch", "4", "--prune-history", "256"];
        var process = new Process { StartInfo = new ProcessStartInfo(Binary(), arguments) { RedirectStandardOutput = true } };
        try
        {
            process.Start();
        }
        catch (System.ComponentModel.Win32Exception missing)
        {
            throw new InvalidOperationException(Need, missing);
        }

        while (await process.StandardOutput.ReadLineAsync(ct) is { } line)
            if (line.StartsWith(Ready, StringComparison.Ordinal))
                return new AnvilNode(process, line[Ready.Length..].Trim(), process.StandardOutput.ReadToEndAsync(CancellationToken.None));
        throw new InvalidOperationException($"anvil ended with code {process.ExitCode} before it listened.");
    }

    /// <summary>A client of it.</summary>
    public JsonRpcChain Connect(bool withSocket = false) => new(
        new JsonRpcChainOptions
        {
            HttpUrl = new Uri($"http://{Address}"),
            WebSocketUrl = withSocket ? new Uri($"ws://{Address}") : null,
            ChainId = DevelopmentKeys.ChainId,
            PollIntervalMs = 50,
        },
        TimeProvider.System);

    public async ValueTask DisposeAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync();
        await _drained;
        _process.Dispose();
    }

    private static string Binary()
    {
        var os = OperatingSystem.IsWindows() ? "win32" : OperatingSystem.IsMacOS() ? "darwin" : "linux";
        var cpu = RuntimeInformation.ProcessArchitecture == Architecture.Arm64 ? "arm64" : "amd64";
        var file = OperatingSystem.IsWindows() ? "anvil.exe" : "anvil";
        var ours = RepositoryRoot.File(
            "contracts", "tools", "foundry", "node_modules", "@foundry-rs", string.Create(CultureInfo.InvariantCulture, $"anvil-{os}-{cpu}"), "bin", file);
        return File.Exists(ours) ? ours : file;
    }
}
