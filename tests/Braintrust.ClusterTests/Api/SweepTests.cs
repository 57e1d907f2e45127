using System.Threading.Channels;
using Braintrust.Accounts;
using Braintrust.Security;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Time.Testing;

namespace Braintrust;

/// <summary>The server's background work on sessions, on a clock of the test.</summary>
public sealed class SweepTests
{
    [Fact]
    public async Task Sessions_are_checked_while_expired_rows_are_deleted()
    {
        var (clock, store) = (new FakeTimeProvider(), new SlowSweep());
        var sessions = new Sessions(store, new OpenStreams(), clock);
        using var host = Host(clock, store, sessions);
        await host.StartAsync();
        using var bound = new CancellationTokenSource(ApiServer.WaitMax);
        await store.Reads.Reader.ReadAsync(bound.Token);
        while (!store.Sweeping.Task.IsCompleted)
        {
            bound.Token.ThrowIfCancellationRequested();
            clock.Advance(ExpirySweep.Interval);
            await Task.Yield();
        }

        // Deleting goes on, and on: twice the time for which one read is good enough.
        for (var step = 0; step < 8; step++)
        {
            while (store.Reads.Reader.TryRead(out _)) { }
            clock.Advance(RevocationTail.Interval);
            await store.Reads.Reader.ReadAsync(bound.Token);
            Assert.True(sessions.Fresh);
        }

        store.Go.SetResult();
        await host.StopAsync();
    }

    private static IHost Host(TimeProvider clock, ISessionStore store, Sessions sessions)
    {
        var builder = new HostApplicationBuilder(new HostApplicationBuilderSettings { DisableDefaults = true });
        builder.Services.AddSingleton(clock).AddSingleton(store).AddSingleton(sessions);
        builder.Services.AddHostedService<RevocationTail>().AddHostedService<ExpirySweep>();
        return builder.Build();
    }

    private sealed class SlowSweep : ISessionStore
    {
        public Channel<bool> Reads { get; } = Channel.CreateUnbounded<bool>();
        public TaskCompletionSource Sweeping { get; } = new();
        public TaskCompletionSource Go { get; } = new();

        public ValueTask<IReadOnlyList<Hash32>> ReadRevoked(DateTimeOffset since, CancellationToken ct)
        {
            Reads.Writer.TryWrite(true);
            return ValueTask.FromResult<IReadOnlyList<Hash32>>([]);
        }

        public async ValueTask<long> Sweep(DateTimeOffset now, CancellationToken ct)
        {
            Sweeping.TrySetResult();
            await Go.Task.WaitAsync(ct);
            return 1;
        }

        public ValueTask SaveNonce(string nonce, DateTimeOffset expiresAt, CancellationToken ct) => throw new NotSupportedException();
        public ValueTask<bool> ClaimNonce(string nonce, string purpose, DateTimeOffset now, CancellationToken ct) => throw new NotSupportedException();
        public ValueTask<bool> ConsumeNonce(string nonce, DateTimeOffset now, CancellationToken ct) => throw new NotSupportedException();
        public ValueTask SaveSession(Session session, CancellationToken ct) => throw new NotSupportedException();
        public ValueTask<Session?> ReadSession(Hash32 tokenHash, CancellationToken ct) => throw new NotSupportedException();
        public ValueTask Revoke(Hash32 tokenHash, DateTimeOffset now, CancellationToken ct) => throw new NotSupportedException();
        public ValueTask<string?> FindAccount(Address wallet, CancellationToken ct) => throw new NotSupportedException();
    }
}
