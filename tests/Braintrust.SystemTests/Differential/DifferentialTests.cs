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
    private const int LongRun = 10_000;

    private static readonly Kind[] Kinds =
    [
        SumCases.Tips, SumCases.Releases, SumCases.Agreed, SumCases.Rulings, SumCases.Fallbacks, SumCases.SmallReleases,
        SumCases.SmallRatios, MoveCases.Kind, TermsCases.Kind, NameCases.Hashes, NameCases.States, SignedForms.Kind, AmendCases.Kind, TillCases.Withdrawals, TillCases.Sweeps,
        TillCases.Nonces, CourtCases.Quotes, CourtCases.Kind, CourtCases.Verdicts, ReviewCases.Seals, ReviewCases.Proofs,
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
        var (clock, different, answers) = (Stopwatch.StartNew(), new List<string>(), new SortedDictionary<string, int>());
        // The node answers a page while the next one is made.
        var asked = Task.FromResult<Answer[]>([]);
        foreach (var page in indices.Chunk(Page).Append([]))
        {
            var next = Answers(kind, seed, page);
            foreach (var answer in await asked)
            {
                answers[answer.Sort] = answers.GetValueOrDefault(answer.Sort) + 1;
                if (answer.Difference is { } difference) different.Add(difference);
            }

            asked = next;
        }

        output.WriteLine($"{kind}: {indices.Count} cases, {different.Count} different, seed {seed}, {clock.Elapsed.TotalSeconds:0.0} s"
            + $" ({string.Join(", ", answers.Select(answer => $"{answer.Key} {answer.Value}"))})");
        if (indices.Count >= LongRun) Assert.Empty(kind.Sorts.Select(sort => sort + " answered").Except(answers.Keys));
        Assert.True(different.Count == 0, $"{different.Count} of {indices.Count}:\n{string.Join('\n', different.Take(LinesMax))}");
    }

    /// <summary>All of them, or the one that was asked for.</summary>
    private static IReadOnlyList<long> Indices(Kind kind, long count)
    {
        if (Setting("CASE") is not { Length: > 0 } one) return [.. Enumerable.Range(0, checked((int)count)).Select(i => (long)i)];
        var (name, index) = one.Split('/') is [var first, var second] ? (first, long.Parse(second, CultureInfo.InvariantCulture)) : (one, -1);
        Assert.True(index >= 0 && Kinds.Any(known => known.Name == name), $"'{one}' is no KIND/INDEX.");
        return name == kind.Name ? [index] : [];
    }

    /// <summary>What C# said of one case, in a word or two, and how the contract differs; null where it does not.</summary>
    private sealed record Answer(string Sort, string? Difference);

    private async Task<Answer[]> Answers(Kind kind, int seed, long[] indices)
    {
        if (indices.Length == 0) return [];
        // Windows are made about the page's second, so any far from zero will do.
        var now = new Dice(seed, kind.Name + " page", indices[0] / Page).Number(1_700_000_000, Agreements.SecondsMax - 400 * Agreements.Day);
        var cases = indices.Select(index => kind.Make(new Dice(seed, kind.Name, index), new Stage(node, now, index))).ToArray();
        var seen = await node.Ask([.. cases.Select(one => one.Question)], now);
        return [.. indices.Zip(cases, seen).Select(one => Compare($"./check law-fuzz 1 {seed} '{kind}/{one.First}'", one.Second, one.Third))];
    }

    private static Answer Compare(string again, Case one, Seen seen)
    {
        var told = one.Told(seen);
        return new Answer(
            $"{one.Sort} {Short(one.Expected)}".Trim(),
            one.Expected == told ? null : $"{again}: C# says {one.Expected}, the contract {told}: {one.Text()}");
    }

    /// <summary>The refusal, or that there was an answer.</summary>
    private static string Short(string answer) =>
        answer.Split(' ')[0] is var word && word.All(char.IsAsciiLetter) && char.IsAsciiLetterUpper(word[0]) ? word : "answered";
}
