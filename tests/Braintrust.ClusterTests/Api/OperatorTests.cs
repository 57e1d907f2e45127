using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using System.Net;
using System.Net.Sockets;
using Braintrust.Chain;
using Grpc.Core;
using Microsoft.Extensions.DependencyInjection;

namespace Braintrust;

/// <summary>What operators see: figures under their standard names, and the dashboard where nobody else sees it.</summary>
public sealed class OperatorTests
{
    [Fact]
    public async Task Calls_streams_and_the_ledger_are_measured_under_their_standard_names()
    {
        await using var server = await ApiServer.Start();
        using var figures = new Figures(server.Services);
        var person = await server.SignIn(DevelopmentKeys.Signer(0));
        using var stream = StreamReader.Open(server, person, ["accounts/me"]);
        await stream.Snapshot();
        await Assert.ThrowsAsync<RpcException>(async () => await server.Chain.GetChainAsync(new() { Name = "chains/1" }));

        await Eventually.Does(() =>
        {
            figures.Read();
            Assert.Contains(("rpc.server.call.duration", "braintrust.accounts.v1.AccountsService/SignIn", "OK"), figures.Calls);
            Assert.Contains(("rpc.server.call.duration", "braintrust.chain.v1.ChainService/GetChain", "NOT_FOUND"), figures.Calls);
            Assert.Equal(1, figures.Values.GetValueOrDefault("braintrust.watch.streams"));
            Assert.Equal(1, figures.Values.GetValueOrDefault("braintrust.watch.subjects"));
            Assert.Equal(0, figures.Values.GetValueOrDefault("braintrust.chain.lag", -1));
            Assert.Contains("braintrust.ledger.position", figures.Values.Keys);
            Assert.Equal(["agreements", "credits", "disputes", "reputation", "totals"], figures.Projections.Distinct().Order());
            return Task.CompletedTask;
        });
    }

    [Fact]
    public async Task The_depth_of_a_reorganisation_is_measured()
    {
        await using var server = await ApiServer.Start();
        using var figures = new Figures(server.Services);
        var chain = server.Source.Chain;
        for (var i = 0; i < 6; i++) chain.Mine();
        await Eventually.Does(async () =>
            Assert.Equal(chain.Head.Number, (await server.Chain.GetChainAsync(new() { Name = "chains/31337" })).Chain.HeadNumber));

        chain.Reorg(2, [[], [], []]);

        await Eventually.Does(() =>
        {
            Assert.Equal(2, figures.Values.GetValueOrDefault("braintrust.chain.reorg.depth"));
            return Task.CompletedTask;
        });
    }

    [Fact]
    public async Task The_dashboard_is_on_its_own_loopback_port_and_nowhere_else()
    {
        var port = FreePort();
        await using var server = await ApiServer.Start([$"Operator:DashboardPort={port}"]);
        var operators = new Uri($"http://127.0.0.1:{port}");

        Assert.Equal(HttpStatusCode.OK, await Get(new Uri(operators, "/dashboard/")));
        Assert.Equal(HttpStatusCode.NotFound, await Get(new Uri(operators, "/dashboard/"), host: "elsewhere.example"));
        Assert.Equal(HttpStatusCode.NotFound, await Get(new Uri(operators, "/livez")));
        Assert.Equal(HttpStatusCode.NotFound, await Get(new Uri(server.Http, "/dashboard/")));
        Assert.Equal(HttpStatusCode.OK, await Get(new Uri(server.Http, "/livez")));
    }

    [Fact]
    public async Task Without_a_port_there_is_no_dashboard()
    {
        await using var server = await ApiServer.Start();
        Assert.Equal(HttpStatusCode.NotFound, await Get(new Uri(server.Http, "/dashboard/")));
    }

    private static async Task<HttpStatusCode> Get(Uri address, string? host = null)
    {
        using var http = new HttpClient();
        using var request = new HttpRequestMessage(HttpMethod.Get, address);
        request.Headers.Host = host;
        using var answer = await http.SendAsync(request);
        return answer.StatusCode;
    }

    private static int FreePort()
    {
        using var probe = new TcpListener(IPAddress.Loopback, 0);
        probe.Start();
        return ((IPEndPoint)probe.LocalEndpoint).Port;
    }

    /// <summary>Listens to the meters of one server, whatever other tests run in this process.</summary>
    private sealed class Figures : IDisposable
    {
        private readonly MeterListener _listener = new();

        public Figures(IServiceProvider services)
        {
            var factory = services.GetRequiredService<IMeterFactory>();
            _listener.InstrumentPublished = (instrument, listener) =>
            {
                if (ReferenceEquals(instrument.Meter.Scope, factory) && instrument.Meter.Name.StartsWith("Braintrust.", StringComparison.Ordinal))
                    listener.EnableMeasurementEvents(instrument);
            };
            _listener.SetMeasurementEventCallback<int>((instrument, value, _, _) => Values[instrument.Name] = value);
            _listener.SetMeasurementEventCallback<long>((instrument, value, _, _) => Values[instrument.Name] = value);
            _listener.SetMeasurementEventCallback<double>((instrument, _, tags, _) =>
            {
                if (instrument.Name == "braintrust.projection.lag") Projections.Add(Tag(tags, "braintrust.projection.name"));
                else Calls.Add((instrument.Name, Tag(tags, "rpc.method"), Tag(tags, "rpc.response.status_code")));
            });
            _listener.Start();
        }

        public ConcurrentDictionary<string, long> Values { get; } = new();

        public ConcurrentBag<(string Name, string? Method, string? Status)> Calls { get; } = [];

        /// <summary>Projections whose lag is measured.</summary>
        public ConcurrentBag<string?> Projections { get; } = [];

        public void Read() => _listener.RecordObservableInstruments();

        public void Dispose() => _listener.Dispose();

        private static string? Tag(ReadOnlySpan<KeyValuePair<string, object?>> tags, string name)
        {
            foreach (var tag in tags)
                if (tag.Key == name) return tag.Value as string;
            return null;
        }
    }
}
