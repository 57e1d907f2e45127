using Braintrust.Api.Accounts.V1;
using Braintrust.Benchmarks.Hello.V1;
using Braintrust.Chain;
using Braintrust.Testing;
using Grpc.Net.Client;

namespace Braintrust.Benchmarks;

/// <summary>
/// A signed-in GetAccount (interceptors, session, quota, one grain call) of a whole server beside a bare gRPC server.
/// Each serves from a process of its own; the callers are in this one, over plain HTTP/2. A closed loop for the rate and
/// the processor time, then an open loop for the latency: both at half of what ours answered, counted from when each
/// call was due.
/// </summary>
internal sealed class UnaryReads(ServerProcess server, HelloPeer peer) : IDisposable
{
    private const int Callers = 64;
    private const int Connections = 2;

    private readonly GrpcChannel[] _ours = Channels(server.Url);
    private readonly GrpcChannel[] _bare = Channels(peer.Address.ToString());
    private Session[] _people = [];
    private long _wrong;

    public static async Task Run(Report report, BenchOptions options)
    {
        await using var peer = await HelloPeer.Start();
        // No limit on calls: the peer has none either. Everything else is the server as it starts without settings.
        await using var server = await ServerProcess.Start(
            ("Limits:CallsPerSecondPerAccount", "1000000"), ("Limits:CallsBurstPerAccount", "1000000"),
            ("Limits:CallsBurstPerAddress", "1000000"), ("Limits:CallsPerSecondPerAddress", "1000000"),
            ("Limits:SignInCallsPerMinutePerAddress", "1000000"));
        using var reads = new UnaryReads(server, peer);
        await reads.SignIn(options.Seed);
        report.Settings(("callers, accounts and grains", Callers), ("connections to each server", Connections));
        var closed = await reads.Closed(report, options);
        await reads.Open(report, options, closed * 0.5);
        report.Check("every answer was the caller's own", reads._wrong == 0, $"{reads._wrong} wrong");
    }

    public void Dispose()
    {
        foreach (var channel in _ours.Concat(_bare)) channel.Dispose();
    }

    /// <summary>Answers our median rate.</summary>
    private async Task<double> Closed(Report report, BenchOptions options)
    {
        var results = await Rounds.Interleave(options.Rounds,
        [
            new("bare hello", () => Load.Closed(Callers, options.StretchLength, Workers(peer.ProcessId), SayHello)),
            new("ours, GetAccount", () => Load.Closed(Callers, options.StretchLength, Workers(server.Id), GetAccount)),
        ], warmUpsMin: 12);
        report.Results($"Unary calls, {Callers} callers in a closed loop", results, "call");
        report.Ratio("hello_ratio", results[1].Over(results[0], s => s.PerSecond), "our rate over the bare server's");
        report.Ratio("hello_cpu_ratio", results[1].Over(results[0], s => s.CpuUs["server"]), "processor time of the servers, ours over the bare one's");
        report.Ratio("hello_total_cpu_ratio", results[1].Over(results[0], s => s.CpuUs.Values.Sum()), "the same with the callers' own");
        report.Ratio("hello_p99_ratio", results[1].Over(results[0], s => s.P99Ms), "p99 latency, lower is better");
        return results[1].Of(s => s.PerSecond).Median;
    }

    private async Task Open(Report report, BenchOptions options, double perSecond)
    {
        var results = await Rounds.Interleave(options.Rounds,
        [
            new("bare hello", () => Load.Open(perSecond, Callers, options.StretchLength, Workers(peer.ProcessId), SayHello)),
            new("ours, GetAccount", () => Load.Open(perSecond, Callers, options.StretchLength, Workers(server.Id), GetAccount)),
        ]);
        report.Results($"Unary calls, {perSecond:N0} a second on a schedule", results, "call");
        report.Ratio("open_loop_p99_ratio", results[1].Over(results[0], s => s.P99Ms), "p99 latency from the time due, lower is better");
        report.Ratio("fanout_p99_ratio", null, "streams are not part of this run");
    }

    private static Worker[] Workers(int serverId) => [Cpu.Of("server", serverId), Cpu.Self("callers")];

    private async Task SayHello(int caller)
    {
        var name = _people[caller].Account;
        var client = new HelloService.HelloServiceClient(_bare[caller % Connections]);
        var answer = await client.SayHelloAsync(new SayHelloRequest { Name = name });
        if (answer.Message.Length != "Hello ".Length + name.Length) Interlocked.Increment(ref _wrong);
    }

    private async Task GetAccount(int caller)
    {
        var person = _people[caller];
        var answer = await person.Accounts.GetAccountAsync(new GetAccountRequest(), person.Headers);
        if (answer.Account.Name != person.Account) Interlocked.Increment(ref _wrong);
    }

    /// <summary>Each caller is a person of their own, with a wallet and a session.</summary>
    private async Task SignIn(int seed)
    {
        var random = new Random(seed);
        _people = new Session[Callers];
        for (var caller = 0; caller < Callers; caller++)
        {
            var key = new byte[32];
            random.NextBytes(key);
            _people[caller] = await Session.SignIn(_ours[caller % Connections], new LocalSigner(key, DevelopmentKeys.ChainId));
        }
    }

    private static GrpcChannel[] Channels(string address) =>
        [.. Enumerable.Range(0, Connections).Select(_ => GrpcChannel.ForAddress(address, OwnConnection()))];

    private static GrpcChannelOptions OwnConnection() => new() { HttpHandler = new SocketsHttpHandler() };
}
