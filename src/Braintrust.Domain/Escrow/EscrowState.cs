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

    /// <summary>Where the agreement came from, once it is known.</summary>
    [Id(2)] public AgreementContext? Context { get; init; }

    /// <param name="context">Null says nothing of it. Refused: Conflict, when another context is known.</param>
    public Outcome<EscrowState> Place(SignedTerms offer, AgreementContext? context)
    {
        if (context is not null && Context is not null && context != Context)
            return new Refusal(RefusalCode.Conflict, "The agreement belongs to another job or organisation.");
        return Offer?.Agreement == offer.Agreement && (context ?? Context) == Context
            ? this
            : this with { Version = Version + 1, Offer = offer, Context = context ?? Context };
    }
}

/// <summary>What an offer request answered: kept with the state, so that a repeated request answers again.</summary>
[GenerateSerializer, Immutable, Alias("escrow.OfferReceipt")]
public sealed record OfferReceipt([property: Id(0)] Hash32 Agreement, [property: Id(1)] long Version);
