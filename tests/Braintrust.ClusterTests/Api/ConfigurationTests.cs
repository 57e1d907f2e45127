using Microsoft.Extensions.Configuration;

namespace Braintrust;

public sealed class ConfigurationTests
{
    [Fact]
    public void Without_any_setting_everything_is_embedded()
    {
        var options = Read();

        Assert.False(options.IsCluster);
        Assert.True(options.UsesEmbeddedChain);
        Assert.Equal((8080, 8081), (options.Listen.HttpPort, options.Listen.GrpcPort));
    }

    [Theory]
    [InlineData("Listen:HttpPort", "70000", "Listen:HttpPort is 70000: it must be 0 to 65535 (a TCP port, 0 for a free one) (default 8080).")]
    [InlineData("Listen:Address", "here", "Listen:Address is 'here': it must be an IP address (default 127.0.0.1).")]
    [InlineData("Listen:HttpPort", "8081", "Listen:HttpPort and GrpcPort are the same")]
    [InlineData("Listen:TrustedProxies:0", "10.0.0.7", "Listen:TrustedProxies:0 is '10.0.0.7': it must be a network such as 10.0.0.0/8 or 192.0.2.7/32 (default: none).")]
    [InlineData("Watch:HeartbeatMs", "15001", "Watch:HeartbeatMs is 15001: it must be 100 to 15000 milliseconds (default 10000).")]
    [InlineData("Limits:ReceiveBytesMax", "1", "Limits:ReceiveBytesMax is 1: it must be 163840 to 16777216 bytes (default 262144).")]
    [InlineData("SignIn:Domain", "a b", "SignIn:Domain is 'a b': it must be a host with an optional port (default localhost:8080).")]
    [InlineData("SignIn:Uri", "http://other", "SignIn:Uri is 'http://other': it must be a URI on Domain")]
    [InlineData("Browser:Origins:0", "https://app.example/", "Browser:Origins:0 is 'https://app.example/': it must be * or a scheme, a host")]
    [InlineData("Cluster:ProbeTimeoutMs", "0", "Cluster:ProbeTimeoutMs is 0: it must be 100 to 60000 milliseconds (default 1000).")]
    [InlineData("Storage:Engine", "PostgreSql", "Chains: a cluster on PostgreSQL needs the node it follows")]
    [InlineData("Storage:Engine", "Oracle", "Storage:")]
    [InlineData("Chains:0:RpcUrl", "https://node.example/key", "Chains:0:ChainId is 0")]
    [InlineData("Chains:0:RpcUrl", "ftp://node.example/key", "Chains:0:RpcUrl is 'ftp://node.example/***'")]
    [InlineData("Chains:0:Contracts:0:Kind", "WorkAgreements", "Chains:0:Contracts:0:Address is ''")]
    [InlineData("Chains:0:AnchorPrivateKey", "0x12", "Chains:0:AnchorPrivateKey: A private key is 0x and 64 hexadecimal digits.")]
    [InlineData("Chains:0:AnchorIntervalMs", "-1", "Chains:0:AnchorIntervalMs is -1: it must be 0 to 86400000 milliseconds (default 600000).")]
    [InlineData("Health:DeploymentLookMs", "999", "Health:DeploymentLookMs is 999: it must be 1000 to 3600000 milliseconds (default 30000).")]
    [InlineData("Limits:RecieveBytesMax", "1", "Limits:")]
    [InlineData("Limts:ReceiveBytesMax", "1", "Limts: there is no such section.")]
    [InlineData("Grains:TailIntervalMs", "1", "Grains:TailIntervalMs is 1")]
    [InlineData("Jobs:Reviewers:0", "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92265", "Jobs:Reviewers:0 is '0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92265': it must be 0x and 40 hexadecimal digits with a right EIP-55 checksum (default nobody;")]
    [InlineData("Jobs:Reviewers:0", "", "Jobs:Reviewers:0 is ''")]
    [InlineData("Jobs:Reviewers", "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266", "Jobs:")]
    public void A_setting_that_cannot_be_used_is_named_with_its_unit_and_default(string key, string value, string complaint) =>
        Assert.Contains(complaint, Assert.Throws<SettingsException>(() => Read((key, value))).Message);

    [Fact]
    public void Too_many_reviewers_are_refused()
    {
        var named = Enumerable.Range(0, 101).Select(i => ($"Jobs:Reviewers:{i}", $"0x{i:x40}"));
        var refused = Assert.Throws<SettingsException>(() => Read(named));
        Assert.Contains("Jobs:Reviewers are 101: at most 100 wallets (default nobody;", refused.Message);
    }

    [Fact]
    public void Contracts_are_named_by_a_deployment_file_or_one_by_one() =>
        Assert.Contains(
            "Chains:0:DeploymentFile names the contracts already",
            Assert.Throws<SettingsException>(() => Read(
                ("Chains:0:ChainId", "1"), ("Chains:0:RpcUrl", "http://node.example"), ("Chains:0:DeploymentFile", "deployment.json"),
                ("Chains:0:Contracts:0:Kind", "Policy"), ("Chains:0:Contracts:0:Address", "0x5FbDB2315678afecb367f032d93F642f64180aa3"))).Message);

    [Fact]
    public void Every_bad_setting_is_told_at_once() =>
        Assert.Equal(2, Assert.Throws<SettingsException>(() => Read(("Listen:HttpPort", "-1"), ("Health:LagBlocksMax", "0"))).Problems.Count);

    [Theory]
    [InlineData(null, true, "http://localhost:5173", true)]
    [InlineData(null, true, "http://127.0.0.1:4000", true)]
    [InlineData(null, true, "http://localhost.example", false)]
    [InlineData(null, true, "null", false)]
    [InlineData(null, false, "http://localhost:5173", false)]
    [InlineData("https://app.example", true, "http://localhost:5173", false)]
    [InlineData("https://app.example", false, "https://app.example", true)]
    [InlineData("https://app.example", false, "https://app.example:444", false)]
    [InlineData("*", false, "https://any.example", true)]
    public void Pages_are_allowed_by_list_and_pages_of_this_machine_in_development(string? listed, bool embedded, string origin, bool allowed) =>
        Assert.Equal(allowed, new BrowserOptions { Origins = listed is null ? null : [listed] }.Allows(origin, embedded));

    [Fact]
    public void What_is_in_force_is_printed_without_secrets()
    {
        var lines = Read(
            ("Storage:Engine", "PostgreSql"), ("Storage:ConnectionString", "Host=db;Username=me;Password=hunter2;Database=x"),
            ("Chains:0:ChainId", "1"), ("Chains:0:RpcUrl", "https://user:hunter2@node.example/v3/hunter2?key=hunter2"),
            ("Chains:0:WebSocketUrl", "wss://node.example/hunter2"),
            ("Chains:0:FallbackRpcUrls:0", "https://other.example/hunter2")).Describe().ToArray();

        Assert.DoesNotContain(lines, line => line.Contains("hunter2", StringComparison.Ordinal));
        Assert.Contains("Storage:ConnectionString = Host=db;Username=me;Password=***;Database=x", lines);
        Assert.Contains("Chains:0:RpcUrl = https://node.example/***", lines);
        Assert.Contains("Chains:0:FallbackRpcUrls:0 = https://other.example/***", lines);
        Assert.Contains("Listen:HttpPort = 8080", lines);
        Assert.Contains("Watch:HeartbeatMs = 10000", lines);
    }

    private static ServerOptions Read(params IEnumerable<(string Key, string Value)> settings) => ServerOptions.Read(
        new ConfigurationBuilder().AddInMemoryCollection(settings.ToDictionary(pair => pair.Key, pair => (string?)pair.Value)).Build());
}
