using Braintrust.Api;
using Braintrust.Chain;
using Grpc.Core;
using Grpc.Health.V1;
using Grpc.Reflection.V1Alpha;

namespace Braintrust;

public sealed class HealthTests
{
    private const string OffChain = "braintrust.jobs.v1.JobsService";
    private const string OnChain = "braintrust.escrow.v1.EscrowService";

    private static readonly string[] Services =
        [.. Protoset.Files().SelectMany(file => file.Services).Select(service => service.FullName)];

    [Fact]
    public async Task A_server_that_follows_its_chain_is_alive_ready_and_serving()
    {
        await using var server = await ApiServer.Start();
        using var http = new HttpClient { BaseAddress = server.Http };

        Assert.Equal("ok", await http.GetStringAsync("/livez"));
        await Eventually.Does(async () => Assert.True((await TroubleTests.Ready(server)).Ok));
        foreach (var service in Services.Prepend(""))
            Assert.Equal((service, HealthCheckResponse.Types.ServingStatus.Serving), (service, await Check(server, service)));
        var unknown = await Assert.ThrowsAsync<RpcException>(() => Check(server, "braintrust.jobs.v1.Jobs"));
        Assert.Equal(StatusCode.NotFound, unknown.StatusCode);
    }

    [Fact]
    public async Task A_halted_chain_is_unready_but_people_still_sign_in()
    {
        await using var server = await ApiServer.Start();
        server.Log.Expect("is not followed any more");
        var chain = server.Source.Chain;
        for (var i = 0; i < 12; i++) chain.Mine();
        await Eventually.Does(async () =>
            Assert.Equal(chain.Head.Number, (await server.Chain.GetChainAsync(new() { Name = "chains/31337" })).Chain.HeadNumber));

        chain.Reorg(10, [[], [], [], [], [], [], [], [], [], [], []]);

        await Eventually.Does(async () => Assert.Contains("halted", (await TroubleTests.Ready(server)).Text));
        Assert.Contains("db chain resume 31337 --from BLOCK --why TEXT", (await TroubleTests.Ready(server)).Text);
        Assert.NotEmpty((await server.Chain.GetChainAsync(new() { Name = "chains/31337" })).Chain.Halted);
        Assert.Equal(HealthCheckResponse.Types.ServingStatus.NotServing, await Check(server, OnChain));
        Assert.Equal(HealthCheckResponse.Types.ServingStatus.Serving, await Check(server, OffChain));
        await server.SignIn(DevelopmentKeys.Signer(0));
    }

    [Fact]
    public async Task Reflection_lists_what_is_served_and_can_be_switched_off()
    {
        await using (var server = await ApiServer.Start()) Assert.Superset(Services.ToHashSet(), await List(server));

        await using var closed = await ApiServer.Start(["Listen:Reflection=false"]);
        Assert.Equal(StatusCode.Unimplemented, (await Assert.ThrowsAsync<RpcException>(() => List(closed))).StatusCode);
    }

    private static async Task<HealthCheckResponse.Types.ServingStatus> Check(ApiServer server, string service) =>
        (await new Health.HealthClient(server.Channel).CheckAsync(new() { Service = service })).Status;

    private static async Task<ISet<string>> List(ApiServer server)
    {
        using var call = new ServerReflection.ServerReflectionClient(server.Channel).ServerReflectionInfo();
        await call.RequestStream.WriteAsync(new() { ListServices = "" });
        Assert.True(await call.ResponseStream.MoveNext(CancellationToken.None));
        await call.RequestStream.CompleteAsync();
        return call.ResponseStream.Current.ListServicesResponse.Service.Select(service => service.Name).ToHashSet();
    }
}
