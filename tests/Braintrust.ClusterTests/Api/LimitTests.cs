using Braintrust.Api;
using Braintrust.Api.Accounts;
using Braintrust.Api.Primitives.V1;
using Braintrust.Chain;
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
    public async Task Guessing_tokens_has_the_rate_of_the_address()
    {
        await using var server = await ApiServer.Start(["Limits:CallsBurstPerAddress=5", "Limits:CallsPerSecondPerAddress=1"]);

        var statuses = new List<StatusCode>();
        for (var i = 0; i < 20; i++)
        {
            var error = await Assert.ThrowsAsync<RpcException>(() =>
                server.Accounts.GetAccountAsync(new(), SessionHeaders.Of(Security.SessionToken.New())).ResponseAsync);
            statuses.Add(error.StatusCode);
        }

        Assert.Contains(StatusCode.Unauthenticated, statuses);
        Assert.Contains(StatusCode.ResourceExhausted, statuses);
    }
}
