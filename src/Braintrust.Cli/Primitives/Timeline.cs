using System.Diagnostics;
using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using Spectre.Console;

namespace Braintrust;

/// <summary>What a line of the timeline is about; also its <c>kind</c> in JSON.</summary>
public enum Tale
{
    Act,
    Operation,
    Agreement,
    Watch,
    Retracted,
    Refused,
    Chain,
    Service,
    Balance,
    Trouble,
    Result,
}

/// <summary>
/// Tells a story line by line: in colours on a terminal, plain when redirected, one JSON object a line for programs.
/// </summary>
public sealed class Timeline(bool json, TextWriter output)
{
    private static readonly JsonSerializerOptions Readable = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly bool _colours = !json && ReferenceEquals(output, Console.Out) && !Console.IsOutputRedirected;
    private readonly long _start = Stopwatch.GetTimestamp();
    private readonly Lock _gate = new();

    public bool Json => json;

    /// <param name="who">Who acts; empty for the system itself.</param>
    /// <param name="facts">Machine-readable particulars, in JSON only.</param>
    public void Tell(Tale kind, string who, string text, params ReadOnlySpan<(string Name, object? Value)> facts)
    {
        var elapsed = Stopwatch.GetElapsedTime(_start).TotalSeconds;
        var line = json ? Object(kind, who, text, elapsed, facts) : null;
        lock (_gate)
        {
            if (line is not null) output.WriteLine(line);
            else if (_colours) AnsiConsole.MarkupLine(Marked(kind, who, text, elapsed));
            else output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{elapsed,7:F2} s  {who,-13} {text}"));
        }
    }

    /// <summary>The closing line, which programs may look for: as it is, or as one JSON object.</summary>
    public void Close(string line, object result)
    {
        lock (_gate) output.WriteLine(json ? JsonSerializer.Serialize(result, Readable) : line);
    }

    private static string Object(
        Tale kind, string who, string text, double elapsed, ReadOnlySpan<(string Name, object? Value)> facts)
    {
        var members = new Dictionary<string, object?>
        {
            ["kind"] = kind.ToString().ToLowerInvariant(),
            ["elapsed_seconds"] = Math.Round(elapsed, 3),
            ["who"] = who,
            ["text"] = text,
        };
        foreach (var (name, value) in facts) members[name] = value;
        return JsonSerializer.Serialize(members, Readable);
    }

    private static string Marked(Tale kind, string who, string text, double elapsed)
    {
        var colour = kind switch
        {
            Tale.Refused => "yellow",
            Tale.Retracted or Tale.Trouble => "red",
            Tale.Operation or Tale.Agreement or Tale.Watch => "grey",
            Tale.Balance => "cyan",
            Tale.Result => "green",
            _ => "default",
        };
        return string.Create(CultureInfo.InvariantCulture,
            $"[grey]{elapsed,7:F2} s[/]  [bold]{Markup.Escape(who),-13}[/] [{colour}]{Markup.Escape(text)}[/]");
    }
}
