using System.Reflection;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Orleans.Streams;

namespace Braintrust.Chain;

/// <summary>When bells are not rung: what they would have told is told by the tails.</summary>
public sealed class BellLimitTests
{
    private const int InFlightMax = 1_024;
    private const ulong BlocksBehindMax = 64;

    [Fact]
    public void Bells_beyond_those_underway_are_not_rung()
    {
        var (bells, stream) = Silent();
        bells.Ring(1, Report(negotiations: 3_000, behind: 0));
        Assert.Equal((InFlightMax, InFlightMax), (stream.Rung, bells.InFlight));

        stream.Heard.SetResult();
        Assert.True(SpinWait.SpinUntil(() => bells.InFlight == 0, TestChain.Patience));
        bells.Ring(1, Report(negotiations: 2, behind: 0));
        Assert.Equal(InFlightMax + 2, stream.Rung);
    }

    [Fact]
    public void A_bell_that_cannot_be_rung_is_not_counted_for_ever()
    {
        var (bells, stream) = Silent();
        stream.Heard.SetException(new InvalidOperationException("The queue is full."));
        bells.Ring(1, Report(negotiations: 3_000, behind: 0));
        Assert.True(SpinWait.SpinUntil(() => bells.InFlight == 0, TestChain.Patience));
    }

    [Theory]
    [InlineData(BlocksBehindMax, 5)]
    [InlineData(BlocksBehindMax + 1, 0)]
    public void Far_behind_the_node_no_bell_is_rung(ulong behind, int rung)
    {
        var (bells, stream) = Silent();
        bells.Ring(1, Report(negotiations: 5, behind));
        Assert.Equal(rung, stream.Rung);
    }

    [Fact]
    public void Switched_off_no_bell_is_rung()
    {
        var (bells, stream) = Silent(new GrainOptions { Bells = false });
        bells.Ring(1, Report(negotiations: 5, behind: 0));
        Assert.Equal(0, stream.Rung);
    }

    private static FollowReport Report(int negotiations, ulong behind) => new(
        ChainCursor.Start with { Pos = 9, HeadNo = 100 }, 100 + behind, Again: false,
        [.. Enumerable.Range(0, negotiations).Select(i => Hash32.Keccak(BitConverter.GetBytes(i)))], null);

    /// <summary>Bells whose hearers answer when the test says so. The options are the ones that ship.</summary>
    private static (Bells Bells, SilentStream Stream) Silent(GrainOptions? options = null)
    {
        var stream = DispatchProxy.Create<IAsyncStream<Bell>, SilentStream>();
        var provider = DispatchProxy.Create<IStreamProvider, OneStream>();
        ((OneStream)(object)provider).Stream = stream;
        var services = new ServiceCollection().AddKeyedSingleton(Bells.Provider, provider).BuildServiceProvider();
        return (new Bells(services, options ?? new GrainOptions(), NullLogger<Bells>.Instance), (SilentStream)(object)stream);
    }

    /// <summary>A provider with one stream for all.</summary>
    public class OneStream : DispatchProxy
    {
        internal IAsyncStream<Bell> Stream { get; set; } = null!;

        protected override object? Invoke(MethodInfo? method, object?[]? arguments) => method!.Name == "GetStream"
            ? Stream
            : throw new NotSupportedException(method.Name);
    }

    /// <summary>Counts what is rung; nobody hears it before <see cref="Heard"/>.</summary>
    public class SilentStream : DispatchProxy
    {
        private int _rung;

        internal int Rung => Volatile.Read(ref _rung);

        internal TaskCompletionSource Heard { get; } = new();

        protected override object? Invoke(MethodInfo? method, object?[]? arguments)
        {
            if (method!.Name != "OnNextAsync") throw new NotSupportedException(method.Name);
            Interlocked.Increment(ref _rung);
            return Heard.Task;
        }
    }
}
