using Braintrust.Storage;
using Microsoft.Extensions.DependencyInjection;

namespace Braintrust.Accounts;

public sealed class AccountTests(GrainCluster cluster) : ClusterTest(cluster)
{
    private static int _lastWallet;

    [Fact]
    public async Task An_opened_account_is_found_by_its_wallet()
    {
        var (id, account, wallet) = await Open();
        Assert.Equal([wallet], (await Accept(account.Read())).Wallets.ToArray());
        Assert.Equal(id, await Sessions.FindAccount(wallet, CancellationToken.None));
    }

    [Fact]
    public async Task A_wallet_has_one_account_whoever_asks_at_once()
    {
        var wallet = Wallet();
        var outcomes = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Account(NewId()).Open(wallet)));
        Assert.Single(outcomes, outcome => !outcome.IsRefused);
        Assert.All(outcomes.Where(outcome => outcome.IsRefused), outcome => Assert.Equal(RefusalCode.AddressTaken, Code(outcome)));
    }

    [Fact]
    public async Task A_wallet_that_was_unlinked_is_free_again()
    {
        var (_, account, _) = await Open();
        var (_, other, _) = await Open();
        var wallet = Wallet();
        await Accept(account.LinkWallet(Request(1), wallet));
        Assert.Equal(RefusalCode.AddressTaken, Code(await other.LinkWallet(Request(1), wallet)));
        await Accept(account.UnlinkWallet(Request(1), wallet));
        await Accept(other.LinkWallet(Request(1), wallet));
    }

    [Fact]
    public async Task A_repeated_request_answers_again_and_changes_nothing()
    {
        var (_, account, _) = await Open();
        var (wallet, request) = (Wallet(), Request(1));
        var linked = await Accept(account.LinkWallet(request, wallet));
        await Accept(account.UnlinkWallet(Request(2), wallet));
        Assert.Equal(linked.Version, (await Accept(account.LinkWallet(request, wallet))).Version);
        Assert.DoesNotContain(wallet, (await Accept(account.Read())).Wallets);
    }

    [Fact]
    public async Task A_repeated_request_answers_again_after_the_grain_was_gone_and_where_the_rule_would_now_refuse()
    {
        var (_, account, first) = await Open();
        var request = Request(1);
        await Accept(account.LinkWallet(Request(2), Wallet()));
        var unlinked = await Accept(account.UnlinkWallet(request, first));
        await Deactivation.Of(account);
        Assert.Equal(unlinked.Version, (await Accept(account.UnlinkWallet(request, first))).Version);
        Assert.Equal(RefusalCode.NotFound, Code(await account.UnlinkWallet(Request(1), first)));
    }

    [Fact]
    public async Task A_request_id_with_another_body_is_refused()
    {
        var (_, account, _) = await Open();
        var request = Request(1);
        await Accept(account.LinkWallet(request, Wallet()));
        var reused = request with { BodyHash = Hash32.Keccak([2]) };
        Assert.Equal(RefusalCode.RequestIdReused, Code(await account.LinkWallet(reused, Wallet())));
        Assert.Equal(2, (await Accept(account.Read())).Wallets.Length);
    }

    [Fact]
    public async Task The_same_request_sent_twice_at_once_is_one_change()
    {
        var (_, account, _) = await Open();
        var (wallet, request) = (Wallet(), Request(1));
        var outcomes = await Task.WhenAll(Enumerable.Range(0, 5).Select(_ => account.LinkWallet(request, wallet)));
        Assert.Equal(2, outcomes.Select(outcome => outcome.Accepted(out var a, out _) ? a.Version : 0).Distinct().Single());
    }

    [Fact]
    public async Task Commands_that_come_together_share_a_write()
    {
        var (id, account, _) = await Open();
        var (entered, gate) = (new TaskCompletionSource(), new TaskCompletionSource());
        Hold(id, () =>
        {
            entered.TrySetResult();
            return gate.Task;
        });
        var before = Cluster.Commits.Commits;
        var first = account.LinkWallet(Request(1), Wallet());
        await entered.Task.WaitAsync(TestChain.Patience);
        var others = Enumerable.Range(0, 12).Select(_ => account.LinkWallet(Request(1), Wallet())).ToArray();
        Assert.Single((await Accept(account.Read())).Wallets);
        gate.SetResult();
        foreach (var outcome in await Task.WhenAll([first, .. others])) Assert.False(outcome.IsRefused);
        Assert.Equal(14, (await Accept(account.Read())).Wallets.Length);
        Assert.InRange(Cluster.Commits.Commits - before, 2, 6);
    }

    [Fact]
    public async Task A_taken_wallet_refuses_its_own_command_and_not_those_that_share_its_write()
    {
        var (_, _, taken) = await Open();
        var (id, account, _) = await Open();
        var (entered, gate) = (new TaskCompletionSource(), new TaskCompletionSource());
        Hold(id, () =>
        {
            entered.TrySetResult();
            return gate.Task;
        });
        var first = account.LinkWallet(Request(1), Wallet());
        await entered.Task.WaitAsync(TestChain.Patience);
        var (good, bad, alsoGood) =
            (account.LinkWallet(Request(1), Wallet()), account.LinkWallet(Request(1), taken), account.LinkWallet(Request(1), Wallet()));
        gate.SetResult();
        Assert.Equal(RefusalCode.AddressTaken, Code(await bad));
        Assert.All(await Task.WhenAll(first, good, alsoGood), outcome => Assert.False(outcome.IsRefused));
        Assert.Equal(4, (await Accept(account.Read())).Wallets.Length);
    }

    [Fact]
    public async Task Nothing_of_a_failed_write_is_believed()
    {
        var (id, account, _) = await Open();
        var wallet = Wallet();
        Hold(id, () => throw new StorageUnavailableException("The test says so."));
        var request = Request(1);
        await Assert.ThrowsAsync<StorageUnavailableException>(() => account.LinkWallet(request, wallet));
        Assert.DoesNotContain(wallet, (await Accept(account.Read())).Wallets);
        Cluster.Commits.Before = null;
        await Accept(account.LinkWallet(request, wallet));
        Assert.Equal(2, (await Accept(account.Read())).Version);
    }

    [Fact]
    public async Task A_failed_write_fails_every_command_that_waits_and_ends_the_watches()
    {
        var (id, account, _) = await Open();
        var (entered, gate) = (new TaskCompletionSource(), new TaskCompletionSource());
        Hold(id, async () =>
        {
            entered.TrySetResult();
            await gate.Task;
            throw new StorageUnavailableException("The test says so.");
        });
        var watch = Watching.ToTheEnd(account.Watch);
        var first = account.LinkWallet(Request(1), Wallet());
        await entered.Task.WaitAsync(TestChain.Patience);
        var second = account.LinkWallet(Request(1), Wallet());
        await account.Read();
        gate.SetResult();
        await Assert.ThrowsAsync<StorageUnavailableException>(() => first);
        await Assert.ThrowsAnyAsync<Exception>(() => second);
        await watch.WaitAsync(TestChain.Patience);
        Cluster.Commits.Before = null;
        Assert.Single((await Accept(account.Read())).Wallets);
    }

    [Fact]
    public async Task A_state_that_was_written_elsewhere_is_read_again()
    {
        var (id, account, first) = await Open();
        var stored = await Cluster.Commits.Read(AccountGrain.StateName, id, CancellationToken.None);
        var elsewhere = StateSerializer.Deserialize<AccountState>(stored!.Payload) with { Version = 9 };
        await Cluster.Commits.Commit(
            new CommitUnit(AccountGrain.StateName, id, stored.Version, 1, StateSerializer.Serialize(elsewhere), [], []),
            CancellationToken.None);
        await Assert.ThrowsAsync<StorageUnavailableException>(() => account.LinkWallet(Request(1), Wallet()));
        Assert.Equal(10, (await Accept(account.LinkWallet(Request(1), Wallet()))).Version);
        Assert.Contains(first, (await Accept(account.Read())).Wallets);
    }

    [Fact]
    public async Task A_watcher_sees_the_newest_account()
    {
        var (_, account, _) = await Open();
        var seen = Watching.For(account.Watch, state => state.Wallets.Length == 4);
        for (var i = 0; i < 3; i++) await Accept(account.LinkWallet(Request(1), Wallet()));
        Assert.Equal(4, (await seen).Version);
    }

    private ISessionStore Sessions => Cluster.Storage.GetRequiredService<ISessionStore>();

    private async Task<(string Id, IAccountGrain Account, Address Wallet)> Open()
    {
        var (id, wallet) = (NewId(), Wallet());
        await Accept(Account(id).Open(wallet));
        return (id, Account(id), wallet);
    }

    private void Hold(string id, Func<Task> before) => Cluster.Commits.Before = unit =>
        unit.StateName == AccountGrain.StateName && unit.Key == id ? before() : Task.CompletedTask;

    private IAccountGrain Account(string id) => Cluster.Grains.GetGrain<IAccountGrain>(id);

    private static string NewId() => Guid.NewGuid().ToString("N");

    private static RequestKey Request(byte body) => new(Guid.NewGuid(), Hash32.Keccak([body]));

    private static Address Wallet() => new([.. new byte[16], .. BitConverter.GetBytes(Interlocked.Increment(ref _lastWallet))]);

    private static async Task<AccountState> Accept(Task<Outcome<AccountState>> asked) =>
        (await asked).Accepted(out var account, out var refusal) ? account : throw new InvalidOperationException($"{refusal}");

    private static RefusalCode Code(Outcome<AccountState> outcome) =>
        outcome.Accepted(out _, out var refusal) ? RefusalCode.None : refusal.Code;
}
