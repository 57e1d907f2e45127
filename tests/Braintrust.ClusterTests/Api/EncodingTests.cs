using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Braintrust.Api;
using Braintrust.Chain;
using Google.Api;
using Google.Protobuf.Reflection;
using Grpc.Core;
using Grpc.Net.Client;
using Grpc.Net.Client.Web;
using ErrorReason = Braintrust.Api.Primitives.V1.ErrorReason;
using ChainV1 = Braintrust.Api.Chain.V1;

namespace Braintrust;

/// <summary>JSON and gRPC-Web answer what native gRPC answers.</summary>
public sealed class EncodingTests(ApiFixture fixture) : IClassFixture<ApiFixture>, IDisposable
{
    private static readonly IEnumerable<MethodDescriptor> Methods =
        Protoset.Files().SelectMany(file => file.Services).SelectMany(service => service.Methods);

    /// <summary>For what is as slow as a machine with much else to do.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly ApiServer _server = fixture.Server;
    private readonly HttpClient _http = new() { BaseAddress = fixture.Server.Http };

    public void Dispose()
    {
        _http.Dispose();
        _server.Log.AssertNone();
    }

    [Fact]
    public void Every_method_has_a_place_of_its_own_in_http()
    {
        var places = Methods.SelectMany(method =>
        {
            var rule = method.GetOptions()?.GetExtension(AnnotationsExtensions.Http);
            Assert.True(rule is not null && rule.PatternCase != HttpRule.PatternOneofCase.None, method.FullName);
            return rule.AdditionalBindings.Prepend(rule)
                .Select(one => $"{one.PatternCase} {one.Get}{one.Post}{one.Put}{one.Patch}{one.Delete}");
        }).ToList();

        Assert.NotEmpty(places);
        Assert.Equal(places.Distinct(), places);
    }

    [Fact]
    public async Task A_read_answers_the_same_in_json_with_wide_numbers_as_strings()
    {
        var expected = (await _server.Chain.GetChainAsync(new() { Name = "chains/31337" })).Chain;

        var chain = (await Json("/v1/chains/31337")).GetProperty("chain");

        Assert.Equal("31337", chain.GetProperty("chainId").GetString());
        Assert.Equal(expected.Name, chain.GetProperty("name").GetString());
        Assert.Equal(expected.FeeBps, chain.GetProperty("feeBps").GetUInt32());
        Assert.Equal(JsonValueKind.String, chain.GetProperty("headNumber").ValueKind);
    }

    [Fact]
    public async Task A_sign_in_and_a_signed_in_read_go_through_json()
    {
        var signer = DevelopmentKeys.Signer(3);
        var made = await Json("/v1/accounts:createSignInMessage", new { address = signer.Address.ToString(), chainId = "31337" });
        var message = made.GetProperty("message").GetString()!;
        var signature = Convert.ToBase64String((await ApiServer.Sign(signer, message)).Span);
        var token = (await Json("/v1/accounts:signIn", new { message, signature })).GetProperty("sessionToken").GetString()!;

        var account = (await Json("/v1/accounts/me", token: token)).GetProperty("account");

        Assert.Equal(signer.Address.ToString(), account.GetProperty("wallets")[0].GetString());
    }

    [Theory]
    [InlineData("/v1/chains/1", null, HttpStatusCode.NotFound, "NOT_FOUND", StatusCode.NotFound)]
    [InlineData("/v1/chains/one", null, HttpStatusCode.BadRequest, "INVALID_ARGUMENT", StatusCode.InvalidArgument)]
    [InlineData("/v1/accounts/me", null, HttpStatusCode.Unauthorized, "UNAUTHENTICATED", StatusCode.Unauthenticated)]
    [InlineData("/v1/accounts:signIn", "{\"message\":\"me\",\"signature\":\"AA==\"}", HttpStatusCode.BadRequest, "INVALID_ARGUMENT", StatusCode.InvalidArgument)]
    [InlineData("/v1/subjects:watch", "{\"subjects\":[\"chains/31337\"]}", HttpStatusCode.Unauthorized, "UNAUTHENTICATED", StatusCode.Unauthenticated)]
    [InlineData("/v1/accounts:signIn", "{\"message\":", HttpStatusCode.BadRequest, "INVALID_ARGUMENT", StatusCode.InvalidArgument)]
    [InlineData("/v1/accounts:signIn", "{\"massage\":\"me\"}", HttpStatusCode.BadRequest, "INVALID_ARGUMENT", StatusCode.InvalidArgument)]
    [InlineData("/v1/nothing", null, HttpStatusCode.NotFound, "NOT_FOUND", StatusCode.NotFound)]
    public async Task A_refusal_in_json_has_its_status_and_its_details(
        string path, string? body, HttpStatusCode http, string reason, StatusCode grpc)
    {
        var (status, answer) = await Send(path, body);

        Assert.True(status == http, $"{status} {answer}");
        Assert.Equal((int)grpc, answer.GetProperty("code").GetInt32());
        var info = answer.GetProperty("details").EnumerateArray().First();
        Assert.Equal("type.googleapis.com/google.rpc.ErrorInfo", info.GetProperty("@type").GetString());
        Assert.Equal(("braintrust", reason), (info.GetProperty("domain").GetString(), info.GetProperty("reason").GetString()));
    }

    [Fact]
    public async Task A_rate_that_was_exceeded_says_in_json_when_to_come_back()
    {
        await using var server = await ApiServer.Start(["Limits:CallsBurstPerAddress=1", "Limits:CallsPerSecondPerAddress=1"]);
        using var http = new HttpClient { BaseAddress = server.Http };
        HttpResponseMessage answer;
        do answer = await http.GetAsync("/v1/chains");
        while (answer.StatusCode == HttpStatusCode.OK);

        Assert.Equal(HttpStatusCode.TooManyRequests, answer.StatusCode);
        Assert.InRange(answer.Headers.RetryAfter!.Delta!.Value, TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(1));
        Assert.True(answer.Headers.CacheControl!.NoStore);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_json_body_larger_than_the_limit_is_refused_unread(bool chunked)
    {
        var person = await _server.SignIn(DevelopmentKeys.Signer(0));
        var body = $"{{\"requestId\":\"{Guid.NewGuid()}\",\"rawTransaction\":\"{new string('A', 1024 * 1024)}\"}}";

        var (status, answer) = await Send("/v1/operations:submitTransaction", body, person.Token, chunked);

        Assert.True(status == HttpStatusCode.TooManyRequests, $"{status} {answer}");
        Assert.Equal("LIMIT_REACHED", answer.GetProperty("details")[0].GetProperty("reason").GetString());
    }

    [Fact]
    public async Task A_stream_in_json_is_one_object_a_line()
    {
        var person = await _server.SignIn(DevelopmentKeys.Signer(0));
        using var request = Request("/v1/subjects:watch", "{\"subjects\":[\"chains/31337\"]}", person.Token, chunked: false);
        using var bound = new CancellationTokenSource(Patience);
        using var response = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, bound.Token);
        using var lines = new System.IO.StreamReader(await response.Content.ReadAsStreamAsync(bound.Token));

        JsonElement next;
        // A heartbeat may come first.
        do next = JsonDocument.Parse((await lines.ReadLineAsync(bound.Token))!).RootElement;
        while (!next.TryGetProperty("update", out _));
        Assert.Equal("31337", next.GetProperty("update").GetProperty("chain").GetProperty("chainId").GetString());
        _server.Source.Chain.Mine();
        do next = JsonDocument.Parse((await lines.ReadLineAsync(bound.Token))!).RootElement;
        while (!next.TryGetProperty("update", out var update)
            || update.GetProperty("chain").GetProperty("headNumber").GetString() != _server.Source.Chain.Head.Number.ToString());
    }

    [Fact]
    public async Task A_stream_in_json_that_the_server_ends_says_why_on_its_last_line()
    {
        await using var server = await ApiServer.Start();
        var person = await server.SignIn(DevelopmentKeys.Signer(0));
        using var http = new HttpClient { BaseAddress = server.Http };
        using var request = Request("/v1/subjects:watch", "{\"subjects\":[\"accounts/me\"]}", person.Token, chunked: false);
        using var bound = new CancellationTokenSource(Patience);
        using var response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, bound.Token);
        using var lines = new System.IO.StreamReader(await response.Content.ReadAsStreamAsync(bound.Token));
        var last = await lines.ReadLineAsync(bound.Token);

        var stopped = server.Stop();
        while (await lines.ReadLineAsync(bound.Token) is { } line)
            if (line.Length > 0) last = line;
        await stopped;

        var status = JsonDocument.Parse(last!).RootElement;
        Assert.Equal((int)StatusCode.Unavailable, status.GetProperty("code").GetInt32());
        Assert.Equal("UNAVAILABLE", status.GetProperty("details")[0].GetProperty("reason").GetString());
    }

    [Fact]
    public async Task The_typed_error_survives_grpc_web()
    {
        using var channel = GrpcChannel.ForAddress(
            _server.Http, new()
            {
                HttpHandler = new GrpcWebHandler(GrpcWebMode.GrpcWebText, new HttpClientHandler()), HttpVersion = HttpVersion.Version11,
            });
        var chain = new ChainV1.ChainService.ChainServiceClient(channel);

        Assert.Equal(31337ul, (await chain.GetChainAsync(new() { Name = "chains/31337" })).Chain.ChainId);
        await Rpc.Refused(chain.GetChainAsync(new() { Name = "chains/1" }), StatusCode.NotFound, ErrorReason.NotFound);
        await Rpc.Refused(
            chain.GetChainAsync(new() { Name = new string('x', 300_000) }), StatusCode.ResourceExhausted, ErrorReason.LimitReached);
    }

    [Theory]
    [InlineData("http://localhost:5173", false)]
    [InlineData("https://app.example", true)]
    public async Task Pages_call_only_from_listed_origins(string origin, bool allowed)
    {
        await using var server = await ApiServer.Start(["Browser:Origins:0=https://app.example"]);
        using var http = new HttpClient { BaseAddress = server.Http };
        using var preflight = new HttpRequestMessage(HttpMethod.Options, "/braintrust.chain.v1.ChainService/GetChain")
        {
            Headers = { { "Origin", origin }, { "Access-Control-Request-Method", "POST" }, { "Access-Control-Request-Headers", "authorization,content-type,x-grpc-web" } },
        };
        using var call = new HttpRequestMessage(HttpMethod.Get, "/v1/chains/31337") { Headers = { { "Origin", origin } } };

        using var answer = await http.SendAsync(preflight);
        using var called = await http.SendAsync(call);

        Assert.Equal(allowed, answer.Headers.TryGetValues("Access-Control-Allow-Origin", out var origins) && origins.Single() == origin);
        Assert.Equal(allowed, called.Headers.TryGetValues("Access-Control-Expose-Headers", out var exposed)
            && exposed.Single().Contains("Grpc-Status-Details-Bin", StringComparison.Ordinal));
    }

    private async Task<JsonElement> Json(string path, object? body = null, string? token = null)
    {
        var (status, answer) = await Send(path, body is null ? null : JsonSerializer.Serialize(body), token);
        Assert.True(status == HttpStatusCode.OK, $"{status} {answer}");
        return answer;
    }

    private async Task<(HttpStatusCode Status, JsonElement Answer)> Send(string path, string? body, string? token = null, bool chunked = false)
    {
        using var request = Request(path, body, token, chunked);
        using var response = await _http.SendAsync(request);
        var text = await response.Content.ReadAsStringAsync();
        Assert.True(text.Length > 0, $"{response.StatusCode} without a body");
        return (response.StatusCode, JsonDocument.Parse(text).RootElement);
    }

    private static HttpRequestMessage Request(string path, string? body, string? token, bool chunked)
    {
        var request = new HttpRequestMessage(body is null ? HttpMethod.Get : HttpMethod.Post, path);
        if (body is not null) request.Content = new StringContent(body, Encoding.UTF8, "application/json");
        if (chunked) request.Headers.TransferEncodingChunked = true;
        if (token is not null) request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        return request;
    }
}
