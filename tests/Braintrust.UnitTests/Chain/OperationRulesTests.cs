namespace Braintrust.Chain;

public sealed class OperationRulesTests
{
    private static readonly ChainCursor Cursor = new(0, 0, HeadNo: 20, Hash32.Keccak([20]), default, FinalNo: 15);
    private static readonly OperationState Asked = new()
    {
        ChainId = 1, TxHash = Hash32.Keccak([1]), OwnerAccountId = "alice", Status = OperationStatus.Submitted, Raw = [1],
    };
    private static readonly OperationState Submitted = Accept(OperationRules.Begin(new OperationState(), Asked));
    private static readonly OperationState Included = See(Submitted, In(18));

    public static TheoryData<string, OperationState, Sighting, OperationStatus> Sights => new()
    {
        { "pending stays pending", Submitted, Pool, OperationStatus.Submitted },
        { "in a young block", Submitted, In(18), OperationStatus.Included },
        { "in a final block", Submitted, In(15), OperationStatus.Confirmed },
        { "reverted in a final block", Submitted, In(15, succeeded: false), OperationStatus.Failed },
        { "its block was replaced", Included, Pool, OperationStatus.Reorged },
        { "and it is still waiting", See(Included, Pool), Pool, OperationStatus.Reorged },
        { "and it came back", See(Included, Pool), In(19), OperationStatus.Included },
        { "the node lost it", Submitted, Lost, OperationStatus.Dropped },
        { "the node lost it after a reorg", Included, Lost, OperationStatus.Dropped },
        { "it came back after all", See(Submitted, Lost), Pool, OperationStatus.Submitted },
        { "another took its nonce", Submitted, Pool with { NonceSpent = true }, OperationStatus.Replaced },
    };

    [Theory, MemberData(nameof(Sights))]
    public void A_sighting_tells_the_status(string what, OperationState operation, Sighting sighting, OperationStatus status) =>
        Assert.Equal((what, status), (what, See(operation, sighting).Status));

    [Fact]
    public void Nothing_changes_what_has_ended()
    {
        var confirmed = See(Submitted, In(15));
        Assert.Same(confirmed, See(confirmed, Lost));
    }

    [Fact]
    public void What_ended_in_a_block_that_a_development_chain_lost_begins_again()
    {
        var confirmed = See(Submitted, In(15));
        var reopened = Accept(OperationRules.Reopen(confirmed));
        Assert.Equal((OperationStatus.Submitted, 0ul, confirmed.Version + 1), (reopened.Status, reopened.BlockNo, reopened.Version));
        Assert.Equal(OperationStatus.Confirmed, See(reopened, In(15)).Status);
    }

    [Fact]
    public void The_same_sighting_twice_is_one_change() => Assert.Same(Included, See(Included, In(18)));

    [Fact]
    public void A_reverted_transaction_says_so_before_it_is_final()
    {
        var reverted = See(Submitted, In(18, succeeded: false));
        Assert.Equal((OperationStatus.Included, true), (reverted.Status, reverted.Reverted));
    }

    [Fact]
    public void Its_owner_sees_how_deep_it_is_and_not_the_signed_bytes()
    {
        var shown = OperationRules.Show(Included, Cursor, 6);
        Assert.Equal((3ul, 6ul, null), (shown.Confirmations, shown.ConfirmationsNeeded, shown.Raw));
    }

    [Fact]
    public void The_same_bytes_again_are_the_same_operation() =>
        Assert.Same(Submitted, Accept(OperationRules.Begin(Submitted, Asked)));

    [Fact]
    public void Bytes_are_added_to_an_operation_that_was_only_followed()
    {
        var followed = Accept(OperationRules.Begin(new OperationState(), Asked with { Raw = null }));
        Assert.Equal([1], Accept(OperationRules.Begin(followed, Asked)).Raw!);
    }

    [Fact]
    public void Another_account_cannot_take_an_operation_over()
    {
        Assert.False(OperationRules.Begin(Submitted, Asked with { OwnerAccountId = "bob" }).Accepted(out _, out var refusal));
        Assert.Equal(RefusalCode.NotAParty, refusal!.Code);
    }

    [Fact]
    public void Signed_bytes_prove_the_sender_and_take_the_place_of_another_accounts_claim()
    {
        var claim = Submitted with { OwnerAccountId = "mallory", Sender = DevelopmentKeys.Address(9), Raw = null };
        var taken = Accept(OperationRules.Begin(claim, Asked));
        Assert.Equal((Asked.OwnerAccountId, Asked.Sender, claim.Version + 1), (taken.OwnerAccountId, taken.Sender, taken.Version));
        Assert.True(OperationRules.Begin(claim, Asked with { Raw = null }).IsRefused);
        Assert.True(OperationRules.Begin(claim with { Raw = [2] }, Asked).IsRefused);
    }

    private static Sighting Pool => new(Cursor, null, NonceSpent: false, NodeHasIt: true);

    private static Sighting Lost => new(Cursor, null, NonceSpent: false, NodeHasIt: false);

    private static Sighting In(ulong block, bool succeeded = true) =>
        new(Cursor, new Inclusion(block, Hash32.Keccak([(byte)block]), succeeded), false, true);

    private static OperationState See(OperationState operation, Sighting sighting) =>
        Accept(OperationRules.See(operation, sighting));

    private static OperationState Accept(Outcome<OperationState> outcome) =>
        outcome.Accepted(out var operation, out var refusal) ? operation : throw new InvalidOperationException(refusal.Message);
}
