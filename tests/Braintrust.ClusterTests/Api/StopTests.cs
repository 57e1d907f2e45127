using System.Diagnostics;
using Braintrust.Api;
using Braintrust.Api.Primitives.V1;
using Braintrust.Chain;
using Grpc.Core;

namespace Braintrust;

/// <summary>Alone on the machine as far as we can see to it: they measure time.</summary>
[CollectionDefinition(nameof(StopTests), DisableParallelization = true)]
public sealed class StopTestsCollection;

[Collection(nameof(StopTests))]
public sealed class StopTests
{
    /// <summary>What open streams may add to a graceful stop.</summary>
    private static readonly TimeSpan ExtraMax = TimeSpan.FromSeconds(1);

    /// <summary>A busy machine only ever adds time, so the best of a few stops tells what a stop takes.</summary>
    private const int Attempts = 3;

    [Fact]
    public async Task Open_watches_end_with_a_hint_to_come_back_and_hardly_delay_the_stop()
    {
        var idle = await Best(() => TimeToStop(watches: 0));
        var busy = await Best(() => TimeToStop(watches: 20));

        Assert.True(busy < idle + ExtraMax, $"{busy} with open watches, {idle} without");
    }

    [Fact]
    public async Task A_client_that_reads_nothing_cannot_delay_the_stop()
    {
        var idle = await Best(() => TimeToStop(watches: 0));
        var unread = await Best(TimeToStopUnread);

        Assert.True(unread < idle + ExtraMax, $"{unread} with an unread watch, {idle} without");
    }

    private static async Task<TimeSpan> Best(Func<Task<TimeSpan>> measure)
    {
        var best = TimeSpan.MaxValue;
        for (var i = 0; i < Attempts; i++)
            if (await measure() is var took && took < best) best = took;
        return best;
    }

    private static async Task<TimeSpan> TimeToStopUnread()
    {
        await using var server = await ApiServer.Start(["Watch:HeartbeatMs=100"]);
        var person = await server.SignIn(DevelopmentKeys.Signer(0));
        using var unread = server.Watch.Watch(new() { Subjects = { "chains/31337" } }, person.Headers);
        await unread.ResponseHeadersAsync;
        var watch = Stopwatch.StartNew();
        await server.Stop();
        return watch.Elapsed;
    }

    private static async Task<TimeSpan> TimeToStop(int watches)
    {
        await using var server = await ApiServer.Start();
        var person = await server.SignIn(DevelopmentKeys.Signer(0));
        var agreement = await Deals.Offer(server, person, await server.SignIn(DevelopmentKeys.Signer(1)));
        var streams = Enumerable.Range(0, watches)
            .Select(_ => StreamReader.Open(server, person, [agreement.Name, "accounts/me", "chains/31337"])).ToArray();
        await Task.WhenAll(streams.Select(stream => stream.Snapshot()));
        var ends = streams.Select(stream => stream.End()).ToArray();

        var watch = Stopwatch.StartNew();
        await server.Stop();
        var took = watch.Elapsed;

        foreach (var end in await Task.WhenAll(ends))
        {
            Assert.Equal(StatusCode.Unavailable, end.StatusCode);
            Assert.Equal(ErrorReason.Unavailable, end.Reason());
            Assert.NotNull(end.RetryAfter());
        }

        return took;
    }
}
