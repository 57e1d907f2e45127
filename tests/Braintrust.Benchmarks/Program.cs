using System.CommandLine;
using Braintrust.Benchmarks;
using Spectre.Console;

var rounds = new Option<int>("--rounds") { Description = "Counted rounds; the median is told.", DefaultValueFactory = _ => 5 };
var stretch = new Option<int>("--stretch-ms") { Description = "Length of one side's turn.", DefaultValueFactory = _ => 1_000 };
var logs = new Option<int>("--logs") { Description = "Logs on the chain (ingest).", DefaultValueFactory = _ => 20_000 };
var seed = new Option<int>("--seed") { Description = "Seed of everything random.", DefaultValueFactory = _ => 1 };
var json = new Option<FileInfo?>("--json") { Description = "File for all figures." };

// A table that wraps cannot be read; a pipe has no width of its own.
if (Console.IsOutputRedirected) AnsiConsole.Profile.Width = 200;

var root = new RootCommand("Figures of ours beside a peer's, in one run.") { rounds, stretch, logs, seed, json };
foreach (var option in root.Options) option.Recursive = true;
root.Add(Bench("grpc", "Unary reads beside a bare server; durable writes beside the stock grain storage.", GrpcBench.Run));
root.Add(Bench("ingest", "The chain into the ledger beside raw eth_getLogs.", IngestBench.Run));
HelloPeer.AddTo(root);
return await root.Parse(args).InvokeAsync();

Command Bench(string name, string description, Func<Report, BenchOptions, Task> run)
{
    var command = new Command(name, description);
    command.SetAction(async (parsed, _) =>
    {
        var report = new Report(name);
        var options = new BenchOptions(
            parsed.GetValue(rounds), TimeSpan.FromMilliseconds(parsed.GetValue(stretch)), parsed.GetValue(logs), parsed.GetValue(seed));
        report.Machine();
        report.Settings(("rounds", options.Rounds), ("stretch, ms", options.StretchLength.TotalMilliseconds), ("seed", options.Seed));
        await run(report, options);
        report.Write(parsed.GetValue(json));
        return report.Exact ? 0 : 1;
    });
    return command;
}

namespace Braintrust.Benchmarks
{
    internal sealed record BenchOptions(int Rounds, TimeSpan StretchLength, int Logs, int Seed);
}
