using System.Runtime.CompilerServices;
using Braintrust.Api.Primitives.V1;
using Braintrust.Api.Watch.V1;
using Grpc.Core;

namespace Braintrust.Api.Watch;

/// <summary>One live view over any number of broken connections.</summary>
public static class Watching
{
    /// <summary>The server is never silent for longer than 15 seconds: twice that is a dead connection.</summary>
    public static readonly TimeSpan SilenceMax = TimeSpan.FromSeconds(30);

    /// <summary>
    /// Watches until cancelled or refused. After a break it goes on from the last resume token: what did not change is not
    /// told again, and retractions since then are told. Every message is passed on, markers and heartbeats too; sequences
    /// start again with each connection.
    /// </summary>
    /// <param name="headers">Metadata of each connection (<see cref="SessionHeaders"/>).</param>
    /// <param name="resumeToken">Where to go on; empty for a new view.</param>
    /// <exception cref="RpcException">A refusal, or the last failure when one connection after the other failed.</exception>
    public static async IAsyncEnumerable<WatchResponse> Resumed(
        this WatchService.WatchServiceClient client, IReadOnlyCollection<string> subjects, Func<Metadata> headers,
        string resumeToken = "", RetryPolicy? policy = null, TimeProvider? clock = null,
        [EnumeratorCancellation] CancellationToken ct = default)
    {
        policy ??= RetryPolicy.Default;
        clock ??= TimeProvider.System;
        var request = new WatchRequest { Subjects = { subjects }, ResumeToken = resumeToken };
        for (var attempt = 0; ; attempt++)
        {
            using var call = client.Watch(request, headers(), cancellationToken: ct);
            RpcException? broken;
            while (true)
            {
                (var message, broken) = await Next(call.ResponseStream, clock, ct);
                if (message is null) break;
                attempt = 0;
                if (message.ResumeToken.Length > 0) request.ResumeToken = message.ResumeToken;
                yield return message;
            }

            ct.ThrowIfCancellationRequested();
            if (broken?.Reason() == ErrorReason.ResumeTokenExpired) request.ResumeToken = "";
            else if (broken is not null && (!broken.IsWorthRetrying() || attempt + 1 >= policy.AttemptsMax)) throw broken;
            broken ??= new RpcException(new Status(StatusCode.Unavailable, "The stream ended."));
            await Task.Delay(policy.Delay(attempt, broken), clock, ct);
        }
    }

    private static async Task<(WatchResponse? Message, RpcException? Broken)> Next(
        IAsyncStreamReader<WatchResponse> stream, TimeProvider clock, CancellationToken ct)
    {
        try
        {
            return await stream.MoveNext(ct).WaitAsync(SilenceMax, clock, ct) ? (stream.Current, null) : (null, null);
        }
        catch (TimeoutException)
        {
            return (null, new RpcException(new Status(StatusCode.Unavailable, $"No message for {SilenceMax}.")));
        }
        catch (RpcException broken)
        {
            return (null, broken);
        }
    }
}
