using System.Collections.Immutable;

namespace Braintrust.Accounts;

/// <summary>Who owns which wallet. That no two accounts own the same one is kept by the unique row, not by these rules.</summary>
public static class AccountRules
{
    public static Outcome<AccountState> Open(AccountState account, Address wallet, DateTimeOffset now)
    {
        if (account.Version == 0) return new AccountState { Version = 1, Wallets = [wallet], OpenedAt = now };
        return account.Wallets.Contains(wallet)
            ? account
            : new Refusal(RefusalCode.Conflict, "The account was opened with another wallet.");
    }

    public static Outcome<AccountState> Link(AccountState account, Address wallet)
    {
        if (account.Version == 0) return NoAccount;
        if (account.Wallets.Contains(wallet)) return account;
        if (account.Wallets.Length == AccountState.WalletsMax)
            return new Refusal(RefusalCode.LimitReached, $"An account has at most {AccountState.WalletsMax} wallets.");
        return account with { Version = account.Version + 1, Wallets = account.Wallets.Add(wallet) };
    }

    public static Outcome<AccountState> Unlink(AccountState account, Address wallet)
    {
        if (account.Version == 0) return NoAccount;
        if (!account.Wallets.Contains(wallet))
            return new Refusal(RefusalCode.NotFound, "The account has no such wallet.", "address");
        if (account.Wallets.Length == 1)
            return new Refusal(RefusalCode.LastWallet, "An account keeps at least one wallet.", "address");
        return account with { Version = account.Version + 1, Wallets = account.Wallets.Remove(wallet) };
    }

    /// <summary>The rows by which a wallet finds its account, and by which it has one at most.</summary>
    public static ImmutableArray<Row> Rows(string accountId, AccountState before, AccountState after) =>
    [
        .. before.Wallets.Except(after.Wallets).Select(gone => new Row("wallet", RowChange.Delete, [gone.ToBytes()], [])),
        .. after.Wallets.Except(before.Wallets)
            .Select(added => new Row("wallet", RowChange.Insert, [added.ToBytes()], [accountId])),
    ];

    public static Refusal AddressTaken { get; } =
        new(RefusalCode.AddressTaken, "The wallet belongs to another account.", "address");

    public static Refusal NoAccount { get; } = new(RefusalCode.NotFound, "There is no such account.");
}
