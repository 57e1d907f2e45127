using System.Globalization;
using System.Net;
using System.Security.Cryptography;
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
    private const int Hirers = 3;

    /// <summary>Rounds of each writer between two steps of the test.</summary>
    private const int Rounds = 2;

    /// <summary>An accident happens after so many answered mutations at most, which are fewer than one round has.</summary>
    private const int AnsweredMax = 30;

    /// <summary>Names a number of further kills: a soak.</summary>
    private const string SoakVariable = "BRAINTRUST_TEST_SOAK_KILLS";

    /// <summary>The promise: so long after an accident at most, clients go on.</summary>
    private static readonly TimeSpan GapMax = TimeSpan.FromSeconds(5);

    /// <summary>Where more threads than this want a core, everything takes as much longer, and so may this.</summary>
    private const int ThreadsOfCoreMax = 4;

    private readonly SemaphoreSlim _answered = new(0);

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
    public async Task A_call_is_one_trace_and_the_collector_hears_every_server_with_standard_names()
    {
        using var server = new ServerLink(cluster.Url, ClusterProcess.StepMax);
        string[] names =
        [
            "rpc.server.call.duration", "braintrust.chain.lag", "braintrust.ledger.position", "braintrust.watch.streams",
            "braintrust.storage.commit.duration",
        ];
        var told = await Eventually.Holds(
            async () =>
            {
                // Grains of accounts are everywhere: in the end every silo has had a call.
                var person = new Person("Traced", new LocalSigner(RandomNumberGenerator.GetBytes(32), DevelopmentKeys.ChainId), server);
                await person.SignIn(DevelopmentKeys.ChainId, CancellationToken.None);
                return await cluster.Telemetry();
            },
            told => told.Services.Count(service => service is { Spans: > 0, Logs: > 0 }) == Servers.Length
                && names.All(name => told.Services.Any(service => service.Metrics.Contains(name))) && told.Traces.Any(IsSeenByBoth),
            ClusterProcess.StepMax, "spans, logs and metrics of every server");

        Assert.Equal(Servers, told.Services.Select(service => (service.Name, service.Instance)));
    }

    private static (string, string)[] Servers =>
    [
        ("braintrust-gateway", "gateway"), ("braintrust-silo", "silo1"), ("braintrust-silo", "silo2"), ("braintrust-silo", "silo3"),
    ];

    private static bool IsSeenByBoth(ExportedTrace trace) =>
        trace.Spans.Any(span => span.EndsWith("braintrust.accounts.v1.AccountsService/SignIn", StringComparison.Ordinal))
        && trace.Services.Contains("gateway") && trace.Services.Any(service => service.StartsWith("silo", StringComparison.Ordinal));

    private async Task Survive(Random random, params IEnumerable<bool> kills)
    {
        using var server = new ServerLink(cluster.Url, ClusterProcess.StepMax);
        using var node = await NodeLink.Open(server, CancellationToken.None);
        var writers = await Begin(server, node, random);
        try
        {
            foreach (var kill in kills) await Accident(writers, random, kill);
            await Check(writers);
        }
        finally
        {
            foreach (var writer in writers) await writer.DisposeAsync();
        }
    }

    /// <summary>In the middle of writing; then what is listed is compared, by a silo that lived on and by the new one.</summary>
    private async Task Accident(IReadOnlyList<Writer> writers, Random random, bool kill)
    {
        string[] silos = ["silo1", "silo2", "silo3"];
        random.Shuffle(silos);
        var (silo, other) = (silos[0], silos[1]);
        foreach (var writer in writers) writer.Longest = TimeSpan.Zero;
        while (_answered.CurrentCount > 0) await _answered.WaitAsync();
        var writing = Continue(writers);
        for (var answered = random.Next(AnsweredMax); answered > 0; answered--) await _answered.WaitAsync();
        var ended = cluster.End(silo, kill);
        await writing;

        var (gap, load) = (writers.Max(writer => writer.Longest), Load());
        output.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{(kill ? "SIGKILL" : "SIGTERM")} of {silo}: nobody waited longer than {gap.TotalSeconds:F2} s for an answer or its sight, "
            + $"{writers.Sum(writer => writer.Repeated)} calls repeated so far; load {load:F1} on {Environment.ProcessorCount} cores"));
        await Compare(writers, other);
        await cluster.Healed(silo, ended);
        await Continue(writers);
        await Compare(writers, silo);
        var allowed = GapMax * Math.Max(1, load / (ThreadsOfCoreMax * Environment.ProcessorCount));
        Assert.True(gap < allowed, $"Clients went on after {gap}, not within {allowed} at a load of {load}.");
    }

    /// <summary>Threads that ran or wanted to, on average of the last minute; 0 where the system does not tell.</summary>
    private static double Load() => File.Exists("/proc/loadavg")
        ? double.Parse(File.ReadAllText("/proc/loadavg").Split(' ')[0], CultureInfo.InvariantCulture)
        : 0;

    private async Task Compare(IReadOnlyList<Writer> writers, string silo)
    {
        using var server = new ServerLink(cluster.Grpc(silo), ClusterProcess.StepMax);
        foreach (var writer in writers) Assert.Empty(await writer.Unlike(server, CancellationToken.None));
    }

    private async Task Check(IReadOnlyList<Writer> writers)
    {
        foreach (var writer in writers)
        {
            Assert.Empty(writer.Differences);
            Assert.Equal(writer.Acknowledged, writer.Seen);
            Assert.Equal(writer.Acknowledged, await writer.Read(CancellationToken.None));
            Assert.Empty(await writer.Replay(CancellationToken.None));
            Assert.Equal(writer.Acknowledged, await writer.Read(CancellationToken.None));
        }

        await Compare(writers, "silo1");
        output.WriteLine($"{writers.Sum(writer => writer.Mutations)} writes, each durable, seen, listed, and answered again alike");
    }

    private static Task Continue(IReadOnlyList<Writer> writers) => Task.WhenAll(writers.Select(async writer =>
    {
        for (var round = 0; round < Rounds; round++) await writer.WriteOnce(CancellationToken.None);
    }));

    private async Task<IReadOnlyList<Writer>> Begin(ServerLink server, NodeLink node, Random random)
    {
        var head = await node.Head(CancellationToken.None);
        var reviewer = await SignedIn("Reviewer", DevelopmentKeys.Signer(0));
        void Answered() => _answered.Release();
        var writers = new List<Writer>();
        for (var i = 0; i < Negotiators; i++)
            writers.Add(new Negotiator(
                await SignedIn($"Freelancer {i}", NewWallet()), node, DevelopmentKeys.Address(1), head.Time.Seconds + 20 * 24 * 3600)
            {
                Answered = Answered,
            });
        for (var i = 0; i < Movers; i++)
            writers.Add(new Mover(await SignedIn($"Owner {i}", NewWallet()), node.ChainId, NewWallet) { Answered = Answered });
        for (var i = 0; i < Hirers; i++)
            writers.Add(new Hirer(await SignedIn($"Employer {i}", NewWallet()), await SignedIn($"Talent {i}", NewWallet()), reviewer, node)
            {
                Answered = Answered,
            });
        await Task.WhenAll(writers.Select(writer => writer.Begin(CancellationToken.None)));
        return writers;

        async Task<Person> SignedIn(string name, LocalSigner wallet)
        {
            var person = new Person(name, wallet, server);
            await person.SignIn(node.ChainId, CancellationToken.None);
            return person;
        }

        LocalSigner NewWallet()
        {
            var key = new byte[32];
            lock (random) random.NextBytes(key);
            return new LocalSigner(key, node.ChainId);
        }
    }
}
