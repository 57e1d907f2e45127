using System.Text.Json;
using Braintrust.Chain;
using Braintrust.Testing;

namespace Braintrust.Embedded;

/// <summary>The deployment as operators meet it: the tool deploys once, and a server holds the chain to the file.</summary>
[Collection(ProcessCollection.Name)]
public sealed class DeploymentStartTests : IAsyncLifetime
{
    private static readonly TimeSpan Within = TimeSpan.FromSeconds(60);

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("braintrust-deployment-");
    private AnvilServer? _node;

    private string File => Path.Combine(_folder.FullName, "deployment.json");
    private string Settings => Path.Combine(_folder.FullName, "settings.json");

    public async Task InitializeAsync() => _node = await AnvilServer.Start();

    public async Task DisposeAsync()
    {
        await _node!.DisposeAsync();
        _folder.Delete(recursive: true);
    }

    [Fact]
    public async Task The_tool_deploys_a_plan_once_and_anybody_verifies_it()
    {
        using var chain = _node!.Connect();
        string[] deploy = ["deploy", "--plan", RepositoryRoot.File("contracts", "plan.example.json"), "--rpc", _node.Url.ToString(), "--out", File];
        var said = await Tool(deploy);
        Assert.Contains($"{DevelopmentKeys.Address(1)} holds no role", said, StringComparison.Ordinal);
        Assert.Matches(@"transactions, \d+ gas", said);
        var sent = await chain.GetNonce(DevelopmentKeys.Address(1), BlockId.Latest, CancellationToken.None);
        var written = await System.IO.File.ReadAllTextAsync(File);
        await Tool(deploy);
        Assert.Equal(sent, await chain.GetNonce(DevelopmentKeys.Address(1), BlockId.Latest, CancellationToken.None));
        Assert.Equal(written, await System.IO.File.ReadAllTextAsync(File));
        Assert.DoesNotContain(DevelopmentKeys.PrivateKeys[1][2..], written + await System.IO.File.ReadAllTextAsync(File + ".journal"), StringComparison.Ordinal);
        Assert.Contains("verification: 0 differences", await Tool("deployment", "verify", File, "--rpc", _node.Url.ToString()), StringComparison.Ordinal);

        await System.IO.File.WriteAllTextAsync(File, written.Replace("\"feeBps\": 1500", "\"feeBps\": 1501", StringComparison.Ordinal));
        var refused = await Assert.ThrowsAsync<InvalidOperationException>(() => Tool("deployment", "verify", File, "--rpc", _node.Url.ToString()));
        Assert.Contains("Policy at", refused.Message, StringComparison.Ordinal);
        await Assert.ThrowsAsync<InvalidOperationException>(() => Tool(deploy));
    }

    [Fact]
    public async Task A_server_runs_on_what_was_deployed_and_tells_when_it_is_not_that_any_more()
    {
        var file = await Develop();
        await using var server = await ServerProcess.Start(Followed());
        using var http = new HttpClient();
        await Ready(http, server, "deployment: Healthy as deployed");
        using var listed = JsonDocument.Parse(await http.GetStringAsync(server.HttpUrl + "/v1/policies/31337/contracts"));
        var told = listed.RootElement.GetProperty("contracts").EnumerateArray().ToDictionary(contract => contract.GetProperty("kind").GetString()!);
        Assert.Equal(file.Contracts.Select(contract => contract.Kind).Order(StringComparer.Ordinal), told.Keys.Order(StringComparer.Ordinal));
        Assert.All(file.Contracts, contract =>
        {
            var shown = told[contract.Kind];
            Assert.Equal(contract.CodeHash.ToString(), shown.GetProperty("codeHash").GetString());
            Assert.Equal(contract.CreationCodeHash.ToString(), shown.GetProperty("creationCodeHash").GetString());
            Assert.Equal("AUDIT_VERDICT_SELF_REVIEWED", shown.GetProperty("verdict").GetString());
            Assert.Equal("none", shown.GetProperty("records")[0].GetProperty("auditor").GetString());
        });
        var court = file.Contracts.Single(contract => contract.Kind == DeploymentKinds.Court);
        await _node!.Ask("anvil_setCode", court.Address.ToString(), "0x00");
        var unready = await Ready(http, server, "deployment: Unhealthy");
        Assert.Contains($"PanelCourt at {court.Address}: code hash should be {court.CodeHash}", unready, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_server_refuses_to_start_on_another_deployment_than_its_file_says()
    {
        var file = await Develop();
        var escrow = file.Contracts.Single(contract => contract.Kind == DeploymentKinds.Escrow);
        await using var server = new ServerProcess(Followed());
        var text = await System.IO.File.ReadAllTextAsync(File);
        await System.IO.File.WriteAllTextAsync(File, text.Replace(escrow.CodeHash.ToString(), Hash32.Keccak([1]).ToString(), StringComparison.Ordinal));
        var (code, said) = await server.Verb();
        Assert.Equal(1, code);
        Assert.Contains(
            $"WorkAgreements at {escrow.Address}: code hash should be {Hash32.Keccak([1])}, is {escrow.CodeHash}.", said, StringComparison.Ordinal);

        await System.IO.File.WriteAllTextAsync(File, text);
        await _node!.Ask("anvil_setCode", escrow.Address.ToString(), "0x00");
        (code, said) = await server.Verb();
        Assert.Equal(1, code);
        Assert.Contains($"code hash should be {escrow.CodeHash}", said, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("", "cannot be read")]
    [InlineData("{}", "cannot be read")]
    [InlineData(null, "There is no deployment file")]
    public async Task A_server_refuses_a_file_that_is_none(string? text, string told)
    {
        if (text is not null) await System.IO.File.WriteAllTextAsync(File, text);
        await using var server = new ServerProcess(Followed());
        var (code, said) = await server.Verb();
        Assert.Equal(1, code);
        Assert.Contains(told, said, StringComparison.Ordinal);
    }

    private (string, string)[] Followed() =>
    [
        ("Chains:0:ChainId", "31337"), ("Chains:0:RpcUrl", _node!.Url.ToString()), ("Chains:0:DeploymentFile", File),
        ("Health:DeploymentLookMs", "1000"),
    ];

    private async Task<DeploymentFile> Develop()
    {
        await Tool("deploy", "--development", "--rpc", _node!.Url.ToString(), "--out", File, "--settings", Settings);
        Assert.Contains(File, await System.IO.File.ReadAllTextAsync(Settings), StringComparison.Ordinal);
        return await DeploymentFile.Read(File, CancellationToken.None);
    }

    private static Task<string> Ready(HttpClient http, ServerProcess server, string wanted) => Eventually.Holds(
        async () => await (await http.GetAsync(server.HttpUrl + "/readyz")).Content.ReadAsStringAsync(),
        told => told.Contains(wanted, StringComparison.Ordinal), Within, wanted);

    private Task<string> Tool(params string[] arguments) => Command.Run(
        _folder.FullName, "dotnet", [BuiltProgram.Path("Braintrust.Cli", "braintrust"), .. arguments],
        new Dictionary<string, string> { ["BRAINTRUST_DEPLOYER_KEY"] = DevelopmentKeys.PrivateKeys[1] });
}
