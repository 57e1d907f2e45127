using Braintrust.Accounts;
using Braintrust.Api.Primitives.V1;
using Braintrust.Chain;
using Braintrust.Security;
using Google.Protobuf;
using Grpc.Core;
using Microsoft.Extensions.DependencyInjection;

namespace Braintrust;

public sealed class SignInTests(ApiFixture fixture) : IClassFixture<ApiFixture>, IDisposable
{
    private readonly ApiServer _server = fixture.Server;

    public void Dispose() => _server.Log.AssertClean();

    [Fact]
    public async Task A_wallet_that_signs_the_message_gets_a_session_and_an_account()
    {
        var alice = await _server.SignIn(DevelopmentKeys.Signer(0));

        var account = (await _server.Accounts.GetAccountAsync(new(), alice.Headers)).Account;

        Assert.Equal(alice.Account, account.Name);
        Assert.Equal([alice.Address.ToString()], account.Wallets);
        Assert.Equal(SessionToken.Length, alice.Token.Length);
    }

    [Fact]
    public async Task The_same_wallet_again_is_the_same_account_with_another_token()
    {
        var first = await _server.SignIn(DevelopmentKeys.Signer(1));
        var second = await _server.SignIn(DevelopmentKeys.Signer(1));

        Assert.Equal(first.Account, second.Account);
        Assert.NotEqual(first.Token, second.Token);
    }

    [Fact]
    public async Task Two_first_sign_ins_of_one_wallet_at_once_open_one_account()
    {
        var people = await Task.WhenAll(Enumerable.Range(0, 6).Select(_ => _server.SignIn(DevelopmentKeys.Signer(9))));

        Assert.Single(people.Select(person => person.Account).Distinct());
    }
}
