using System.Collections.Immutable;
using Braintrust.Chain;
using Braintrust.Storage;

namespace Braintrust.Escrow;

/// <summary>
/// The fold of an agreement's final facts up to a position, so that an old agreement need not be folded from its first
/// one. It names the last fact it holds: when the ledger has another one there, or has been told of an earlier one since, it
/// is of another time and worthless. Losing it is harmless.
/// </summary>
[GenerateSerializer, Immutable, Alias("escrow.EscrowSnapshot")]
public sealed record EscrowSnapshot : ICachedState
{
    public static readonly EscrowSnapshot Empty = new();

    /// <summary>Every entry at or below it is folded; 0 when nothing is.</summary>
    [Id(0)] public long Pos { get; init; }

    /// <summary>Position, block and index of the last standing fact folded, in the chain's order.</summary>
    [Id(1)] public long FactPos { get; init; }
    [Id(7)] public ulong BlockNo { get; init; }
    [Id(2)] public Hash32 BlockHash { get; init; }
    [Id(3)] public uint LogIndex { get; init; }
    [Id(4)] public NegotiationOnChain Fold { get; init; } = NegotiationOnChain.Empty;

    /// <summary>The last entry that changed the view.</summary>
    [Id(5)] public long ChangedAt { get; init; }
    [Id(6)] public ImmutableArray<Retraction> Retractions { get; init; } = [];
}
