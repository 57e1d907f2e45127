using System.Collections.Immutable;

namespace Braintrust.Reputation;

/// <summary>A signed transaction that anchors a batch, kept before it is sent so that the same one is sent again.</summary>
/// <param name="Nonce">Pinned: however often it is sent and priced anew, one of them is included.</param>
/// <param name="MaxFee">Wei per gas.</param>
/// <param name="Tip">Wei per gas.</param>
public sealed record AnchorAttempt(ulong Nonce, ulong Gas, UInt128 MaxFee, UInt128 Tip, Hash32 TxHash, byte[] Raw);

/// <summary>Seals that were given their places, on their way into a final block.</summary>
/// <param name="Number">The batch's number, unless others anchored in between.</param>
/// <param name="Previous">The head that it stands behind.</param>
public sealed record SealedBatch(
    Address Contract, ulong Number, Hash32 Previous, ImmutableArray<Hash32> Seals, AnchorAttempt Attempt)
{
    /// <summary>Seals in one batch.</summary>
    public const int SealsMax = 200;

    public Hash32 Root => MerkleLog.Root(Seals.AsSpan());
}

/// <summary>
/// What the anchor of a chain is doing. One batch at a time, until it is final: so a reorganisation finds it still in hand,
/// and no batch ever stands on one that was taken back.
/// </summary>
public sealed record AnchorState
{
    public static readonly AnchorState Empty = new();

    public long Version { get; init; }
    public SealedBatch? InFlight { get; init; }

    /// <summary>Refused: WrongState while another is underway.</summary>
    public Outcome<AnchorState> Begin(SealedBatch batch) => InFlight is null
        ? new AnchorState { Version = Version + 1, InFlight = batch }
        : new Refusal(RefusalCode.WrongState, "A batch is underway.");

    /// <summary>The same seals in another place or at another price. Refused: WrongState when they are not underway.</summary>
    public Outcome<AnchorState> Change(SealedBatch batch) => InFlight is { } now && now.Seals.SequenceEqual(batch.Seals)
        ? new AnchorState { Version = Version + 1, InFlight = batch }
        : new Refusal(RefusalCode.WrongState, "Another batch is underway.");

    public AnchorState Settle() => new() { Version = Version + 1 };
}
