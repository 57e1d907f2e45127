using Grpc.Core;
using Grpc.Core.Interceptors;

namespace Braintrust;

/// <summary>
/// Outermost around every RPC: what the world did wrong is UNAVAILABLE, what we did wrong is INTERNAL and loud, and
/// nothing else about an exception leaves the process.
/// </summary>
public sealed class ErrorInterceptor(TimeProvider clock, ILogger<ErrorInterceptor> log) : Interceptor
{
    public override async Task<TResponse> UnaryServerHandler<TRequest, TResponse>(
        TRequest request, ServerCallContext context, UnaryServerMethod<TRequest, TResponse> continuation)
    {
        try { return await continuation(request, context); }
        catch (Exception e) when (e is not RpcException) { throw Translate(e, context); }
    }

    public override async Task<TResponse> ClientStreamingServerHandler<TRequest, TResponse>(
        IAsyncStreamReader<TRequest> requestStream, ServerCallContext context,
        ClientStreamingServerMethod<TRequest, TResponse> continuation)
    {
        try { return await continuation(requestStream, context); }
        catch (Exception e) when (e is not RpcException) { throw Translate(e, context); }
    }

    public override async Task ServerStreamingServerHandler<TRequest, TResponse>(
        TRequest request, IServerStreamWriter<TResponse> responseStream, ServerCallContext context,
        ServerStreamingServerMethod<TRequest, TResponse> continuation)
    {
        try { await continuation(request, responseStream, context); }
        catch (Exception e) when (e is not RpcException) { throw Translate(e, context); }
    }

    public override async Task DuplexStreamingServerHandler<TRequest, TResponse>(
        IAsyncStreamReader<TRequest> requestStream, IServerStreamWriter<TResponse> responseStream,
        ServerCallContext context, DuplexStreamingServerMethod<TRequest, TResponse> continuation)
    {
        try { await continuation(requestStream, responseStream, context); }
        catch (Exception e) when (e is not RpcException) { throw Translate(e, context); }
    }

    private RpcException Translate(Exception exception, ServerCallContext context)
    {
        var requestId = context.GetHttpContext().TraceIdentifier;
        if (context.CancellationToken.IsCancellationRequested)
            return new RpcException(context.Deadline <= clock.GetUtcNow().UtcDateTime
                ? new Status(StatusCode.DeadlineExceeded, "The deadline passed.")
                : new Status(StatusCode.Cancelled, "The client cancelled."));

        if (WorldTrouble.Is(exception))
        {
            log.LogWarning(
                "{Method} found a dependency away ({RequestId}): {Kind}: {Reason}",
                context.Method, requestId, exception.GetType().Name, exception.Message);
            return Refusals.Unavailable("A dependency is away. Try again.");
        }

        log.LogError(exception, "A bug in {Method} ({RequestId}).", context.Method, requestId);
        return Refusals.Internal(requestId);
    }
}
