using Braintrust.Accounts;
using Braintrust.Api;
using Braintrust.Api.Primitives.V1;
using Braintrust.Chain;
using Grpc.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Braintrust;

/// <summary>What clients see of a world that fails and of a bug.</summary>
public sealed class TroubleTests
{
    [Fact]
    public async Task While_revocations_cannot_be_read_nobody_is_signed_in_and_then_everybody_is_again()
    {
        var (server, store) = await Start();
        await using var _ = server;
        var person = await server.SignIn(DevelopmentKeys.Signer(0));

        store.Fault = FaultySessionStore.Away;
        await Eventually.Does(() => Rpc.Refused(
            server.Accounts.GetAccountAsync(new(), person.Headers), StatusCode.Unavailable, ErrorReason.Unavailable));
        await Eventually.Does(async () => Assert.False((await Ready(server)).Ok));

        store.Fault = null;
        var account = await Retry.Call(() => server.Accounts.GetAccountAsync(new(), person.Headers));
        Assert.Equal(person.Account, account.Account.Name);
        await Eventually.Does(async () => Assert.True((await Ready(server)).Ok));
    }

    [Fact]
    public async Task A_database_that_is_away_is_unavailable_with_a_hint_to_come_back()
    {
        var (server, store) = await Start();
        await using var _ = server;
        store.Fault = FaultySessionStore.Away;

        await Rpc.Refused(NewMessage(server), StatusCode.Unavailable, ErrorReason.Unavailable);
        store.Fault = () => new TimeoutException("A silo did not answer.");
        await Rpc.Refused(NewMessage(server), StatusCode.Unavailable, ErrorReason.Unavailable);
        store.Fault = null;
        await NewMessage(server);
    }

    [Fact]
    public async Task A_bug_is_internal_tells_nothing_and_is_logged_under_the_id_that_the_client_got()
    {
        var (server, store) = await Start();
        await using var _ = server;
        server.Log.Expect("a secret of the test");
        store.Fault = () => new NullReferenceException("a secret of the test");

        var error = await Rpc.Refused(NewMessage(server), StatusCode.Internal, ErrorReason.Internal);
        store.Fault = null;

        Assert.DoesNotContain("secret", error.ToString());
        Assert.Contains(server.Log.Errors, entry => entry.Contains(error.Metadata("request_id")!, StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_node_that_is_away_makes_money_actions_unavailable_and_nothing_else()
    {
        await using var server = await ApiServer.Start();
        var (employer, talent) = (await server.SignIn(DevelopmentKeys.Signer(0)), await server.SignIn(DevelopmentKeys.Signer(1)));
        var request = await Deals.Sign(talent, await Deals.Prepare(server, talent, Deals.Terms(server, employer, talent)));

        server.Source.Chain.Before = (_, _) => throw new ChainUnavailableException("The test took the node away.");
        await Rpc.Refused(server.Escrow.OfferTermsAsync(request, talent.Headers), StatusCode.Unavailable, ErrorReason.Unavailable);
        await server.Accounts.GetAccountAsync(new(), talent.Headers);

        server.Source.Chain.Before = null;
        Assert.NotNull((await Retry.Call(() => server.Escrow.OfferTermsAsync(request, talent.Headers))).Agreement.Offer);
    }

    [Fact]
    public async Task A_deadline_that_passes_is_told_as_one()
    {
        await using var server = await ApiServer.Start();
        var talent = await server.SignIn(DevelopmentKeys.Signer(1));
        server.Source.Chain.Before = async (_, ct) => await new TaskCompletionSource().Task.WaitAsync(ct);

        var error = await Assert.ThrowsAsync<RpcException>(() => server.Escrow.PrepareTermsAsync(
            new() { ChainId = ScriptedSource.ChainId, Terms = Deals.Terms(server, talent, talent) }, talent.Headers,
            DateTime.UtcNow.AddMilliseconds(200)).ResponseAsync);

        Assert.Equal(StatusCode.DeadlineExceeded, error.StatusCode);
        server.Source.Chain.Before = null;
    }

    internal static async Task<(bool Ok, string Text)> Ready(ApiServer server)
    {
        using var http = new HttpClient { BaseAddress = server.Http };
        var answer = await http.GetAsync("/readyz");
        return (answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync());
    }

    private static async Task<(ApiServer, FaultySessionStore)> Start()
    {
        FaultySessionStore? faulty = null;
        var server = await ApiServer.Start(overrides: builder =>
        {
            var real = builder.Services.Last(service => service.ServiceType == typeof(ISessionStore)).ImplementationType!;
            builder.Services.AddSingleton(real);
            builder.Services.Replace(ServiceDescriptor.Singleton<ISessionStore>(services =>
                faulty = new FaultySessionStore((ISessionStore)services.GetRequiredService(real))));
        });
        return (server, faulty!);
    }

    private static Task<Api.Accounts.V1.CreateSignInMessageResponse> NewMessage(ApiServer server) =>
        server.Accounts.CreateSignInMessageAsync(
            new() { Address = DevelopmentKeys.Address(0).ToString(), ChainId = ScriptedSource.ChainId }).ResponseAsync;
}
