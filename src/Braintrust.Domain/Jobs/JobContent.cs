using System.Collections.Immutable;
using Orleans;

namespace Braintrust.Jobs;

/// <summary>Where a job stands; the numbers are the proto's and the listing's.</summary>
public enum JobPhase
{
    None = 0,
    Draft = 1,
    InReview = 2,
    Rejected = 3,
    Open = 4,
    Closed = 5,
}

public enum PricingKind
{
    /// <summary>One sum for the whole job.</summary>
    Fixed = 1,

    /// <summary>A rate for an hour, with a cap on the hours of a week; every week is a milestone.</summary>
    Hourly = 2,
}

public enum JobVisibility
{
    /// <summary>Everybody who is signed in sees the open job and may bid.</summary>
    Public = 1,

    /// <summary>Only the invited do.</summary>
    Invited = 2,
}

/// <summary>
/// What is paid and in what. Exactly one of <see cref="Token"/> and <see cref="Currency"/> is set: the unit of every sum
/// of the job and its bids is the token's base unit, or the currency's minor unit.
/// </summary>
[GenerateSerializer, Immutable, Alias("jobs.JobPricing")]
public sealed record JobPricing
{
    public const int WeeksMax = 32;
    public const int HoursOfAWeekMax = 80;

    [Id(0)] public required PricingKind Kind { get; init; }

    /// <summary>The chain whose escrow will hold the money.</summary>
    [Id(1)] public required ulong ChainId { get; init; }
    [Id(2)] public Address? Token { get; init; }

    /// <summary>ISO 4217.</summary>
    [Id(3)] public string? Currency { get; init; }

    /// <summary>The most the employer means to pay: in all (Fixed), for an hour (Hourly).</summary>
    [Id(4)] public required Amount Budget { get; init; }

    /// <summary>Hourly: the most hours of one week that are paid.</summary>
    [Id(5)] public int HoursPerWeekMax { get; init; }

    /// <summary>Hourly: the weeks the job is meant to take.</summary>
    [Id(6)] public int Weeks { get; init; }
}

/// <summary>What an employer writes.</summary>
[GenerateSerializer, Immutable, Alias("jobs.JobContent")]
public sealed record JobContent
{
    public const int TitleLengthMax = 120;
    public const int DescriptionLengthMax = 20_000;
    public const int SkillsMax = 15;
    public const int SkillLengthMax = 40;
    public const int PositionsMax = 50;

    [Id(0)] public required string Title { get; init; }
    [Id(1)] public required string Description { get; init; }

    /// <summary>Lower case: letters, digits and <c>+ # . -</c>; no two alike.</summary>
    [Id(2)] public required ImmutableArray<string> Skills { get; init; }
    [Id(3)] public required JobPricing Pricing { get; init; }

    /// <summary>How many people can be hired.</summary>
    [Id(4)] public required int Positions { get; init; }
    [Id(5)] public required DateTimeOffset BidsCloseAt { get; init; }
    [Id(6)] public required JobVisibility Visibility { get; init; }
}

/// <summary>What an employer changes; null keeps.</summary>
[GenerateSerializer, Immutable, Alias("jobs.JobPatch")]
public sealed record JobPatch
{
    [Id(0)] public string? Title { get; init; }
    [Id(1)] public string? Description { get; init; }
    [Id(2)] public ImmutableArray<string>? Skills { get; init; }
    [Id(3)] public JobPricing? Pricing { get; init; }
    [Id(4)] public int? Positions { get; init; }
    [Id(5)] public DateTimeOffset? BidsCloseAt { get; init; }
    [Id(6)] public JobVisibility? Visibility { get; init; }

    public JobContent Apply(JobContent content) => new()
    {
        Title = Title ?? content.Title,
        Description = Description ?? content.Description,
        Skills = Skills ?? content.Skills,
        Pricing = Pricing ?? content.Pricing,
        Positions = Positions ?? content.Positions,
        BidsCloseAt = BidsCloseAt ?? content.BidsCloseAt,
        Visibility = Visibility ?? content.Visibility,
    };
}
