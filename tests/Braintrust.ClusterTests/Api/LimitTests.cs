using System.Diagnostics;
using System.Net;
using System.Text.RegularExpressions;
using Braintrust.Api;
using Braintrust.Api.Accounts;
using Braintrust.Api.Accounts.V1;
using Braintrust.Api.Primitives.V1;
using Braintrust.Chain;
using Braintrust.Security;
using Google.Protobuf;
using Grpc.Core;

namespace Braintrust;

public sealed class LimitTests
{
    [Fact]
    public async Task A_message_larger_than_the_limit_is_refused_and_one_of_its_size_is_read()
    {
        await using var server = await ApiServer.Start();
        var person = await server.SignIn(DevelopmentKeys.Signer(0));

        Task Submit(int bytes) => server.Chain.SubmitTransactionAsync(new()
        {
            RequestId = Guid.NewGuid().ToString(), ChainId = ScriptedSource.ChainId, RawTransaction = ByteString.CopyFrom(new byte[bytes]),
        }, person.Headers).ResponseAsync;

        await Rpc.Refused(() => Submit(256 * 1024), StatusCode.ResourceExhausted, ErrorReason.LimitReached);
        await Rpc.Refused(
            () => Submit(128 * 1024 + 1), StatusCode.InvalidArgument, ErrorReason.InvalidArgument, "raw_transaction");
        await Rpc.Refused(() => Submit(128 * 1024), StatusCode.InvalidArgument, ErrorReason.SignatureInvalid);
    }

    [Fact]
    public async Task Metadata_larger_than_the_limit_is_refused_and_hurts_nobody()
    {
        await using var server = await ApiServer.Start();
        var huge = new Metadata { { "x-huge", new string('a', 64 * 1024) } };

        await Assert.ThrowsAsync<RpcException>(() => server.Chain.ListChainsAsync(new(), huge).ResponseAsync);

        Assert.Single((await server.Chain.ListChainsAsync(new())).Chains);
    }

    [Fact]
    public async Task An_account_has_so_many_streams_and_no_more()
    {
        await using var server = await ApiServer.Start(["Limits:StreamsPerPrincipalMax=2"]);
        var (alice, bob) = (await server.SignIn(DevelopmentKeys.Signer(0)), await server.SignIn(DevelopmentKeys.Signer(1)));
        using var first = StreamReader.Open(server, alice, ["accounts/me"]);
        using var second = StreamReader.Open(server, alice, ["accounts/me"]);
        await first.Snapshot();
        await second.Snapshot();

        await Rpc.Refused(
            () => StreamReader.Open(server, alice, ["accounts/me"]).Next(), StatusCode.ResourceExhausted, ErrorReason.LimitReached);
        using (var other = StreamReader.Open(server, bob, ["accounts/me"])) await other.Snapshot();

        first.Dispose();
        await Eventually.Does(async () =>
        {
            using var again = StreamReader.Open(server, alice, ["accounts/me"]);
            await again.Snapshot();
        });
    }

    [Fact]
    public async Task Sign_in_calls_from_one_address_have_a_rate()
    {
        await using var server = await ApiServer.Start(["Limits:SignInCallsPerMinutePerAddress=4"]);
        for (var i = 0; i < 2; i++) await server.SignIn(DevelopmentKeys.Signer(0));

        var refused = await Rpc.Refused(
            server.Accounts.CreateSignInMessageAsync(new() { Address = DevelopmentKeys.Address(0).ToString(), ChainId = ScriptedSource.ChainId }),
            StatusCode.ResourceExhausted, ErrorReason.LimitReached);

        Assert.InRange(refused.RetryAfter()!.Value, TimeSpan.FromTicks(1), TimeSpan.FromMinutes(1));
        Assert.True(refused.IsWorthRetrying());
        Assert.Single((await server.Chain.ListChainsAsync(new())).Chains);
    }

    [Fact]
    public async Task An_account_has_a_rate_of_its_own()
    {
        await using var server = await ApiServer.Start(["Limits:CallsBurstPerAccount=5", "Limits:CallsPerSecondPerAccount=1"]);
        var (alice, bob) = (await server.SignIn(DevelopmentKeys.Signer(0)), await server.SignIn(DevelopmentKeys.Signer(1)));

        var refused = await Rpc.Refused(
            async () =>
            {
                for (var i = 0; i < 100; i++) await server.Accounts.GetAccountAsync(new(), alice.Headers);
            },
            StatusCode.ResourceExhausted, ErrorReason.LimitReached);

        Assert.NotNull(refused.RetryAfter());
        await server.Accounts.GetAccountAsync(new(), bob.Headers);
    }

    [Fact]
    public async Task Every_answer_tells_what_is_left_of_the_rate_it_drew_from()
    {
        await using var server = await ApiServer.Start(
            ["Limits:CallsBurstPerAccount=50", "Limits:CallsPerSecondPerAccount=1", "Limits:CallsBurstPerAddress=40", "Limits:CallsPerSecondPerAddress=1",
             "Limits:SignInCallsPerMinutePerAddress=60"]);
        using var http = new HttpClient { BaseAddress = server.Http };
        var since = Stopwatch.StartNew();
        var alice = await server.SignIn(DevelopmentKeys.Signer(0));

        Assert.InRange(Left(await Told(server.Accounts.GetAccountAsync(new(), alice.Headers)), "account"), 40, Drawn(50, 1));
        // The session was not known to this process: its first call drew from the address as well.
        Assert.InRange(Left(await Told(server.Chain.ListChainsAsync(new())), "address"), 30, Drawn(40, 2));
        var request = new CreateSignInMessageRequest { Address = DevelopmentKeys.Address(0).ToString(), ChainId = ScriptedSource.ChainId };
        Assert.InRange(Left(await Told(server.Accounts.CreateSignInMessageAsync(request)), "sign-in"), 50, Drawn(60, 3));
        using var json = await http.GetAsync("/v1/chains/1");
        Assert.InRange(Left(json.Headers.GetValues(AccessInterceptor.RateHeader).Single(), "address"), 29, Drawn(40, 3));

        // Each rate here gives one call back a second.
        int Drawn(int burst, int calls) => Math.Min(burst - 1, burst - calls + (int)since.Elapsed.TotalSeconds);

        static async Task<string> Told<T>(AsyncUnaryCall<T> call)
        {
            var headers = await call.ResponseHeadersAsync;
            await call;
            return headers.GetValue(AccessInterceptor.RateHeader)!;
        }

        static int Left(string told, string policy) => int.Parse(Regex.Match(told, $"^\"{policy}\";r=([0-9]+)$").Groups[1].Value);
    }

    [Theory]
    [InlineData("", "203.0.113.1", false)]
    [InlineData("127.0.0.0/8", "203.0.113.1", true)]
    [InlineData("127.0.0.0/8,10.0.0.0/8", "203.0.113.1, 10.1.2.3", true)]
    [InlineData("127.0.0.0/8", "203.0.113.1, 10.1.2.3", false)]
    [InlineData("10.0.0.0/8", "203.0.113.1", false)]
    public async Task Clients_behind_a_trusted_proxy_have_rates_of_their_own_and_others_cannot_claim_to_be_behind_one(
        string trusted, string forwarded, bool believed)
    {
        await using var server = await ApiServer.Start(
        [
            "Limits:CallsBurstPerAddress=3", "Limits:CallsPerSecondPerAddress=1",
            .. trusted.Split(',', StringSplitOptions.RemoveEmptyEntries).Select((network, i) => $"Listen:TrustedProxies:{i}={network}"),
        ]);
        using var http = new HttpClient { BaseAddress = server.Http };
        async Task<HttpStatusCode> Call(string client)
        {
            using var call = new HttpRequestMessage(HttpMethod.Get, "/v1/chains") { Headers = { { "X-Forwarded-For", client } } };
            return (await http.SendAsync(call)).StatusCode;
        }

        for (var i = 0; i < 20 && await Call(forwarded) != HttpStatusCode.TooManyRequests; i++) Assert.NotEqual(19, i);

        // Another client behind the same hops.
        var other = await Call(forwarded.Replace("203.0.113.1", "198.51.100.1"));
        Assert.Equal(believed ? HttpStatusCode.OK : HttpStatusCode.TooManyRequests, other);
        var headers = new Metadata { { "x-forwarded-for", forwarded.Replace("203.0.113.1", "198.51.100.2") } };
        if (believed) await server.Chain.ListChainsAsync(new(), headers);
        else await Rpc.Refused(server.Chain.ListChainsAsync(new(), headers), StatusCode.ResourceExhausted, ErrorReason.LimitReached);
    }

    [Fact]
    public async Task Guessing_tokens_has_the_rate_of_the_address()
    {
        await using var server = await ApiServer.Start(["Limits:CallsBurstPerAddress=5", "Limits:CallsPerSecondPerAddress=1"]);

        var statuses = new List<StatusCode>();
        for (var i = 0; i < 20; i++)
        {
            var error = await Assert.ThrowsAsync<RpcException>(() =>
                server.Accounts.GetAccountAsync(new(), SessionHeaders.Of(SessionToken.New())).ResponseAsync);
            statuses.Add(error.StatusCode);
        }

        Assert.Contains(StatusCode.Unauthenticated, statuses);
        Assert.Contains(StatusCode.ResourceExhausted, statuses);
    }
}
