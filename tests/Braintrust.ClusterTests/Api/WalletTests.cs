using Braintrust.Api.Primitives.V1;
using Braintrust.Chain;
using Grpc.Core;
using AccountsV1 = Braintrust.Api.Accounts.V1;

namespace Braintrust;

public sealed class WalletTests(ApiFixture fixture) : IClassFixture<ApiFixture>, IDisposable
{
    private readonly ApiServer _server = fixture.Server;

    public void Dispose() => _server.Log.AssertNone();

    [Fact]
    public async Task A_wallet_is_linked_signs_in_to_the_account_and_is_taken_away_again()
    {
        var alice = await _server.SignIn(DevelopmentKeys.Signer(0));
        var linked = await _server.Accounts.LinkWalletAsync(await Link(alice, DevelopmentKeys.Signer(10)), alice.Headers);
        Assert.Equal([alice.Address.ToString(), DevelopmentKeys.Address(10).ToString()], linked.Account.Wallets);

        var other = await _server.SignIn(DevelopmentKeys.Signer(10));
        Assert.Equal(alice.Account, other.Account);

        var left = await _server.Accounts.UnlinkWalletAsync(Unlink(DevelopmentKeys.Address(10)), alice.Headers);
        Assert.Equal([alice.Address.ToString()], left.Account.Wallets);
        await Rpc.Refused(
            _server.Accounts.GetAccountAsync(new(), other.Headers), StatusCode.Unauthenticated, ErrorReason.SessionEnded);
    }

    [Fact]
    public async Task A_link_sent_again_answers_again_although_its_nonce_is_used()
    {
        var alice = await _server.SignIn(DevelopmentKeys.Signer(1));
        var request = await Link(alice, DevelopmentKeys.Signer(11));

        var first = await _server.Accounts.LinkWalletAsync(request, alice.Headers);
        var second = await _server.Accounts.LinkWalletAsync(request, alice.Headers);

        Assert.Equal(first.Account, second.Account);
    }

    [Fact]
    public async Task The_same_request_id_with_another_body_is_refused_and_changes_nothing()
    {
        var alice = await _server.SignIn(DevelopmentKeys.Signer(2));
        var request = await Link(alice, DevelopmentKeys.Signer(12));
        var account = (await _server.Accounts.LinkWalletAsync(request, alice.Headers)).Account;
        var other = await Link(alice, DevelopmentKeys.Signer(13));
        other.RequestId = request.RequestId;

        await Rpc.Refused(
            _server.Accounts.LinkWalletAsync(other, alice.Headers), StatusCode.InvalidArgument, ErrorReason.RequestIdReused);

        // The same id for another kind of request is another body too.
        await Rpc.Refused(
            _server.Accounts.UnlinkWalletAsync(
                new() { RequestId = request.RequestId, Address = DevelopmentKeys.Address(12).ToString() }, alice.Headers),
            StatusCode.InvalidArgument, ErrorReason.RequestIdReused);
        Assert.Equal(account, (await _server.Accounts.GetAccountAsync(new(), alice.Headers)).Account);
    }

    [Fact]
    public async Task Two_people_may_choose_the_same_request_id()
    {
        var (alice, bob) = (await _server.SignIn(DevelopmentKeys.Signer(6)), await _server.SignIn(DevelopmentKeys.Signer(7)));
        var (first, second) = (await Link(alice, DevelopmentKeys.Signer(16)), await Link(bob, DevelopmentKeys.Signer(17)));
        second.RequestId = first.RequestId;

        await _server.Accounts.LinkWalletAsync(first, alice.Headers);
        await _server.Accounts.LinkWalletAsync(second, bob.Headers);
    }

    [Fact]
    public async Task A_wallet_of_another_account_stays_there()
    {
        var (alice, bob) = (await _server.SignIn(DevelopmentKeys.Signer(3)), await _server.SignIn(DevelopmentKeys.Signer(4)));

        await Rpc.Refused(
            _server.Accounts.LinkWalletAsync(await Link(alice, DevelopmentKeys.Signer(4)), alice.Headers),
            StatusCode.AlreadyExists, ErrorReason.AddressTaken);
        Assert.Equal([bob.Address.ToString()], (await _server.Accounts.GetAccountAsync(new(), bob.Headers)).Account.Wallets);
    }

    [Fact]
    public async Task The_last_wallet_stays()
    {
        var alice = await _server.SignIn(DevelopmentKeys.Signer(5));

        await Rpc.Refused(
            _server.Accounts.UnlinkWalletAsync(Unlink(alice.Address), alice.Headers),
            StatusCode.FailedPrecondition, ErrorReason.LastWallet);
        await Rpc.Refused(
            _server.Accounts.UnlinkWalletAsync(Unlink(DevelopmentKeys.Address(19)), alice.Headers),
            StatusCode.NotFound, ErrorReason.NotFound);
    }

    [Theory]
    [InlineData("")]
    [InlineData("1")]
    [InlineData("00000000-0000-0000-0000-000000000000")]
    [InlineData("6f1f7a3e5a4b4c1e9d7e2b3c4d5e6f70")]
    [InlineData("{6f1f7a3e-5a4b-4c1e-9d7e-2b3c4d5e6f70}")]
    [InlineData("6f1f7a3e-5a4b-4c1e-9d7e-2b3c4d5e6f7g")]
    public async Task A_mutation_without_a_proper_request_id_is_refused(string requestId)
    {
        var alice = await _server.SignIn(DevelopmentKeys.Signer(8));
        var request = await Link(alice, DevelopmentKeys.Signer(18));
        request.RequestId = requestId;

        await Rpc.Refused(
            _server.Accounts.LinkWalletAsync(request, alice.Headers),
            StatusCode.InvalidArgument, ErrorReason.InvalidArgument, "request_id");
    }

    [Fact]
    public async Task A_message_names_the_account_it_links_to_and_links_to_no_other()
    {
        var (alice, bob) = (await _server.SignIn(DevelopmentKeys.Signer(6)), await _server.SignIn(DevelopmentKeys.Signer(7)));
        var forAlice = await _server.LinkRequest(alice, DevelopmentKeys.Signer(14));
        Assert.Contains($"\n- http://localhost:8080/v1/{alice.Account}", forAlice.Message, StringComparison.Ordinal);
        Assert.Contains("localhost:8080 wants", forAlice.Message, StringComparison.Ordinal);
        Assert.Contains($"\nChain ID: {ScriptedSource.ChainId}\n", forAlice.Message, StringComparison.Ordinal);

        await Rpc.Refused(
            _server.Accounts.LinkWalletAsync(forAlice, bob.Headers), StatusCode.InvalidArgument, ErrorReason.InvalidArgument, "message");
        Assert.Contains(
            DevelopmentKeys.Address(14).ToString(), (await _server.Accounts.LinkWalletAsync(forAlice, alice.Headers)).Account.Wallets);
        await _server.Accounts.UnlinkWalletAsync(Unlink(DevelopmentKeys.Address(14)), alice.Headers);
        forAlice.RequestId = Guid.NewGuid().ToString();
        await Rpc.Refused(
            _server.Accounts.LinkWalletAsync(forAlice, alice.Headers), StatusCode.Unauthenticated, ErrorReason.NonceInvalid);
    }

    [Fact]
    public async Task What_signs_in_does_not_link_and_what_links_does_not_sign_in()
    {
        var (alice, wallet) = (await _server.SignIn(DevelopmentKeys.Signer(6)), DevelopmentKeys.Signer(15));
        var toSignIn = await _server.Accounts.CreateSignInMessageAsync(
            new() { Address = wallet.Address.ToString(), ChainId = ScriptedSource.ChainId });
        var toLink = await _server.LinkRequest(alice, wallet);
        var signature = await ApiServer.Sign(wallet, toSignIn.Message);

        await Rpc.Refused(
            _server.Accounts.LinkWalletAsync(
                new() { RequestId = Guid.NewGuid().ToString(), Message = toSignIn.Message, Signature = signature }, alice.Headers),
            StatusCode.InvalidArgument, ErrorReason.InvalidArgument, "message");
        await Rpc.Refused(
            _server.Accounts.SignInAsync(new() { Message = toLink.Message, Signature = toLink.Signature }),
            StatusCode.InvalidArgument, ErrorReason.InvalidArgument, "message");
        var disguised = toLink.Message.Replace("Let the Braintrust account below act with this wallet.", "Sign in.", StringComparison.Ordinal);
        await Rpc.Refused(
            _server.Accounts.LinkWalletAsync(
                new() { RequestId = toLink.RequestId, Message = disguised, Signature = await ApiServer.Sign(wallet, disguised) }, alice.Headers),
            StatusCode.InvalidArgument, ErrorReason.InvalidArgument, "message");
        await _server.Accounts.SignInAsync(new() { Message = toSignIn.Message, Signature = signature });
    }

    [Fact]
    public async Task A_link_whose_first_try_died_in_the_middle_is_made_by_the_same_request_and_no_other()
    {
        await using var server = await ApiServer.Start(overrides: FaultyCommits.Install);
        var (alice, bob) = (await server.SignIn(DevelopmentKeys.Signer(0)), await server.SignIn(DevelopmentKeys.Signer(1)));
        var request = await server.LinkRequest(alice, DevelopmentKeys.Signer(10));
        var other = new AccountsV1.LinkWalletRequest(request) { RequestId = Guid.NewGuid().ToString() };

        FaultyCommits.Of(server).LoseOne("account/state");
        await Rpc.Refused(server.Accounts.LinkWalletAsync(request, alice.Headers), StatusCode.Unavailable, ErrorReason.Unavailable);
        await Rpc.Refused(
            server.Accounts.LinkWalletAsync(other, alice.Headers), StatusCode.Unauthenticated, ErrorReason.NonceInvalid);

        var linked = (await server.Accounts.LinkWalletAsync(request, alice.Headers)).Account;
        Assert.Equal(2, linked.Wallets.Count);
        server.Clock.Advance(TimeSpan.FromHours(1));
        Assert.Equal(linked, (await server.Accounts.LinkWalletAsync(request, alice.Headers)).Account);
    }

    private Task<AccountsV1.LinkWalletRequest> Link(Person person, LocalSigner wallet) => _server.LinkRequest(person, wallet);

    private static AccountsV1.UnlinkWalletRequest Unlink(Address wallet) =>
        new() { RequestId = Guid.NewGuid().ToString(), Address = wallet.ToString() };
}
