using System.Collections.Immutable;
using Orleans;

namespace Braintrust.Jobs;

/// <summary>What somebody sees of a job.</summary>
[GenerateSerializer, Immutable, Alias("jobs.JobView")]
public sealed record JobView
{
    [Id(0)] public required string Id { get; init; }
    [Id(1)] public required long Version { get; init; }
    [Id(2)] public required long Edition { get; init; }
    [Id(3)] public required string Employer { get; init; }
    [Id(4)] public required JobPhase Phase { get; init; }
    [Id(5)] public required JobContent Content { get; init; }
    [Id(6)] public required DateTimeOffset CreatedAt { get; init; }
    [Id(7)] public DateTimeOffset? PostedAt { get; init; }
    [Id(8)] public string? Rejection { get; init; }

    /// <summary>Positions that accepted negotiations hold.</summary>
    [Id(9)] public required int PositionsTaken { get; init; }
    [Id(10)] public required int Bids { get; init; }

    public static JobView Of(string id, JobState job) => new()
    {
        Id = id,
        Version = job.Version,
        Edition = job.Edition,
        Employer = job.Employer,
        Phase = job.Phase,
        Content = job.Content!,
        CreatedAt = job.CreatedAt,
        PostedAt = job.PostedAt,
        Rejection = job.Rejection,
        PositionsTaken = job.Reservations.Count,
        Bids = job.Bids.Count,
    };
}

/// <summary>What a negotiation opens with.</summary>
/// <param name="Talent">Account id.</param>
/// <param name="Wallet">The one the talent bid with, null for an invitation.</param>
[GenerateSerializer, Immutable, Alias("jobs.Engagement")]
public sealed record Engagement(
    [property: Id(0)] string Employer, [property: Id(1)] string Talent, [property: Id(2)] JobPricing Pricing,
    [property: Id(3)] Address? Wallet);

/// <summary>One bid beside others.</summary>
/// <param name="AmountRank">1 for the lowest amount; equal amounts share a rank.</param>
/// <param name="DaysRank">1 for the fewest days.</param>
[GenerateSerializer, Immutable, Alias("jobs.ComparedBid")]
public sealed record ComparedBid(
    [property: Id(0)] Bid Bid, [property: Id(1)] int AmountRank, [property: Id(2)] int DaysRank)
{
    public const int BidsMax = 20;

    public static ImmutableArray<ComparedBid> Of(IReadOnlyList<Bid> bids) =>
    [
        .. bids.Select(bid => new ComparedBid(
            bid, 1 + bids.Count(other => other.Amount < bid.Amount), 1 + bids.Count(other => other.Days < bid.Days))),
    ];
}
