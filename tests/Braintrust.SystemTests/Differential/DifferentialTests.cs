using System.Diagnostics;
using System.Globalization;
using Xunit.Abstractions;

namespace Braintrust.Differential;

/// <summary>
/// The C# rules and the shipped contracts are asked the same, thousands of times, and answer the same: fees, splits, hashes,
/// digests, windows, views, rulings. <c>./check law-fuzz COUNT SEED KIND/INDEX</c> asks more, or one of them again.
/// </summary>
public sealed class DifferentialTests(ProbeNode node, ITestOutputHelper output) : IClassFixture<ProbeNode>
{
    private const int Page = 250;
    private const int LinesMax = 5;

    private static readonly Kind[] Kinds =
    [
        SumCases.Tips, SumCases.Releases, SumCases.Agreed, SumCases.Rulings, SumCases.Fallbacks, SumCases.SmallReleases,
        SumCases.SmallRatios, MoveCases.Kind, TermsCases.Kind, NameCases.Hashes, NameCases.States, SignedForms.Kind, CourtCases.Quotes, CourtCases.Verdicts,
    ];

    public static TheoryData<string> Names => [.. Kinds.Select(kind => kind.Name)];

    private static string? Setting(string name) => Environment.GetEnvironmentVariable("BRAINTRUST_TEST_LAW_" + name);

    [Theory]
    [MemberData(nameof(Names))]
    public async Task The_rules_and_the_contracts_give_the_same_answers(string name)
    {
        var kind = Kinds.Single(one => one.Name == name);
        var count = kind.All ?? long.Parse(Setting("COUNT") ?? "10000", CultureInfo.InvariantCulture);
        var seed = Setting("SEED") is { Length: > 0 } given ? int.Parse(given, CultureInfo.InvariantCulture) : Random.Shared.Next();
        var indices = Indices(kind, count);
        var (clock, different) = (Stopwatch.StartNew(), new List<string>());
        // The node answers a page while the next one is made.
        var asked = Task.FromResult<IEnumerable<string>>([]);
        foreach (var page in indices.Chunk(Page))
        {
            var next = Differences(kind, seed, page);
            different.AddRange(await asked);
            asked = next;
        }

        different.AddRange(await asked);
        output.WriteLine($"{kind}: {indices.Count} cases, {different.Count} different, seed {seed}, {clock.Elapsed.TotalSeconds:0.0} s");
        Assert.True(different.Count == 0, $"{different.Count} of {indices.Count}:\n{string.Join('\n', different.Take(LinesMax))}");
    }

    /// <summary>All of them, or the one that was asked for.</summary>
    private static IReadOnlyList<long> Indices(Kind kind, long count) => Setting("CASE")?.Split('/') switch
    {
        [var name, var index] => name == kind.Name ? [long.Parse(index, CultureInfo.InvariantCulture)] : [],
        _ => [.. Enumerable.Range(0, checked((int)count)).Select(i => (long)i)],
    };

    private async Task<IEnumerable<string>> Differences(Kind kind, int seed, long[] indices)
    {
        // Windows are made about the page's second, so any far from zero will do.
        var now = new Dice(seed, kind.Name + " page", indices[0] / Page).Number(1_700_000_000, Agreements.SecondsMax - 400 * Agreements.Day);
        var cases = indices.Select(index => kind.Make(new Dice(seed, kind.Name, index), new Stage(node, now, index))).ToArray();
        var seen = await node.Ask([.. cases.Select(one => one.Question)], now);
        return indices.Zip(cases, seen).Where(one => one.Second.Expected != one.Second.Told(one.Third)).Select(one =>
            $"'{kind}/{one.First}' of seed {seed}: C# says {one.Second.Expected}, the contract {one.Second.Told(one.Third)}: {one.Second.Text()}");
    }
}
