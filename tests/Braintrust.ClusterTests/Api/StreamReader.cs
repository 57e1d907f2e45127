using Grpc.Core;
using WatchV1 = Braintrust.Api.Watch.V1;

namespace Braintrust;

/// <summary>Reads one Watch stream, message by message, with a bound on every wait.</summary>
public sealed class StreamReader(AsyncServerStreamingCall<WatchV1.WatchResponse> call) : IDisposable
{
    private ulong _sequence;

    /// <summary>The last token received.</summary>
    public string Token { get; private set; } = "";

    public static StreamReader Open(ApiServer server, Person person, IEnumerable<string> subjects, string resumeToken = "") =>
        new(server.Watch.Watch(new() { Subjects = { subjects }, ResumeToken = resumeToken }, person.Headers));

    public async Task<WatchV1.WatchResponse> Next()
    {
        using var bound = new CancellationTokenSource(ApiServer.WaitMax);
        Assert.True(await call.ResponseStream.MoveNext(bound.Token), "The stream ended.");
        var message = call.ResponseStream.Current;
        Assert.Equal(++_sequence, message.Sequence);
        if (message.ResumeToken.Length > 0) Token = message.ResumeToken;
        return message;
    }

    /// <summary>The next message but heartbeats.</summary>
    public async Task<WatchV1.WatchResponse> NextEvent()
    {
        while (true)
            if (await Next() is { EventCase: not WatchV1.WatchResponse.EventOneofCase.Heartbeat } message) return message;
    }

    /// <summary>Reads until a message fits; the ones before it are passed over.</summary>
    public async Task<WatchV1.WatchResponse> Until(Func<WatchV1.WatchResponse, bool> fits)
    {
        for (var i = 0; i < 10_000; i++)
            if (await Next() is var message && fits(message)) return message;
        throw new InvalidOperationException("10,000 messages, none of them fits.");
    }

    public Task<WatchV1.WatchResponse> UntilUpdate(Func<WatchV1.Update, bool> fits) =>
        Until(message => message.Update is { } update && fits(update));

    /// <summary>Everything up to the marker.</summary>
    public async Task<List<WatchV1.WatchResponse>> Snapshot()
    {
        var messages = new List<WatchV1.WatchResponse>();
        while (true)
        {
            messages.Add(await NextEvent());
            if (messages[^1].SnapshotDone is not null) return messages;
        }
    }

    /// <summary>How the stream ended.</summary>
    public async Task<RpcException> End() => await Assert.ThrowsAsync<RpcException>(async () =>
    {
        while (true) await Next();
    });

    public void Dispose() => call.Dispose();
}
