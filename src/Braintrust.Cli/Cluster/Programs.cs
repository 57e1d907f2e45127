using System.ComponentModel;
using System.Diagnostics;
using System.Runtime.InteropServices;

namespace Braintrust.Cluster;

/// <summary>Finds the programs that the cluster is made of, or says how to get them.</summary>
internal static class Programs
{
    private static readonly string[] PostgresPrograms = ["initdb", "postgres", "pg_isready", "createdb"];

    /// <summary>The command that runs this tool again.</summary>
    public static IReadOnlyList<string> Tool =>
        Environment.ProcessPath is { } path && Path.GetFileNameWithoutExtension(path) != "dotnet"
            ? [path]
            : [DotNet, Path.Combine(AppContext.BaseDirectory, "braintrust.dll")];

    private static string DotNet => Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet";

    /// <summary>The command that runs the server: beside this tool, or in the tree it was built in, where it is built when missing.</summary>
    /// <exception cref="VerbFailedException">There is none and it cannot be built.</exception>
    public static async Task<IReadOnlyList<string>> Server(Action<string> tell, CancellationToken ct)
    {
        const string name = "Braintrust.Server";
        var beside = Path.Combine(AppContext.BaseDirectory, name + ".dll");
        if (File.Exists(beside)) return [DotNet, beside];
        var output = new DirectoryInfo(AppContext.BaseDirectory.TrimEnd(Path.DirectorySeparatorChar));
        var (target, configuration) = (output.Name, output.Parent!.Name);
        var project = InTree("src", name) ?? throw new VerbFailedException($"{name}.dll is neither beside this tool nor in a tree above it.");
        var built = Path.Combine(project, "bin", configuration, target, name + ".dll");
        if (!File.Exists(built))
        {
            tell($"builds the server once: dotnet build {project}");
            await Run([DotNet, "build", project, "-c", configuration, "-v", "quiet", "--nologo"], ct);
        }

        return [DotNet, built];
    }

    /// <exception cref="VerbFailedException">anvil is not installed; the message says how.</exception>
    public static string Anvil()
    {
        var system = OperatingSystem.IsMacOS() ? "darwin" : "linux";
        var processor = RuntimeInformation.OSArchitecture == Architecture.Arm64 ? "arm64" : "amd64";
        var own = InTree("contracts", "tools", "foundry") is { } package
            ? Path.Combine(package, "node_modules", "@foundry-rs", $"anvil-{system}-{processor}", "bin", "anvil")
            : null;
        return File.Exists(own) ? own : InPath("anvil") ?? throw new VerbFailedException(
            "The development chain needs anvil: npm ci --ignore-scripts in contracts/tools/foundry, or put an anvil into PATH.");
    }

    /// <summary>The folder of PostgreSQL's server programs.</summary>
    /// <exception cref="VerbFailedException">They are not installed; the message says how.</exception>
    public static string Postgres()
    {
        // The versions' own folders first: PATH may hold links to some of the programs only.
        var versions = Directory.Exists("/usr/lib/postgresql")
            ? Directory.GetDirectories("/usr/lib/postgresql").OrderDescending().Select(version => Path.Combine(version, "bin"))
            : [];
        return versions.Concat(SearchPath()).FirstOrDefault(folder => PostgresPrograms.All(p => File.Exists(Path.Combine(folder, p))))
            ?? throw new VerbFailedException(
                $"PostgreSQL's {string.Join(", ", PostgresPrograms)} were not found. On Debian: apt-get install postgresql");
    }

    /// <summary>Runs a program to its end; answers what it wrote.</summary>
    /// <exception cref="VerbFailedException">It is missing or failed; the message holds what it wrote.</exception>
    public static async Task<string> Run(IReadOnlyList<string> command, CancellationToken ct)
    {
        var (code, output) = await Try(command, ct);
        return code == 0 ? output : throw new VerbFailedException($"{string.Join(' ', command)} failed with {code}: {output}");
    }

    /// <summary>Runs a program to its end; answers its exit code and what it wrote.</summary>
    public static async Task<(int Code, string Output)> Try(IReadOnlyList<string> command, CancellationToken ct)
    {
        var start = new ProcessStartInfo(command[0], command.Skip(1))
        {
            RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = Path.GetTempPath(),
        };
        try
        {
            using var process = Process.Start(start)!;
            var texts = await Task.WhenAll(process.StandardOutput.ReadToEndAsync(ct), process.StandardError.ReadToEndAsync(ct));
            await process.WaitForExitAsync(ct);
            return (process.ExitCode, string.Concat(texts).Trim());
        }
        catch (Win32Exception missing)
        {
            throw new VerbFailedException($"{command[0]} cannot be started: {missing.Message}", missing);
        }
    }

    private static string? InPath(string program) =>
        SearchPath().Select(folder => Path.Combine(folder, program)).FirstOrDefault(File.Exists);

    private static string[] SearchPath() =>
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries);

    /// <summary>A folder of the tree that this tool was built in, or that it is run in.</summary>
    private static string? InTree(params string[] parts)
    {
        foreach (var start in (string[])[AppContext.BaseDirectory, Environment.CurrentDirectory])
            for (var at = new DirectoryInfo(start); at is not null; at = at.Parent)
                if (Path.Combine([at.FullName, .. parts]) is var found && Directory.Exists(found)) return found;
        return null;
    }
}
