using Braintrust.Escrow;
using Braintrust.Storage;
using EscrowV1 = Braintrust.Api.Escrow.V1;
using V1 = Braintrust.Api.Jobs.V1;

namespace Braintrust.Jobs;

internal static class NegotiationsWire
{
    public const string Collection = "negotiations";

    public static string Name(string id) => $"{Collection}/{id}";

    public static string Id(string name, string field) => Wire.UlidName(name, Collection, field);

    /// <summary>What the maker proposes; the terms without what the negotiation fills in.</summary>
    public static OfferDraft Draft(V1.CounterOfferRequest request) => new(
        EscrowWire.Terms(Proposed(request.Terms), defaults: true),
        new OfferPrice
        {
            FiatAmounts = [.. request.FiatAmounts.Select((sum, i) => Wire.Amount(sum, $"fiat_amounts[{i}]"))],
            HoursPerWeek = Wire.Count(request.HoursPerWeek, "hours_per_week", 0, JobPricing.HoursOfAWeekMax),
            Rate = request.HourlyRate.Length == 0 ? Amount.Zero : Wire.Amount(request.HourlyRate, "hourly_rate"),
            Quote = Quote(request.Quote),
        },
        request.Text,
        [.. request.Attachments.Select((hash, i) => Wire.Hash(hash, $"attachments[{i}]"))],
        JobsWire.Time(request.ExpireTime, "expire_time"),
        Wire.Hash(request.Previous, "previous", whenEmpty: default));

    public static V1.Negotiation Negotiation(string id, NegotiationState state, AgreementStanding? standing = null)
    {
        var accepted = state.Accepted;
        return new V1.Negotiation
        {
            Name = Name(id),
            Job = JobsWire.Name(state.Job),
            Bid = state.Bid is { } bid ? JobsWire.BidName(state.Job, bid) : "",
            Employer = state.Employer,
            Talent = Party.OfAccount(state.Talent),
            Pricing = JobsWire.Pricing(state.Pricing!),
            Phase = (V1.NegotiationPhase)state.Phase,
            Offers = { state.Offers.Select(offer => Offer(id, state.Job, offer)) },
            Accepted = accepted?.Hash.ToString() ?? "",
            Agreement = accepted is null
                ? ""
                : EscrowWire.Name(state.Pricing!.ChainId, TermsHash.Negotiation(accepted.Terms.Talent, accepted.Terms.Nonce)),
            Funded = standing?.Funded?.ToString() ?? "",
            AgreementPhase = (EscrowV1.AgreementPhase)(standing?.Phase ?? AgreementPhase.None),
            WithdrawnBy = (V1.Side)(state.WithdrawnBy ?? 0),
            Reason = state.Reason ?? "",
            OpenTime = Wire.Time(state.OpenedAt),
            Etag = Wire.Etag(new ViewVersion(state.Version, 0)),
        };
    }

    public static V1.NegotiationSummary Summary(StoredRow row) => new()
    {
        Name = Name((string)row.Key[0]),
        Job = JobsWire.Name((string)row.Values[0]!),
        Employer = (string)row.Values[1]!,
        Talent = Party.OfAccount((string)row.Values[2]!),
        Phase = (V1.NegotiationPhase)(long)row.Values[3]!,
        OfferCount = (uint)(long)row.Values[4]!,
        OpenTime = Wire.Time(DateTimeOffset.FromUnixTimeMilliseconds((long)row.Values[5]!)),
        UpdateTime = Wire.Time(DateTimeOffset.FromUnixTimeMilliseconds((long)row.Values[6]!)),
    };

    private static V1.Offer Offer(string negotiation, string job, Offer offer) => new()
    {
        Hash = offer.Hash.ToString(),
        Terms = EscrowWire.Terms(offer.Terms),
        By = (V1.Side)offer.By,
        Maker = Party.OfAccount(offer.Maker),
        MakeTime = Wire.Time(offer.MadeAt),
        ExpireTime = Wire.Time(offer.ExpiresAt),
        Text = offer.Text,
        Attachments = { offer.Attachments.Select(hash => hash.ToString()) },
        FiatAmounts = { offer.Price.FiatAmounts.Select(sum => sum.ToString()) },
        HoursPerWeek = (uint)offer.Price.HoursPerWeek,
        HourlyRate = offer.Price.HoursPerWeek == 0 ? "" : offer.Price.Rate.ToString(),
        Quote = offer.Price.Quote is { } quote ? Quote(quote) : null,
        AgreedTextJson = AgreedText.Write(negotiation, job, offer.Text, offer.Attachments, offer.Price),
    };

    private static V1.Quote Quote(Quote quote) => new()
    {
        Currency = quote.Currency,
        Token = quote.Token.ToString(),
        Rate = quote.Rate,
        Time = Wire.Time(quote.At),
        Source = quote.Source,
        ExpireTime = Wire.Time(quote.ExpiresAt),
    };

    private static Quote? Quote(V1.Quote? quote) => quote is null
        ? null
        : new Quote(
            quote.Currency, Wire.Address(quote.Token, "quote.token"), quote.Rate, JobsWire.Time(quote.Time, "quote.time"),
            quote.Source, JobsWire.Time(quote.ExpireTime, "quote.expire_time"));

    private static EscrowV1.Terms Proposed(EscrowV1.Terms? terms)
    {
        if (terms is null) throw Wire.Bad("terms", "Terms are required.");
        foreach (var (text, field) in new[]
            {
                (terms.Nonce, "nonce"), (terms.Sequence, "sequence"), (terms.Previous, "previous"), (terms.Documents, "documents"),
            })
            if (text.Length > 0) throw Wire.Bad("terms." + field, "Leave it empty: the negotiation fills it in.");
        return new EscrowV1.Terms(terms) { Nonce = "0", Sequence = "0", Documents = default(Hash32).ToString() };
    }
}
