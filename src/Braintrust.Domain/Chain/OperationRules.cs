namespace Braintrust.Chain;

/// <summary>Where a followed transaction was found, as of a cursor.</summary>
/// <param name="Block">The canonical block it is in, at or below the cursor's head, or null.</param>
/// <param name="NonceSpent">Another transaction used its nonce in a final block.</param>
/// <param name="NodeHasIt">The node still has it, in its pool or in a block we have not read yet.</param>
public sealed record Sighting(ChainCursor Cursor, Inclusion? Block, bool NonceSpent, bool NodeHasIt);

public sealed record Inclusion(ulong BlockNo, Hash32 BlockHash, bool Succeeded);

/// <summary>The life of a followed transaction. Only what final blocks say ends it.</summary>
public static class OperationRules
{
    /// <summary>
    /// Begins to follow, or agrees with what is followed already: the same account may send the same bytes again and add
    /// them where there were none. Signed bytes prove who the sender is: they take the place of a stranger's claim.
    /// </summary>
    public static Outcome<OperationState> Begin(OperationState operation, OperationState asked)
    {
        var disproved = asked.Raw is not null && operation.Raw is null && operation.Sender != asked.Sender;
        if (operation.OwnerAccountId.Length == 0 || disproved) return asked with { Version = operation.Version + 1 };
        if (operation.OwnerAccountId != asked.OwnerAccountId)
            return new Refusal(RefusalCode.NotAParty, "Another account follows this transaction.");
        if (operation.Sender != asked.Sender || operation.Nonce != asked.Nonce)
            return new Refusal(RefusalCode.Conflict, "The transaction is followed with another sender or nonce.");
        return operation.Raw is not null || asked.Raw is null
            ? operation
            : operation with { Version = operation.Version + 1, Raw = asked.Raw };
    }

    /// <summary>The node refused it for good before it was ever seen: nothing is followed.</summary>
    public static Outcome<OperationState> Withdraw(OperationState operation) =>
        new OperationState { Version = operation.Version + 1 };

    /// <summary>
    /// A chain may lose blocks that were final: a development chain whose node was killed, any other one that a person had to
    /// resume. What ended in them begins again when the same bytes are sent again.
    /// </summary>
    public static Outcome<OperationState> Reopen(OperationState operation) => operation with
    {
        Version = operation.Version + 1, Status = OperationStatus.Submitted, BlockNo = 0, BlockHash = default, Reverted = false,
    };

    /// <summary>The same call was sent again with a higher fee: one of the two will be included.</summary>
    public static Outcome<OperationState> Supersede(OperationState operation, Hash32 by) =>
        operation.OwnerAccountId.Length == 0 || operation.Ended || operation.Replacement == by
            ? operation
            : operation with { Version = operation.Version + 1, Replacement = by };

    public static Outcome<OperationState> See(OperationState operation, Sighting sighting)
    {
        if (operation.OwnerAccountId.Length == 0 || operation.Ended) return operation;
        var seen = operation with
        {
            Status = Status(operation, sighting),
            BlockNo = sighting.Block?.BlockNo ?? 0,
            BlockHash = sighting.Block?.BlockHash ?? default,
            Reverted = sighting.Block is { Succeeded: false },
        };
        return seen == operation ? operation : seen with { Version = operation.Version + 1 };
    }

    /// <summary>What its owner sees as of a cursor: how deep it is, without the signed bytes.</summary>
    public static OperationState Show(OperationState operation, ChainCursor? cursor, ulong confirmationsNeeded) => operation with
    {
        Raw = null,
        Confirmations = operation.BlockNo == 0 || cursor is null || cursor.HeadNo < operation.BlockNo
            ? 0
            : cursor.HeadNo - operation.BlockNo + 1,
        ConfirmationsNeeded = confirmationsNeeded,
    };

    private static OperationStatus Status(OperationState operation, Sighting sighting)
    {
        if (sighting.Block is { } block)
            return block.BlockNo > sighting.Cursor.FinalNo ? OperationStatus.Included
                : block.Succeeded ? OperationStatus.Confirmed
                : OperationStatus.Failed;
        if (sighting.NonceSpent) return OperationStatus.Replaced;
        if (!sighting.NodeHasIt) return OperationStatus.Dropped;
        return operation.Status is OperationStatus.Included or OperationStatus.Reorged
            ? OperationStatus.Reorged
            : OperationStatus.Submitted;
    }
}
