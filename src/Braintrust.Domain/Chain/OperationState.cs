using Orleans;

namespace Braintrust.Chain;

/// <summary>Life of a transaction that somebody signed and the server follows.</summary>
public enum OperationStatus
{
    /// <summary>Known, not in a block.</summary>
    Submitted = 1,

    /// <summary>In a block, not yet final.</summary>
    Included = 2,

    /// <summary>In a final block and succeeded.</summary>
    Confirmed = 3,

    /// <summary>Another transaction with the same sender and nonce is in a block.</summary>
    Replaced = 4,

    /// <summary>Its block was replaced; the transaction may come back.</summary>
    Reorged = 5,

    /// <summary>The node no longer knows it: send the same bytes again.</summary>
    Dropped = 6,

    /// <summary>In a final block and reverted.</summary>
    Failed = 7,
}

/// <summary>A followed transaction.</summary>
[GenerateSerializer, Immutable, Alias("chain.OperationState")]
public sealed record OperationState
{
    [Id(0)] public long Version { get; init; }
    [Id(1)] public ulong ChainId { get; init; }
    [Id(2)] public Hash32 TxHash { get; init; }
    [Id(3)] public Address Sender { get; init; }
    [Id(4)] public ulong Nonce { get; init; }

    /// <summary>Who asked to follow it first: only that account may read it.</summary>
    [Id(5)] public string OwnerAccountId { get; init; } = "";

    /// <summary>The signed bytes when the server broadcast them, so that it can again; else null.</summary>
    [Id(6)] public byte[]? Raw { get; init; }
    [Id(7)] public OperationStatus Status { get; init; }
    [Id(8)] public ulong BlockNo { get; init; }
    [Id(9)] public Hash32 BlockHash { get; init; }

    /// <summary>True when it was included and reverted (already before that is final).</summary>
    [Id(10)] public bool Reverted { get; init; }
    [Id(11)] public ulong Confirmations { get; init; }
    [Id(12)] public ulong ConfirmationsNeeded { get; init; }
    [Id(13)] public DateTimeOffset SubmittedAt { get; init; }

    /// <summary>Hash of what was sent in its place, with its nonce and a higher fee; zero when nothing was.</summary>
    [Id(14)] public Hash32 Replacement { get; init; }

    public bool Ended => Status is OperationStatus.Confirmed or OperationStatus.Failed or OperationStatus.Replaced;
}
