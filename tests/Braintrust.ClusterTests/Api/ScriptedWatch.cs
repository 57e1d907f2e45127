using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using System.Threading.Channels;
using Braintrust.Chain;
using Braintrust.Watch;
using Microsoft.Extensions.Time.Testing;
using WatchV1 = Braintrust.Api.Watch.V1;

namespace Braintrust;

/// <summary>A client of the hub that reads when it is told to.</summary>
public sealed class SeatReader : IDisposable
{
    private readonly Channel<bool> _looks = Channel.CreateUnbounded<bool>();

    public SeatReader(WatchHub hub, WatchSource source) => Seat = hub.Join(source, () => _looks.Writer.TryWrite(true));

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
public sealed class ScriptedWatch
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
