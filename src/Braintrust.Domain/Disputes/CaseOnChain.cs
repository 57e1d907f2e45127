using System.Collections.Immutable;
using Braintrust.Chain;
using Orleans;

namespace Braintrust.Disputes;

/// <summary>Where a case stands as the contract stores it; which windows have passed is told by time. The contract's numbers.</summary>
public enum CasePhase
{
    None = 0,

    /// <summary>The talent names a ratio and somebody pays its deposit, or it concedes.</summary>
    Response = 1,

    /// <summary>A panel is to be drawn.</summary>
    Drawing = 2,

    /// <summary>A panel sits: commit, reveal, then a redraw, an appeal or nothing.</summary>
    Voting = 3,
    Concluded = 4,
}

/// <summary>One seat of a panel.</summary>
/// <param name="Commitment">The sealed vote; null before, and after it was opened.</param>
/// <param name="Vote">The opened vote, basis points; null until then.</param>
/// <param name="End">How it was settled; null while it is locked.</param>
[GenerateSerializer, Immutable, Alias("disputes.Seat")]
public sealed record Seat(
    [property: Id(0)] Address Arbiter, [property: Id(1)] Hash32? Commitment = null, [property: Id(2)] int? Vote = null,
    [property: Id(3)] SeatEnd? End = null);

/// <param name="Round">First panel 0, its redraw 1, appeal 2, its redraw 3.</param>
/// <param name="DrawnAt">From when its windows run.</param>
[GenerateSerializer, Immutable, Alias("disputes.Panel")]
public sealed record Panel(
    [property: Id(0)] int Round, [property: Id(1)] BlockTime DrawnAt, [property: Id(2)] ImmutableArray<Seat> Seats)
{
    public Tally Tally => CourtMath.Tally([.. Seats.Select(seat => seat.Vote)]);
}

/// <summary>How a case ended.</summary>
/// <param name="Ruling">Null when no ruling came.</param>
[GenerateSerializer, Immutable, Alias("disputes.CaseEnd")]
public sealed record CaseEnd([property: Id(0)] int? Ruling, [property: Id(1)] Bill Bill);

/// <summary>A case as its facts tell it.</summary>
[GenerateSerializer, Immutable, Alias("disputes.CaseOnChain")]
public sealed record CaseOnChain
{
    [Id(0)] public required Hash32 CaseId { get; init; }
    [Id(1)] public required Address Court { get; init; }
    [Id(2)] public required Opening Opening { get; init; }
    [Id(3)] public required Address EmployerSide { get; init; }
    [Id(4)] public required Address Talent { get; init; }

    /// <summary>The rule set that the case is heard under.</summary>
    [Id(5)] public required CourtRules Rules { get; init; }
    [Id(6)] public required CasePhase Phase { get; init; }

    /// <summary>First panel 0, its redraw 1, appeal 2, its redraw 3.</summary>
    [Id(7)] public int Round { get; init; }

    /// <summary>Second from which the windows of the phase run.</summary>
    [Id(8)] public required BlockTime Since { get; init; }

    /// <summary>Ratio that the talent asks for; null until it named one.</summary>
    [Id(9)] public int? TalentBps { get; init; }

    /// <summary>Who paid the talent's deposit; null while nobody did.</summary>
    [Id(10)] public Address? Payer { get; init; }

    /// <summary>The ruling that was appealed against, or the last; null while no ruling is stored.</summary>
    [Id(11)] public int? Ruling { get; init; }

    /// <summary>
    /// Place in the pool's row of draws, null when the case waits for none. A case that is over keeps it until somebody draws:
    /// those behind it wait for that.
    /// </summary>
    [Id(12)] public uint? Ticket { get; init; }

    /// <summary>Who appealed; null without an appeal.</summary>
    [Id(13)] public Address? Appellant { get; init; }

    /// <summary>Deposit of the appeal as a multiple of the cost; 0 without an appeal.</summary>
    [Id(14)] public int AppealCosts { get; init; }

    /// <summary>Panels drawn so far, by round.</summary>
    [Id(15)] public ImmutableArray<Panel> Panels { get; init; } = [];
    [Id(16)] public CaseEnd? End { get; init; }

    /// <summary>Where it was opened, and where its last fact was seen.</summary>
    [Id(17)] public required Seen Opened { get; init; }
    [Id(18)] public required Seen Seen { get; init; }

    /// <summary>The panel of the present round; null when none was drawn for it.</summary>
    public Panel? Panel => Panels.FirstOrDefault(panel => panel.Round == Round);

    public bool IsAppeal => Round >= CourtMath.AppealRound;

    /// <summary>A round that follows one in which too few voted, and has no other after it.</summary>
    public bool IsRedraw => (Round & 1) == 1;

    public bool Sits(Address wallet) => Panels.Any(panel => panel.Seats.Any(seat => seat.Arbiter == wallet));
}

/// <summary>A case as people see it.</summary>
[GenerateSerializer, Immutable, Alias("disputes.CaseView")]
public sealed record CaseView
{
    public const int RetractionsMax = 64;

    [Id(0)] public required ulong ChainId { get; init; }
    [Id(1)] public required ViewVersion Version { get; init; }
    [Id(5)] public required Hash32 CaseId { get; init; }

    /// <summary>Null when a rewind took its opening back.</summary>
    [Id(2)] public required CaseOnChain? Case { get; init; }

    /// <summary>Recent facts that rewinds took back, oldest first.</summary>
    [Id(3)] public ImmutableArray<Retraction> Retractions { get; init; } = [];

    /// <summary>The chain's cursor this view was folded at.</summary>
    [Id(4)] public required ChainCursor Cursor { get; init; }
}
