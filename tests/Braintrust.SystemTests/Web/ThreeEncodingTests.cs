using System.Text.Json;
using Braintrust.Accounts;
using Braintrust.Testing;
using Google.Protobuf;
using Google.Protobuf.Reflection;
using Google.Protobuf.WellKnownTypes;
using Google.Rpc;
using Grpc.Core;
using Grpc.Net.Client;

namespace Braintrust.Web;

/// <summary>The same calls as native gRPC, as gRPC-Web from a browser, and as JSON by curl.</summary>
[Collection(WebCollection.Name)]
public sealed class ThreeEncodingTests(WebFixture web)
{
    private static readonly TypeRegistry Details = TypeRegistry.FromFiles(ErrorDetailsReflection.Descriptor);
    private static readonly JsonParser Parser = new(JsonParser.Settings.Default.WithTypeRegistry(Details));
    private static readonly JsonFormatter Formatter = new(JsonFormatter.Settings.Default.WithTypeRegistry(Details));

    [Fact]
    public async Task Every_service_answers_alike_in_three_encodings_with_wide_numbers_whole()
    {
        var story = await EncodedStory.Play(web);
        Assert.Equal(
            EncodedCall.Methods.Select(method => method.Service.FullName).Distinct().Order(),
            story.Calls.Select(call => call.Method.Service.FullName).Distinct().Order());

        var told = await Alike(story.Calls, story.Caller);

        Assert.All(told, answer => Assert.StartsWith("answer", answer));
        Assert.Contains(told, answer => answer.Contains($"\"nonce\": \"{EncodedStory.Wide}\"", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Every_method_refuses_alike_in_three_encodings_with_its_details_intact()
    {
        var caller = await web.SignIn("Caller", 5);
        EncodedCall[] calls =
        [
            .. EncodedCall.Methods.Select(method => EncodedCall.Empty(method, signedIn: false)),
            // Signed out by the first encoding, the others could call nothing any more.
            .. EncodedCall.Methods.Where(method => method.Name != "SignOut").Select(method => EncodedCall.Empty(method, signedIn: true)),
        ];

        var told = await Alike(calls, caller);

        string[] withoutRefusal = ["braintrust.server.v1.ServerService"];
        var refusing = calls.Zip(told).Where(call => call.Second.StartsWith("refusal", StringComparison.Ordinal)).ToList();
        Assert.Equal(
            EncodedCall.Methods.Select(method => method.Service.FullName).Except(withoutRefusal).Distinct().Order(),
            refusing.Select(call => call.First.Method.Service.FullName).Distinct().Order());
        Assert.All(refusing, call => Assert.Matches("\"domain\": \"braintrust\"", call.Second));
        Assert.All(refusing, call => Assert.DoesNotMatch("\"reason\": \"(INTERNAL|UNAVAILABLE)\"", call.Second));
        Assert.Contains(refusing, call => call.Second.Contains("BadRequest", StringComparison.Ordinal));
    }

    /// <summary>What was told to each call, the same in every encoding.</summary>
    private async Task<IReadOnlyList<string>> Alike(IReadOnlyList<EncodedCall> calls, Person caller)
    {
        var native = new List<string>();
        using var channel = GrpcChannel.ForAddress(web.Server.Url);
        foreach (var call in calls) native.Add(await Native(channel.CreateCallInvoker(), call, caller));
        var browser = await Browser(calls, caller);
        Assert.Equal(calls.Count, browser.Count);
        foreach (var (call, nativeTold, browserTold) in calls.Zip(native, browser))
        {
            Assert.Equal($"{call.Path} {nativeTold}", $"{call.Path} {browserTold}");
            Assert.Equal($"{call.Path} {nativeTold}", $"{call.Path} {await Curl(call, caller)}");
        }

        return native;
    }

    private static async Task<string> Native(CallInvoker invoker, EncodedCall call, Person caller)
    {
        var method = new Method<IMessage, IMessage>(
            MethodType.ServerStreaming, call.Method.Service.FullName, call.Method.Name, Of(call.Method.InputType), Of(call.Method.OutputType));
        // A unary answer is a stream of one.
        using var answers = invoker.AsyncServerStreamingCall(
            method, null, new CallOptions(call.SignedIn ? caller.Headers : [], DateTime.UtcNow + WebFixture.Patience), call.Request);
        try
        {
            while (await answers.ResponseStream.MoveNext(CancellationToken.None))
                if (!call.Method.IsServerStreaming || IsUpdate(answers.ResponseStream.Current)) return Told(answers.ResponseStream.Current);
            throw new InvalidOperationException($"{call.Path} ended without an update.");
        }
        catch (RpcException refused)
        {
            return Told(refused.GetRpcStatus() ?? throw new InvalidOperationException($"{call.Path} has no details.", refused));
        }
    }

    private async Task<IReadOnlyList<string>> Browser(IReadOnlyList<EncodedCall> calls, Person caller)
    {
        var asked = JsonSerializer.Serialize(calls.Select(call => new
        {
            service = call.Method.Service.FullName, method = call.Method.Name, signedIn = call.SignedIn,
            request = JsonDocument.Parse(JsonFormatter.Default.Format(call.Request)).RootElement,
        }));
        await using var page = await web.Open("encodings.html", asked, [("token", caller.Token)]);
        var told = JsonDocument.Parse(await page.Shows("answer|details")).RootElement.EnumerateArray();
        return [.. calls.Zip(told).Select(call => call.Second.TryGetProperty("answer", out var answer)
            ? Told(Parser.Parse(answer.GetRawText(), call.First.Method.OutputType))
            : Told(Status(call.Second)))];
    }

    private static Google.Rpc.Status Status(JsonElement error) => new()
    {
        Code = error.GetProperty("code").GetInt32(),
        Message = error.GetProperty("message").GetString(),
        Details =
        {
            error.GetProperty("details").EnumerateArray().Select(detail => new Any
            {
                TypeUrl = "type.googleapis.com/" + detail.GetProperty("type").GetString(),
                Value = ByteString.FromBase64(detail.GetProperty("value").GetString()),
            }),
        },
    };

    private async Task<string> Curl(EncodedCall call, Person caller)
    {
        string[] session = call.SignedIn ? ["-H", $"authorization: Bearer {caller.Token}"] : [];
        // A stream is read to its first update; curl ends with the next heartbeat, which nobody reads any more.
        var run = call.Method.IsServerStreaming ? "curl -sN \"$@\" | sed '/\"update\"/q'" : "exec curl -s \"$@\"";
        var output = await Command.Run(".", "sh", ["-c", run, "curl", .. call.Curl(web.Server.HttpUrl), .. session]);
        var last = output.TrimEnd().Split('\n')[^1];
        return JsonDocument.Parse(last).RootElement is var told && told.TryGetProperty("code", out _) && told.TryGetProperty("details", out _)
            ? Told(Parser.Parse<Google.Rpc.Status>(last))
            : Told(Parser.Parse(last, call.Method.OutputType));
    }

    private static string Told(Google.Rpc.Status refusal) => "refusal " + Formatter.Format(refusal);

    private static string Told(IMessage answer)
    {
        Forget(answer);
        return "answer " + Formatter.Format(answer);
    }

    /// <summary>When the server last read its node is another moment in each call.</summary>
    private static void Forget(IMessage message)
    {
        if (message is Api.Chain.V1.Chain chain) chain.ReadTime = null;
        foreach (var field in message.Descriptor.Fields.InDeclarationOrder().Where(field => field.FieldType == FieldType.Message && !field.IsMap))
        {
            var value = field.Accessor.GetValue(message);
            foreach (var child in value is System.Collections.IEnumerable items and not IMessage ? items.OfType<IMessage>() : new[] { value }.OfType<IMessage>())
                Forget(child);
        }

        // What a stream tells besides its first value: a place in the stream, and a token with a time in it.
        if (message is Api.Watch.V1.WatchResponse watched) (watched.ResumeToken, watched.Sequence) = ("", 0);
    }

    private static bool IsUpdate(IMessage message) => message is Api.Watch.V1.WatchResponse { Update: not null };

    private static Marshaller<IMessage> Of(MessageDescriptor type) =>
        Marshallers.Create<IMessage>(message => message.ToByteArray(), bytes => type.Parser.ParseFrom(bytes));
}
