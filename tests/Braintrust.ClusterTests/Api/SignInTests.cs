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

    public void Dispose() => _server.Log.AssertNone();

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

    [Theory]
    [InlineData("")]
    [InlineData("0x")]
    [InlineData("f39Fd6e51aad88F6F4ce6aB8827279cffFb92266")]
    [InlineData("0xf39Fd6e51aad88F6F4ce6aB8827279cffFb9226")]
    [InlineData("0xf39Fd6e51aad88F6F4ce6aB8827279cffFb922666")]
    [InlineData("0xF39Fd6e51aad88F6F4ce6aB8827279cffFb92266")]
    [InlineData("0xg39fd6e51aad88f6f4ce6ab8827279cfffb92266")]
    [InlineData(" 0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266")]
    public Task A_malformed_address_gets_no_message(string address) => Rpc.Refused(
        _server.Accounts.CreateSignInMessageAsync(new() { Address = address, ChainId = ScriptedSource.ChainId }),
        StatusCode.InvalidArgument, ErrorReason.InvalidArgument, "address");

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public Task A_chain_that_is_not_followed_gets_no_message(ulong chain) => Rpc.Refused(
        _server.Accounts.CreateSignInMessageAsync(new() { Address = DevelopmentKeys.Address(0).ToString(), ChainId = chain }),
        StatusCode.InvalidArgument, ErrorReason.ChainMismatch, "chain_id");

    [Fact]
    public async Task A_nonce_signs_in_once()
    {
        var signer = DevelopmentKeys.Signer(2);
        var request = await SignedMessage(signer);
        await _server.Accounts.SignInAsync(request);

        await Rpc.Refused(_server.Accounts.SignInAsync(request), StatusCode.Unauthenticated, ErrorReason.NonceInvalid);
    }

    [Fact]
    public async Task A_nonce_that_is_used_twenty_times_at_once_signs_in_once()
    {
        var request = await SignedMessage(DevelopmentKeys.Signer(2));
        var answers = await Task.WhenAll(Enumerable.Range(0, 20).Select(async _ =>
        {
            try { return (await _server.Accounts.SignInAsync(request)).SessionToken; }
            catch (RpcException refused) when (refused.StatusCode == StatusCode.Unauthenticated) { return null; }
        }));

        Assert.Single(answers, token => token is not null);
    }

    [Fact]
    public async Task A_nonce_that_we_never_gave_is_refused()
    {
        var text = (await NewMessage(DevelopmentKeys.Address(3))).Message;
        var other = text.Replace("Nonce: ", "Nonce: 0", StringComparison.Ordinal);

        await Rpc.Refused(() => SignIn(DevelopmentKeys.Signer(3), other), StatusCode.Unauthenticated, ErrorReason.NonceInvalid);
    }

    [Fact]
    public async Task A_signature_by_another_key_signs_nobody_in()
    {
        var message = await NewMessage(DevelopmentKeys.Address(0));
        var forged = await ApiServer.Sign(DevelopmentKeys.Signer(1), message.Message);

        await Rpc.Refused(
            _server.Accounts.SignInAsync(new() { Message = message.Message, Signature = forged }),
            StatusCode.InvalidArgument, ErrorReason.SignatureInvalid, "signature");
        await _server.Accounts.SignInAsync(new()
        {
            Message = message.Message, Signature = await ApiServer.Sign(DevelopmentKeys.Signer(0), message.Message),
        });
    }

    [Theory]
    [InlineData(0)]
    [InlineData(64)]
    [InlineData(66)]
    [InlineData(1025)]
    public async Task A_signature_of_another_length_signs_nobody_in(int length)
    {
        var message = await NewMessage(DevelopmentKeys.Address(0));
        var reason = length is 0 or 1025 ? ErrorReason.InvalidArgument : ErrorReason.SignatureInvalid;

        await Rpc.Refused(
            _server.Accounts.SignInAsync(new() { Message = message.Message, Signature = ByteString.CopyFrom(new byte[length]) }),
            StatusCode.InvalidArgument, reason, "signature");
    }

    [Theory]
    [InlineData("localhost:8080 wants", "localhost.evil.example wants", ErrorReason.InvalidArgument)]
    [InlineData("localhost:8080 wants", "https://localhost:8080 wants", ErrorReason.InvalidArgument)]
    [InlineData("URI: http://localhost:8080", "URI: http://localhost:8080/other", ErrorReason.InvalidArgument)]
    [InlineData("Version: 1", "Version: 2", ErrorReason.InvalidArgument)]
    [InlineData("Chain ID: 31337", "Chain ID: 1", ErrorReason.ChainMismatch)]
    [InlineData("Issued At: ", "Issued At: 9", ErrorReason.InvalidArgument)]
    public async Task A_message_for_another_place_or_time_signs_nobody_in(string from, string to, ErrorReason reason)
    {
        var text = (await NewMessage(DevelopmentKeys.Address(0))).Message.Replace(from, to, StringComparison.Ordinal);

        await Rpc.Refused(() => SignIn(DevelopmentKeys.Signer(0), text), StatusCode.InvalidArgument, reason, "message");
    }

    [Fact]
    public async Task A_message_expires()
    {
        await using var server = await ApiServer.Start();
        var message = await server.Accounts.CreateSignInMessageAsync(
            new() { Address = DevelopmentKeys.Address(0).ToString(), ChainId = ScriptedSource.ChainId });
        server.Clock.Advance(TimeSpan.FromMinutes(5));

        await Rpc.Refused(
            server.Accounts.SignInAsync(new()
            {
                Message = message.Message, Signature = await ApiServer.Sign(DevelopmentKeys.Signer(0), message.Message),
            }),
            StatusCode.InvalidArgument, ErrorReason.InvalidArgument, "message");
    }

    [Fact]
    public async Task A_session_expires()
    {
        await using var server = await ApiServer.Start(["SignIn:SessionLifetimeMinutes=60"]);
        var alice = await server.SignIn(DevelopmentKeys.Signer(0));
        await server.Accounts.GetAccountAsync(new(), alice.Headers);

        server.Clock.Advance(TimeSpan.FromMinutes(60));

        await Rpc.Refused(
            server.Accounts.GetAccountAsync(new(), alice.Headers), StatusCode.Unauthenticated, ErrorReason.SessionEnded);
    }

    [Fact]
    public async Task Signing_out_ends_that_session_and_no_other()
    {
        var first = await _server.SignIn(DevelopmentKeys.Signer(4));
        var second = await _server.SignIn(DevelopmentKeys.Signer(4));

        await _server.Accounts.SignOutAsync(new(), first.Headers);

        await Rpc.Refused(
            _server.Accounts.GetAccountAsync(new(), first.Headers), StatusCode.Unauthenticated, ErrorReason.SessionEnded);
        await _server.Accounts.GetAccountAsync(new(), second.Headers);
    }

    [Fact]
    public async Task A_contract_wallet_signs_in_by_ERC_1271()
    {
        var wallet = Address.Parse("0x9fE46736679d2D9a65F0992F2272dE9f3c7fa6e0");
        _server.Source.Chain.SetCode(wallet, new byte[] { 1 });
        _server.Source.Chain.OnCall(wallet, (call, _) => new Hash32([0x16, 0x26, 0xBA, 0x7E, .. new byte[28]]).ToBytes());
        var message = await NewMessage(wallet);

        var answer = await _server.Accounts.SignInAsync(new() { Message = message.Message, Signature = ByteString.CopyFrom(1, 2, 3) });

        Assert.Equal([wallet.ToString()], answer.Account.Wallets);
    }

    [Fact]
    public async Task Nothing_is_stored_for_a_sign_in_that_was_refused()
    {
        var signer = DevelopmentKeys.Signer(5);
        var message = await NewMessage(signer.Address);
        await Rpc.Refused(
            _server.Accounts.SignInAsync(new() { Message = message.Message, Signature = ByteString.CopyFrom(new byte[65]) }),
            StatusCode.InvalidArgument, ErrorReason.SignatureInvalid);

        Assert.Null(await _server.Services.GetRequiredService<ISessionStore>().FindAccount(signer.Address, CancellationToken.None));
    }

    private async Task<Api.Accounts.V1.SignInRequest> SignedMessage(LocalSigner signer)
    {
        var message = await NewMessage(signer.Address);
        return new() { Message = message.Message, Signature = await ApiServer.Sign(signer, message.Message) };
    }

    private async Task<Api.Accounts.V1.CreateSignInMessageResponse> NewMessage(Address wallet) =>
        await _server.Accounts.CreateSignInMessageAsync(new() { Address = wallet.ToString(), ChainId = ScriptedSource.ChainId });

    private async Task SignIn(LocalSigner signer, string text) =>
        await _server.Accounts.SignInAsync(new() { Message = text, Signature = await ApiServer.Sign(signer, text) });
}
