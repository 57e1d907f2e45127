using System.Collections.Frozen;
using System.Diagnostics;
using System.Diagnostics.Metrics;
using System.Text.RegularExpressions;
using Grpc.Core;
using Grpc.Core.Interceptors;

namespace Braintrust;

/// <summary>
/// Outermost: how long each call took and how it ended, under the names of OpenTelemetry's conventions for RPC
/// (https://opentelemetry.io/docs/specs/semconv/rpc/), as a metric and on the call's span.
/// </summary>
public sealed partial class RpcTelemetry : Interceptor
{
    public const string MeterName = "Braintrust.Rpc";

    private const string SystemTag = "rpc.system.name";
    private const string MethodTag = "rpc.method";
    private const string StatusTag = "rpc.response.status_code";

    /// <summary>As gRPC writes its status codes: INVALID_ARGUMENT.</summary>
    private static readonly FrozenDictionary<StatusCode, string> Names = Enum.GetValues<StatusCode>().ToFrozenDictionary(
        status => status, status => WordBoundary().Replace(status.ToString(), "_").ToUpperInvariant());

    private readonly Histogram<double> _duration;

    public RpcTelemetry(IMeterFactory meters) => _duration = meters.Create(MeterName).CreateHistogram(
        "rpc.server.call.duration", "s", "Duration of inbound calls.", advice: new InstrumentAdvice<double>
        {
            HistogramBucketBoundaries = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
        });

    public override Task<TResponse> UnaryServerHandler<TRequest, TResponse>(
        TRequest request, ServerCallContext context, UnaryServerMethod<TRequest, TResponse> continuation) =>
        IsObserved ? Observe(context, () => continuation(request, context)) : continuation(request, context);

    public override Task ServerStreamingServerHandler<TRequest, TResponse>(
        TRequest request, IServerStreamWriter<TResponse> responseStream, ServerCallContext context,
        ServerStreamingServerMethod<TRequest, TResponse> continuation) =>
        IsObserved
            ? Observe(context, () => Answered(continuation(request, responseStream, context)))
            : continuation(request, responseStream, context);

    public override Task<TResponse> ClientStreamingServerHandler<TRequest, TResponse>(
        IAsyncStreamReader<TRequest> requestStream, ServerCallContext context,
        ClientStreamingServerMethod<TRequest, TResponse> continuation) =>
        IsObserved ? Observe(context, () => continuation(requestStream, context)) : continuation(requestStream, context);

    public override Task DuplexStreamingServerHandler<TRequest, TResponse>(
        IAsyncStreamReader<TRequest> requestStream, IServerStreamWriter<TResponse> responseStream,
        ServerCallContext context, DuplexStreamingServerMethod<TRequest, TResponse> continuation) =>
        IsObserved
            ? Observe(context, () => Answered(continuation(requestStream, responseStream, context)))
            : continuation(requestStream, responseStream, context);

    private bool IsObserved => _duration.Enabled || Activity.Current is not null;

    private async Task<T> Observe<T>(ServerCallContext context, Func<Task<T>> call)
    {
        var since = Stopwatch.GetTimestamp();
        var status = StatusCode.Unknown;
        try
        {
            var answer = await call();
            status = context.Status.StatusCode;
            return answer;
        }
        catch (RpcException ended)
        {
            status = ended.StatusCode;
            throw;
        }
        finally
        {
            Tell(context.Method.TrimStart('/'), Name(status), Stopwatch.GetElapsedTime(since));
        }
    }

    private void Tell(string method, string status, TimeSpan took)
    {
        var tags = new TagList { { SystemTag, "grpc" }, { MethodTag, method }, { StatusTag, status } };
        _duration.Record(took.TotalSeconds, tags);
        foreach (var (name, value) in tags) Activity.Current?.SetTag(name, value);
    }

    private static async Task<bool> Answered(Task call)
    {
        await call;
        return true;
    }

    private static string Name(StatusCode status) => Names.GetValueOrDefault(status, "UNKNOWN");

    [GeneratedRegex("(?<=[a-z])(?=[A-Z])")]
    private static partial Regex WordBoundary();
}
