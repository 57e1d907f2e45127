using Orleans;

namespace Braintrust.Escrow;

/// <summary>What one negotiation knows that the chain does not.</summary>
[GenerateSerializer, Immutable, Alias("escrow.EscrowState")]
public sealed record EscrowState
{
    public static readonly EscrowState Empty = new();

    [Id(0)] public long Version { get; init; }

    /// <summary>The latest terms that the talent signed.</summary>
    [Id(1)] public SignedTerms? Offer { get; init; }

    public EscrowState Place(SignedTerms offer) => Offer?.Agreement == offer.Agreement
        ? this
        : this with { Version = Version + 1, Offer = offer };
}

/// <summary>What an offer request answered: kept with the state, so that a repeated request answers again.</summary>
[GenerateSerializer, Immutable, Alias("escrow.OfferReceipt")]
public sealed record OfferReceipt([property: Id(0)] Hash32 Agreement, [property: Id(1)] long Version);
