using System.Text;
using Google.Protobuf;

namespace Braintrust.Cluster;

/// <summary>What one process exported so far.</summary>
/// <param name="Name">service.name.</param>
/// <param name="Instance">service.instance.id.</param>
/// <param name="Metrics">Names of its metrics.</param>
/// <param name="Errors">Its last log records of severity ERROR and above.</param>
public sealed record ExportedService(
    string Name, string Instance, long Spans, IReadOnlyList<string> Metrics, long Logs, IReadOnlyList<string> Errors);

/// <summary>One of the last traces.</summary>
/// <param name="Id">Hexadecimal.</param>
/// <param name="Services">Instances that it went through.</param>
/// <param name="Spans">Names of its spans, in the order of their export.</param>
public sealed record ExportedTrace(string Id, IReadOnlyList<string> Services, IReadOnlyList<string> Spans);

/// <summary>Everything that is kept.</summary>
public sealed record ExportedTelemetry(IReadOnlyList<ExportedService> Services, IReadOnlyList<ExportedTrace> Traces);

/// <summary>
/// A bounded summary of exported telemetry: the newest is kept. Reads of the OTLP messages only what it tells; field numbers
/// are those of https://github.com/open-telemetry/opentelemetry-proto.
/// </summary>
public sealed class OtlpSummary
{
    public const int ServicesMax = 100;
    public const int MetricsMax = 1_000;
    public const int ErrorsMax = 20;
    public const int TracesMax = 1_000;
    public const int SpansOfTraceMax = 100;

    /// <summary>Of a name or a message, bytes.</summary>
    public const int TextMax = 1_000;

    private const int SeverityError = 17;

    private readonly Lock _lock = new();
    private readonly Dictionary<(string Name, string Instance), Kept> _services = [];
    private readonly OrderedDictionary<string, KeptTrace> _traces = [];

    /// <param name="signal">traces, metrics or logs.</param>
    /// <param name="request">The export request of that signal.</param>
    /// <exception cref="InvalidProtocolBufferException">It is none.</exception>
    public void Add(string signal, byte[] request)
    {
        lock (_lock)
            // Of each signal: resource_x = 1; resource = 1, scope_x = 2; x = 2.
            foreach (var ofResource in Fields(request, 1))
            {
                if (Service(Field(ofResource, 1)) is not { } service) continue;
                foreach (var item in Fields(ofResource, 2).SelectMany(scope => Fields(scope, 2)))
                    Add(signal, service, item);
            }
    }

    /// <summary>Who sent something, in the order of their names.</summary>
    public IReadOnlyList<ExportedService> Services()
    {
        lock (_lock)
            return
            [
                .. _services.OrderBy(service => service.Key).Select(service => new ExportedService(
                    service.Key.Name, service.Key.Instance, service.Value.Spans, [.. service.Value.Metrics.Order()], service.Value.Logs,
                    [.. service.Value.Errors])),
            ];
    }

    /// <summary>The last traces, oldest first.</summary>
    public IReadOnlyList<ExportedTrace> Traces()
    {
        lock (_lock)
            return [.. _traces.Select(trace => new ExportedTrace(trace.Key, [.. trace.Value.Services.Order()], [.. trace.Value.Spans]))];
    }

    private void Add(string signal, Kept service, byte[] item)
    {
        switch (signal)
        {
            case "traces":
                service.Spans++;
                // trace_id = 1, name = 5.
                AddSpan(Convert.ToHexStringLower(Field(item, 1)), service.Instance, Text(item, 5));
                break;
            case "metrics":
                // name = 1.
                if (service.Metrics.Count < MetricsMax) service.Metrics.Add(Text(item, 1));
                break;
            case "logs":
                service.Logs++;
                // severity_number = 2, body = 5; string_value = 1.
                if (Number(item, 2) < SeverityError) break;
                service.Errors.Enqueue(Text(Field(item, 5), 1));
                if (service.Errors.Count > ErrorsMax) service.Errors.Dequeue();
                break;
        }
    }

    private void AddSpan(string id, string instance, string name)
    {
        if (!_traces.TryGetValue(id, out var trace))
        {
            if (_traces.Count == TracesMax) _traces.RemoveAt(0);
            _traces.Add(id, trace = new KeptTrace());
        }

        if (trace.Services.Count < SpansOfTraceMax) trace.Services.Add(instance);
        if (trace.Spans.Count < SpansOfTraceMax) trace.Spans.Add(name);
    }

    /// <summary>Resource.attributes = 1; KeyValue.key = 1, value = 2; AnyValue.string_value = 1. Null when there is no room.</summary>
    private Kept? Service(byte[] resource)
    {
        var attributes = Fields(resource, 1).ToLookup(attribute => Text(attribute, 1), attribute => Text(Field(attribute, 2), 1));
        var key = (attributes["service.name"].FirstOrDefault() ?? "", attributes["service.instance.id"].FirstOrDefault() ?? "");
        if (_services.TryGetValue(key, out var known)) return known;
        return _services.Count < ServicesMax ? _services[key] = new Kept(key.Item2) : null;
    }

    /// <summary>The values of one length-delimited field of a message.</summary>
    private static List<byte[]> Fields(byte[] message, int number)
    {
        var values = new List<byte[]>();
        var input = new CodedInputStream(message);
        for (var tag = input.ReadTag(); tag != 0; tag = input.ReadTag())
        {
            if (tag == WireFormat.MakeTag(number, WireFormat.WireType.LengthDelimited)) values.Add(input.ReadBytes().ToByteArray());
            else input.SkipLastField();
        }

        return values;
    }

    private static long Number(byte[] message, int number)
    {
        var input = new CodedInputStream(message);
        for (var tag = input.ReadTag(); tag != 0; tag = input.ReadTag())
        {
            if (tag == WireFormat.MakeTag(number, WireFormat.WireType.Varint)) return input.ReadInt64();
            input.SkipLastField();
        }

        return 0;
    }

    private static string Text(byte[] message, int number)
    {
        var field = Field(message, number);
        return Encoding.UTF8.GetString(field, 0, Math.Min(field.Length, TextMax));
    }

    /// <summary>The first of them; empty when there is none.</summary>
    private static byte[] Field(byte[] message, int number) => Fields(message, number).FirstOrDefault() ?? [];

    private sealed class Kept(string instance)
    {
        public string Instance => instance;
        public long Spans { get; set; }
        public HashSet<string> Metrics { get; } = [];
        public long Logs { get; set; }
        public Queue<string> Errors { get; } = [];
    }

    private sealed class KeptTrace
    {
        public HashSet<string> Services { get; } = [];
        public List<string> Spans { get; } = [];
    }
}
