namespace Braintrust.Chain;

public sealed class RelayRulesTests
{
    private static readonly Address To = Address.Parse("0x00000000000000000000000000000000000e5c01");

    [Fact]
    public void A_nonce_is_given_once_whatever_the_node_counts()
    {
        var one = Accept(RelayRules.Queue(RelayerState.Empty, Transaction(4), 5));
        Assert.Equal(5ul, RelayRules.NextNonce(one, 0));
        Assert.Equal(9ul, RelayRules.NextNonce(one, 9));
        Assert.Throws<ArgumentException>(() => RelayRules.Queue(one, Transaction(4), 5));
        var forgotten = Accept(RelayRules.Forget(one, 5));
        Assert.Empty(forgotten.Waiting);
        Assert.Equal(5ul, RelayRules.NextNonce(forgotten, 0));
    }

    [Fact]
    public void Only_a_final_nonce_is_forgotten()
    {
        var two = Accept(RelayRules.Queue(Accept(RelayRules.Queue(RelayerState.Empty, Transaction(0), 5)), Transaction(1), 5));
        Assert.Same(two, Accept(RelayRules.Forget(two, 0)));
        Assert.Equal([1ul], Accept(RelayRules.Forget(two, 1)).Waiting.Select(waiting => waiting.Nonce));
    }

    [Fact]
    public void Too_many_that_wait_refuse_the_next()
    {
        var one = Accept(RelayRules.Queue(RelayerState.Empty, Transaction(0), 1));
        Assert.False(RelayRules.Queue(one, Transaction(1), 1).Accepted(out _, out var refusal));
        Assert.Equal(RefusalCode.RelayUnavailable, refusal!.Code);
    }

    [Fact]
    public void A_raise_keeps_the_call_and_makes_no_second_row()
    {
        var first = Transaction(0);
        var queued = Accept(RelayRules.Queue(RelayerState.Empty, first, 5));
        Assert.Single(RelayRules.Rows(1, To, RelayerState.Empty, queued));

        var raised = Accept(RelayRules.Raise(queued, first with { MaxFeePerGas = 200, TxHash = Hash32.Keccak([9]) }));
        Assert.Equal((UInt128)200, raised.Waiting[0].MaxFeePerGas);
        Assert.Empty(RelayRules.Rows(1, To, queued, raised));
        Assert.Same(queued, Accept(RelayRules.Raise(queued, Transaction(0))));
        Assert.Empty(RelayRules.Rows(1, To, queued, Accept(RelayRules.Fill(queued, Transaction(3) with { Intent = default }))));
    }

    [Theory]
    [InlineData(100, 0, 1_000, 114)]
    [InlineData(100, 500, 1_000, 500)]
    [InlineData(100, 5_000, 1_000, 1_000)]
    [InlineData(900, 0, 1_000, null)]
    [InlineData(0, 0, 10, 1)]
    public void A_fee_is_raised_as_nodes_want_and_never_above_the_cap(uint before, uint asked, uint cap, int? raised) =>
        Assert.Equal(raised is { } fee ? (UInt128)fee : null, RelayRules.RaisedFee(before, asked, cap));

    private static RelayedTransaction Transaction(ulong nonce) => new(
        Hash32.Keccak(Guid.NewGuid().ToByteArray()), "account", nonce, To, [1], 21_000, 100, 1, Hash32.Keccak([(byte)nonce]), [2],
        DateTimeOffset.UnixEpoch);

    private static RelayerState Accept(Outcome<RelayerState> outcome) =>
        outcome.Accepted(out var state, out var refusal) ? state : throw new InvalidOperationException(refusal.Message);
}
