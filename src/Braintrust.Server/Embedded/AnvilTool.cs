using System.ComponentModel;
using System.Diagnostics;
using System.Runtime.InteropServices;

namespace Braintrust.Embedded;

/// <summary>Finds the anvil program, and installs it with npm when the repository's own copy is missing.</summary>
internal static class AnvilTool
{
    private const string Advice =
        "Install Node.js 20 or newer with npm, or set Embedded:AnvilPath to an anvil 1.7 program, "
        + "or follow a chain of your own with Chains:0:RpcUrl.";

    private static readonly string Package = Path.Combine("contracts", "tools", "foundry");

    /// <summary>The path of an anvil program.</summary>
    /// <exception cref="EmbeddedChainException">There is none, and none could be installed.</exception>
    public static async Task<string> Find(
        EmbeddedChainSettings settings, string contentRoot, ILogger log, CancellationToken ct)
    {
        if (settings.AnvilPath is { } named)
            return File.Exists(named)
                ? Path.GetFullPath(named)
                : throw new EmbeddedChainException($"Embedded:AnvilPath names {named}, where no file is.");
        if (InPath() is { } found) return found;

        var package = PackageAbove(contentRoot) ?? PackageAbove(AppContext.BaseDirectory) ?? throw new EmbeddedChainException(
            $"No anvil in PATH, and no {Package} above {contentRoot} or the program to install it from. {Advice}");
        var program = Program(package);
        if (!File.Exists(program)) await Install(package, settings.InstallTimeoutMs, log, ct);
        return File.Exists(program)
            ? program
            : throw new EmbeddedChainException($"npm did not bring {program}: this platform has no anvil. {Advice}");
    }

    private static string? InPath() =>
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries)
        .Select(folder => Path.Combine(folder, "anvil"))
        .FirstOrDefault(File.Exists);

    private static string? PackageAbove(string folder)
    {
        for (var at = new DirectoryInfo(folder); at is not null; at = at.Parent)
        {
            var package = Path.Combine(at.FullName, Package);
            if (File.Exists(Path.Combine(package, "package-lock.json"))) return package;
        }

        return null;
    }

    private static string Program(string package)
    {
        var system = OperatingSystem.IsMacOS() ? "darwin" : "linux";
        var processor = RuntimeInformation.OSArchitecture == Architecture.Arm64 ? "arm64" : "amd64";
        return Path.Combine(package, "node_modules", "@foundry-rs", $"anvil-{system}-{processor}", "bin", "anvil");
    }

    private static async Task Install(string package, int timeoutMs, ILogger log, CancellationToken ct)
    {
        log.LogInformation("Installing anvil once: npm ci --ignore-scripts in {Package}", package);
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(ct);
        deadline.CancelAfter(timeoutMs);
        using var npm = StartNpm(package);
        var output = Task.WhenAll(npm.StandardOutput.ReadToEndAsync(ct), npm.StandardError.ReadToEndAsync(ct));
        try
        {
            await npm.WaitForExitAsync(deadline.Token);
        }
        catch (OperationCanceledException) when (!ct.IsCancellationRequested)
        {
            npm.Kill(entireProcessTree: true);
            throw new EmbeddedChainException($"npm ci in {package} took longer than {timeoutMs} ms. {Advice}");
        }

        if (npm.ExitCode != 0)
            throw new EmbeddedChainException(
                $"npm ci in {package} failed with {npm.ExitCode}: {string.Join("\n", await output).Trim()}\n{Advice}");
    }

    private static Process StartNpm(string package)
    {
        var start = new ProcessStartInfo("npm", ["ci", "--ignore-scripts", "--no-audit", "--no-fund"])
        {
            WorkingDirectory = package, RedirectStandardOutput = true, RedirectStandardError = true,
        };
        try
        {
            return Process.Start(start)!;
        }
        catch (Win32Exception missing)
        {
            throw new EmbeddedChainException($"The development chain needs anvil, and npm is not in PATH. {Advice}", missing);
        }
    }
}
