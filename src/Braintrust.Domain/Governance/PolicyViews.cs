using System.Collections.Immutable;
using Braintrust.Chain;
using Orleans;

namespace Braintrust.Governance;

/// <summary>What a policy version says as a whole: <c>IPolicy.Parameters</c>.</summary>
/// <param name="FeeReceiver">Where fees go that are swept while the version is in force.</param>
/// <param name="FeeBps">The employer's fee on top, basis points.</param>
/// <param name="ReworkSecondsMin">Least time that a talent gets to answer requested changes.</param>
/// <param name="ValiditySecondsMax">How long terms may be open to first funding.</param>
[GenerateSerializer, Immutable, Alias("governance.PolicyParameters")]
public sealed record PolicyParameters(
    [property: Id(0)] Address FeeReceiver,
    [property: Id(1)] ushort FeeBps,
    [property: Id(2)] uint ReviewWindowSecondsMin,
    [property: Id(3)] uint ReviewWindowSecondsMax,
    [property: Id(4)] uint ReworkSecondsMin,
    [property: Id(5)] uint ValiditySecondsMax);

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

    /// <summary>The last second in which terms of this version can be funded, or null while it is in force.</summary>
    public BlockTime? FundableUntil => SupersededAt?.After(GraceSeconds - 1);

    /// <summary>Whether terms that name this version and the token can be funded: as the contract's <c>fundable</c>.</summary>
    public bool IsFundable(Address token, BlockTime now) =>
        (FundableUntil is not { } until || now <= until) && Tokens.Any(listed => listed.Token == token);
}

/// <summary>Everything a policy contract ever published, oldest first: the fold of its facts.</summary>
[GenerateSerializer, Immutable, Alias("governance.PolicyOnChain")]
public sealed record PolicyOnChain([property: Id(0)] ImmutableArray<PolicyVersion> Versions)
{
    public static readonly PolicyOnChain Empty = new(ImmutableArray<PolicyVersion>.Empty);

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

    /// <summary>Recent facts that rewinds took back, oldest first.</summary>
    [Id(4)] public ImmutableArray<Retraction> Retractions { get; init; } = [];

    /// <summary>The chain's cursor this view was folded at.</summary>
    [Id(5)] public required ChainCursor Cursor { get; init; }
}
