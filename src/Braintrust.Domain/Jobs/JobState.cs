using System.Collections.Immutable;
using System.Text.Json.Serialization;
using Orleans;

namespace Braintrust.Jobs;

/// <summary>A job and all that hangs on it. Bids, invitations and questions are rows of their own, not of its payload.</summary>
public sealed record JobState
{
    public const int BidsMax = 10_000;
    public const int InvitationsMax = 200;
    public const int QuestionsMax = 200;
    public const int NegotiationsMax = 500;

    public static readonly JobState Empty = new();

    /// <summary>Grows by one a change; 0 means the job does not exist.</summary>
    public long Version { get; init; }

    /// <summary>Grows by one a change of the job itself, so that a bid does not spoil an employer's edit.</summary>
    public long Edition { get; init; }

    /// <summary>accounts/{ulid} or organisations/{ulid}.</summary>
    public string Employer { get; init; } = "";
    public JobPhase Phase { get; init; }
    public JobContent? Content { get; init; }
    public DateTimeOffset CreatedAt { get; init; }

    /// <summary>When the job was opened to bids, null before.</summary>
    public DateTimeOffset? PostedAt { get; init; }

    /// <summary>Why a reviewer rejected it.</summary>
    public string? Rejection { get; init; }

    /// <summary>Positions that negotiations hold, at most one a negotiation.</summary>
    public ImmutableDictionary<string, Reservation> Reservations { get; init; } =
        ImmutableDictionary<string, Reservation>.Empty;

    /// <summary>Negotiations opened so far.</summary>
    public int Negotiations { get; init; }

    /// <summary>By id.</summary>
    [JsonIgnore]
    public ImmutableDictionary<string, Bid> Bids { get; init; } = ImmutableDictionary<string, Bid>.Empty;

    /// <summary>By the invited account's id.</summary>
    [JsonIgnore]
    public ImmutableDictionary<string, Invitation> Invitations { get; init; } =
        ImmutableDictionary<string, Invitation>.Empty;

    /// <summary>By id.</summary>
    [JsonIgnore]
    public ImmutableDictionary<string, Question> Questions { get; init; } = ImmutableDictionary<string, Question>.Empty;
}

/// <summary>A position that an accepted negotiation holds.</summary>
/// <param name="Epoch">
/// The negotiation's count of disclaimed reservations when it asked: messages of an earlier epoch do nothing to it.
/// </param>
/// <param name="Until">Last second (block time) in which its terms can be funded.</param>
/// <param name="OnChain">The negotiation as the job's chain names it.</param>
[GenerateSerializer, Immutable, Alias("jobs.Reservation")]
public sealed record Reservation(
    [property: Id(0)] string Negotiation, [property: Id(1)] long Epoch, [property: Id(2)] ulong Until,
    [property: Id(3)] Hash32 OnChain)
{
    /// <summary>True once a final block holds the funding: the position is taken for good.</summary>
    [Id(4)] public bool Funded { get; init; }
}

/// <summary>What a negotiation has of the position that it reserved.</summary>
public enum PositionClaim
{
    /// <summary>Nothing, and for good.</summary>
    None = 0,

    /// <summary>It is needed, or may still be.</summary>
    Held = 1,

    /// <summary>The agreement is funded in a final block.</summary>
    Funded = 2,
}

public enum BidPhase
{
    None = 0,
    Placed = 1,
    Shortlisted = 2,
    Declined = 3,
    Withdrawn = 4,

    /// <summary>The job was closed.</summary>
    Lapsed = 5,
}

/// <summary>One person's offer to do a job.</summary>
[GenerateSerializer, Immutable, Alias("jobs.Bid")]
public sealed record Bid
{
    public const int CoverLengthMax = 4_000;
    public const int MilestonesMax = 32;
    public const int DaysMax = 365;
    public const int AttemptsMax = 5;
    public const int LiveMax = 100;
    public const int ReasonLengthMax = 500;

    [Id(0)] public required string Id { get; init; }

    /// <summary>Account id.</summary>
    [Id(1)] public required string Talent { get; init; }

    /// <summary>The wallet the talent would sign with.</summary>
    [Id(2)] public required Address Wallet { get; init; }

    /// <summary>In the job's unit: for everything (Fixed), for an hour (Hourly).</summary>
    [Id(3)] public required Amount Amount { get; init; }
    [Id(4)] public required int Days { get; init; }

    /// <summary>How the talent would part the work; empty when left to talk. Their amounts sum to <see cref="Amount"/>.</summary>
    [Id(5)] public required ImmutableArray<ProposedMilestone> Milestones { get; init; }
    [Id(6)] public required string Cover { get; init; }
    [Id(7)] public required DateTimeOffset ExpiresAt { get; init; }
    [Id(8)] public required DateTimeOffset PlacedAt { get; init; }
    [Id(9)] public BidPhase Phase { get; init; } = BidPhase.Placed;

    /// <summary>Why it was declined.</summary>
    [Id(10)] public string? Reason { get; init; }

    /// <summary>Grows by one a change.</summary>
    [Id(11)] public long Version { get; init; } = 1;

    public bool IsLive(DateTimeOffset now) => Phase is BidPhase.Placed or BidPhase.Shortlisted && now < ExpiresAt;
}

[GenerateSerializer, Immutable, Alias("jobs.ProposedMilestone")]
public sealed record ProposedMilestone(
    [property: Id(0)] string Title, [property: Id(1)] Amount Amount, [property: Id(2)] int Days)
{
    public const int TitleLengthMax = 120;
}

public enum InvitationPhase
{
    None = 0,
    Pending = 1,
    Declined = 2,

    /// <summary>The invited placed a bid.</summary>
    Answered = 3,
}

/// <param name="Talent">Account id of the invited.</param>
[GenerateSerializer, Immutable, Alias("jobs.Invitation")]
public sealed record Invitation(
    [property: Id(0)] string Talent, [property: Id(1)] string Message, [property: Id(2)] InvitationPhase Phase,
    [property: Id(3)] DateTimeOffset InvitedAt)
{
    public const int MessageLengthMax = 2_000;
}

/// <param name="Asker">Account id; told to nobody but the asker and the employer.</param>
/// <param name="Answer">Empty until the employer answers.</param>
[GenerateSerializer, Immutable, Alias("jobs.Question")]
public sealed record Question(
    [property: Id(0)] string Id, [property: Id(1)] string Asker, [property: Id(2)] string Text,
    [property: Id(3)] DateTimeOffset AskedAt, [property: Id(4)] string Answer, [property: Id(5)] DateTimeOffset? AnsweredAt)
{
    public const int LengthMax = 2_000;
    public const int OpenPerPersonMax = 5;
}
