using System.Globalization;
using System.Net;
using System.Text.Json;
using Google.Protobuf;

namespace Braintrust.Cluster;

/// <summary>
/// A collector to look at telemetry without installing one: takes OTLP over HTTP
/// (https://opentelemetry.io/docs/specs/otlp/#otlphttp) on loopback, answers GET / with what came, and tells each new
/// process and each error on its timeline.
/// </summary>
internal sealed class OtlpListener(Timeline timeline)
{
    private const int RequestBytesMax = 16 * 1024 * 1024;
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { WriteIndented = true };

    private readonly OtlpSummary _summary = new();
    private readonly Dictionary<string, IReadOnlyList<string>> _told = [];

    /// <summary>Listens until cancelled.</summary>
    /// <exception cref="VerbFailedException">The port is taken.</exception>
    public async Task<int> Listen(int port, CancellationToken ct)
    {
        using var listener = new HttpListener();
        var url = string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{port}/");
        listener.Prefixes.Add(url);
        try
        {
            listener.Start();
        }
        catch (HttpListenerException taken)
        {
            throw new VerbFailedException($"{url} cannot be listened on: {taken.Message}", taken);
        }

        timeline.Tell(Tale.Service, "collector", $"takes OTLP over HTTP (protobuf), and tells what came at {url}", ("url", url));
        await using var stop = ct.Register(listener.Stop);
        while (!ct.IsCancellationRequested)
        {
            try
            {
                await Answer(await listener.GetContextAsync());
            }
            catch (Exception broken) when (broken is HttpListenerException or IOException or ObjectDisposedException)
            {
                // We stop, or a process was killed while it sent.
            }
        }

        return 0;
    }

    private async Task Answer(HttpListenerContext context)
    {
        var (request, response) = (context.Request, context.Response);
        switch (request.HttpMethod, request.Url!.AbsolutePath)
        {
            case ("GET", "/"):
                response.ContentType = "application/json";
                var told = new ExportedTelemetry(_summary.Services(), _summary.Traces());
                await JsonSerializer.SerializeAsync(response.OutputStream, told, Json);
                break;
            case ("POST", "/v1/traces" or "/v1/metrics" or "/v1/logs"):
                response.StatusCode = (int)await Take(request.Url.Segments[^1], request);
                response.ContentType = "application/x-protobuf";
                break;
            default:
                response.StatusCode = (int)HttpStatusCode.NotFound;
                break;
        }

        response.Close();
    }

    private async Task<HttpStatusCode> Take(string signal, HttpListenerRequest request)
    {
        if (request.ContentLength64 < 0) return HttpStatusCode.LengthRequired;
        if (request.ContentLength64 > RequestBytesMax) return HttpStatusCode.RequestEntityTooLarge;
        var body = new byte[request.ContentLength64];
        await request.InputStream.ReadExactlyAsync(body);
        try
        {
            _summary.Add(signal, body);
        }
        catch (InvalidProtocolBufferException)
        {
            return HttpStatusCode.BadRequest;
        }

        if (signal == "logs") Tell();
        return HttpStatusCode.OK;
    }

    private void Tell()
    {
        foreach (var service in _summary.Services())
        {
            if (!_told.TryGetValue(service.Instance, out var before))
                timeline.Tell(Tale.Service, service.Instance, $"{service.Name} sends telemetry");
            foreach (var error in service.Errors.Except(before ?? [])) timeline.Tell(Tale.Trouble, service.Instance, error);
            _told[service.Instance] = service.Errors;
        }
    }
}
