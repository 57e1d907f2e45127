using System.Collections.Immutable;
using Braintrust.Chain;
using Braintrust.Escrow;
using Orleans;

namespace Braintrust.Disputes;

/// <summary>Everything a person can do at a court.</summary>
public enum DisputeMove
{
    Respond = 1,
    PayResponse = 2,
    Concede = 3,
    Appeal = 4,
    Conclude = 5,
    QueueDraw = 6,
    Draw = 7,
    Commit = 8,
    Reveal = 9,
    Enlist = 10,
    Retire = 11,
    TakeBond = 12,
    Withdraw = 13,
}

/// <summary>A move in a case; prepared by the server, signed by a wallet.</summary>
/// <param name="TalentBps">Ratio that the talent asks for (Respond) or the opened vote (Reveal), basis points.</param>
/// <param name="Pays">Whether the talent pays its deposit with the same call (Respond).</param>
/// <param name="Commitment">The sealed vote (Commit).</param>
/// <param name="Salt">What the vote was sealed with (Reveal).</param>
/// <param name="Arbiter">Whose vote is opened (Reveal).</param>
[GenerateSerializer, Immutable, Alias("disputes.CaseRequest")]
public sealed record CaseRequest(
    [property: Id(0)] DisputeMove Move, [property: Id(1)] int TalentBps = 0, [property: Id(2)] bool Pays = false,
    [property: Id(3)] Hash32 Commitment = default, [property: Id(4)] Hash32 Salt = default,
    [property: Id(5)] Address Arbiter = default);

/// <summary>An arbiter's move in a pool, or a party's withdrawal.</summary>
/// <param name="Court">The court that holds bond and credits.</param>
/// <param name="Arbitrable">The contract whose cases are heard (all but Withdraw).</param>
/// <param name="Seats">How many (Enlist, Retire).</param>
/// <param name="Token">Of the credit (Withdraw).</param>
/// <param name="To">Where the credit goes (Withdraw).</param>
[GenerateSerializer, Immutable, Alias("disputes.ArbiterRequest")]
public sealed record ArbiterRequest(
    [property: Id(0)] DisputeMove Move, [property: Id(1)] Address Court, [property: Id(2)] Address Arbitrable = default,
    [property: Id(3)] uint Seats = 0, [property: Id(4)] Address Token = default, [property: Id(5)] Address To = default);

/// <summary>What a court never changes.</summary>
/// <param name="Btrst">The token that bonds are in.</param>
/// <param name="Seat">What a seat locks, base units of BTRST.</param>
public sealed record CourtTraits(Address Btrst, Amount Seat);

/// <summary>What a court says of a pool to a call made now: not all of it is in the logs.</summary>
/// <param name="NextBlock">Number of the block that the call can be in at the earliest.</param>
/// <param name="Ticket">The case's place in the row of draws; 0 when it waits for none.</param>
public sealed record CourtNow(ulong NextBlock, Pool Pool, uint Ticket = 0);

/// <summary>A move that the court allows: what remains is to encode and simulate it.</summary>
/// <param name="Court">The contract to call.</param>
/// <param name="Case">Null for an arbiter's move.</param>
/// <param name="Token">What <paramref name="Price"/> and <paramref name="Effects"/> are in.</param>
/// <param name="Price">What the move takes from its wallet: a deposit or a bond; else zero.</param>
/// <param name="Seat">Index of the seat on the present panel (Commit, Reveal).</param>
public sealed record DisputePlan(
    DisputeMove Move, Address Court, CaseOnChain? Case, Address Token, Amount Price, ImmutableArray<BalanceEffect> Effects,
    int Seat = 0)
{
    /// <summary>The sum that the summary tells, when it is no price.</summary>
    public Amount Sum { get; init; }
}

/// <summary>A call that anybody may make, so that things go on.</summary>
/// <param name="ClosesAfter">The last second for it; null when it stays open.</param>
[GenerateSerializer, Immutable, Alias("disputes.DueMove")]
public readonly record struct DueMove(
    [property: Id(0)] DisputeMove Move, [property: Id(1)] BlockTime OpensAfter, [property: Id(2)] BlockTime? ClosesAfter);
