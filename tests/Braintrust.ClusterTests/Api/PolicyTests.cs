using Braintrust.Api;
using Braintrust.Api.Primitives.V1;
using Braintrust.Security;
using Google.Protobuf;
using Google.Protobuf.Reflection;
using Grpc.AspNetCore.Server;
using Grpc.Core;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace Braintrust;

public sealed class PolicyTests(ApiFixture fixture) : IClassFixture<ApiFixture>, IDisposable
{
    private static readonly MethodDescriptor[] Ours =
        [.. Protoset.Files().SelectMany(file => file.Services).SelectMany(service => service.Methods)];

    private readonly ApiServer _server = fixture.Server;

    public void Dispose() => _server.Log.AssertNone();

    public static TheoryData<string> SignedInMethods =>
        new(RpcPolicy.Rules.Where(rule => rule.Value.Access == Access.SignedIn).Select(rule => rule.Key));

    [Fact]
    public void Every_method_that_is_served_has_a_rule_and_every_rule_a_method()
    {
        var served = _server.Services.GetServices<EndpointDataSource>().SelectMany(source => source.Endpoints)
            .Select(endpoint => endpoint.Metadata.GetMetadata<GrpcMethodMetadata>()?.Method.FullName).OfType<string>();

        Assert.Equal(RpcPolicy.Rules.Keys.Order(), served.Distinct().Order());
    }

    [Fact]
    public void Every_method_of_our_protos_is_served()
    {
        Assert.NotEmpty(Ours);
        Assert.All(Ours, method => Assert.NotNull(RpcPolicy.Find($"/{method.Service.FullName}/{method.Name}")));
        Assert.Equal(Ours.Select(method => method.Service.FullName).Distinct().Order(), RpcPolicy.Services.Order());
    }

    [Fact]
    public void Every_mutation_carries_a_request_id_or_can_be_repeated_by_its_nature()
    {
        string[] repeatable = ["CreateSignInMessage", "SignIn", "SignOut"];
        foreach (var method in Ours)
        {
            var mutates = RpcPolicy.Find($"/{method.Service.FullName}/{method.Name}")!.Mutates;
            var hasId = method.InputType.FindFieldByName("request_id") is not null;
            Assert.True(hasId == (mutates && !repeatable.Contains(method.Name)), method.FullName);
        }
    }

    [Theory]
    [MemberData(nameof(SignedInMethods))]
    public async Task Without_a_session_a_signed_in_method_is_refused(string method)
    {
        await Refused(method, [], ErrorReason.Unauthenticated);
        await Refused(method, new() { { "authorization", "Bearer " } }, ErrorReason.Unauthenticated);
        await Refused(method, new() { { "authorization", "Basic YTpi" } }, ErrorReason.Unauthenticated);
        await Refused(method, new() { { "authorization", "Bearer " + SessionToken.New() } }, ErrorReason.Unauthenticated);
    }

    [Fact]
    public async Task A_method_that_is_not_there_is_unimplemented()
    {
        var error = await Assert.ThrowsAsync<RpcException>(() => Call("/braintrust.accounts.v1.AccountsService/Become", []));

        Assert.Equal(StatusCode.Unimplemented, error.StatusCode);
    }

    private Task Refused(string method, Metadata headers, ErrorReason reason) =>
        Rpc.Refused(() => Call(method, headers), StatusCode.Unauthenticated, reason);

    /// <summary>Calls by name with an empty message; a stream is read to its end.</summary>
    private async Task Call(string fullName, Metadata headers)
    {
        var (service, name) = (fullName.Split('/')[1], fullName.Split('/')[2]);
        var bytes = Marshallers.Create<byte[]>(message => message, message => message);
        var method = new Method<byte[], byte[]>(MethodType.ServerStreaming, service, name, bytes, bytes);
        using var call = _server.Channel.CreateCallInvoker().AsyncServerStreamingCall(
            method, null, new CallOptions(headers, DateTime.UtcNow + ApiServer.WaitMax), []);
        while (await call.ResponseStream.MoveNext(CancellationToken.None))
        {
        }
    }
}
