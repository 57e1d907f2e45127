using System.Diagnostics;

namespace Braintrust.Benchmarks;

/// <summary>What one side did in one round.</summary>
/// <param name="CpuUs">Processor time per operation, microseconds, by process.</param>
internal sealed record Stretch(
    long Operations, double PerSecond, double MeanMs, double MedianMs, double P99Ms, double WorstMs,
    IReadOnlyDictionary<string, double> CpuUs);

/// <summary>A process whose processor time is counted.</summary>
internal sealed record Worker(string Name, Func<TimeSpan> CpuTime);

internal static class Load
{
    /// <summary>Closed loop: each caller sends its next operation when the last one was answered.</summary>
    public static Task<Stretch> Closed(
        int callers, TimeSpan length, IReadOnlyList<Worker> workers, Func<int, Task> operation) =>
        Measure(workers, async () =>
        {
            var clock = Stopwatch.StartNew();
            var each = await Task.WhenAll(Enumerable.Range(0, callers).Select(caller => Task.Run(async () =>
            {
                var ticks = new List<long>();
                while (clock.Elapsed < length)
                {
                    var sent = Stopwatch.GetTimestamp();
                    await operation(caller);
                    ticks.Add(Stopwatch.GetTimestamp() - sent);
                }

                return ticks;
            })));
            return (each.SelectMany(ticks => ticks).ToArray(), each.Sum(ticks => ticks.LongCount()));
        });

    /// <summary>
    /// Open loop: calls leave on a schedule whatever the answers do, and latency counts from when a call was due, so that
    /// a pause of the server is seen by every call it delayed.
    /// </summary>
    public static Task<Stretch> Open(
        double perSecond, int callers, TimeSpan length, IReadOnlyList<Worker> workers, Func<int, Task> operation) =>
        Measure(workers, async () =>
        {
            var (begun, gap) = (Stopwatch.GetTimestamp(), Stopwatch.Frequency / perSecond);
            var calls = new List<Task<long>>();
            using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(1));
            for (long now = begun; now - begun < length.TotalSeconds * Stopwatch.Frequency; now = Stopwatch.GetTimestamp())
            {
                while (begun + calls.Count * gap <= now) calls.Add(Due(begun + (long)(calls.Count * gap), calls.Count % callers));
                await timer.WaitForNextTickAsync();
            }

            return (await Task.WhenAll(calls), calls.Count);

            async Task<long> Due(long at, int caller)
            {
                await operation(caller);
                return Stopwatch.GetTimestamp() - at;
            }
        });

    /// <summary>One piece of work that counts as many operations; its own pieces may be timed as latencies.</summary>
    public static async Task<Stretch> Measure(
        IReadOnlyList<Worker> workers, Func<Task<(long[] Ticks, long Operations)>> work)
    {
        var before = workers.Select(worker => worker.CpuTime()).ToArray();
        var clock = Stopwatch.StartNew();
        var (ticks, operations) = await work();
        var seconds = clock.Elapsed.TotalSeconds;
        var cpu = workers.Select((worker, i) => (worker.Name, Us: (worker.CpuTime() - before[i]).TotalMicroseconds / operations))
            .ToDictionary(used => used.Name, used => used.Us);
        Array.Sort(ticks);
        return new Stretch(
            operations, operations / seconds, ticks.Length == 0 ? 0 : Ms(ticks.Average()), At(ticks, 0.5), At(ticks, 0.99),
            At(ticks, 1), cpu);
    }

    private static double At(long[] sorted, double share) =>
        sorted.Length == 0 ? 0 : Ms(sorted[Math.Max(0, (int)Math.Ceiling(share * sorted.Length) - 1)]);

    private static double Ms(double ticks) => ticks * 1000 / Stopwatch.Frequency;
}

/// <summary>Processor time of this process, of another, and of PostgreSQL with all its backends.</summary>
internal static class Cpu
{
    private const double TicksPerSecond = 100;   // USER_HZ, fixed for programs on Linux

    public static Worker Self(string name) => new(name, () => Environment.CpuUsage.TotalTime);

    public static Worker Of(string name, int processId) =>
        new(name, () => Process.GetProcessById(processId).TotalProcessorTime);

    /// <summary>A process, what its ended children used, and its living ones. Source: proc(5).</summary>
    public static Worker Tree(string name, int processId) => new(name, () => TimeSpan.FromSeconds(
        Directory.GetDirectories("/proc").Sum(folder => Ticks(Path.GetFileName(folder), processId)) / TicksPerSecond));

    private static long Ticks(string id, int root)
    {
        if (!char.IsAsciiDigit(id[0]) || Stat(id) is not { } stat) return 0;
        var own = long.Parse(stat[11]) + long.Parse(stat[12]);
        return id == $"{root}" ? own + long.Parse(stat[13]) + long.Parse(stat[14]) : stat[1] == $"{root}" ? own : 0;
    }

    /// <summary>The fields after the program's name, or null when the process has ended.</summary>
    private static string[]? Stat(string id)
    {
        try
        {
            var text = File.ReadAllText($"/proc/{id}/stat");
            return text[(text.LastIndexOf(')') + 2)..].Split(' ');
        }
        catch (Exception gone) when (gone is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
