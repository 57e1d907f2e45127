using Braintrust.Api.Chain.V1;
using Braintrust.Chain;
using Braintrust.Testing;
using Grpc.Net.Client;

namespace Braintrust.Embedded;

/// <summary>The development chain of a server that runs as users run it.</summary>
[Collection(ProcessCollection.Name)]
public sealed class EmbeddedChainTests
{
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task The_first_start_deploys_and_a_restart_keeps_the_contracts()
    {
        await using var server = await ServerProcess.Start();
        var first = await Followed(server);
        Assert.Equal(
            [
                "BraintrustToken", "DevelopmentDollar", "PanelCourt", "Policy", "Reputation", "TimelockController", "WorkAgreements",
            ],
            first.Contracts.Select(contract => contract.Kind).Order(StringComparer.Ordinal));
        var node = server.NodeId!.Value;

        Assert.Equal(0, await server.Terminate());
        Assert.Null(server.NodeId);
        Assert.False(Signals.IsAlive(node), "SIGTERM left the node running");

        await server.Start();
        Assert.Equal(first.Contracts, (await Followed(server)).Contracts);
        Assert.DoesNotContain("Deployed", server.Log);
    }

    [Fact]
    public async Task A_node_that_outlived_its_killed_server_is_adopted()
    {
        await using var server = await ServerProcess.Start();
        var node = server.NodeId;
        await server.Kill();
        Assert.True(Signals.IsAlive(node!.Value));

        await server.Start();
        Assert.Equal(node, server.NodeId);
        Assert.Contains("Adopted", server.Log);
        Assert.Equal(0, await server.Terminate());
        Assert.False(Signals.IsAlive(node.Value), "the adopted node was left running");
    }

    [Fact]
    public async Task A_node_that_died_comes_back_under_its_running_server()
    {
        await using var server = await ServerProcess.Start();
        var (node, before) = (server.NodeId!.Value, await Followed(server));
        Signals.Kill(node);
        await Eventually.Holds(() => Task.FromResult(server.NodeId), id => id != node && id is not null, Soon, "another node");
        var after = await Eventually.Holds(
            () => Followed(server), chain => chain.Trouble.Length == 0 && chain.NodeHeadNumber >= before.FinalNumber, Soon, "the chain");
        Assert.Equal(before.Contracts, after.Contracts);
    }

    [Fact]
    public async Task A_state_file_cut_off_by_a_kill_is_replaced_by_its_last_whole_copy()
    {
        await using var server = await ServerProcess.Start();
        var contracts = (await Followed(server)).Contracts;
        var kept = Path.Combine(server.ChainFolder, "state.kept.json");
        await KillBoth(server);
        await using (var state = File.OpenWrite(Path.Combine(server.ChainFolder, "state.json"))) state.SetLength(state.Length / 2);

        await server.Start();
        Assert.Contains("cut off", server.Log);
        Assert.Equal(contracts, (await Followed(server)).Contracts);
    }

    [Fact]
    public async Task A_chain_that_was_lost_altogether_is_forgotten_and_deployed_anew()
    {
        await using var server = await ServerProcess.Start();
        await KillBoth(server);
        foreach (var state in Directory.GetFiles(server.ChainFolder, "state*.json")) File.Delete(state);

        await server.Start();
        Assert.Contains("Forgetting", server.Log);
        Assert.Contains("Deployed WorkAgreements", server.Log);
        await Eventually.Holds(() => Followed(server), chain => chain.HeadNumber >= 3 && chain.Halted.Length == 0, Soon, "the new chain");
    }

    [Fact]
    public async Task A_second_server_on_the_same_folder_is_refused_with_advice()
    {
        await using var server = await ServerProcess.Start();
        var other = new ServerProcess(("Embedded:DirectoryPath", server.ChainFolder));
        await using (other)
        {
            var refused = await Assert.ThrowsAsync<InvalidOperationException>(other.Start);
            Assert.Contains("set Embedded:DirectoryPath", refused.Message);
        }
    }

    [Fact]
    public async Task A_missing_anvil_is_told_with_advice()
    {
        await using var server = new ServerProcess(("Embedded:AnvilPath", "/nowhere/anvil"));
        var refused = await Assert.ThrowsAsync<InvalidOperationException>(server.Start);
        Assert.Contains("Embedded:AnvilPath names /nowhere/anvil", refused.Message);
    }

    [Fact]
    public async Task An_anvil_that_ends_at_once_is_told_though_it_said_nothing()
    {
        await using var server = new ServerProcess(("Embedded:AnvilPath", "/bin/false"));
        var refused = await Assert.ThrowsAsync<InvalidOperationException>(server.Start);
        Assert.Contains("anvil ended at once", refused.Message);
    }

    private static async Task KillBoth(ServerProcess server)
    {
        var node = server.NodeId!.Value;
        await server.Kill();
        Signals.Kill(node);
        await Eventually.Holds(() => Task.FromResult(Signals.IsAlive(node)), alive => !alive, Soon, "the node's end");
    }

    private static async Task<Api.Chain.V1.Chain> Followed(ServerProcess server)
    {
        using var channel = GrpcChannel.ForAddress(server.Url);
        return (await new ChainService.ChainServiceClient(channel).ListChainsAsync(new ListChainsRequest())).Chains[0];
    }
}
