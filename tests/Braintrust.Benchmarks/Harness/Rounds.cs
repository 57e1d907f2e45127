namespace Braintrust.Benchmarks;

/// <summary>One contestant: runs one stretch.</summary>
internal sealed record Side(string Name, Func<Task<Stretch>> Run);

/// <summary>The stretches of one contestant, round by round.</summary>
internal sealed record Result(string Name, IReadOnlyList<Stretch> Rounds)
{
    public Spread Of(Func<Stretch, double> figure) => Spread.Of(Rounds.Select(figure));

    /// <summary>This side over the other, each round by itself: what moves the computer moves both.</summary>
    public Spread Over(Result other, Func<Stretch, double> figure) =>
        Spread.Of(Rounds.Zip(other.Rounds, (mine, theirs) => figure(mine) / figure(theirs)));
}

/// <summary>A median with the smallest and the largest.</summary>
internal sealed record Spread(double Median, double Min, double Max)
{
    public static Spread Of(IEnumerable<double> values)
    {
        var sorted = values.Order().ToArray();
        var middle = sorted.Length / 2;
        return new Spread(
            sorted.Length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2, sorted[0], sorted[^1]);
    }
}

internal static class Rounds
{
    private const int WarmUpsMax = 16;
    private const double Settled = 0.93;

    /// <summary>
    /// A B A B: all sides in turn, round after round. Before, each side warms up until its processor time an operation no
    /// longer falls, twice in a row: the compiler improves hot code for seconds, longer where others use the computer.
    /// </summary>
    /// <param name="warmUpsMin">More for a new process, whose plain code runs for a while before any of it is improved.</param>
    public static async Task<IReadOnlyList<Result>> Interleave(int rounds, IReadOnlyList<Side> sides, int warmUpsMin = 3)
    {
        foreach (var side in sides) await WarmUp(side, warmUpsMin);
        var stretches = sides.Select(_ => new List<Stretch>()).ToArray();
        for (var round = 0; round < rounds; round++)
        {
            for (var side = 0; side < sides.Count; side++)
            {
                GC.Collect();
                stretches[side].Add(await sides[side].Run());
            }
        }

        return [.. sides.Select((side, i) => new Result(side.Name, stretches[i]))];
    }

    private static async Task WarmUp(Side side, int min)
    {
        var (best, flat) = (double.MaxValue, 0);
        for (var i = 0; i < WarmUpsMax && (i < min || flat < 2); i++)
        {
            var cpu = (await side.Run()).CpuUs.Values.Sum();
            flat = cpu < best * Settled ? 0 : flat + 1;
            best = Math.Min(best, cpu);
        }
    }
}
