using System.Reflection;
using Braintrust.Chain;
using Braintrust.Documents;
using Braintrust.Security;
using Braintrust.Storage;
using Braintrust.Watch;
using Grpc.Core;
using V1 = Braintrust.Api.Server.V1;

namespace Braintrust;

public sealed class ServerService(ChainViews views, IFollowedChains chains, LimitOptions limits) : V1.ServerService.ServerServiceBase
{
    private static readonly string Version =
        typeof(ServerService).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion;

    public override async Task<V1.GetServerInfoResponse> GetServerInfo(V1.GetServerInfoRequest request, ServerCallContext context)
    {
        var server = new V1.ServerInfo { Version = Version, Limits = Limits() };
        foreach (var chain in chains.All) server.Chains.Add(await views.Read(chain, context.CancellationToken));
        return new() { Server = server };
    }

    private V1.Limits Limits() => new()
    {
        RequestBytesMax = (uint)limits.ReceiveBytesMax,
        DocumentBytesMax = DocumentRules.ContentBytesMax,
        MetadataBytesMax = (uint)limits.MetadataBytesMax,
        StreamsMax = (uint)limits.StreamsPerPrincipalMax,
        WatchSubjectsMax = WatchOptions.SubjectsMax,
        PageSizeMax = ListingQuery.PageSizeMax,
        AccountCallsPerSecond = (uint)limits.CallsPerSecondPerAccount,
        AccountCallsBurst = (uint)limits.CallsBurstPerAccount,
        AddressCallsPerSecond = (uint)limits.CallsPerSecondPerAddress,
        AddressCallsBurst = (uint)limits.CallsBurstPerAddress,
        SignInCallsPerMinute = (uint)limits.SignInCallsPerMinutePerAddress,
    };
}
