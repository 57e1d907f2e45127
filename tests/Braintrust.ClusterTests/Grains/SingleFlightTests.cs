namespace Braintrust;

public sealed class SingleFlightTests
{
    /// <summary>A grain's scheduler in small: one thing at a time, in order.</summary>
    private readonly TaskScheduler _turns = new ConcurrentExclusiveSchedulerPair().ExclusiveScheduler;

    [Fact]
    public async Task Asked_between_the_end_of_a_run_and_the_begin_of_the_next_it_runs_nothing_beside_it()
    {
        var gates = new Queue<TaskCompletionSource>();
        var (running, most) = (0, 0);
        var flight = new SingleFlight(Work);
        var asked = new List<Task>();
        await Turn(() =>
        {
            // Its continuation runs before that of the run which waits for its turn, and asks again.
            asked.Add(AskAgainAfter(flight.Run()));
            asked.Add(flight.Run());
        });
        for (var turns = 0; turns < 100; turns++) await Turn(() => { if (gates.TryDequeue(out var gate)) gate.SetResult(); });
        Assert.Equal(3, asked.Count);
        await Task.WhenAll(asked).WaitAsync(ApiServer.WaitMax);
        Assert.Equal(1, most);

        async Task Work()
        {
            most = Math.Max(most, ++running);
            var gate = new TaskCompletionSource();
            gates.Enqueue(gate);
            await gate.Task;
            running--;
        }

        async Task AskAgainAfter(Task run)
        {
            await run;
            asked.Add(flight.Run());
        }
    }

    private Task Turn(Action turn) => Task.Factory.StartNew(turn, CancellationToken.None, TaskCreationOptions.None, _turns);
}
