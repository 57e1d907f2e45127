using Braintrust.Escrow;

namespace Braintrust.Jobs;

public sealed class NegotiationRulesTests
{
    private static readonly DateTimeOffset Now = Sample.Now;
    private static readonly NegotiationState Offered = Sample.Offered(Sample.Opened, Side.Employer, Sample.Offer);
    private static readonly NegotiationState Countered = Sample.Offered(
        Offered, Side.Talent, Sample.Drafted(Sample.Fixed, [2_500], Offered.Newest!.Hash));
    private static readonly NegotiationState Agreed = Accept(Countered, Side.Employer, Countered.Newest!.Hash);
    private static readonly NegotiationState Signed = Sample.Accept(NegotiationRules.Sign(Agreed, Agreed.Newest!.Hash, [1], Now));

    [Fact]
    public void Offers_form_a_chain_of_hashes_with_one_nonce()
    {
        Assert.Equal([0, 1], Countered.Offers.Select(offer => (int)offer.Terms.Sequence));
        Assert.Equal([default, Offered.Newest!.Hash], Countered.Offers.Select(offer => offer.Terms.Previous));
        Assert.Single(Countered.Offers.Select(offer => offer.Terms.Nonce).Distinct());
        Assert.All(Countered.Offers, offer => Assert.Equal(TermsHash.Of(offer.Terms, 31337, Sample.Contract), offer.Hash));
        Assert.All(Countered.Offers, offer => Assert.Equal(
            AgreedText.Hash(Sample.Negotiation, Countered.Job, offer.Text, offer.Attachments, offer.Price), offer.Terms.Documents));
    }

    [Fact]
    public void Only_the_newest_offer_of_the_other_side_can_be_accepted()
    {
        Assert.Equal(RefusalCode.OfferOutdated, Code(Countered, Side.Employer, Offered.Newest!.Hash, Now));
        Assert.Equal(RefusalCode.WrongState, Code(Countered, Side.Talent, Countered.Newest!.Hash, Now));
        Assert.Equal(RefusalCode.OfferExpired, Code(Countered, Side.Employer, Countered.Newest!.Hash, Countered.Newest.ExpiresAt));
        Assert.Equal(RefusalCode.OfferOutdated, Code(Sample.Opened, Side.Employer, default, Now));
        Assert.Equal(NegotiationPhase.Agreed, Agreed.Phase);
        Assert.Same(Agreed, Accept(Agreed, Side.Employer, Agreed.Newest!.Hash));
    }

    [Fact]
    public void An_offer_on_an_expired_rate_cannot_be_accepted()
    {
        var quote = new Quote("EUR", Sample.Token, "1", Now, "a market", Now.AddHours(1));
        var rated = Countered with
        {
            Offers = Countered.Offers.SetItem(1, Countered.Newest! with { Price = new OfferPrice { Quote = quote } }),
        };
        Assert.Equal(RefusalCode.QuoteExpired, Code(rated, Side.Employer, rated.Newest!.Hash, quote.ExpiresAt));
        Assert.False(NegotiationRules.Accept(rated, Side.Employer, rated.Newest!.Hash, 0, Now).IsRefused);
    }

    [Fact]
    public void An_acceptance_whose_reservation_was_disclaimed_is_void()
    {
        var disclaimed = Sample.Accept(NegotiationRules.Disclaim(Countered, Now));
        Assert.Equal(
            RefusalCode.Conflict,
            Sample.Refuse(NegotiationRules.Accept(disclaimed, Side.Employer, disclaimed.Newest!.Hash, Countered.Epoch, Now)).Code);
        Assert.Same(Agreed, Sample.Accept(NegotiationRules.Disclaim(Agreed, Now)));
    }

    public static TheoryData<RefusalCode, string, Func<NegotiationState, Outcome<NegotiationState>>> OutOfTurn => new()
    {
        { RefusalCode.NotFound, "none", n => Offer(n, Side.Employer) },
        { RefusalCode.NotFound, "none", n => NegotiationRules.Withdraw(n, Side.Employer, "", Now) },
        { RefusalCode.NotFound, "none", n => NegotiationRules.Sign(n, default, [], Now) },
        { RefusalCode.Conflict, "open", n => NegotiationRules.Open(n, n) },
        { RefusalCode.WrongState, "open", n => Offer(n, Side.Talent) },
        { RefusalCode.WrongState, "open", n => NegotiationRules.Sign(n, default, [], Now) },
        { RefusalCode.OfferOutdated, "countered", n => NegotiationRules.MakeOffer(n, Sample.Negotiation, Side.Employer, "m", Sample.Offer, Sample.Contract, Now) },
        { RefusalCode.WrongState, "agreed", n => Offer(n, Side.Employer) },
        { RefusalCode.OfferOutdated, "agreed", n => NegotiationRules.Sign(n, Offered.Newest!.Hash, [], Now) },
        { RefusalCode.WrongState, "signed", n => NegotiationRules.Withdraw(n, Side.Employer, "", Now) },
        { RefusalCode.WrongState, "withdrawn", n => Offer(n, Side.Employer) },
        { RefusalCode.WrongState, "withdrawn", n => NegotiationRules.Withdraw(n, Side.Talent, "", Now) },
        { RefusalCode.WrongState, "withdrawn", n => NegotiationRules.Accept(n, Side.Employer, n.Newest!.Hash, n.Epoch, Now) },
        { RefusalCode.WrongState, "withdrawn", n => NegotiationRules.Sign(n, n.Newest!.Hash, [], Now) },
        { RefusalCode.OfferExpired, "lapsed", n => NegotiationRules.Sign(n, n.Newest!.Hash, [], Now) },
        { RefusalCode.OfferExpired, "lapsed", n => NegotiationRules.Accept(n, Side.Employer, n.Newest!.Hash, n.Epoch, Now) },
        { RefusalCode.InvalidArgument, "open", n => NegotiationRules.Withdraw(n, Side.Employer, new string('x', 501), Now) },
    };

    [Theory, MemberData(nameof(OutOfTurn))]
    public void What_is_out_of_turn_is_refused(RefusalCode code, string at, Func<NegotiationState, Outcome<NegotiationState>> act) =>
        Assert.Equal(code, Sample.Refuse(act(At(at))).Code);

    [Fact]
    public void A_chain_of_offers_has_an_end()
    {
        var negotiation = Sample.Opened;
        while (negotiation.Offers.Length < NegotiationState.OffersMax)
            negotiation = Sample.Offered(negotiation, Side.Employer, Sample.Offer with { Previous = negotiation.Newest?.Hash ?? default });
        Assert.Equal(RefusalCode.LimitReached, Sample.Refuse(Offer(negotiation, Side.Employer)).Code);
    }

    private static Outcome<NegotiationState> Offer(NegotiationState negotiation, Side side) => NegotiationRules.MakeOffer(
        negotiation, Sample.Negotiation, side, "maker", Sample.Offer with { Previous = negotiation.Newest?.Hash ?? default },
        Sample.Contract, Now);

    private static NegotiationState Accept(NegotiationState negotiation, Side side, Hash32 offer) =>
        Sample.Accept(NegotiationRules.Accept(negotiation, side, offer, negotiation.Epoch, Now));

    private static RefusalCode Code(NegotiationState negotiation, Side side, Hash32 offer, DateTimeOffset at) =>
        Sample.Refuse(NegotiationRules.Accept(negotiation, side, offer, negotiation.Epoch, at)).Code;

    private static NegotiationState At(string phase) => phase switch
    {
        "none" => NegotiationState.Empty,
        "open" => Sample.Opened,
        "countered" => Countered,
        "agreed" => Agreed,
        "signed" => Signed,
        "withdrawn" => Sample.Accept(NegotiationRules.Withdraw(Agreed, Side.Talent, "No.", Now)),
        _ => Sample.Accept(NegotiationRules.Lapse(Signed, Now)),
    };
}
