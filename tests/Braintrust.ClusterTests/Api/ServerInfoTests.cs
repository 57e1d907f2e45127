using Braintrust.Documents;
using Braintrust.Security;
using V1 = Braintrust.Api.Server.V1;

namespace Braintrust;

public sealed class ServerInfoTests(ApiFixture fixture) : IClassFixture<ApiFixture>, IDisposable
{
    private readonly ApiServer _server = fixture.Server;

    public void Dispose() => _server.Log.AssertNone();

    [Fact]
    public async Task A_client_learns_version_chains_contracts_and_limits_in_one_call_without_a_session()
    {
        var told = (await new V1.ServerService.ServerServiceClient(_server.Channel).GetServerInfoAsync(new())).Server;

        Assert.Matches(@"^[0-9]+\.[0-9]+\.[0-9]+", told.Version);
        var chain = Assert.Single(told.Chains);
        Assert.Equal(ScriptedSource.ChainId, chain.ChainId);
        Assert.Equal((await _server.Chain.GetChainAsync(new() { Name = chain.Name })).Chain.Contracts, chain.Contracts);
        Assert.Contains(chain.Contracts, contract => contract.Kind == "WorkAgreements");
        Assert.Equal((uint)DocumentRules.ContentBytesMax, told.Limits.DocumentBytesMax);
        foreach (var field in V1.Limits.Descriptor.Fields.InDeclarationOrder())
            Assert.True((uint)field.Accessor.GetValue(told.Limits) > 0, field.Name);
    }

    [Fact]
    public async Task The_limits_are_those_in_force()
    {
        await using var server = await ApiServer.Start(["Limits:CallsPerSecondPerAccount=7", "Limits:StreamsPerPrincipalMax=3"]);

        var limits = (await new V1.ServerService.ServerServiceClient(server.Channel).GetServerInfoAsync(new())).Server.Limits;

        Assert.Equal((7u, 3u), (limits.AccountCallsPerSecond, limits.StreamsMax));
        Assert.Equal((uint)new LimitOptions().ReceiveBytesMax, limits.RequestBytesMax);
    }
}
