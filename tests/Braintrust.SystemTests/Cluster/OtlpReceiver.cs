using System.Collections.Concurrent;
using System.Net;
using Google.Protobuf;

namespace Braintrust.Cluster;

/// <summary>A span as it was exported.</summary>
/// <param name="Trace">Trace id, hexadecimal.</param>
public sealed record ExportedSpan(string Service, string Trace, string Name);

/// <summary>
/// Takes OTLP over HTTP (https://opentelemetry.io/docs/specs/otlp/#otlphttp) and keeps what was sent. Reads of the messages
/// only what is asked about: services, spans, and every text.
/// </summary>
public sealed class OtlpReceiver : IAsyncDisposable
{
    private readonly HttpListener _listener = new();
    private readonly ConcurrentBag<(string Path, byte[] Body)> _received = [];
    private readonly Task _receiving;

    public OtlpReceiver()
    {
        Url = new Uri($"http://127.0.0.1:{Testing.ServerProcess.FreePort()}/");
        _listener.Prefixes.Add(Url.ToString());
        _listener.Start();
        _receiving = Receive();
    }

    public Uri Url { get; }

    public IEnumerable<ExportedSpan> Spans =>
        from message in _received
        where message.Path == "/v1/traces"
        // TracesData.resource_spans = 1; resource = 1, scope_spans = 2; spans = 2; trace_id = 1, name = 5.
        from resourceSpans in Fields(message.Body, 1)
        let service = Service(Fields(resourceSpans, 1).Single())
        from scopeSpans in Fields(resourceSpans, 2)
        from span in Fields(scopeSpans, 2)
        select new ExportedSpan(service, Convert.ToHexString(Fields(span, 1).Single()), Text(Fields(span, 5).Single()));

    /// <summary>Whether a text occurs in what was sent to a path such as /v1/metrics.</summary>
    public bool Has(string path, string text) => _received.Any(message =>
        message.Path == path && message.Body.AsSpan().IndexOf(System.Text.Encoding.UTF8.GetBytes(text)) >= 0);

    public async ValueTask DisposeAsync()
    {
        _listener.Stop();
        await _receiving;
        _listener.Close();
    }

    private async Task Receive()
    {
        while (true)
        {
            try
            {
                var context = await _listener.GetContextAsync();
                using var body = new MemoryStream();
                await context.Request.InputStream.CopyToAsync(body);
                _received.Add((context.Request.Url!.AbsolutePath, body.ToArray()));
                context.Response.ContentType = "application/x-protobuf";
                context.Response.Close();
            }
            catch (Exception) when (!_listener.IsListening)
            {
                return;
            }
            catch (Exception broken) when (broken is HttpListenerException or IOException)
            {
                // A process that was killed while it sent.
            }
        }
    }

    /// <summary>Resource.attributes = 1; KeyValue.key = 1, value = 2; AnyValue.string_value = 1.</summary>
    private static string Service(byte[] resource) => Fields(resource, 1)
        .Where(attribute => Text(Fields(attribute, 1).Single()) == "service.name")
        .Select(attribute => Text(Fields(Fields(attribute, 2).Single(), 1).Single()))
        .Single();

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

    private static string Text(byte[] bytes) => System.Text.Encoding.UTF8.GetString(bytes);
}
