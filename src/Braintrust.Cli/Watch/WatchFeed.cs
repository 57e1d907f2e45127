using System.Runtime.CompilerServices;
using Braintrust.Accounts;
using Braintrust.Api.Watch.V1;
using Grpc.Core;

namespace Braintrust.Watch;

/// <summary>One person's live view of some subjects, which goes on where it was after the server was away.</summary>
public sealed class WatchFeed(Person person, params IEnumerable<string> subjects)
{
    private static readonly TimeSpan Silence = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(250);

    /// <summary>The messages, and null whenever nothing came for two seconds.</summary>
    /// <exception cref="RpcException">A refusal, or the server stayed away longer than the link's patience.</exception>
    public async IAsyncEnumerable<WatchResponse?> Read([EnumeratorCancellation] CancellationToken ct)
    {
        var token = "";
        var aliveAt = DateTimeOffset.UtcNow;
        while (true)
        {
            var request = new WatchRequest { Subjects = { subjects }, ResumeToken = token };
            using var call = person.Server.Watches.Watch(request, person.Headers, cancellationToken: ct);
            RpcException? trouble;
            for (var next = call.ResponseStream.MoveNext(ct); ;)
            {
                trouble = await Trouble(next, ct);
                if (next.IsCompleted && (trouble is not null || !next.Result)) break;
                yield return next.IsCompleted ? call.ResponseStream.Current : null;
                if (!next.IsCompleted) continue;
                (token, aliveAt) = (call.ResponseStream.Current.ResumeToken, DateTimeOffset.UtcNow);
                next = call.ResponseStream.MoveNext(ct);
            }

            if (trouble is not null && ServerLink.Reason(trouble) == "RESUME_TOKEN_EXPIRED") token = "";
            else if (trouble is not null && !IsBreak(trouble, ct)) throw trouble;
            if (DateTimeOffset.UtcNow - aliveAt > person.Server.Patience)
                throw trouble ?? new RpcException(new Status(StatusCode.Unavailable, "The server keeps ending the stream."));
            await Task.Delay(trouble is null ? Pause : ServerLink.RetryDelay(trouble), ct);
            yield return null;
        }
    }

    /// <summary>A connection that died mid-stream shows as Internal or Cancelled, though nobody cancelled.</summary>
    private static bool IsBreak(RpcException trouble, CancellationToken ct) =>
        !ct.IsCancellationRequested
        && (ServerLink.IsAway(trouble)
            || (trouble.StatusCode is StatusCode.Internal or StatusCode.Cancelled && trouble.Trailers.Count == 0));

    /// <summary>Waits for the next message, but not longer than silence lasts; answers what ended the stream.</summary>
    private static async Task<RpcException?> Trouble(Task<bool> next, CancellationToken ct)
    {
        try
        {
            await next.WaitAsync(Silence, ct);
            return null;
        }
        catch (TimeoutException)
        {
            return null;
        }
        catch (RpcException trouble)
        {
            return trouble;
        }
    }
}
