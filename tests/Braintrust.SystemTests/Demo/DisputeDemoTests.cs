using System.Numerics;
using System.Text.Json;
using Braintrust.Testing;

namespace Braintrust.Demo;

/// <summary>The story of what goes wrong between people, on a server and a chain of its own.</summary>
[Collection(StoryCollection.Name)]
public sealed class DisputeDemoTests
{
    private static readonly TimeSpan Whole = TimeSpan.FromSeconds(180);
    private static readonly TimeSpan Step = TimeSpan.FromSeconds(60);

    private static readonly BigInteger Seat = 1_000 * BigInteger.Pow(10, 18);

    [Fact]
    public async Task Every_deposit_fee_and_bond_of_the_dispute_story_adds_up_to_the_wei()
    {
        await using var server = await ServerProcess.Start();
        var (code, output) = await CliProcess.Run(Whole, "demo", "--story", "dispute", "--json", "--server", server.Url);
        Assert.True(code == 0, output);
        var lines = output.Trim().Split('\n').Select(line => JsonDocument.Parse(line).RootElement).ToList();
        Assert.Equal("0 differences", lines[^1].GetProperty("reconciliation").GetString());
        Assert.Equal(["TOO_EARLY", "TOO_EARLY", "TOO_EARLY", "TOO_EARLY"], Of(lines, "refused").Select(line => line.GetProperty("reason").GetString()));
        Assert.Contains(lines, line => Text(line) == "has 0 wei of the chain's coin and never sent a transaction");
        Assert.Contains(lines, line => Text(line)?.EndsWith(
            "; milestone 2 pays 550.000000000000000005 BTRST instead of 600.000000000000000001 BTRST.", StringComparison.Ordinal) == true);
        Assert.Contains(lines, line => Text(line) == "has 1 review, 5.000 of 5 overall");
        Assert.Contains(lines, line => Text(line) == "has 1 review, 4.000 of 5 overall");

        var changes = Of(lines, "balance").Where(line => line.TryGetProperty("change", out _))
            .ToDictionary(line => line.GetProperty("who").GetString()!, line => BigInteger.Parse(line.GetProperty("change").GetString()!));
        Assert.Equal(BigInteger.Parse("-2047500000000000000041"), changes["Employer"]);
        Assert.Equal(BigInteger.Parse("850000000000000000030"), changes["Freelancer"]);
        Assert.Equal(BigInteger.Parse("800000000000000000006"), changes["Newcomer"]);
        Assert.Equal(BigInteger.Parse("247500000000000000002"), changes["Escrow"]);
        // Eight seats came; three were lost by wrong and silent votes and were paid out; three that nobody used stay as the treasury's credit.
        Assert.Equal(5 * Seat, changes["Court"]);
        var arbiters = changes.Where(change => change.Key.StartsWith("Arbiter", StringComparison.Ordinal)).ToList();
        Assert.Equal(8, arbiters.Count);
        Assert.Equal(BigInteger.Parse("150000000000000000003"), arbiters.Aggregate(BigInteger.Zero, (sum, change) => sum + change.Value));
        Assert.Equal(BigInteger.Zero, changes.Where(change => change.Key != "Court").Aggregate(BigInteger.Zero, (sum, change) => sum + change.Value));
    }

    [Fact]
    public async Task A_server_killed_between_two_votes_is_survived()
    {
        await using var server = await ServerProcess.Start();
        await using var demo = await CliProcess.Start("demo", "--story", "dispute", "--server", server.Url);
        await demo.WaitFor("Open the vote", Step);
        await server.Kill();
        await server.Start();
        var code = await demo.Exit(Whole);
        Assert.True(code == 0, demo.Output);
        Assert.Equal("reconciliation: 0 differences", demo.Closing);
    }

    /// <summary>Whether the killed node had written its last second is chance; either way nothing wrong is told.</summary>
    [Fact]
    public async Task A_chain_that_lost_its_last_second_ends_the_story_in_plain_words()
    {
        await using var server = await ServerProcess.Start();
        await using var demo = await CliProcess.Start("demo", "--story", "dispute", "--server", server.Url);
        await demo.WaitFor("Seal a vote", Step);
        Signals.Kill(server.NodeId!.Value);
        await server.Kill();
        await server.Start();
        var code = await demo.Exit(Whole);
        if (code == 0) Assert.Equal("reconciliation: 0 differences", demo.Closing);
        else Assert.Contains("Another draw is another panel, so this story cannot go on: play it on a new chain.", demo.Closing);
    }

    private static IEnumerable<JsonElement> Of(IEnumerable<JsonElement> lines, string kind) =>
        lines.Where(line => line.TryGetProperty("kind", out var told) && told.GetString() == kind);

    private static string? Text(JsonElement line) => line.TryGetProperty("text", out var text) ? text.GetString()!.Trim() : null;
}
