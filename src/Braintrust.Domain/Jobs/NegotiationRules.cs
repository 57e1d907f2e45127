using Braintrust.Escrow;

namespace Braintrust.Jobs;

/// <summary>
/// A negotiation's life. Whoever calls holds a reservation at the job before <see cref="Accept"/>, and the talent's valid
/// signature before <see cref="Sign"/>.
/// </summary>
public static class NegotiationRules
{
    public const int ReasonLengthMax = 500;

    public static Refusal NoNegotiation { get; } = new(RefusalCode.NotFound, "There is no such negotiation.");

    public static Outcome<NegotiationState> Open(NegotiationState negotiation, NegotiationState opened) =>
        negotiation.Version == 0
            ? opened with { Version = 1, Phase = NegotiationPhase.Open, UpdatedAt = opened.OpenedAt }
            : new Refusal(RefusalCode.Conflict, "The negotiation exists already.");

    /// <summary>Adds an offer to the chain. The first is the employer's.</summary>
    /// <param name="id">The negotiation's id.</param>
    /// <param name="maker">Account id of who made it.</param>
    /// <param name="contract">The WorkAgreements contract that the terms are made for.</param>
    public static Outcome<NegotiationState> MakeOffer(
        NegotiationState negotiation, string id, Side side, string maker, OfferDraft draft, Address contract, DateTimeOffset now)
    {
        if (NotOpen(negotiation) is { } over) return over;
        if (draft.Previous != (negotiation.Newest?.Hash ?? default)) return Outdated;
        if (negotiation.Offers.IsEmpty && side != Side.Employer)
            return new Refusal(RefusalCode.WrongState, "The employer makes the first offer.");
        if (negotiation.Offers.Length >= NegotiationState.OffersMax)
            return new Refusal(RefusalCode.LimitReached, $"A negotiation has at most {NegotiationState.OffersMax} offers.");
        if (OfferRules.Check(negotiation, side, draft, now) is { } bad) return bad;
        var terms = Complete(negotiation, id, draft);
        return Changed(negotiation, now) with
        {
            Wallet = terms.Talent,
            Offers = negotiation.Offers.Add(new Offer
            {
                Hash = TermsHash.Of(terms, negotiation.Pricing!.ChainId, contract),
                Terms = terms,
                Price = draft.Price,
                Text = draft.Text,
                Attachments = draft.Attachments,
                By = side,
                Maker = maker,
                MadeAt = now,
                ExpiresAt = draft.ExpiresAt,
                Contract = contract,
            }),
        };
    }

    /// <summary>The terms as they will be hashed: what ties them to this negotiation and to the offer before.</summary>
    public static Terms Complete(NegotiationState negotiation, string id, OfferDraft draft) => draft.Terms with
    {
        Nonce = NegotiationState.Nonce(id),
        Sequence = negotiation.Offers.Length,
        Previous = negotiation.Newest?.Hash ?? default,
        Documents = AgreedText.Hash(id, negotiation.Job, draft.Text, draft.Attachments, draft.Price),
    };

    /// <summary>Whether that side may accept that offer now: the newest one, the other side's, and not expired.</summary>
    public static Refusal? CheckAccept(NegotiationState negotiation, Side side, Hash32 offer, DateTimeOffset now)
    {
        if (negotiation.Accepted is { } accepted && accepted.Hash == offer && negotiation.Phase != NegotiationPhase.Lapsed)
            return null;
        if (NotOpen(negotiation) is { } over) return over;
        if (negotiation.Newest is not { } newest || newest.Hash != offer) return Outdated;
        if (newest.By == side) return new Refusal(RefusalCode.WrongState, "The other side accepts your offer.");
        if (now >= newest.ExpiresAt) return new Refusal(RefusalCode.OfferExpired, "The offer expired: make a new one.");
        return newest.Price.Quote is { } quote && now >= quote.ExpiresAt
            ? new Refusal(RefusalCode.QuoteExpired, "The exchange rate expired: make a new offer.")
            : null;
    }

    /// <param name="epoch">The epoch for which a position is reserved.</param>
    public static Outcome<NegotiationState> Accept(
        NegotiationState negotiation, Side side, Hash32 offer, long epoch, DateTimeOffset now)
    {
        if (CheckAccept(negotiation, side, offer, now) is { } refusal) return refusal;
        if (negotiation.Phase != NegotiationPhase.Open) return negotiation;
        return negotiation.Epoch == epoch
            ? Changed(negotiation, now) with { Phase = NegotiationPhase.Agreed }
            : new Refusal(RefusalCode.Conflict, "The reservation was given back meanwhile: accept again.");
    }

    public static Outcome<NegotiationState> Withdraw(
        NegotiationState negotiation, Side side, string reason, DateTimeOffset now)
    {
        if (negotiation.Version == 0) return NoNegotiation;
        if (!Texts.IsProse(reason, 0, ReasonLengthMax))
            return new Refusal(RefusalCode.InvalidArgument, $"At most {ReasonLengthMax} characters.", "reason");
        return negotiation.Phase switch
        {
            NegotiationPhase.Open or NegotiationPhase.Agreed => Changed(negotiation, now) with
            {
                Phase = NegotiationPhase.Withdrawn, WithdrawnBy = side, Reason = reason, Epoch = negotiation.Epoch + 1,
            },
            NegotiationPhase.Signed => new Refusal(
                RefusalCode.WrongState, "The terms are signed and can be funded until they expire; the talent can burn the nonce."),
            _ => Over(negotiation),
        };
    }

    /// <param name="signature">The talent's, of the accepted terms.</param>
    public static Outcome<NegotiationState> Sign(
        NegotiationState negotiation, Hash32 offer, byte[] signature, DateTimeOffset now)
    {
        if (negotiation.Version == 0) return NoNegotiation;
        if (negotiation.Phase is NegotiationPhase.Withdrawn or NegotiationPhase.Lapsed) return Over(negotiation);
        if (negotiation.Accepted is not { } accepted)
            return new Refusal(RefusalCode.WrongState, "No offer is accepted yet.");
        if (accepted.Hash != offer) return Outdated;
        return negotiation.Phase == NegotiationPhase.Signed
            ? negotiation
            : Changed(negotiation, now) with { Phase = NegotiationPhase.Signed, Signature = signature };
    }

    public static Outcome<NegotiationState> HandOver(NegotiationState negotiation, DateTimeOffset now) =>
        negotiation.Owes
            ? Changed(negotiation, now) with { HandedOver = true }
            : negotiation;

    /// <summary>
    /// Says for good that no position is held: an acceptance underway, even by a lost activation, becomes void because
    /// its epoch, or its version of this state, is not the present one any more.
    /// </summary>
    public static Outcome<NegotiationState> Disclaim(NegotiationState negotiation, DateTimeOffset now) =>
        negotiation.Version == 0 || negotiation.Phase is NegotiationPhase.Agreed or NegotiationPhase.Signed
            ? negotiation
            : Changed(negotiation, now) with { Epoch = negotiation.Epoch + 1 };

    /// <summary>The accepted terms can never be funded any more: the caller knows that from the chain.</summary>
    public static Outcome<NegotiationState> Lapse(NegotiationState negotiation, DateTimeOffset now) =>
        negotiation.Phase is NegotiationPhase.Agreed or NegotiationPhase.Signed
            ? Changed(negotiation, now) with { Phase = NegotiationPhase.Lapsed, Epoch = negotiation.Epoch + 1 }
            : negotiation;

    private static Refusal Outdated { get; } =
        new(RefusalCode.OfferOutdated, "Another offer is the newest: read the negotiation again.");

    private static Refusal? NotOpen(NegotiationState negotiation) => negotiation.Phase switch
    {
        NegotiationPhase.Open => null,
        NegotiationPhase.Agreed or NegotiationPhase.Signed =>
            new Refusal(RefusalCode.WrongState, "An offer is accepted already."),
        _ => Over(negotiation),
    };

    private static Refusal Over(NegotiationState negotiation) => negotiation.Phase switch
    {
        NegotiationPhase.None => NoNegotiation,
        NegotiationPhase.Lapsed => new Refusal(RefusalCode.OfferExpired, "The agreed terms can be funded no more."),
        _ => new Refusal(RefusalCode.WrongState, "The negotiation was withdrawn."),
    };

    private static NegotiationState Changed(NegotiationState negotiation, DateTimeOffset now) =>
        negotiation with { Version = negotiation.Version + 1, UpdatedAt = now };
}
