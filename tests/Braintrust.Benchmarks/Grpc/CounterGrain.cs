namespace Braintrust.Benchmarks;

/// <summary>A grain that writes its state with every call. The same code on both sides: only its storage differs.</summary>
[Alias("bench.ICounterGrain")]
public interface ICounterGrain : IGrainWithStringKey
{
    /// <summary>Adds one, and answers the sum once it is stored.</summary>
    [Alias("Add")]
    Task<long> Add();

    [Alias("Read")]
    Task<long> Read();
}

/// <summary>About 0.6 KB as stored.</summary>
[GenerateSerializer, Alias("bench.CounterState")]
public sealed record CounterState
{
    public const int NoteLength = 560;

    [Id(0)] public long Count { get; set; }
    [Id(1)] public string Note { get; set; } = "";
}

[GrainType("bench-counter")]
public sealed class CounterGrain([PersistentState("bench/counter", "bench")] IPersistentState<CounterState> state)
    : Grain, ICounterGrain
{
    public async Task<long> Add()
    {
        if (state.State.Note.Length == 0) state.State.Note = new string(this.GetPrimaryKeyString()[0], CounterState.NoteLength);
        state.State.Count++;
        await state.WriteStateAsync();
        return state.State.Count;
    }

    public Task<long> Read() => Task.FromResult(state.State.Count);
}
