namespace Braintrust.Accounts;

public sealed class AccountRulesTests
{
    private static readonly DateTimeOffset Noon = DateTimeOffset.UnixEpoch.AddHours(12);
    private static readonly Address First = Wallet(1);
    private static readonly AccountState Opened = Accept(AccountRules.Open(new AccountState(), First, Noon));

    [Fact]
    public void An_account_opens_with_its_first_wallet()
    {
        Assert.Equal((1, Noon), (Opened.Version, Opened.OpenedAt));
        Assert.Equal([First], Opened.Wallets.ToArray());
    }

    [Fact]
    public void Opening_again_with_the_same_wallet_changes_nothing() =>
        Assert.Same(Opened, Accept(AccountRules.Open(Opened, First, Noon.AddDays(1))));

    [Fact]
    public void Opening_again_with_another_wallet_is_refused() =>
        Assert.Equal(RefusalCode.Conflict, Refuse(AccountRules.Open(Opened, Wallet(2), Noon)));

    [Fact]
    public void Wallets_keep_the_order_in_which_they_were_linked()
    {
        var account = Accept(AccountRules.Link(Accept(AccountRules.Link(Opened, Wallet(9))), Wallet(2)));
        Assert.Equal([First, Wallet(9), Wallet(2)], account.Wallets.ToArray());
        Assert.Equal([First, Wallet(2)], Accept(AccountRules.Unlink(account, Wallet(9))).Wallets.ToArray());
    }

    [Fact]
    public void Linking_a_wallet_twice_changes_nothing() =>
        Assert.Same(Opened, Accept(AccountRules.Link(Opened, First)));

    [Fact]
    public void The_seventeenth_wallet_is_refused()
    {
        var full = Enumerable.Range(2, AccountState.WalletsMax - 1).Aggregate(Opened, (a, i) => Accept(AccountRules.Link(a, Wallet(i))));
        Assert.Equal(AccountState.WalletsMax, full.Wallets.Length);
        Assert.Equal(RefusalCode.LimitReached, Refuse(AccountRules.Link(full, Wallet(99))));
    }

    [Fact]
    public void The_last_wallet_stays()
    {
        Assert.Equal(RefusalCode.LastWallet, Refuse(AccountRules.Unlink(Opened, First)));
        Assert.Equal(RefusalCode.NotFound, Refuse(AccountRules.Unlink(Opened, Wallet(2))));
    }

    [Fact]
    public void Nothing_can_be_linked_to_an_account_that_was_never_opened()
    {
        Assert.Equal(RefusalCode.NotFound, Refuse(AccountRules.Link(new AccountState(), First)));
        Assert.Equal(RefusalCode.NotFound, Refuse(AccountRules.Unlink(new AccountState(), First)));
    }

    [Fact]
    public void The_rows_of_a_change_are_the_wallets_that_came_and_went()
    {
        var after = Opened with { Wallets = [Wallet(2)] };
        var rows = AccountRules.Rows("id", Opened, after);
        Assert.Equal([(RowChange.Delete, First), (RowChange.Insert, Wallet(2))], rows.Select(row => (row.Change, new Address((byte[])row.Key[0]))));
        Assert.Equal("id", rows[1].Values[0]);
        Assert.Empty(AccountRules.Rows("id", after, after));
    }

    private static Address Wallet(int n) => new([.. new byte[16], .. BitConverter.GetBytes(n)]);

    private static AccountState Accept(Outcome<AccountState> outcome) =>
        outcome.Accepted(out var account, out var refusal) ? account : throw new InvalidOperationException(refusal.Message);

    private static RefusalCode Refuse(Outcome<AccountState> outcome) =>
        outcome.Accepted(out _, out var refusal) ? RefusalCode.None : refusal.Code;
}
