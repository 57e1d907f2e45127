using System.Collections.Immutable;
using Braintrust.Chain;
using Orleans;

namespace Braintrust.Governance;

/// <summary>What a policy version says as a whole: <c>IPolicy.Parameters</c>.</summary>
/// <param name="FeeReceiver">Where fees go that are swept while the version is in force.</param>
/// <param name="FeeBps">The employer's fee on top, basis points.</param>
/// <param name="ReworkSecondsMin">Least time that a talent gets to answer requested changes.</param>
/// <param name="ValiditySecondsMax">How long terms may be open to first funding.</param>
/// <param name="OriginBpsMax">Most of the fee that may go to who brought the deal, basis points.</param>
/// <param name="Guardian">Who may stop first funding under the version, once; zero: nobody.</param>
[GenerateSerializer, Immutable, Alias("governance.PolicyParameters")]
public sealed record PolicyParameters(
    [property: Id(0)] Address FeeReceiver,
    [property: Id(1)] ushort FeeBps,
    [property: Id(2)] uint ReviewWindowSecondsMin,
    [property: Id(3)] uint ReviewWindowSecondsMax,
    [property: Id(4)] uint ReworkSecondsMin,
    [property: Id(5)] uint ValiditySecondsMax,
    [property: Id(6)] ushort OriginBpsMax,
    [property: Id(7)] Address Guardian);

/// <summary>A token that agreements can be paid in.</summary>
/// <param name="AmountMin">Least pay of a milestone, base units.</param>
/// <param name="ReferencePrice">
/// Millionths of the reference unit for 10^18 base units: what makes sums in different tokens comparable.
/// </param>
[GenerateSerializer, Immutable, Alias("governance.PaymentToken")]
public sealed record PaymentToken(
    [property: Id(0)] Address Token,
    [property: Id(1)] Amount AmountMin,
    [property: Id(2)] UInt128 ReferencePrice);

/// <summary>An address that people are told to trust under a name, such as "WorkAgreements".</summary>
[GenerateSerializer, Immutable, Alias("governance.OfficialAddress")]
public sealed record OfficialAddress([property: Id(0)] string Kind, [property: Id(1)] Address Account);

/// <summary>One published version with everything that holds under it.</summary>
[GenerateSerializer, Immutable, Alias("governance.PolicyVersion")]
public sealed record PolicyVersion
{
    /// <summary>For how long a superseded version can still be funded: the contract's GRACE.</summary>
    public const ulong GraceSeconds = 14 * 24 * 3600;

    [Id(0)] public required uint Number { get; init; }
    [Id(1)] public required PolicyParameters Parameters { get; init; }

    /// <summary>Ordered by address.</summary>
    [Id(2)] public required ImmutableArray<PaymentToken> Tokens { get; init; }

    /// <summary>Ordered by kind.</summary>
    [Id(3)] public required ImmutableArray<OfficialAddress> Officials { get; init; }

    /// <summary>When the next version came into force, or null while this one is.</summary>
    [Id(4)] public BlockTime? SupersededAt { get; init; }

    /// <summary>The block that published it.</summary>
    [Id(5)] public required Seen Seen { get; init; }

    /// <summary>Last second in which first funding under it is refused, or null when nobody stopped it.</summary>
    [Id(6)] public BlockTime? StoppedUntil { get; init; }

    /// <summary>The last second in which terms of this version can be funded, or null while it is in force.</summary>
    public BlockTime? FundableUntil => SupersededAt?.After(GraceSeconds - 1);

    /// <summary>Whether terms that name this version and the token can be funded: as the contract's <c>fundable</c>.</summary>
    public bool IsFundable(Address token, BlockTime now) =>
        (FundableUntil is not { } until || now <= until) && (StoppedUntil is not { } stopped || now > stopped)
        && Tokens.Any(listed => listed.Token == token);
}

/// <summary>How a court hears cases under one rule set, which never changes; times in seconds, ratios in basis points.</summary>
/// <param name="Number">From 1 without gaps; what terms name.</param>
/// <param name="CostBps">Cost of a case as a share of the disputed sum.</param>
/// <param name="BandBps">Votes no further from the ruling than this are right.</param>
/// <param name="Tokens">Those it hears cases about, with the least cost of a case in base units.</param>
[GenerateSerializer, Immutable, Alias("governance.CourtRuleSet")]
public sealed record CourtRuleSet(
    [property: Id(0)] ulong Number,
    [property: Id(1)] ushort CostBps,
    [property: Id(2)] ushort BandBps,
    [property: Id(3)] uint ResponseSeconds,
    [property: Id(4)] uint DrawSeconds,
    [property: Id(5)] uint CommitSeconds,
    [property: Id(6)] uint RevealSeconds,
    [property: Id(7)] uint AppealSeconds,
    [property: Id(8)] ImmutableArray<CourtToken> Tokens);

/// <param name="CostMin">Least cost of a case, base units.</param>
[GenerateSerializer, Immutable, Alias("governance.CourtToken")]
public sealed record CourtToken([property: Id(0)] Address Token, [property: Id(1)] Amount CostMin);

/// <summary>Everything a policy contract ever published, oldest first: the fold of its facts.</summary>
/// <param name="CourtRules">The court's rule sets; versions are no matter to them.</param>
[GenerateSerializer, Immutable, Alias("governance.PolicyOnChain")]
public sealed record PolicyOnChain(
    [property: Id(0)] ImmutableArray<PolicyVersion> Versions, [property: Id(1)] ImmutableArray<CourtRuleSet> CourtRules)
{
    public static readonly PolicyOnChain Empty = new([], []);

    public PolicyVersion? Current => Versions.IsEmpty ? null : Versions[^1];

    public PolicyVersion? Find(uint number) => Versions.FirstOrDefault(version => version.Number == number);
}

/// <summary>A policy as people see it.</summary>
[GenerateSerializer, Immutable, Alias("governance.PolicyView")]
public sealed record PolicyView
{
    public const int RetractionsMax = 64;

    [Id(0)] public required ulong ChainId { get; init; }
    [Id(1)] public required Address Contract { get; init; }
    [Id(2)] public required ViewVersion Version { get; init; }
    [Id(3)] public required PolicyVersion Current { get; init; }

    /// <summary>The court's rule sets, by number.</summary>
    [Id(6)] public required ImmutableArray<CourtRuleSet> CourtRules { get; init; }

    /// <summary>Recent facts that rewinds took back, oldest first.</summary>
    [Id(4)] public ImmutableArray<Retraction> Retractions { get; init; } = [];

    /// <summary>The chain's cursor this view was folded at.</summary>
    [Id(5)] public required ChainCursor Cursor { get; init; }
}
