using Braintrust.Api.Accounts.V1;
using Braintrust.Chain;
using Google.Protobuf;
using Grpc.Core;
using Grpc.Net.Client;

namespace Braintrust.Benchmarks;

/// <summary>A wallet signed in to our server.</summary>
internal sealed record Session(AccountsService.AccountsServiceClient Accounts, Metadata Headers, string Account)
{
    public static async Task<Session> SignIn(GrpcChannel channel, LocalSigner signer)
    {
        var accounts = new AccountsService.AccountsServiceClient(channel);
        var wallet = new CreateSignInMessageRequest { Address = signer.Address.ToString(), ChainId = DevelopmentKeys.ChainId };
        var message = (await accounts.CreateSignInMessageAsync(wallet)).Message;
        var signature = ByteString.CopyFrom(await signer.Sign(PersonalMessage.Hash(message), default));
        var opened = await accounts.SignInAsync(new SignInRequest { Message = message, Signature = signature });
        return new Session(accounts, new Metadata { { "authorization", $"Bearer {opened.SessionToken}" } }, opened.Account.Name);
    }
}
