using V1 = Braintrust.Api.Accounts.V1;

namespace Braintrust.Accounts;

internal static class AccountsWire
{
    public static V1.Account Account(string id, AccountState state) => new()
    {
        Name = "accounts/" + id,
        Wallets = { state.Wallets.Select(wallet => wallet.ToString()) },
        CreateTime = Wire.Time(state.OpenedAt),
        Etag = Wire.Etag(new ViewVersion(state.Version, 0)),
    };
}
