using Orleans;

namespace Braintrust.Chain;

/// <summary>Seconds since 1970-01-01 UTC as a block header states them. Never mixed with wall time.</summary>
[GenerateSerializer, Immutable, Alias("chain.BlockTime")]
public readonly record struct BlockTime([property: Id(0)] ulong Seconds) : IComparable<BlockTime>
{
    public int CompareTo(BlockTime other) => Seconds.CompareTo(other.Seconds);
    public static bool operator <(BlockTime a, BlockTime b) => a.Seconds < b.Seconds;
    public static bool operator >(BlockTime a, BlockTime b) => a.Seconds > b.Seconds;
    public static bool operator <=(BlockTime a, BlockTime b) => a.Seconds <= b.Seconds;
    public static bool operator >=(BlockTime a, BlockTime b) => a.Seconds >= b.Seconds;
    public BlockTime After(ulong seconds) => new(checked(Seconds + seconds));

    /// <summary>For people: date and time of the block in UTC, the bare number beyond the calendar.</summary>
    public override string ToString() => Seconds < (ulong)DateTimeOffset.MaxValue.ToUnixTimeSeconds()
        ? $"{DateTimeOffset.FromUnixTimeSeconds((long)Seconds):yyyy-MM-dd HH:mm:ss} UTC (block time)"
        : $"{Seconds} (block time)";
}

/// <summary>What following a chain needs of a block header.</summary>
[GenerateSerializer, Immutable, Alias("chain.BlockHeader")]
public sealed record BlockHeader(
    [property: Id(0)] ulong Number,
    [property: Id(1)] Hash32 Hash,
    [property: Id(2)] Hash32 ParentHash,
    [property: Id(3)] BlockTime Time);

/// <summary>
/// How far a chain has been followed. The row is also the fence: every append names the cursor it continues from.
/// </summary>
/// <param name="Pos">Position of the last ledger entry (fact or rewind); gapless per chain, 0 before the first.</param>
/// <param name="FinalPos">Every entry at or below it concerns final blocks only.</param>
/// <param name="HeadNo">Number of the last block read.</param>
/// <param name="HeadHash">Its hash; zero before the first.</param>
/// <param name="HeadTime">Its time, which is the chain's "now".</param>
/// <param name="FinalNo">Blocks at or below it cannot be rewound.</param>
/// <param name="Halted">Why following stopped until a person acts, or null.</param>
[GenerateSerializer, Immutable, Alias("chain.ChainCursor")]
public sealed record ChainCursor(
    [property: Id(0)] long Pos,
    [property: Id(1)] long FinalPos,
    [property: Id(2)] ulong HeadNo,
    [property: Id(3)] Hash32 HeadHash,
    [property: Id(4)] BlockTime HeadTime,
    [property: Id(5)] ulong FinalNo,
    [property: Id(6)] string? Halted = null)
{
    public static readonly ChainCursor Start = new(0, 0, 0, default, default, 0);
}

/// <summary>Kinds of log that the ledger keeps. The numbers are stored: never renumber, never reuse.</summary>
public enum FactKind : short
{
    AgreementFunded = 1,
    MilestonesFunded = 2,
    MilestoneSubmitted = 3,
    MilestoneClosed = 4,
    AgreementReclaimed = 5,
    PaymentCredited = 6,
    CreditWithdrawn = 7,
    FeesSwept = 8,
    NonceBurned = 9,
    PolicyPublished = 10,
    Tipped = 11,
    MilestoneExtended = 12,
    CancelAsked = 13,
    MilestoneKept = 14,
    ChangesRequested = 15,
    MilestoneDisputed = 16,
    AgreementEnded = 17,
    AgreementAmended = 18,
    PayoutMoveAsked = 19,
    PayoutMoveCancelled = 20,
    FeeShared = 21,
    EntryStopped = 22,
    CourtRulesAdded = 23,
    CaseOpened = 40,
    ResponseNamed = 41,
    ResponsePaid = 42,
    CaseConceded = 43,
    DrawQueued = 44,
    SeedFixed = 45,
    PanelDrawn = 46,
    PanelMissing = 47,
    VoteCommitted = 48,
    VoteRevealed = 49,
    RulingAppealed = 50,
    CaseConcluded = 51,
    SeatSettled = 52,
    ArbiterEnlisted = 53,
    ArbiterRetired = 54,
    BondReturned = 55,
    CourtCredited = 56,
    CourtCreditWithdrawn = 57,
    BatchAnchored = 60,
    CredentialClaimed = 61,
    CredentialRenounced = 62,
}

/// <summary>One log of a registered contract, as the chain said it.</summary>
/// <param name="Payload">One byte with the number of topics, the topics, then the data.</param>
/// <param name="Subjects">64-bit subject keys that this fact touches (<see cref="Subject"/>), without duplicates.</param>
[GenerateSerializer, Immutable, Alias("chain.Fact")]
public sealed record Fact(
    [property: Id(0)] ulong BlockNo,
    [property: Id(1)] Hash32 BlockHash,
    [property: Id(2)] BlockTime BlockTime,
    [property: Id(3)] Hash32 TxHash,
    [property: Id(4)] uint LogIndex,
    [property: Id(5)] Address Contract,
    [property: Id(6)] FactKind Kind,
    [property: Id(7)] byte[] Payload,
    [property: Id(8)] IReadOnlyList<ulong> Subjects);

/// <summary>A fact at its place in the ledger.</summary>
/// <param name="OrphanedBy">Position of the rewind that took it back, or null while it stands.</param>
[GenerateSerializer, Immutable, Alias("chain.LedgerFact")]
public sealed record LedgerFact(
    [property: Id(0)] long Pos,
    [property: Id(1)] Fact Fact,
    [property: Id(2)] long? OrphanedBy);

/// <summary>A rewind at its place in the ledger: every standing fact above <paramref name="ToBlock"/> was taken back.</summary>
[GenerateSerializer, Immutable, Alias("chain.LedgerRewind")]
public sealed record LedgerRewind([property: Id(0)] long Pos, [property: Id(1)] ulong ToBlock);
