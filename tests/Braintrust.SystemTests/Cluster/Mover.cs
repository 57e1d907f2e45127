using Braintrust.Accounts;
using Braintrust.Api;
using Braintrust.Api.Accounts.V1;
using Braintrust.Api.Primitives.V1;
using Braintrust.Api.Watch.V1;
using Braintrust.Chain;
using Google.Protobuf;
using Grpc.Core;

namespace Braintrust.Cluster;

/// <summary>Somebody who links and unlinks second wallets.</summary>
internal sealed class Mover(Person person, ulong chainId, Func<LocalSigner> newWallet) : Writer(person)
{
    private string? _linked;

    protected override string Subject => "accounts/me";

    public override async Task<string> Read(CancellationToken ct) =>
        Value((await Call(options => Person.Server.Accounts.GetAccountAsync(new(), options), ct)).Account);

    protected override async Task<string> Write(CancellationToken ct)
    {
        var account = _linked is null ? await Link(newWallet(), ct) : await Unlink(_linked, ct);
        _linked = account.Wallets.ElementAtOrDefault(1);
        return Value(account);
    }

    protected override string Value(Update update) => Value(update.Account);

    private static string Value(Account account) => $"{account.Etag} {string.Join(' ', account.Wallets)}";

    private async Task<Account> Link(LocalSigner wallet, CancellationToken ct)
    {
        var account = (await Call(options => Person.Server.Accounts.GetAccountAsync(new(), options), ct)).Account.Name;
        var asked = new CreateSignInMessageRequest { Address = wallet.Address.ToString(), ChainId = chainId, Account = account };
        var message = (await Call(options => Person.Server.Accounts.CreateSignInMessageAsync(asked, options), ct)).Message;
        var request = new LinkWalletRequest
        {
            RequestId = Guid.NewGuid().ToString(), Message = message,
            Signature = ByteString.CopyFrom(await wallet.Sign(PersonalMessage.Hash(message), ct)),
        };
        return (await Mutate(
            options => Person.Server.Accounts.LinkWalletAsync(request, options), answer => answer.ToString(), ct)).Account;
    }

    private async Task<Account> Unlink(string wallet, CancellationToken ct)
    {
        var request = new UnlinkWalletRequest { RequestId = Guid.NewGuid().ToString(), Address = wallet };
        return (await Mutate(
            options => Person.Server.Accounts.UnlinkWalletAsync(request, options), answer => answer.ToString(), ct)).Account;
    }
}
