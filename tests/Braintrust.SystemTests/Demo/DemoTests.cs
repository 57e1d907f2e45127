using System.Text.Json;
using Braintrust.Testing;
using Microsoft.Data.Sqlite;

namespace Braintrust.Demo;

/// <summary>The story that everybody is shown, through every accident it promises to survive.</summary>
[Collection(StoryCollection.Name)]
public sealed class DemoTests
{
    private const string NoDifferences = "reconciliation: 0 differences";
    private static readonly TimeSpan Whole = TimeSpan.FromSeconds(120);
    private static readonly TimeSpan Step = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task The_demo_runs_twice_and_nothing_differs_and_with_json_every_line_is_an_object()
    {
        await using var server = await ServerProcess.Start();
        var (code, output) = await CliProcess.Run(Whole, "demo", "--json", "--server", server.Url);
        Assert.True(code == 0, output);
        var lines = output.Trim().Split('\n').Select(line => JsonDocument.Parse(line).RootElement).ToList();
        Assert.Equal("0 differences", lines[^1].GetProperty("reconciliation").GetString());
        Assert.Equal(15, lines.Count(line => line.TryGetProperty("kind", out var kind) && kind.GetString() == "refused"));

        var second = await Completes(server);
        Assert.Contains("compared 6 agreements", second);
        Assert.Contains("6 of them with the server's view", second);
    }

    [Fact]
    public async Task A_server_killed_between_funding_and_release_is_survived()
    {
        await using var server = await ServerProcess.Start();
        await using var demo = await Demo(server);
        await demo.WaitFor("funding of 2: CONFIRMED", Step);
        await server.Kill();
        await server.Start();
        await Completed(demo);
    }

    [Fact]
    public async Task A_server_killed_while_a_transaction_is_followed_is_survived()
    {
        await using var server = await ServerProcess.Start();
        await using var demo = await Demo(server);
        await demo.WaitFor("release: SUBMITTED", Step);
        await server.Kill();
        await server.Start();
        await Completed(demo);
    }

    [Theory]
    [InlineData("funding of 1: CONFIRMED")]
    [InlineData("release: CONFIRMED")]
    [InlineData("settles, as anyone may")]
    [InlineData("timesheet of week 1: CONFIRMED")]
    [InlineData("refund: SUBMITTED")]
    public async Task A_server_and_its_node_killed_together_heal(string moment)
    {
        await using var server = await ServerProcess.Start();
        await using var demo = await Demo(server);
        await demo.WaitFor(moment, Step);
        var node = server.NodeId!.Value;
        Signals.Kill(node);
        await server.Kill();
        await server.Start();
        Assert.NotEqual(node, server.NodeId);
        await Completed(demo);
    }

    [Fact]
    public async Task Reconciliation_finds_a_single_wei_that_the_server_has_wrong()
    {
        await using var server = await ServerProcess.Start();
        await Completes(server);
        Assert.Equal(0, await server.Terminate());
        TakeOneWei(server.Settings["Storage:SqlitePath"]);

        await server.Start();
        var (code, output) = await CliProcess.Run(Whole, "reconcile", "--server", server.Url);
        Assert.Equal(1, code);
        Assert.Contains("refunded is 172500000000000000000 by the logs, 172499999999999999999 by the server", output);
        Assert.DoesNotContain(NoDifferences, output);
    }

    private static async Task<string> Completes(ServerProcess server)
    {
        await using var demo = await Demo(server);
        await Completed(demo);
        return demo.Output;
    }

    private static Task<CliProcess> Demo(ServerProcess server) => CliProcess.Start("demo", "--server", server.Url);

    private static async Task Completed(CliProcess demo)
    {
        var code = await demo.Exit(Whole);
        Assert.True(code == 0, demo.Output);
        Assert.Equal(NoDifferences, demo.Closing);
    }

    /// <summary>The refund of the last closed milestone: after one byte and four topics, the sixth word.</summary>
    private static void TakeOneWei(string database)
    {
        const int closed = (int)Braintrust.Chain.FactKind.MilestoneClosed;
        const int lastByteOfRefund = 1 + 4 * 32 + 6 * 32 - 1;
        using var connection = new SqliteConnection($"Data Source={database};Pooling=False");
        connection.Open();
        using var read = connection.CreateCommand();
        read.CommandText = $"SELECT pos, payload FROM chain_fact WHERE kind = {closed} ORDER BY pos DESC LIMIT 1";
        using var row = read.ExecuteReader();
        Assert.True(row.Read());
        var (pos, payload) = (row.GetInt64(0), (byte[])row[1]);
        var last = lastByteOfRefund;
        while (payload[last]-- == 0) last--;
        row.Close();
        using var write = connection.CreateCommand();
        write.CommandText = "UPDATE chain_fact SET payload = $payload WHERE pos = $pos";
        write.Parameters.AddWithValue("$payload", payload);
        write.Parameters.AddWithValue("$pos", pos);
        Assert.Equal(1, write.ExecuteNonQuery());
    }
}
