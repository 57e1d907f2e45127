using System.Reflection;
using Grpc.Core;
using Microsoft.Extensions.DependencyInjection;

namespace Braintrust;

/// <summary>A process without grains has everything that its front end is made of.</summary>
public sealed class GatewayTests
{
    private static readonly string[] Cluster =
    [
        "--Cluster:Role=Gateway", "--Storage:Engine=PostgreSql", "--Storage:ConnectionString=Host=127.0.0.1;Port=1;Database=none",
        "--Chains:0:ChainId=31337", "--Chains:0:RpcUrl=http://127.0.0.1:1", "--Listen:HttpPort=0", "--Listen:GrpcPort=0",
    ];

    public static TheoryData<Type> Services => [.. typeof(BraintrustHost).Assembly.GetTypes().Where(type =>
        !type.IsAbstract && type.BaseType?.GetCustomAttribute<BindServiceMethodAttribute>() is not null)];

    [Theory, MemberData(nameof(Services))]
    public async Task Every_service_can_be_made_in_a_gateway(Type service)
    {
        await using var gateway = BraintrustHost.Build(Cluster);
        Assert.NotNull(ActivatorUtilities.CreateInstance(gateway.Services, service));
    }

    [Theory]
    [InlineData("Storage:Engine=Sqlite", "Cluster:Role is Gateway: it needs the silos of a cluster")]
    [InlineData("Cluster:ClientResponseTimeoutMs=2000", "Cluster:ClientResponseTimeoutMs is 2000: it must be more than half of Grains:ResponseTimeoutMs (4000 milliseconds)")]
    [InlineData("Cluster:Role=Bridge", "Cluster:")]
    [InlineData("Cluster:AdvertisedAddress=a b", "Cluster:AdvertisedAddress is 'a b': it must be an IP address or a host name (default 127.0.0.1).")]
    [InlineData("Operator:DashboardPort=70000", "Operator:DashboardPort is 70000: it must be 0 to 65535 (a TCP port, 0 for none) (default 0).")]
    public void A_setting_that_a_gateway_cannot_use_is_named(string setting, string complaint) =>
        Assert.Contains(complaint, Assert.Throws<SettingsException>(() => BraintrustHost.Build([.. Cluster, "--" + setting])).Message);
}
