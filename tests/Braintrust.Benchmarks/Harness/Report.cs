using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.Json;
using System.Text.Json.Nodes;
using Spectre.Console;

namespace Braintrust.Benchmarks;

/// <summary>Prints as figures come and keeps them for the JSON file. Nothing in it judges a time; checks judge answers.</summary>
internal sealed class Report(string bench)
{
    private readonly JsonObject _settings = [];
    private readonly JsonObject _results = [];
    private readonly JsonObject _checks = [];
    private readonly JsonObject _ratios = [];
    private bool _exact = true;

    /// <summary>False when an answer was wrong: the figures count for nothing.</summary>
    public bool Exact => _exact;

    public void Machine() => Settings(
        ("at", DateTimeOffset.UtcNow.ToString("u")), ("processors", Environment.ProcessorCount),
        ("runtime", RuntimeInformation.FrameworkDescription), ("system", RuntimeInformation.OSDescription),
        ("load before, 1 minute", File.Exists("/proc/loadavg") ? File.ReadAllText("/proc/loadavg").Split(' ')[0] : null));

    public void Settings(params (string Name, object? Value)[] settings)
    {
        foreach (var (name, value) in settings)
        {
            _settings[name] = JsonValue.Create(value);
            AnsiConsole.MarkupLineInterpolated($"[grey]{name}:[/] {Text(value)}");
        }
    }

    public void Results(string title, IReadOnlyList<Result> results, string unit = "op")
    {
        var workers = results.SelectMany(result => result.Rounds[0].CpuUs.Keys).Distinct().ToArray();
        var table = new Table { Title = new TableTitle(Markup.Escape(title)), Border = TableBorder.Simple };
        string[] heads =
        [
            "", $"{unit}/s (min-max)", "mean ms", "median ms", "p99 ms (min-max)", "worst ms",
            .. workers.Select(worker => $"CPU us/{unit}, {worker}"),
        ];
        foreach (var head in heads)
            table.AddColumn(new TableColumn(Markup.Escape(head)) { Alignment = head == "" ? Justify.Left : Justify.Right });
        foreach (var result in results) table.AddRow([.. Cells(result, workers).Select(cell => new Text(cell))]);
        AnsiConsole.Write(table);
        _results[title] = JsonSerializer.SerializeToNode(results);
    }

    public void Ratio(string name, Spread? ratio, string meaning)
    {
        _ratios[name] = ratio?.Median;
        if (ratio is not null) _ratios[name + "_spread"] = new JsonArray(ratio.Min, ratio.Max);
        AnsiConsole.MarkupLineInterpolated($"[bold]{name}[/] = {(ratio is null ? "not measured" : Text(ratio))}  [grey]{meaning}[/]");
    }

    public void Check(string what, bool right, string found)
    {
        _exact &= right;
        _checks[what] = new JsonObject { ["right"] = right, ["found"] = found };
        AnsiConsole.MarkupLineInterpolated($"{(right ? "exact" : "WRONG")}: {what}: {found}");
    }

    /// <summary>Ratios stand at the top level, where scripts look for them.</summary>
    public void Write(FileInfo? file)
    {
        if (file is null) return;
        var json = new JsonObject { ["bench"] = bench, ["exact"] = _exact };
        foreach (var (name, value) in _ratios.ToArray()) json[name] = value?.DeepClone();
        (json["checks"], json["settings"], json["results"]) = (_checks, _settings, _results);
        var indented = new JsonSerializerOptions(JsonSerializerOptions.Default) { WriteIndented = true };
        File.WriteAllText(file.FullName, json.ToJsonString(indented) + "\n");
    }

    private static IEnumerable<string> Cells(Result result, string[] workers) =>
    [
        result.Name, Text(result.Of(s => s.PerSecond)), Text(result.Of(s => s.MeanMs).Median),
        Text(result.Of(s => s.MedianMs).Median), Text(result.Of(s => s.P99Ms)), Text(result.Of(s => s.WorstMs).Max),
        .. workers.Select(worker => Text(result.Of(s => s.CpuUs.GetValueOrDefault(worker)).Median)),
    ];

    private static string Text(object? value) => value switch
    {
        Spread spread => $"{Text(spread.Median)} ({Text(spread.Min)}-{Text(spread.Max)})",
        double number => number.ToString(
            Math.Abs(number) switch { >= 100 => "N0", >= 10 => "F1", >= 1 => "F2", _ => "F3" }, CultureInfo.InvariantCulture),
        IFormattable other => other.ToString(null, CultureInfo.InvariantCulture),
        _ => value?.ToString() ?? "unknown",
    };
}
