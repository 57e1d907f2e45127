using System.Reflection;
using Microsoft.Extensions.Time.Testing;
using Orleans.Runtime;
using Orleans.Serialization.Invocation;

namespace Braintrust;

/// <summary>What a gateway does about calls that a silo took with it.</summary>
public sealed class LostCallsTests
{
    private readonly FakeTimeProvider _clock = new();
    private readonly LostCalls _calls;

    public LostCallsTests() => _calls = new LostCalls(_clock);

    [Fact]
    public async Task A_call_that_was_underway_is_given_up_when_the_grace_is_over()
    {
        var call = _calls.Invoke(new Call());
        _calls.Lost();
        _clock.Advance(LostCalls.Grace - TimeSpan.FromTicks(1));
        Assert.False(call.IsCompleted);

        _clock.Advance(TimeSpan.FromTicks(1));

        Assert.True(WorldTrouble.Is(await Assert.ThrowsAsync<SiloUnavailableException>(() => call)));
    }

    [Fact]
    public async Task An_answer_within_the_grace_is_the_answer()
    {
        var underway = new Call();
        var call = _calls.Invoke(underway);
        _calls.Lost();
        underway.Answer.SetResult();
        await call;
    }

    [Fact]
    public async Task A_failure_stays_what_it_was()
    {
        var underway = new Call();
        var call = _calls.Invoke(underway);
        underway.Answer.SetException(new OperationCanceledException("its own"));
        _calls.Lost();
        _clock.Advance(LostCalls.Grace);
        Assert.Equal("its own", (await Assert.ThrowsAsync<OperationCanceledException>(() => call)).Message);
    }

    [Fact]
    public void A_call_that_begins_after_the_loss_is_not_given_up()
    {
        _calls.Lost();
        var call = _calls.Invoke(new Call());
        _clock.Advance(LostCalls.Grace);
        Assert.False(call.IsCompleted);
    }

    private sealed class Call : IOutgoingGrainCallContext
    {
        public TaskCompletionSource Answer { get; } = new();

        public Task Invoke() => Answer.Task;

        public IInvokable Request => throw new NotSupportedException();
        public object Grain => throw new NotSupportedException();
        public GrainId? SourceId => null;
        public GrainId TargetId => default;
        public GrainInterfaceType InterfaceType => default;
        public string InterfaceName => "";
        public string MethodName => "";
        public MethodInfo InterfaceMethod => throw new NotSupportedException();
        public object? Result { get; set; }
        public Response? Response { get; set; }
        public IGrainContext? SourceContext => null;
    }
}
