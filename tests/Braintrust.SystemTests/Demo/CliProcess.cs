namespace Braintrust.Testing;

/// <summary>One run of the braintrust tool, as its own process.</summary>
public sealed class CliProcess : IAsyncDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("braintrust-cli-");
    private GuardedProcess? _process;

    public string Output => _process?.Log ?? "";

    /// <summary>The last line it wrote.</summary>
    public string Closing => Output.TrimEnd().Split('\n')[^1].Trim();

    public static async Task<CliProcess> Start(params string[] arguments)
    {
        var cli = new CliProcess();
        cli._process = await GuardedProcess.Start(
            "dotnet", [BuiltProgram.Path("Braintrust.Cli", "braintrust"), .. arguments], Path.Combine(cli._folder.FullName, "log"));
        return cli;
    }

    /// <summary>Runs to the end; answers the exit code.</summary>
    public static async Task<(int Code, string Output)> Run(TimeSpan within, params string[] arguments)
    {
        await using var cli = await Start(arguments);
        var code = await cli.Exit(within);
        return (code, cli.Output);
    }

    /// <summary>Waits until its output matches.</summary>
    public Task WaitFor(string pattern, TimeSpan within) => _process!.WaitFor(pattern, within);

    /// <summary>Waits for its end; answers the exit code.</summary>
    public Task<int> Exit(TimeSpan within) => _process!.Exit(within);

    public async ValueTask DisposeAsync()
    {
        if (_process is not null) await _process.DisposeAsync();
        _folder.Delete(recursive: true);
    }
}
