using System.Collections.Immutable;
using Braintrust.Chain;
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

    /// <summary>What either side consented to, at most one settlement and one amendment a side.</summary>
    [Id(3)] public ImmutableArray<Consent> Consents { get; init; } = [];

    /// <param name="context">Null says nothing of it. Refused: Conflict, when another context is known.</param>
    public Outcome<EscrowState> Place(SignedTerms offer, AgreementContext? context)
    {
        if (context is not null && Context is not null && context != Context)
            return new Refusal(RefusalCode.Conflict, "The agreement belongs to another job or organisation.");
        return Offer?.Agreement == offer.Agreement && (context ?? Context) == Context
            ? this
            : this with { Version = Version + 1, Offer = offer, Context = context ?? Context };
    }

    /// <summary>
    /// Keeps a consent in the place of the earlier one of its side and move; what cannot be taken up any more goes. Refused:
    /// StateMoved and TooLate, when that is the consent itself: the agreement may have moved on while the signature was checked.
    /// </summary>
    public Outcome<EscrowState> Consented(Consent consent, AgreementOnChain? agreement, BlockTime now)
    {
        if (Consents.Any(known => known.Digest == consent.Digest && known.Signature.AsSpan().SequenceEqual(consent.Signature))) return this;
        var kept = Consents.Where(known =>
            (known.By, known.Move) != (consent.By, consent.Move) && known.At(agreement, now) == ConsentStatus.Standing);
        return consent.At(agreement, now) switch
        {
            ConsentStatus.Standing => this with { Version = Version + 1, Consents = [.. kept, consent] },
            ConsentStatus.Expired => new Refusal(RefusalCode.TooLate, $"The signature was good until {new BlockTime(consent.Expiry)}.", "expiry_seconds"),
            _ => Moved,
        };
    }

    /// <summary>What is signed for another state than the agreement's is worth nothing.</summary>
    public static Refusal Moved { get; } = new(
        RefusalCode.StateMoved, "This is not what was signed, or the agreement has changed since: prepare it again.", "digest");

    /// <summary>Forgets a consent. Refused: NotFound; NotAParty, when it is of no wallet of the caller.</summary>
    public Outcome<EscrowState> Withdrawn(Hash32 digest, IReadOnlySet<Address> wallets)
    {
        if (Consents.FirstOrDefault(known => known.Digest == digest) is not { } consent)
            return new Refusal(RefusalCode.NotFound, "There is no such consent.", "digest");
        return wallets.Contains(consent.By)
            ? this with { Version = Version + 1, Consents = Consents.Remove(consent) }
            : new Refusal(RefusalCode.NotAParty, "Only who gave a consent can withdraw it.");
    }

    /// <summary>The consents with what has become of them by now.</summary>
    public ImmutableArray<ConsentView> Told(AgreementOnChain? agreement, BlockTime now)
    {
        return [.. Consents.Select(consent => View(consent, consent.At(agreement, now)))];

        ConsentView View(Consent consent, ConsentStatus status) => new(
            consent, status,
            consent.Next is { } next && status != ConsentStatus.Stale ? TermsRules.Changes(agreement!.Funded.Terms, next) : []);
    }
}

/// <summary>What an offer request answered: kept with the state, so that a repeated request answers again.</summary>
[GenerateSerializer, Immutable, Alias("escrow.OfferReceipt")]
public sealed record OfferReceipt([property: Id(0)] Hash32 Agreement, [property: Id(1)] long Version);
