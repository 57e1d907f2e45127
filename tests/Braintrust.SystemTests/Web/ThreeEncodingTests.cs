using System.Text.Json;
using Braintrust.Accounts;
using Braintrust.Testing;
using Google.Protobuf;
using Google.Protobuf.Reflection;
using Google.Protobuf.WellKnownTypes;
using Google.Rpc;
using Grpc.Core;
using V1 = Braintrust.Api.Chain.V1;

namespace Braintrust.Web;

/// <summary>The same calls as native gRPC, as gRPC-Web from a browser, and as JSON by curl.</summary>
[Collection(WebCollection.Name)]
public sealed class ThreeEncodingTests(WebFixture web)
{
    /// <summary>The first number that a double cannot hold.</summary>
    private const ulong Wide = (1UL << 53) + 1;

    private static readonly JsonParser Json = new(JsonParser.Settings.Default
        .WithTypeRegistry(TypeRegistry.FromFiles(ErrorDetailsReflection.Descriptor)));

    /// <summary>What came back: an answer, and how three calls were refused.</summary>
    private sealed record Told(V1.GetOperationResponse Answer, Google.Rpc.Status Missing, Google.Rpc.Status Malformed, Google.Rpc.Status Unsigned);

    [Fact]
    public async Task The_same_calls_are_answered_and_refused_alike_in_three_encodings()
    {
        var person = await web.SignIn("Caller", 5);
        var name = await Follow(person);

        var native = await Native(person, name);
        var browser = await Browser(person, name);
        var curl = await Curl(person, name);

        Assert.Equal(Wide, native.Answer.Operation.Nonce);
        Assert.Equal("NOT_FOUND", native.Missing.GetDetail<ErrorInfo>()!.Reason);
        Assert.Equal("request_id", Assert.Single(native.Malformed.GetDetail<BadRequest>()!.FieldViolations).Field);
        Assert.Equal("UNAUTHENTICATED", native.Unsigned.GetDetail<ErrorInfo>()!.Reason);
        Assert.Equal(native, browser);
        Assert.Equal(native, curl);
    }

    private async Task<string> Follow(Person person)
    {
        var request = new V1.FollowTransactionRequest
        {
            RequestId = Guid.NewGuid().ToString(), ChainId = web.Node.ChainId, Sender = person.Address.ToString(), Nonce = Wide,
            TransactionHash = Hash32.Keccak("a transaction that nobody sent"u8).ToString(),
        };
        return (await person.Call(options => web.Link.Chains.FollowTransactionAsync(request, options), CancellationToken.None)).Operation.Name;
    }

    private async Task<Told> Native(Person person, string name)
    {
        var chains = web.Link.Chains;
        return new Told(
            await chains.GetOperationAsync(new() { Name = name }, person.Headers),
            await Refused(chains.GetChainAsync(new() { Name = "chains/1" })),
            await Refused(chains.FollowTransactionAsync(new() { RequestId = "no uuid" }, person.Headers)),
            await Refused(chains.GetOperationAsync(new() { Name = name })));

        static async Task<Google.Rpc.Status> Refused<T>(AsyncUnaryCall<T> call) =>
            (await Assert.ThrowsAsync<RpcException>(async () => await call)).GetRpcStatus()!;
    }

    private async Task<Told> Browser(Person person, string name)
    {
        await using var page = await web.Open("encodings.html", ("name", name), ("token", Token(person)));
        var told = JsonDocument.Parse(await page.Shows("unsigned")).RootElement;
        return new Told(
            Json.Parse<V1.GetOperationResponse>(told.GetProperty("answer").GetRawText()),
            Status("missing"), Status("malformed"), Status("unsigned"));

        Google.Rpc.Status Status(string refusal)
        {
            var error = told.GetProperty(refusal);
            return new Google.Rpc.Status
            {
                Code = error.GetProperty("code").GetInt32(), Message = error.GetProperty("message").GetString(),
                Details =
                {
                    error.GetProperty("details").EnumerateArray().Select(detail => new Any
                    {
                        TypeUrl = "type.googleapis.com/" + detail.GetProperty("type").GetString(),
                        Value = ByteString.FromBase64(detail.GetProperty("value").GetString()),
                    }),
                },
            };
        }
    }

    private async Task<Told> Curl(Person person, string name)
    {
        string[] signedIn = ["-H", $"authorization: Bearer {Token(person)}"];
        return new Told(
            await Call<V1.GetOperationResponse>(200, [$"/v1/{name}", .. signedIn]),
            await Call<Google.Rpc.Status>(404, ["/v1/chains/1"]),
            await Call<Google.Rpc.Status>(400, ["/v1/operations:followTransaction", "-d", "{\"requestId\":\"no uuid\"}", "-H", "content-type: application/json", .. signedIn]),
            await Call<Google.Rpc.Status>(401, [$"/v1/{name}"]));

        async Task<T> Call<T>(int status, string[] call) where T : IMessage, new()
        {
            var output = await Command.Run(".", "curl", ["-s", "-w", "\n%{http_code}", web.Server.HttpUrl + call[0], .. call[1..]]);
            var end = output.LastIndexOf('\n');
            Assert.Equal($"{status}", output[(end + 1)..]);
            return Json.Parse<T>(output[..end]);
        }
    }

    private static string Token(Person person) => person.Headers.GetValue("authorization")!["Bearer ".Length..];
}
