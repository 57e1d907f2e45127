using System.Threading.Channels;

namespace Braintrust.Storage;

public sealed class QueueTests
{
    private static readonly TimeSpan WaitMax = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task The_first_lane_goes_first_and_the_last_one_does_not_starve()
    {
        using var gate = new ManualResetEventSlim();
        using var lanes = new WorkLanes<Nothing>("test", lanes: 2, threads: 1, lengthMax: 100, () => new Nothing());
        var order = new List<string>();
        var jobs = new List<Task> { Run(lanes, 0, () => Assert.True(gate.Wait(WaitMax))) };
        jobs.AddRange(Enumerable.Range(0, 3).Select(_ => Run(lanes, 1, () => order.Add("bulk"))));
        jobs.AddRange(Enumerable.Range(0, 40).Select(_ => Run(lanes, 0, () => order.Add("interactive"))));

        gate.Set();
        await Task.WhenAll(jobs).WaitAsync(WaitMax);

        Assert.Equal("interactive", order[0]);
        Assert.InRange(order.LastIndexOf("bulk"), 3, 25);
    }

    [Fact]
    public async Task A_full_lane_makes_callers_wait_and_drops_nothing()
    {
        using var gate = new ManualResetEventSlim();
        using var lanes = new WorkLanes<Nothing>("test", lanes: 1, threads: 1, lengthMax: 2, () => new Nothing());
        var ran = 0;
        var jobs = Enumerable.Range(0, 20).Select(_ => Run(lanes, 0, () =>
        {
            Assert.True(gate.Wait(WaitMax));
            ran++;
        })).ToList();

        Assert.DoesNotContain(jobs, j => j.IsCompleted);
        gate.Set();
        await Task.WhenAll(jobs).WaitAsync(WaitMax);
        Assert.Equal(20, ran);
    }

    [Fact]
    public async Task A_job_that_throws_fails_its_caller_only()
    {
        using var lanes = new WorkLanes<Nothing>("test", lanes: 1, threads: 1, lengthMax: 2, () => new Nothing());
        await Assert.ThrowsAsync<FormatException>(() => Run(lanes, 0, () => throw new FormatException()));
        await Run(lanes, 0, () => { });
    }

    [Fact]
    public async Task A_batch_has_no_key_twice_and_keeps_the_order_of_each()
    {
        var queue = Channel.CreateUnbounded<PendingUnit>();
        foreach (var (key, version) in new[] { ("a", 0), ("b", 0), ("a", 1), ("a", 2), ("b", 1) })
            queue.Writer.TryWrite(new PendingUnit(Unit(key, version, 1)));
        queue.Writer.Complete();

        var batcher = new Batcher(queue.Reader, unitsMax: 10);
        var batches = new List<string>();
        while (await batcher.Wait())
            batches.Add(string.Join(' ', batcher.Take().Select(p => p.Unit.Key + p.Unit.ExpectedVersion)));

        Assert.Equal(["a0 b0", "a1 b1", "a2"], batches);
    }

    [Fact]
    public void A_batch_is_full_by_units_or_by_bytes()
    {
        var queue = Channel.CreateUnbounded<PendingUnit>();
        for (var i = 0; i < 4; i++) queue.Writer.TryWrite(new PendingUnit(Unit($"large{i}", 0, 5 << 20)));
        for (var i = 0; i < 4; i++) queue.Writer.TryWrite(new PendingUnit(Unit($"small{i}", 0, 1)));

        var batcher = new Batcher(queue.Reader, unitsMax: 3);

        Assert.Equal([2, 2, 3, 1], Enumerable.Range(0, 4).Select(_ => batcher.Take().Count));
    }

    private static CommitUnit Unit(string key, long expected, int bytes) =>
        new("job/job", key, expected, 1, new byte[bytes], [], []);

    private static Task<int> Run(WorkLanes<Nothing> lanes, int lane, Action job) => lanes.Run(
        lane,
        _ =>
        {
            job();
            return 0;
        },
        CancellationToken.None).AsTask();

    internal sealed class Nothing : IDisposable
    {
        public void Dispose()
        {
        }
    }
}
