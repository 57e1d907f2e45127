using System.Diagnostics;

namespace Braintrust.Chain;

/// <summary>Runs the scripts of tests/vectors. Without Node the cross-checks fail; they are never skipped.</summary>
internal static class NodeScripts
{
    private const string Need =
        "The cross-checks need Node 20 or newer and npm on PATH (https://nodejs.org), and the packages of tests/vectors "
        + "(npm ci --ignore-scripts in that folder).";

    private static readonly string Folder = RepositoryRoot.File("tests", "vectors");
    private static readonly Lazy<Task> Installed = new(Install);

    /// <summary>The script's output lines.</summary>
    public static async Task<string[]> Run(string script, IEnumerable<string>? input, params string[] arguments)
    {
        await Installed.Value;
        var output = await Start("node", [script, .. arguments], input);
        return output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
    }

    private static async Task Install()
    {
        var marker = Path.Combine(Folder, "node_modules", ".package-lock.json");
        if (File.GetLastWriteTimeUtc(marker) >= File.GetLastWriteTimeUtc(Path.Combine(Folder, "package-lock.json"))) return;
        await Start(OperatingSystem.IsWindows() ? "npm.cmd" : "npm", ["ci", "--ignore-scripts", "--no-audit", "--no-fund"], null);
        File.SetLastWriteTimeUtc(marker, DateTime.UtcNow);
    }

    private static async Task<string> Start(string program, IEnumerable<string> arguments, IEnumerable<string>? input)
    {
        using var process = new Process
        {
            StartInfo = new ProcessStartInfo(program, arguments)
            {
                WorkingDirectory = Folder, RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true,
            },
        };
        try
        {
            process.Start();
        }
        catch (System.ComponentModel.Win32Exception missing)
        {
            throw new InvalidOperationException($"{program} cannot be started. {Need}", missing);
        }

        using var bound = new CancellationTokenSource(TimeSpan.FromMinutes(5));
        try
        {
            var (output, errors) = (process.StandardOutput.ReadToEndAsync(bound.Token), process.StandardError.ReadToEndAsync(bound.Token));
            foreach (var line in input ?? []) await process.StandardInput.WriteLineAsync(line.AsMemory(), bound.Token);
            process.StandardInput.Close();
            await process.WaitForExitAsync(bound.Token);
            if (process.ExitCode != 0) throw new InvalidOperationException($"{program} failed: {await errors} {Need}");
            return await output;
        }
        finally
        {
            if (!process.HasExited) process.Kill(entireProcessTree: true);
        }
    }
}
