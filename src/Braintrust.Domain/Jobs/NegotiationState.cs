using System.Collections.Immutable;
using System.Numerics;
using System.Text;
using Braintrust.Escrow;
using Orleans;

namespace Braintrust.Jobs;

/// <summary>Where a negotiation stands; the numbers are the proto's and the listing's.</summary>
public enum NegotiationPhase
{
    None = 0,

    /// <summary>Offers go to and fro.</summary>
    Open = 1,

    /// <summary>The newest offer was accepted; the job holds a position for it.</summary>
    Agreed = 2,

    /// <summary>The talent signed it: from here on the employer can fund it.</summary>
    Signed = 3,
    Withdrawn = 4,

    /// <summary>
    /// The agreed terms can never be funded: as of the chain's final block they are not, and it is past their last second or
    /// holds the talent's burning of the nonce.
    /// </summary>
    Lapsed = 5,
}

public enum Side
{
    Employer = 1,
    Talent = 2,
}

/// <summary>
/// The talk about one person doing one job: a chain of offers, each naming the one before by its hash. At most one of them
/// becomes an agreement, because all carry the same nonce.
/// </summary>
[GenerateSerializer, Immutable, Alias("jobs.NegotiationState")]
public sealed record NegotiationState
{
    public const int OffersMax = 64;

    public static readonly NegotiationState Empty = new();

    [Id(0)] public long Version { get; init; }
    [Id(1)] public string Job { get; init; } = "";

    /// <summary>The bid it came from, null when it came from an invitation.</summary>
    [Id(2)] public string? Bid { get; init; }

    /// <summary>accounts/{ulid} or organisations/{ulid}.</summary>
    [Id(3)] public string Employer { get; init; } = "";

    /// <summary>Account id.</summary>
    [Id(4)] public string Talent { get; init; } = "";

    /// <summary>What the job said when the negotiation was opened.</summary>
    [Id(5)] public JobPricing? Pricing { get; init; }
    [Id(6)] public NegotiationPhase Phase { get; init; }
    [Id(7)] public ImmutableArray<Offer> Offers { get; init; } = [];
    [Id(8)] public DateTimeOffset OpenedAt { get; init; }

    /// <summary>Times that a reservation was disclaimed: an acceptance that began before the last one is void.</summary>
    [Id(9)] public long Epoch { get; init; }

    /// <summary>The talent's signature of the newest offer, once signed.</summary>
    [Id(10)] public byte[]? Signature { get; init; }

    /// <summary>True once the escrow's grain holds the signed terms.</summary>
    [Id(11)] public bool HandedOver { get; init; }
    [Id(12)] public Side? WithdrawnBy { get; init; }
    [Id(13)] public string? Reason { get; init; }
    [Id(14)] public DateTimeOffset UpdatedAt { get; init; }

    /// <summary>The talent's wallet that every offer names: the bid's, else that of the first offer.</summary>
    [Id(15)] public Address? Wallet { get; init; }

    /// <summary>True while signed terms wait to be handed to the escrow.</summary>
    public bool Owes => Phase == NegotiationPhase.Signed && !HandedOver;

    public Offer? Newest => Offers.IsEmpty ? null : Offers[^1];

    /// <summary>What both sides agreed on, null while they have not.</summary>
    public Offer? Accepted =>
        Phase is NegotiationPhase.Agreed or NegotiationPhase.Signed or NegotiationPhase.Lapsed ? Newest : null;

    /// <summary>keccak-256 of the negotiation's id in ASCII, as the number in the terms: one nonce a negotiation.</summary>
    public static BigInteger Nonce(string negotiation) =>
        new(Hash32.Keccak(Encoding.ASCII.GetBytes(negotiation)).ToBytes(), isUnsigned: true, isBigEndian: true);
}

/// <summary>How the sums of an offer come about, apart from the milestones themselves.</summary>
[GenerateSerializer, Immutable, Alias("jobs.OfferPrice")]
public sealed record OfferPrice
{
    /// <summary>Fixed price in a currency: minor units of each milestone. Otherwise empty.</summary>
    [Id(0)] public ImmutableArray<Amount> FiatAmounts { get; init; } = [];

    /// <summary>Hourly: the hours of each week that are paid.</summary>
    [Id(1)] public int HoursPerWeek { get; init; }

    /// <summary>Hourly: pay of one hour, in the job's unit.</summary>
    [Id(2)] public Amount Rate { get; init; }

    /// <summary>When the job is priced in a currency.</summary>
    [Id(3)] public Quote? Quote { get; init; }
}

/// <summary>What somebody proposes. The negotiation itself fills in nonce, sequence, previous and documents of the terms.</summary>
/// <param name="Text">What is to be done, in words.</param>
/// <param name="Attachments">Hashes of further documents.</param>
/// <param name="Previous">The newest offer that the maker knows, zero for none.</param>
[GenerateSerializer, Immutable, Alias("jobs.OfferDraft")]
public sealed record OfferDraft(
    [property: Id(0)] Terms Terms, [property: Id(1)] OfferPrice Price, [property: Id(2)] string Text,
    [property: Id(3)] ImmutableArray<Hash32> Attachments, [property: Id(4)] DateTimeOffset ExpiresAt,
    [property: Id(5)] Hash32 Previous);

/// <summary>One link of the chain of offers.</summary>
[GenerateSerializer, Immutable, Alias("jobs.Offer")]
public sealed record Offer
{
    public const int TextLengthMax = 8_000;
    public const int AttachmentsMax = 10;

    /// <summary>EIP-712 hash of the terms: what is accepted, signed and funded.</summary>
    [Id(0)] public required Hash32 Hash { get; init; }
    [Id(1)] public required Terms Terms { get; init; }
    [Id(2)] public required OfferPrice Price { get; init; }
    [Id(3)] public required string Text { get; init; }
    [Id(4)] public required ImmutableArray<Hash32> Attachments { get; init; }
    [Id(5)] public required Side By { get; init; }

    /// <summary>Account id.</summary>
    [Id(6)] public required string Maker { get; init; }
    [Id(7)] public required DateTimeOffset MadeAt { get; init; }
    [Id(8)] public required DateTimeOffset ExpiresAt { get; init; }

    /// <summary>The WorkAgreements contract the hash was made for.</summary>
    [Id(9)] public required Address Contract { get; init; }
}
