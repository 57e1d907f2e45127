using System.Runtime.CompilerServices;
using Braintrust.Accounts;
using Braintrust.Api.Watch;
using Braintrust.Api.Watch.V1;
using Grpc.Core;

namespace Braintrust.Watch;

/// <summary>One person's live view of some subjects, which goes on where it was after the server was away.</summary>
public sealed class WatchFeed(Person person, params IReadOnlyCollection<string> subjects)
{
    private static readonly TimeSpan Silence = TimeSpan.FromSeconds(2);

    /// <summary>The messages, and null whenever nothing came for two seconds.</summary>
    /// <exception cref="RpcException">A refusal, or the server stayed away longer than the link's patience.</exception>
    public async IAsyncEnumerable<WatchResponse?> Read([EnumeratorCancellation] CancellationToken ct)
    {
        using var done = CancellationTokenSource.CreateLinkedTokenSource(ct);
        await using var messages = person.Server.Watches
            .Resumed(subjects, () => person.Headers, policy: person.Server.Policy, ct: done.Token)
            .GetAsyncEnumerator(CancellationToken.None);
        var next = messages.MoveNextAsync().AsTask();
        try
        {
            while (true)
            {
                await Task.WhenAny(next, Task.Delay(Silence, ct));
                var arrived = next.IsCompleted;
                if (arrived && !await next) yield break;
                yield return arrived ? messages.Current : null;
                if (arrived) next = messages.MoveNextAsync().AsTask();
            }
        }
        finally
        {
            // An enumerator cannot be disposed of while it moves.
            await done.CancelAsync();
            await ((Task)next).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }
}
