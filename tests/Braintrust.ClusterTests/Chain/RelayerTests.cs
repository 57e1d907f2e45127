using System.Numerics;
using Braintrust.Storage;

namespace Braintrust.Chain;

public sealed class RelayerTests(GrainCluster cluster) : ClusterTest(cluster)
{
    private static readonly BigInteger Coin = BigInteger.Pow(10, 18);

    [Fact]
    public async Task A_call_is_sent_once_and_followed_by_who_wanted_it()
    {
        var (chain, relayer) = await Take();
        var (request, order) = (Request(), Order());

        var first = await Accept(relayer.Relay(request, order));
        var again = await Accept(relayer.Relay(request, order));
        var other = await Accept(relayer.Relay(Request(), order));

        Assert.Equal([first.TxHash, first.TxHash], [again.TxHash, other.TxHash]);
        Assert.Equal(first.TxHash, Assert.Single(chain.Node.Pool).Hash);
        Assert.Equal(order.AccountId, first.OwnerAccountId);
        Assert.Equal(RefusalCode.WrongState, Code(await relayer.Relay(Request(), order with { AccountId = "other" })));
        Mine(chain, 6);
        await See(chain, first.TxHash, operation => operation.Status == OperationStatus.Confirmed);
        Assert.Equal(first.TxHash, (await Accept(relayer.Relay(Request(), order))).TxHash);
        Assert.Empty(chain.Node.Pool);
    }

    [Fact]
    public async Task What_was_stored_and_not_sent_is_sent_with_the_same_bytes()
    {
        var (chain, relayer) = await Take();
        chain.Node.Before = (method, _) => method == "SendRaw" ? throw new ChainUnavailableException("away") : ValueTask.CompletedTask;

        var stored = await Accept(relayer.Relay(Request(), Order()));
        Assert.Empty(chain.Node.Pool);
        await Deactivation.Of(relayer);
        chain.Node.Before = null;

        await Wake(relayer, () => chain.Node.Pool.Length == 1);
        Assert.Equal(stored.TxHash, chain.Node.Pool[0].Hash);
    }

    [Fact]
    public async Task What_was_sent_and_not_answered_is_answered_by_the_same_transaction()
    {
        var (chain, relayer) = await Take();
        var (request, order) = (Request(), Order());
        Hash32? sent = null;
        chain.Node.OnSend = signed => sent = signed.Hash;
        var first = await Accept(relayer.Relay(request, order));
        await Deactivation.Of(relayer);

        var again = await Accept(relayer.Relay(request, order));

        Assert.Equal([first.TxHash, first.TxHash], [sent!.Value, again.TxHash]);
        Assert.Single(chain.Node.Pool);
    }

    [Fact]
    public async Task Nothing_is_sent_that_was_not_written()
    {
        var (chain, relayer) = await Take();
        Cluster.Commits.Before = unit => unit.StateName == RelayerGrain.StateName
            ? throw new StorageUnavailableException("lost")
            : Task.CompletedTask;
        await Assert.ThrowsAsync<StorageUnavailableException>(() => relayer.Relay(Request(), Order()));
        Cluster.Commits.Before = null;
        Assert.Empty(chain.Node.Pool);
    }

    [Fact]
    public async Task A_stuck_call_is_sent_again_under_its_nonce_with_a_higher_fee()
    {
        var (chain, relayer) = await Take(stuckSeconds: 1);
        var first = await Accept(relayer.Relay(Request(), Order()));
        var cheap = Assert.Single(chain.Node.Pool).Transaction;

        await Wake(relayer, () => chain.Node.Pool is [{ } raised] && raised.Hash != first.TxHash);
        var dear = chain.Node.Pool[0];
        Assert.Equal((cheap.Nonce, cheap.To), (dear.Transaction.Nonce, dear.Transaction.To));
        Assert.True(cheap.Data.Span.SequenceEqual(dear.Transaction.Data.Span));
        Assert.True(dear.Transaction.MaxFeePerGas > cheap.MaxFeePerGas);

        Mine(chain, 6);
        await See(chain, chain.Node.Blocks.SelectMany(block => block.Transactions).Single().Hash, operation => operation.Ended);
        var old = await See(chain, first.TxHash, operation => operation.Status == OperationStatus.Replaced);
        Assert.NotEqual(default, old.Replacement);
    }

    [Fact]
    public async Task Calls_go_in_the_order_of_their_nonces_and_a_lost_one_is_sent_again()
    {
        var (chain, relayer) = await Take();
        for (var i = 0; i < 3; i++) await Accept(relayer.Relay(Request(), Order()));
        Assert.Equal([0ul, 1, 2], chain.Node.Pool.Select(signed => signed.Transaction.Nonce).Order().ToArray());
        chain.Node.Mine();
        chain.Node.Reorg(1, [[], []]);
        Assert.Empty(chain.Node.Pool);
        await chain.Read();

        await Wake(relayer, () => chain.Node.Pool.Length == 3);
        Mine(chain, 1);
        Assert.Equal(3, chain.Node.Blocks.Sum(block => block.Transactions.Length));
    }

    [Fact]
    public async Task A_gap_of_nonces_is_filled_so_that_what_is_behind_it_goes_on()
    {
        var (chain, relayer) = await Take(stuckSeconds: 1);
        var key = RelayerKey.Of(chain.Id, Address(chain));
        var ahead = StateSerializer.Serialize(new RelayerState { Version = 1, NextNonce = 2 });
        await Deactivation.Of(relayer);
        var stored = await Cluster.Commits.Read(RelayerGrain.StateName, key, CancellationToken.None);
        await Cluster.Commits.Commit(
            new CommitUnit(RelayerGrain.StateName, key, stored?.Version ?? 0, 1, ahead, [], []), CancellationToken.None);

        Assert.Equal(2ul, (await Accept(relayer.Relay(Request(), Order()))).Nonce);
        await Wake(relayer, () =>
        {
            chain.Node.Mine();
            return chain.Node.Blocks.Sum(block => block.Transactions.Length) == 3;
        });
        var included = chain.Node.Blocks.SelectMany(block => block.Transactions).Select(signed => signed.Transaction).ToArray();
        Assert.Equal([0ul, 1, 2], included.Select(transaction => transaction.Nonce));
        Assert.Equal([Address(chain), Address(chain), TestChain.Escrow], included.Select(transaction => transaction.To!.Value));
    }

    [Fact]
    public async Task An_account_has_a_day_s_share_and_others_have_theirs()
    {
        var (_, relayer) = await Take();
        for (var i = 0; i < 3; i++) await Accept(relayer.Relay(Request(), Order()));
        Assert.Equal(RefusalCode.LimitReached, Code(await relayer.Relay(Request(), Order())));
        await Accept(relayer.Relay(Request(), Order() with { AccountId = "somebody else" }));
        await Accept(relayer.Relay(Request(), Order() with { AccountId = "a third" }));
        Assert.Equal(RefusalCode.RelayUnavailable, Code(await relayer.Relay(Request(), Order() with { AccountId = "a fourth" })));
    }

    [Fact]
    public async Task A_relayer_that_cannot_pay_takes_nothing_and_says_so()
    {
        var (chain, relayer) = await Take();
        chain.Node.SetBalance(Address(chain), Coin / 200);
        Assert.Equal(RefusalCode.RelayUnavailable, Code(await relayer.Relay(Request(), Order())));
        Assert.NotNull((await relayer.Status()).Low);
        chain.Node.SetBalance(Address(chain), Coin);
        Assert.Equal(RefusalCode.LimitReached, Code(await relayer.Relay(Request(), Order() with { Gas = 2_000_001 })));
        await Accept(relayer.Relay(Request(), Order()));
        Assert.Null((await relayer.Status()).Low);
    }

    private async Task<(TestChain Chain, IRelayerGrain Relayer)> Take(int stuckSeconds = 3_600)
    {
        var chain = await Cluster.TakeRelayingChain(stuckSeconds);
        chain.Node.SetBalance(Address(chain), Coin);
        chain.Node.Mine();
        await chain.Read();
        return (chain, Cluster.Grains.GetGrain<IRelayerGrain>(RelayerKey.Of(chain.Id, Address(chain))));
    }

    private static Address Address(TestChain chain) => chain.Followed.Relayer!.Signer.Address;

    private static RelayOrder Order() => new(
        Hash32.Keccak(Guid.NewGuid().ToByteArray()), "account", TestChain.Escrow, [1, 2, 3], 100_000);

    private static RequestKey Request() => new(Guid.NewGuid(), default);

    private static void Mine(TestChain chain, int blocks)
    {
        for (var i = 0; i < blocks; i++) chain.Node.Mine();
    }

    /// <summary>As the pulse does, until it has brought about what is wanted.</summary>
    private static Task Wake(IRelayerGrain relayer, Func<bool> wanted)
    {
        return Watching.For(_ => Looks(), done => done);

        async IAsyncEnumerable<bool> Looks()
        {
            await relayer.Wake();
            yield return wanted();
        }
    }

    private Task<OperationState> See(TestChain chain, Hash32 hash, Func<OperationState, bool> wanted)
    {
        var operation = Cluster.Grains.GetGrain<IOperationGrain>(ChainKey.Of(chain.Id, hash));
        return Watching.For(operation.Watch, wanted);
    }

    private static async Task<T> Accept<T>(Task<Outcome<T>> asked) where T : notnull
    {
        var outcome = await asked;
        Assert.True(outcome.Accepted(out var value, out var refusal), refusal?.ToString());
        return value;
    }

    private static RefusalCode Code<T>(Outcome<T> outcome) where T : notnull =>
        outcome.Accepted(out _, out var refusal) ? RefusalCode.None : refusal.Code;
}
