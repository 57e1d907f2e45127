using System.Collections.Immutable;
using Braintrust.Chain;
using Braintrust.Escrow;
using Orleans;

namespace Braintrust.Reputation;

/// <summary>Which side of an agreement reviews the other.</summary>
public enum ReviewSide
{
    /// <summary>The talent reviews the employer.</summary>
    Talent = 1,

    /// <summary>The employer or its manager reviews the talent.</summary>
    Employer = 2,
}

/// <summary>What one party says of one closed milestone, as IReputation.Review. Its EIP-712 digest is its seal.</summary>
[GenerateSerializer, Immutable, Alias("reputation.Review")]
public sealed record Review
{
    /// <summary>The escrow that the Reputation contract is bound to.</summary>
    [Id(0)] public required Address Escrow { get; init; }
    [Id(1)] public required Hash32 Negotiation { get; init; }

    /// <summary>Hash of the terms under which the milestone stands closed.</summary>
    [Id(2)] public required Hash32 Agreement { get; init; }
    [Id(3)] public required int Milestone { get; init; }
    [Id(4)] public required Address Reviewer { get; init; }
    [Id(5)] public required Ratings Ratings { get; init; }

    /// <summary>Of the talent's skills; none by the talent.</summary>
    [Id(6)] public ImmutableArray<SkillRating> Skills { get; init; } = [];

    /// <summary>keccak of the text's UTF-8, zero for none.</summary>
    [Id(7)] public Hash32 Text { get; init; }

    /// <summary>32 random bytes: without them the seal would be guessed.</summary>
    [Id(8)] public required Hash32 Salt { get; init; }
}

/// <summary>1 to 5 each.</summary>
/// <param name="Quality">Of the work; by the talent: of what was asked for.</param>
/// <param name="Punctuality">Of deliveries; by the talent: of answers.</param>
/// <param name="Again">Would work together again.</param>
[GenerateSerializer, Immutable, Alias("reputation.Ratings")]
public sealed record Ratings(
    [property: Id(0)] byte Overall, [property: Id(1)] byte Quality, [property: Id(2)] byte Communication,
    [property: Id(3)] byte Punctuality, [property: Id(4)] byte Fairness, [property: Id(5)] byte Again);

/// <param name="Rating">1 to 5.</param>
[GenerateSerializer, Immutable, Alias("reputation.SkillRating")]
public sealed record SkillRating([property: Id(0)] string Skill, [property: Id(1)] byte Rating);

/// <summary>A review as its author handed it over: the secret half of an opening.</summary>
/// <param name="Terms">Those that it names by their hash.</param>
/// <param name="Contract">The Reputation contract that it was signed for.</param>
/// <param name="About">Whom it is about: the talent, or the employer.</param>
/// <param name="Weight">The fee kept when the milestone closed, without the origin's share.</param>
/// <param name="ClosedIn">Hash of the block in which the milestone closed.</param>
/// <param name="ClosedAt">Its time.</param>
public sealed record FiledReview(
    Review Review, string Text, byte[] Signature, Terms Terms, Hash32 Seal, Address Contract, ReviewSide Side, Address About,
    ReferenceValue Weight, Hash32 ClosedIn, BlockTime ClosedAt, DateTimeOffset FiledAt);

/// <summary>The reviews of one milestone.</summary>
public sealed record ReviewState
{
    public static readonly ReviewState Empty = new();

    public long Version { get; init; }

    /// <summary>At most one of each side.</summary>
    public ImmutableArray<FiledReview> Filed { get; init; } = [];
}

/// <summary>What filing answered: kept with the state, so that a repeated request answers again.</summary>
[GenerateSerializer, Immutable, Alias("reputation.ReviewReceipt")]
public sealed record ReviewReceipt([property: Id(0)] Hash32 Seal, [property: Id(1)] ReviewSide Side);
