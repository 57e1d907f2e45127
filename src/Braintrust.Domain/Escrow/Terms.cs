using System.Collections.Immutable;
using System.Numerics;
using Orleans;

namespace Braintrust.Escrow;

/// <summary>What both sides of an agreement consent to: the struct <c>Terms</c> of IWorkAgreements, field by field.</summary>
[GenerateSerializer, Immutable, Alias("escrow.Terms")]
public sealed record Terms
{
    public const int MilestonesMax = 32;

    /// <summary>The talent's own number space, one per negotiation (uint256).</summary>
    [Id(0)] public required BigInteger Nonce { get; init; }

    /// <summary>Place of this offer in the chain of offers (uint256); evidence only.</summary>
    [Id(1)] public required BigInteger Sequence { get; init; }

    /// <summary>Terms hash of the offer before, zero for the first; evidence only.</summary>
    [Id(2)] public required Hash32 Previous { get; init; }
    [Id(3)] public required Address Employer { get; init; }
    [Id(4)] public required Address Manager { get; init; }
    [Id(5)] public required Address Talent { get; init; }
    [Id(6)] public required Address Payout { get; init; }

    /// <summary>One that the named policy version lists.</summary>
    [Id(7)] public required Address Token { get; init; }

    /// <summary>The version of Policy that the terms were made under.</summary>
    [Id(14)] public required uint PolicyVersion { get; init; }

    /// <summary>The employer's fee on top, basis points: that version's.</summary>
    [Id(8)] public required ushort FeeBps { get; init; }

    /// <summary>Who brought the deal and gets a share of the fee; zero for nobody.</summary>
    [Id(15)] public required Address Origin { get; init; }

    /// <summary>That share of the fee, basis points.</summary>
    [Id(16)] public required ushort OriginBps { get; init; }

    /// <summary>Seconds the manager has to answer a delivery; then silence pays.</summary>
    [Id(9)] public required uint ReviewWindow { get; init; }

    /// <summary>Seconds to deliver again after requested changes.</summary>
    [Id(17)] public required uint ReworkTime { get; init; }

    /// <summary>Times that changes can be requested of one milestone, 0 to 7.</summary>
    [Id(18)] public required byte RevisionsMax { get; init; }

    /// <summary>Who rules disputes; zero for nobody: then nothing can be disputed.</summary>
    [Id(19)] public required Address Court { get; init; }

    /// <summary>The court's rule set (uint256).</summary>
    [Id(20)] public required BigInteger CourtRules { get; init; }

    /// <summary>Seconds after which a disputed milestone closes without a ruling; zero without a court.</summary>
    [Id(21)] public required uint CaseTime { get; init; }

    /// <summary>The talent's share of the claim where the court did not rule in time, basis points.</summary>
    [Id(22)] public required ushort FallbackTalentBps { get; init; }

    /// <summary>Last second (block time) in which the terms can be funded first.</summary>
    [Id(10)] public required ulong ValidUntil { get; init; }

    /// <summary>Hash of the agreed text.</summary>
    [Id(11)] public required Hash32 Documents { get; init; }

    /// <summary>Pay of each milestone, base units.</summary>
    [Id(12)] public required ImmutableArray<Amount> Amounts { get; init; }

    /// <summary>Seconds to deliver each milestone.</summary>
    [Id(13)] public required ImmutableArray<uint> WorkTimes { get; init; }
}

/// <summary>Terms that the talent signed (EIP-712), ready to be funded.</summary>
/// <param name="Agreement">The EIP-712 hash of the terms, which names the agreement.</param>
[GenerateSerializer, Immutable, Alias("escrow.SignedTerms")]
public sealed record SignedTerms(
    [property: Id(0)] Terms Terms,
    [property: Id(1)] Hash32 Agreement,
    [property: Id(2)] byte[] TalentSignature);
