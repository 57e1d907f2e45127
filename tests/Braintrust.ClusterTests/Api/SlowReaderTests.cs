using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using Braintrust.Accounts;
using Braintrust.Chain;
using Braintrust.Security;
using Braintrust.Watch;
using Grpc.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;
using AccountsV1 = Braintrust.Api.Accounts.V1;
using WatchV1 = Braintrust.Api.Watch.V1;

namespace Braintrust;

public sealed class SlowReaderTests(ApiFixture fixture) : IClassFixture<ApiFixture>
{
    private static readonly Address Wallet = DevelopmentKeys.Address(0);

    [Fact]
    public async Task A_client_that_stalls_skips_to_the_newest_value_and_nothing_is_kept_for_it()
    {
        var (hub, tokens) = (fixture.Server.Services.GetRequiredService<WatchHub>(), fixture.Server.Services.GetRequiredService<ResumeTokens>());
        var (script, client) = (new ScriptedWatch(), new StalledWriter());
        using var witness = new SeatReader(hub, script.Source);
        using var place = new OpenStreams().Open("slow", null, 1)!;
        var clock = new FakeTimeProvider();
        using var stream = new WatchStream(Opening(script.Source), hub, tokens, place, new WatchOptions(), clock);
        var running = stream.Run(client, CancellationToken.None);
        await script.Tell(1);
        await client.Stalled.WaitAsync(ApiServer.WaitMax);

        for (var i = 2; i <= 5_000; i++)
        {
            await script.Tell(i);
            while ((await witness.Next()).Version.State < i)
            {
            }
        }

        client.Release();
        await client.Has(written => written.Any(message => message.Update?.Version.State == 5_000)).WaitAsync(ApiServer.WaitMax);
        Assert.Equal([1ul, 5_000ul], client.Written.Where(message => message.Update is not null).Select(message => message.Update.Version.State));
        place.End(StreamEnd.Draining);
        Assert.Equal(StatusCode.Unavailable, (await Assert.ThrowsAsync<RpcException>(() => running.WaitAsync(ApiServer.WaitMax))).StatusCode);
    }

    private static WatchOpening Opening(WatchSource source)
    {
        var account = new AccountsV1.Account { Wallets = { Wallet.ToString() } };
        var own = new WatchSource("accounts/slow", default, ct => Once(new Published(
            new WatchV1.Update { Account = account }, new ViewVersion(1, 0), ImmutableArray<Retraction>.Empty), ct));
        var session = new Session(default, "slow", Wallet, DateTimeOffset.MinValue, DateTimeOffset.MaxValue);
        return new WatchOpening(
            new Caller("slow", new HashSet<Address> { Wallet }), session, [source], own, ImmutableDictionary<ulong, Told>.Empty);
    }

    private static async IAsyncEnumerable<Published> Once(
        Published value, [EnumeratorCancellation] CancellationToken ct)
    {
        yield return value;
        await new TaskCompletionSource().Task.WaitAsync(ct);
    }

    /// <summary>Takes nothing until it is released.</summary>
    private sealed class StalledWriter : IServerStreamWriter<WatchV1.WatchResponse>
    {
        private readonly Lock _lock = new();
        private readonly TaskCompletionSource _gate = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly TaskCompletionSource _stalled = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly List<WatchV1.WatchResponse> _written = [];
        private TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public WriteOptions? WriteOptions { get; set; }

        public Task Stalled => _stalled.Task;

        public WatchV1.WatchResponse[] Written { get { lock (_lock) return [.. _written]; } }

        public void Release() => _gate.SetResult();

        public async Task Has(Func<WatchV1.WatchResponse[], bool> wanted)
        {
            while (true)
            {
                Task changed;
                lock (_lock) changed = _changed.Task;
                if (wanted(Written)) return;
                await changed;
            }
        }

        public async Task WriteAsync(WatchV1.WatchResponse message)
        {
            _stalled.TrySetResult();
            await _gate.Task;
            lock (_lock)
            {
                _written.Add(message);
                _changed.SetResult();
                _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
            }
        }
    }
}
