using System.Globalization;
using System.Net;
using Braintrust.Accounts;
using Braintrust.Api;
using Braintrust.Chain;
using Braintrust.Testing;
using Grpc.Core;
using Xunit.Abstractions;

namespace Braintrust.Cluster;

/// <summary>What a cluster promises while its silos die, with real processes, sockets and PostgreSQL.</summary>
[Collection(ProcessCollection.Name)]
public sealed class ClusterTests(ClusterProcess cluster, ITestOutputHelper output) : IClassFixture<ClusterProcess>
{
    private const int Negotiators = 8;
    private const int Movers = 4;

    /// <summary>Writes of each between two steps of the test.</summary>
    private const int Rounds = 2;

    /// <summary>Names a number of further kills: a soak.</summary>
    private const string SoakVariable = "BRAINTRUST_TEST_SOAK_KILLS";

    /// <summary>
    /// The promise is 5 seconds, and what was measured is printed; a machine that does much else beside may take longer.
    /// </summary>
    private static readonly TimeSpan GapMax = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task The_demo_passes_through_the_gateway_and_nothing_differs()
    {
        var (code, text) = await CliProcess.Run(ClusterProcess.StepMax, "demo", "--server", cluster.Url);
        Assert.True(code == 0, text);
        Assert.Contains("reconciliation: 0 differences", text);
    }

    /// <summary>Killed, then stopped; and as many further accidents as <see cref="SoakVariable"/> says.</summary>
    [Fact]
    public async Task Silos_that_end_under_load_lose_nothing_acknowledged_and_watchers_go_on()
    {
        var further = int.Parse(Environment.GetEnvironmentVariable(SoakVariable) ?? "0", CultureInfo.InvariantCulture);
        var seed = Random.Shared.Next();
        var random = new Random(seed);
        output.WriteLine($"seed {seed}");
        await Survive(random, [true, false, .. Enumerable.Range(0, further).Select(_ => random.Next(2) == 0)]);
    }

    [Fact]
    public async Task A_gateway_that_stops_is_unready_first_and_sends_its_watchers_away_with_a_hint()
    {
        using var server = new ServerLink(cluster.Url, ClusterProcess.StepMax);
        var person = new Person("Watcher", DevelopmentKeys.Signer(1), server);
        await person.SignIn(DevelopmentKeys.ChainId, CancellationToken.None);
        using var watch = server.Watches.Watch(new() { Subjects = { "accounts/me" } }, person.Headers);
        Assert.True(await watch.ResponseStream.MoveNext(CancellationToken.None));

        var ended = cluster.End("gateway", kill: false);
        var why = await Assert.ThrowsAsync<RpcException>(async () =>
        {
            while (await watch.ResponseStream.MoveNext(CancellationToken.None)) Assert.NotNull(watch.ResponseStream.Current);
        });

        Assert.Equal(StatusCode.Unavailable, why.StatusCode);
        Assert.NotNull(why.RetryAfter());
        await cluster.Healed("gateway", ended);
        using var http = new HttpClient();
        Assert.Equal(HttpStatusCode.OK, (await http.GetAsync(new Uri(cluster.Http("gateway"), "/readyz"))).StatusCode);
    }

    [Fact]
    public async Task A_call_is_one_trace_from_the_gateway_into_a_silo_and_the_figures_have_their_standard_names()
    {
        using var server = new ServerLink(cluster.Url, ClusterProcess.StepMax);
        await new Person("Traced", DevelopmentKeys.Signer(2), server).SignIn(DevelopmentKeys.ChainId, CancellationToken.None);

        await Eventually.Holds(
            () => Task.FromResult(TracesOf("braintrust.accounts.v1.AccountsService/SignIn").Count(IsSeenByBoth)), count => count > 0,
            ClusterProcess.StepMax, "one trace with spans of the gateway and of a silo");
        foreach (var name in (string[])
            [
                "rpc.server.call.duration", "rpc.response.status_code", "braintrust.chain.lag", "braintrust.ledger.position",
                "braintrust.watch.streams", "braintrust.storage.commit.duration",
            ])
            await Eventually.Holds(
                () => Task.FromResult(cluster.Telemetry.Has("/v1/metrics", name)), there => there, ClusterProcess.StepMax, name);
        await Eventually.Holds(
            () => Task.FromResult(cluster.Telemetry.Has("/v1/logs", "Braintrust runs.")), there => there, ClusterProcess.StepMax, "logs");
    }

    private IEnumerable<IGrouping<string, ExportedSpan>> TracesOf(string call) =>
        cluster.Telemetry.Spans.GroupBy(span => span.Trace).Where(trace => trace.Any(span => span.Name.EndsWith(call, StringComparison.Ordinal)));

    private static bool IsSeenByBoth(IEnumerable<ExportedSpan> trace) =>
        trace.Select(span => span.Service).Distinct().Order().SequenceEqual(["braintrust-gateway", "braintrust-silo"]);

    private async Task Survive(Random random, params IEnumerable<bool> kills)
    {
        using var server = new ServerLink(cluster.Url, ClusterProcess.StepMax);
        using var node = await NodeLink.Open(server, CancellationToken.None);
        var writers = await Begin(server, node, random);
        try
        {
            await Continue(writers);
            foreach (var kill in kills) await Accident(writers, $"silo{random.Next(1, 4)}", kill);
            await Check(writers);
        }
        finally
        {
            foreach (var writer in writers) await writer.DisposeAsync();
        }
    }

    private async Task Accident(IReadOnlyList<Writer> writers, string silo, bool kill)
    {
        foreach (var writer in writers) writer.Longest = TimeSpan.Zero;
        var ended = cluster.End(silo, kill);
        await Continue(writers);
        var gap = writers.Max(writer => writer.Longest);
        output.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{(kill ? "SIGKILL" : "SIGTERM")} of {silo}: longest gap from a write to its sight {gap.TotalSeconds:F2} s, "
            + $"{writers.Sum(writer => writer.Repeated)} calls repeated so far"));
        await cluster.Healed(silo, ended);
        await Continue(writers);
        Assert.True(gap < GapMax, $"The longest gap was {gap}.");
    }

    private async Task Check(IReadOnlyList<Writer> writers)
    {
        foreach (var writer in writers)
        {
            Assert.Equal(writer.Acknowledged, writer.Seen);
            Assert.Equal(writer.Acknowledged, await writer.Read(CancellationToken.None));
            Assert.Empty(await writer.Replay(CancellationToken.None));
            Assert.Equal(writer.Acknowledged, await writer.Read(CancellationToken.None));
        }

        output.WriteLine($"{writers.Sum(writer => writer.Rounds)} writes, each durable, seen, and answered again alike");
    }

    private static Task Continue(IReadOnlyList<Writer> writers) => Task.WhenAll(writers.Select(async writer =>
    {
        for (var round = 0; round < Rounds; round++) await writer.WriteOnce(CancellationToken.None);
    }));

    private static async Task<IReadOnlyList<Writer>> Begin(ServerLink server, NodeLink node, Random random)
    {
        var head = await node.Head(CancellationToken.None);
        var writers = new List<Writer>();
        for (var i = 0; i < Negotiators + Movers; i++)
        {
            var person = new Person($"Writer {i}", NewWallet(), server);
            await person.SignIn(node.ChainId, CancellationToken.None);
            writers.Add(i < Negotiators
                ? new Negotiator(person, node, DevelopmentKeys.Address(1), head.Time.Seconds + 20 * 24 * 3600)
                : new Mover(person, node.ChainId, NewWallet));
        }

        await Task.WhenAll(writers.Select(writer => writer.Begin(CancellationToken.None)));
        return writers;

        LocalSigner NewWallet()
        {
            var key = new byte[32];
            lock (random) random.NextBytes(key);
            return new LocalSigner(key, node.ChainId);
        }
    }
}
