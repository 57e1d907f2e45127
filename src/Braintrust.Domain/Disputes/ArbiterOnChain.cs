using System.Collections.Immutable;
using Braintrust.Chain;
using Orleans;

namespace Braintrust.Disputes;

/// <summary>One arbiter's seats in one pool.</summary>
/// <param name="Court">The court that holds the bond.</param>
/// <param name="Arbitrable">The contract whose cases it hears.</param>
/// <param name="Bonded">Seats in the draw or locked in cases.</param>
/// <param name="Locked">Seats of those that sit in cases.</param>
/// <param name="Leaving">Seats taken off the draw, whose bond is still in the court.</param>
/// <param name="AvailableAt">Their bond can be taken after this second; null when none are leaving.</param>
[GenerateSerializer, Immutable, Alias("disputes.Bench")]
public sealed record Bench(
    [property: Id(0)] Address Court, [property: Id(1)] Address Arbitrable, [property: Id(2)] uint Bonded = 0,
    [property: Id(3)] uint Locked = 0, [property: Id(4)] uint Leaving = 0, [property: Id(5)] BlockTime? AvailableAt = null)
{
    public uint Free => Bonded - Locked;
}

/// <summary>A seat that is locked in a case.</summary>
/// <param name="Commitment">The sealed vote; null before, and after it was opened.</param>
/// <param name="Vote">The opened vote, basis points; null until then.</param>
[GenerateSerializer, Immutable, Alias("disputes.LockedSeat")]
public sealed record LockedSeat(
    [property: Id(0)] Address Court, [property: Id(1)] Hash32 CaseId, [property: Id(2)] int Round,
    [property: Id(3)] Address Arbitrable, [property: Id(4)] BlockTime DrawnAt, [property: Id(5)] Hash32? Commitment = null,
    [property: Id(6)] int? Vote = null)
{
    /// <summary>The last second to seal the vote, and to open it; null while the case's rules are not known.</summary>
    [Id(7)] public BlockTime? CommitBy { get; init; }
    [Id(8)] public BlockTime? RevealBy { get; init; }

    public LockedSeat Under(CourtRules rules)
    {
        var commitBy = DrawnAt.After(rules.CommitSeconds);
        return this with { CommitBy = commitBy, RevealBy = commitBy.After(rules.RevealSeconds) };
    }
}

/// <summary>What waits at a court for a party to withdraw, and what it ever got there.</summary>
[GenerateSerializer, Immutable, Alias("disputes.CourtCredit")]
public sealed record CourtCredit(
    [property: Id(0)] Address Court, [property: Id(1)] Address Token, [property: Id(2)] Amount Waiting,
    [property: Id(3)] Amount Ever);

/// <summary>Everything the courts' facts say of one address: its pools, its locked seats, its credits.</summary>
[GenerateSerializer, Immutable, Alias("disputes.ArbiterOnChain")]
public sealed record ArbiterOnChain
{
    public static readonly ArbiterOnChain Empty = new();

    /// <summary>In the order of first enlistment.</summary>
    [Id(0)] public ImmutableArray<Bench> Benches { get; init; } = [];

    /// <summary>In the order of the draws. Bounded by the seats bonded.</summary>
    [Id(1)] public ImmutableArray<LockedSeat> Seats { get; init; } = [];

    /// <summary>Arbiters' earnings, and payments that a token refused.</summary>
    [Id(2)] public ImmutableArray<CourtCredit> Credits { get; init; } = [];

    /// <summary>Seats that were given back, and those that were forfeited.</summary>
    [Id(3)] public int SeatsKept { get; init; }
    [Id(4)] public int SeatsForfeited { get; init; }

    /// <summary>Where the last fact was seen; null without one.</summary>
    [Id(5)] public Seen? Seen { get; init; }

    public Bench? Bench(Address court, Address arbitrable) =>
        Benches.FirstOrDefault(bench => bench.Court == court && bench.Arbitrable == arbitrable);

    public Amount Credit(Address court, Address token) =>
        Credits.FirstOrDefault(credit => credit.Court == court && credit.Token == token)?.Waiting ?? Amount.Zero;
}

/// <summary>An arbiter as people see it.</summary>
[GenerateSerializer, Immutable, Alias("disputes.ArbiterView")]
public sealed record ArbiterView
{
    [Id(0)] public required ulong ChainId { get; init; }
    [Id(1)] public required Address Account { get; init; }
    [Id(2)] public required ViewVersion Version { get; init; }
    [Id(3)] public required ArbiterOnChain Arbiter { get; init; }

    /// <summary>Recent facts that rewinds took back, oldest first.</summary>
    [Id(4)] public ImmutableArray<Retraction> Retractions { get; init; } = [];

    /// <summary>The chain's cursor this view was folded at.</summary>
    [Id(5)] public required ChainCursor Cursor { get; init; }
}
