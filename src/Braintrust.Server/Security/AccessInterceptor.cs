using System.Globalization;
using Braintrust.Accounts;
using Grpc.Core;
using Grpc.Core.Interceptors;

namespace Braintrust.Security;

/// <summary>Holds every call to its rule: who calls, how often, how many streams. What has no rule is refused.</summary>
public sealed class AccessInterceptor(
    Sessions sessions, Quotas quotas, OpenStreams streams, LimitOptions limits, TimeProvider clock) : Interceptor
{
    /// <summary>A stream that does not end by itself when told to is cut after this.</summary>
    public static readonly TimeSpan StreamEndGrace = TimeSpan.FromMilliseconds(500);

    /// <summary>
    /// What is left of the caller's rate, such as <c>"account";r=998</c>; the rates themselves are in GetServerInfo. Source:
    /// draft-ietf-httpapi-ratelimit-headers.
    /// </summary>
    public const string RateHeader = "ratelimit";

    private static readonly object SessionKey = new();
    private static readonly object StreamKey = new();

    /// <summary>The session of a call whose rule asks for one.</summary>
    internal static Session SessionOf(ServerCallContext context) => (Session)context.UserState[SessionKey];

    internal static OpenStream StreamOf(ServerCallContext context) => (OpenStream)context.UserState[StreamKey];

    public override async Task<TResponse> UnaryServerHandler<TRequest, TResponse>(
        TRequest request, ServerCallContext context, UnaryServerMethod<TRequest, TResponse> continuation)
    {
        await Admit(context);
        return await continuation(request, context);
    }

    public override async Task<TResponse> ClientStreamingServerHandler<TRequest, TResponse>(
        IAsyncStreamReader<TRequest> requestStream, ServerCallContext context,
        ClientStreamingServerMethod<TRequest, TResponse> continuation)
    {
        await Admit(context);
        return await Streaming(context, () => continuation(requestStream, context));
    }

    public override async Task ServerStreamingServerHandler<TRequest, TResponse>(
        TRequest request, IServerStreamWriter<TResponse> responseStream, ServerCallContext context,
        ServerStreamingServerMethod<TRequest, TResponse> continuation)
    {
        await Admit(context);
        await Streaming(context, async () => { await continuation(request, responseStream, context); return true; });
    }

    public override async Task DuplexStreamingServerHandler<TRequest, TResponse>(
        IAsyncStreamReader<TRequest> requestStream, IServerStreamWriter<TResponse> responseStream,
        ServerCallContext context, DuplexStreamingServerMethod<TRequest, TResponse> continuation)
    {
        await Admit(context);
        await Streaming(context, async () => { await continuation(requestStream, responseStream, context); return true; });
    }

    private async ValueTask Admit(ServerCallContext context)
    {
        var rule = RpcPolicy.Find(context.Method)
            ?? throw new Refusal(RefusalCode.PermissionDenied, "No rule allows this method.").ToRpc();
        var http = context.GetHttpContext();
        if (rule.Access == Access.Anonymous)
        {
            TakeForAddress(http, rule.Rate);
            return;
        }

        var tokenHash = SessionToken.FromHeader(http.Request.Headers.Authorization)
            ?? throw new Refusal(RefusalCode.Unauthenticated, "Send the session token: authorization: Bearer TOKEN.").ToRpc();
        if (!sessions.Fresh) throw Refusals.Unavailable("Sessions cannot be checked at the moment. Try again.");
        var session = sessions.Remembered(tokenHash);
        if (session is null)
        {
            // Guessing tokens costs us reads: what is not known yet draws from the address as well.
            TakeForAddress(http, Rate.Ordinary);
            session = await sessions.Read(tokenHash, context.CancellationToken)
                ?? throw new Refusal(RefusalCode.Unauthenticated, "The session token is not known.").ToRpc();
        }

        if (session.RevokedAt is not null || session.ExpiresAt <= clock.GetUtcNow())
            throw new Refusal(RefusalCode.SessionEnded, "The session ended. Sign in again.").ToRpc();
        TellRate(http, "account", quotas.TakeForAccount(session.AccountId));
        context.UserState[SessionKey] = session;
    }

    private void TakeForAddress(HttpContext http, Rate rate) => TellRate(
        http, rate == Rate.SignIn ? "sign-in" : "address", quotas.TakeForAddress(http.Connection.RemoteIpAddress, rate));

    private static void TellRate(HttpContext http, string policy, long left) =>
        http.Response.Headers[RateHeader] = string.Create(CultureInfo.InvariantCulture, $"\"{policy}\";r={left}");

    private async Task<TResult> Streaming<TResult>(ServerCallContext context, Func<Task<TResult>> run)
    {
        var session = context.UserState.TryGetValue(SessionKey, out var known) ? (Session)known : null;
        var principal = session?.AccountId ?? Quotas.Network(context.GetHttpContext().Connection.RemoteIpAddress);
        using var stream = streams.Open(principal, session?.TokenHash, limits.StreamsPerPrincipalMax)
            ?? throw new Refusal(RefusalCode.LimitReached, "Too many open streams; close one.").ToRpc();
        context.UserState[StreamKey] = stream;
        var running = run();
        if (await Task.WhenAny(running, stream.Ended) != running)
        {
            var ended = await Task.WhenAny(running, Task.Delay(StreamEndGrace, clock, CancellationToken.None));
            // A reader that takes nothing must not keep this process from stopping, or a revoked session alive.
            if (ended != running) context.GetHttpContext().Abort();
        }

        return await running;
    }
}
