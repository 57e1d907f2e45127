using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using System.Threading.Channels;
using Braintrust.Chain;
using Braintrust.Watch;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using WatchV1 = Braintrust.Api.Watch.V1;

namespace Braintrust;

public sealed class WatchHubTests
{
    private readonly FakeTimeProvider _clock = new();
    private readonly WatchHub _hub;
    private readonly Script _script = new();

    public WatchHubTests() => _hub = new WatchHub(new WatchOptions(), _clock, NullLogger<WatchHub>.Instance);

    [Fact]
    public async Task A_thousand_readers_share_one_source_and_one_encoding()
    {
        var readers = Enumerable.Range(0, 1_000).Select(_ => new Reader(_hub, _script.Source)).ToArray();

        await _script.Tell(1);

        var values = await Task.WhenAll(readers.Select(reader => reader.Next()));
        Assert.Equal(1, _script.Opened);
        Assert.Single(values.Distinct());
        foreach (var reader in readers) reader.Dispose();
        await _hub.Closed();
        Assert.Equal(0, _hub.Count);
    }

    [Fact]
    public async Task A_reader_that_was_away_gets_the_newest_value_only()
    {
        using var slow = new Reader(_hub, _script.Source);
        using var fast = new Reader(_hub, _script.Source);
        for (var i = 1; i <= 1_000; i++)
        {
            await _script.Tell(i);
            Assert.Equal(i, (await fast.Next()).Version.State);
        }

        Assert.Equal(1_000, (await slow.Next()).Version.State);
        Assert.Null(slow.Seat.Take());
    }

    [Fact]
    public async Task A_source_that_ended_or_broke_is_opened_again_after_growing_pauses()
    {
        using var reader = new Reader(_hub, _script.Source);
        await _script.Tell(1);
        await reader.Next();

        await _script.End();
        await _script.OpenedAgain(_clock, TimeSpan.FromMilliseconds(50));
        await _script.Fail(new TimeoutException("The silo died."));
        await _script.OpenedAgain(_clock, TimeSpan.FromMilliseconds(100));
        await _script.Fail(new TimeoutException("The silo died."));
        await _script.OpenedAgain(_clock, TimeSpan.FromMilliseconds(200));

        await _script.Tell(1);
        await _script.Tell(2);
        Assert.Equal(2, (await reader.Next()).Version.State);
    }

    [Fact]
    public async Task A_value_older_than_one_that_was_told_is_not_told()
    {
        using var reader = new Reader(_hub, _script.Source);
        await _script.Tell(5, pos: 9);
        await reader.Next();

        await _script.Tell(7, pos: 8);
        await _script.Tell(4, pos: 9);
        await _script.Tell(1, pos: 10);

        Assert.Equal(new ViewVersion(1, 10), (await reader.Next()).Version);
    }

    private sealed class Reader : IDisposable
    {
        private readonly Channel<bool> _looks = Channel.CreateUnbounded<bool>();

        public Reader(WatchHub hub, WatchSource source) => Seat = hub.Join(source, () => _looks.Writer.TryWrite(true));

        public WatchSeat Seat { get; }

        public async Task<Published> Next()
        {
            while (true)
            {
                if (Seat.Take() is { } value) return value;
                await _looks.Reader.ReadAsync().AsTask().WaitAsync(ApiServer.WaitMax);
            }
        }

        public void Dispose() => Seat.Dispose();
    }

    /// <summary>A grain's watch, step by step.</summary>
    private sealed class Script
    {
        private readonly Channel<Func<Published?>> _steps = Channel.CreateBounded<Func<Published?>>(1);
        private readonly Channel<bool> _opens = Channel.CreateUnbounded<bool>();
        private int _opened;

        public int Opened => _opened;

        public WatchSource Source => new("subject", default, Open);

        public ValueTask Tell(long state, long pos = 0) => _steps.Writer.WriteAsync(() => new Published(
            new WatchV1.Update { Subject = $"subject {state} {pos}" }, new ViewVersion(state, pos), ImmutableArray<Retraction>.Empty));

        public ValueTask End() => _steps.Writer.WriteAsync(() => null);

        public ValueTask Fail(Exception with) => _steps.Writer.WriteAsync(() => throw with);

        /// <summary>Lets time pass until it is opened again; that takes the pause at least.</summary>
        public async Task OpenedAgain(FakeTimeProvider clock, TimeSpan pause)
        {
            while (_opens.Reader.TryRead(out _))
            {
            }

            var from = clock.GetTimestamp();
            using var bound = new CancellationTokenSource(ApiServer.WaitMax);
            while (!_opens.Reader.TryRead(out _))
            {
                bound.Token.ThrowIfCancellationRequested();
                clock.Advance(TimeSpan.FromMilliseconds(1));
                await Task.Yield();
            }

            Assert.True(clock.GetElapsedTime(from) >= pause);
        }

        private async IAsyncEnumerable<Published> Open([EnumeratorCancellation] CancellationToken ct)
        {
            Interlocked.Increment(ref _opened);
            _opens.Writer.TryWrite(true);
            await foreach (var step in _steps.Reader.ReadAllAsync(ct))
            {
                if (step() is not { } value) yield break;
                yield return value;
            }
        }
    }
}
