namespace Braintrust.Chain;

public sealed class OperationTests(GrainCluster cluster) : ClusterTest(cluster)
{
    private static readonly LocalSigner Wallet = LocalSigner.FromHex("0x" + new string('7', 64), 900_001);
    private static readonly Caller Sender = new("sender", new HashSet<Address> { Wallet.Address });

    [Fact]
    public async Task A_transaction_is_followed_from_the_pool_to_a_final_block()
    {
        var (chain, signed, grain) = await Prepare();
        var submitted = await Accept(grain.Submit(Sender, Request(), signed.Raw.ToArray()));
        Assert.Equal((OperationStatus.Submitted, signed.Hash), (submitted.Status, submitted.TxHash));
        Assert.Null(submitted.Raw);
        chain.Node.Mine();
        var included = await See(grain, OperationStatus.Included);
        Assert.Equal((1ul, 6ul), (included.Confirmations, included.ConfirmationsNeeded));
        for (var i = 0; i < 5; i++) chain.Node.Mine();
        Assert.True((await See(grain, OperationStatus.Confirmed)).Ended);
    }

    [Fact]
    public async Task A_transaction_that_reverts_fails_once_that_is_final()
    {
        var (chain, signed, grain) = await Prepare();
        chain.Node.Execute = _ => ScriptedExecution.Reverted;
        await Accept(grain.Submit(Sender, Request(), signed.Raw.ToArray()));
        chain.Node.Mine();
        Assert.True((await See(grain, OperationStatus.Included)).Reverted);
        for (var i = 0; i < 5; i++) chain.Node.Mine();
        await See(grain, OperationStatus.Failed);
    }

    [Fact]
    public async Task A_transaction_whose_block_was_replaced_comes_back()
    {
        var (chain, signed, grain) = await Prepare();
        await Accept(grain.Submit(Sender, Request(), signed.Raw.ToArray()));
        chain.Node.Mine();
        await See(grain, OperationStatus.Included);
        chain.Node.Execute = _ => throw new InvalidOperationException("nothing is executed while the pool waits");
        var reorged = See(grain, OperationStatus.Reorged);
        Hold(chain, signed, () => chain.Node.Reorg(1, [[], []]));
        await reorged;
        chain.Node.Execute = _ => ScriptedExecution.Success();
        chain.Node.Mine();
        await See(grain, OperationStatus.Included);
    }

    [Fact]
    public async Task A_transaction_that_the_node_lost_is_sent_again_once_before_it_is_dropped()
    {
        var (chain, signed, grain) = await Prepare();
        await Accept(grain.Submit(Sender, Request(), signed.Raw.ToArray()));
        chain.Node.Mine();
        await See(grain, OperationStatus.Included);
        var sent = 0;
        chain.Node.OnSend = _ =>
        {
            sent++;
            throw new TransactionRejectedException("the pool is full");
        };
        chain.Node.Reorg(1, [[], []]);
        await See(grain, OperationStatus.Dropped);
        Assert.Equal(1, sent);

        chain.Node.OnSend = null;
        Assert.Equal(OperationStatus.Submitted, (await Accept(grain.Submit(Sender, Request(), signed.Raw.ToArray()))).Status);
        chain.Node.Mine();
        await See(grain, OperationStatus.Included);
    }

    [Fact]
    public async Task A_dropped_transaction_that_came_back_is_seen_by_who_asks()
    {
        var (chain, signed, grain) = await Prepare();
        await Drop(chain, signed, grain);
        chain.Node.OnSend = null;
        await chain.Node.SendRaw(signed.Raw, CancellationToken.None);
        for (var i = 0; i < 6; i++) chain.Node.Mine();
        await chain.Read();
        await Deactivation.Of(grain);
        // The silo that answers may be a moment behind the ledger: what it found is followed from there.
        await Watching.For(_ => Reads(), status => status == OperationStatus.Confirmed);

        async IAsyncEnumerable<OperationStatus> Reads()
        {
            yield return (await Accept(grain.Read(Sender))).Status;
        }
    }

    [Fact]
    public async Task Looking_at_a_dropped_transaction_sends_nothing()
    {
        var (chain, signed, grain) = await Prepare();
        await Drop(chain, signed, grain);
        chain.Node.OnSend = null;
        await Deactivation.Of(grain);
        Assert.Equal(OperationStatus.Dropped, (await Accept(grain.Read(Sender))).Status);
        Assert.Empty(chain.Node.Pool);
    }

    [Fact]
    public async Task A_lost_transaction_is_sent_again_though_the_node_was_away_at_first()
    {
        var (chain, signed, grain) = await Prepare();
        await Accept(grain.Submit(Sender, Request(), signed.Raw.ToArray()));
        chain.Node.Mine();
        await See(grain, OperationStatus.Included);
        var away = 0;
        chain.Node.Before = (method, _) => method == "SendRaw" && away++ < 3
            ? throw new ChainUnavailableException("away")
            : ValueTask.CompletedTask;
        chain.Node.Reorg(1, [[], []]);
        await Watching.For(grain.Watch, _ => chain.Node.Pool.Length == 1);
        chain.Node.Before = null;
        chain.Node.Mine();
        await See(grain, OperationStatus.Included);
    }

    [Fact]
    public async Task Signed_bytes_take_the_place_of_a_strangers_claim()
    {
        var (chain, signed, grain) = await Prepare();
        var claimed = DevelopmentKeys.Address(4);
        var stranger = new Caller("stranger", new HashSet<Address> { claimed });
        await Accept(grain.Follow(stranger, Request(), claimed, 0));
        Assert.Equal(OperationStatus.Submitted, (await Accept(grain.Submit(Sender, Request(), signed.Raw.ToArray()))).Status);
        Assert.Equal(RefusalCode.NotAParty, Code(await grain.Read(stranger)));
        chain.Node.Mine();
        await See(grain, OperationStatus.Included);
        Assert.Equal(RefusalCode.NotAParty, Code(await grain.Follow(stranger, Request(), claimed, 0)));
    }

    [Fact]
    public async Task A_transaction_is_replaced_when_another_took_its_nonce_for_good()
    {
        var (chain, signed, grain) = await Prepare();
        await Accept(grain.Submit(Sender, Request(), signed.Raw.ToArray()));
        await chain.Node.SendRaw((await Sign(chain.Id, 0, tip: 9_000_000_000)).Raw, CancellationToken.None);
        chain.Node.Mine();
        for (var i = 0; i < 5; i++) chain.Node.Mine();
        Assert.True((await See(grain, OperationStatus.Replaced)).Ended);
    }

    [Fact]
    public async Task What_the_node_refuses_for_good_leaves_nothing_behind()
    {
        var (chain, signed, grain) = await Prepare();
        chain.Node.OnSend = _ => throw new TransactionRejectedException("insufficient funds");
        var request = Request();
        Assert.Equal(RefusalCode.TransactionRejected, Code(await grain.Submit(Sender, request, signed.Raw.ToArray())));
        Assert.Equal(RefusalCode.NotFound, Code(await grain.Read(Sender)));
        chain.Node.OnSend = null;
        Assert.Equal(OperationStatus.Submitted, (await Accept(grain.Submit(Sender, request, signed.Raw.ToArray()))).Status);
        Assert.Single(chain.Node.Pool);
    }

    [Fact]
    public async Task What_happened_while_nobody_followed_is_seen_on_a_chain_at_rest()
    {
        var (chain, signed, grain) = await Prepare();
        await Accept(grain.Submit(Sender, Request(), signed.Raw.ToArray()));
        await Deactivation.Of(grain);
        for (var i = 0; i < 6; i++) chain.Node.Mine();
        await chain.Read();
        await See(grain, OperationStatus.Confirmed);
    }

    [Fact]
    public async Task The_same_bytes_again_are_the_same_operation()
    {
        var (chain, signed, grain) = await Prepare();
        var request = Request();
        var first = await Accept(grain.Submit(Sender, request, signed.Raw.ToArray()));
        await Deactivation.Of(grain);
        Assert.Equal(first.SubmittedAt, (await Accept(grain.Submit(Sender, request, signed.Raw.ToArray()))).SubmittedAt);
        Assert.Equal(first.SubmittedAt, (await Accept(grain.Submit(Sender, Request(), signed.Raw.ToArray()))).SubmittedAt);
        Assert.Single(chain.Node.Pool);
    }

    [Fact]
    public async Task A_transaction_that_the_wallet_sent_is_followed_by_its_hash()
    {
        var (chain, signed, grain) = await Prepare();
        await chain.Node.SendRaw(signed.Raw, CancellationToken.None);
        chain.Node.Mine();
        Assert.Null((await Accept(grain.Follow(Sender, Request(), signed.From, 0))).Raw);
        await See(grain, OperationStatus.Included);
    }

    [Fact]
    public async Task An_operation_that_was_only_stored_is_sent_when_it_is_found()
    {
        var (chain, signed, grain) = await Prepare();
        chain.Node.Mine();
        await chain.Read();
        chain.Node.Before = (method, _) => method is "SendRaw" or "HasTransaction"
            ? throw new ChainUnavailableException("gone in the middle")
            : ValueTask.CompletedTask;
        await Assert.ThrowsAsync<ChainUnavailableException>(() => grain.Submit(Sender, Request(), signed.Raw.ToArray()));
        chain.Node.Before = null;
        chain.Node.Mine();
        await chain.Read();
        await Watching.For(grain.Watch, _ => chain.Node.Pool.Length == 1 || chain.Node.Blocks.Any(b => !b.Transactions.IsEmpty));
    }

    [Fact]
    public async Task Strangers_and_wrong_transactions_are_refused()
    {
        var (chain, signed, grain) = await Prepare();
        var stranger = new Caller("stranger", new HashSet<Address> { DevelopmentKeys.Address(4) });
        var otherChain = await Sign(1, 0);
        Assert.Equal(RefusalCode.SignatureInvalid, Code(await grain.Submit(Sender, Request(), [1, 2, 3])));
        Assert.Equal(RefusalCode.ChainMismatch, Code(await grain.Submit(Sender, Request(), otherChain.Raw.ToArray())));
        Assert.Equal(RefusalCode.NotAParty, Code(await grain.Submit(stranger, Request(), signed.Raw.ToArray())));
        Assert.Equal(RefusalCode.NotAParty, Code(await grain.Follow(stranger, Request(), signed.From, 0)));
        Assert.Equal(RefusalCode.NotFound, Code(await grain.Read(Sender)));
        await Accept(grain.Submit(Sender, Request(), signed.Raw.ToArray()));
        Assert.Equal(RefusalCode.NotAParty, Code(await grain.Read(stranger)));
        var unknown = Cluster.Grains.GetGrain<IOperationGrain>($"5-{signed.Hash}");
        Assert.Equal(RefusalCode.ChainMismatch, Code(await unknown.Submit(Sender, Request(), signed.Raw.ToArray())));
        Assert.Empty(chain.Node.Blocks.SelectMany(block => block.Transactions));
    }

    private static async Task Drop(TestChain chain, SignedTransaction signed, IOperationGrain grain)
    {
        await Accept(grain.Submit(Sender, Request(), signed.Raw.ToArray()));
        chain.Node.Mine();
        await See(grain, OperationStatus.Included);
        chain.Node.OnSend = _ => throw new TransactionRejectedException("the pool is full");
        chain.Node.Reorg(1, [[], []]);
        await See(grain, OperationStatus.Dropped);
    }

    private async Task<(TestChain Chain, SignedTransaction Signed, IOperationGrain Grain)> Prepare()
    {
        var chain = await Cluster.TakeChain();
        var signed = await Sign(chain.Id, 0);
        return (chain, signed, Cluster.Grains.GetGrain<IOperationGrain>($"{chain.Id}-{signed.Hash}"));
    }

    private static async Task<SignedTransaction> Sign(ulong chainId, ulong nonce, ulong tip = 1_000_000_000) =>
        await new Eip1559Transaction(chainId, nonce, tip, tip * 3, 21_000, TestChain.Token, 0, new byte[] { 1 })
            .Sign(Wallet, CancellationToken.None);

    /// <summary>Reorganises so that the dropped transaction waits in the pool again.</summary>
    private static void Hold(TestChain chain, SignedTransaction signed, Action reorg)
    {
        reorg();
        _ = chain.Node.SendRaw(signed.Raw, CancellationToken.None);
    }

    private static Task<OperationState> See(IOperationGrain grain, OperationStatus status) =>
        Watching.For(grain.Watch, operation => operation.Status == status);

    private static RequestKey Request() => new(Guid.NewGuid(), Hash32.Keccak([1]));

    private static async Task<OperationState> Accept(Task<Outcome<OperationState>> asked) =>
        (await asked).Accepted(out var operation, out var refusal) ? operation : throw new InvalidOperationException($"{refusal}");

    private static RefusalCode Code(Outcome<OperationState> outcome) =>
        outcome.Accepted(out _, out var refusal) ? RefusalCode.None : refusal.Code;
}
