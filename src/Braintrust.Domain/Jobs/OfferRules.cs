using Braintrust.Escrow;

namespace Braintrust.Jobs;

/// <summary>
/// Whether an offer is one that can be made: its sums follow from its price, and nobody names wallets for the other side.
/// That the contract would take the terms, and whose wallets they are, is for the caller to check.
/// </summary>
public static class OfferRules
{
    public const uint WeekSeconds = 7 * 24 * 3600;
    public static readonly TimeSpan LifetimeMax = TimeSpan.FromDays(30);

    /// <summary>Null, or what is wrong with it.</summary>
    public static Refusal? Check(NegotiationState negotiation, Side side, OfferDraft draft, DateTimeOffset now) =>
        Words(draft) ?? Times(draft, now) ?? Wallets(negotiation, side, draft.Terms)
        ?? Unit(negotiation.Pricing!, draft, now) ?? Sums(negotiation.Pricing!, draft);

    private static Refusal? Words(OfferDraft draft)
    {
        if (!Texts.IsProse(draft.Text, 1, Offer.TextLengthMax))
            return Bad("text", $"The agreed text has 1 to {Offer.TextLengthMax} characters.");
        return draft.Attachments.Length > Offer.AttachmentsMax || draft.Attachments.Distinct().Count() != draft.Attachments.Length
            ? Bad("attachments", $"At most {Offer.AttachmentsMax} documents, no two alike.")
            : null;
    }

    /// <summary>By people's clock. The terms' last second is the chain's, and the chain is asked about it.</summary>
    private static Refusal? Times(OfferDraft draft, DateTimeOffset now) =>
        draft.ExpiresAt <= now || draft.ExpiresAt - now > LifetimeMax
            ? Bad("expire_time", "An offer stands for 30 days at most.")
            : null;

    /// <summary>On chain a negotiation is named by the talent's wallet and the nonce: another wallet would be a second one.</summary>
    private static Refusal? Wallets(NegotiationState negotiation, Side side, Terms terms)
    {
        if (negotiation.Wallet is { } wallet && terms.Talent != wallet)
            return Bad("terms.talent", $"The talent's wallet of this negotiation is {wallet}.");
        if (negotiation.Newest?.Terms is not { } before) return null;
        if (side == Side.Talent && (terms.Employer != before.Employer || terms.Manager != before.Manager))
            return Bad("terms.employer", "The employer names the employer's wallets.");
        return side == Side.Employer && terms.Payout != before.Payout
            ? Bad("terms.payout", "The talent says where the pay goes.")
            : null;
    }

    private static Refusal? Unit(JobPricing pricing, OfferDraft draft, DateTimeOffset now)
    {
        var quote = draft.Price.Quote;
        if (pricing.Token is { } token)
            return draft.Terms.Token != token ? Bad("terms.token", $"The job is priced in the token {token}.")
                : quote is not null ? Bad("quote", "A job that is priced in a token needs no exchange rate.")
                : null;
        if (quote is null) return Bad("quote", $"The job is priced in {pricing.Currency}: pin an exchange rate.");
        if (quote.Currency != pricing.Currency) return Bad("quote.currency", $"The job is priced in {pricing.Currency}.");
        if (quote.Token != draft.Terms.Token) return Bad("quote.token", "The rate is for the token of the terms.");
        if (Quote.ReadRate(quote.Rate) is null)
            return Bad("quote.rate", "A rate is a decimal above zero, at most 39 digits before and 18 behind the point.");
        if (!Texts.IsLine(quote.Source, 1, Quote.SourceLengthMax))
            return Bad("quote.source", $"1 to {Quote.SourceLengthMax} characters.");
        if (quote.At > now) return Bad("quote.time", "A rate is not read in the future.");
        return quote.ExpiresAt <= now || quote.ExpiresAt - quote.At > Quote.LifetimeMax
            ? Bad("quote.expire_time", "A rate holds for 7 days at most and has not expired.")
            : null;
    }

    private static Refusal? Sums(JobPricing pricing, OfferDraft draft) =>
        pricing.Kind == PricingKind.Hourly ? Hours(pricing, draft) : FixedSums(draft);

    private static Refusal? FixedSums(OfferDraft draft)
    {
        var (price, amounts) = (draft.Price, draft.Terms.Amounts);
        if (price.HoursPerWeek != 0 || !price.Rate.IsZero) return Bad("hours_per_week", "The job has a fixed price.");
        if (price.FiatAmounts.Length != (price.Quote is null ? 0 : amounts.Length))
            return Bad("fiat_amounts", "One sum for each milestone when the job is priced in a currency, else none.");
        for (var i = 0; i < price.FiatAmounts.Length; i++)
            if (price.Quote!.Convert(price.FiatAmounts[i]) != amounts[i])
                return Bad($"terms.milestones[{i}].amount", "Not the sum in the currency times the rate, rounded up.");
        return null;
    }

    private static Refusal? Hours(JobPricing pricing, OfferDraft draft)
    {
        var price = draft.Price;
        if (!price.FiatAmounts.IsEmpty) return Bad("fiat_amounts", "An hourly job has a rate.");
        if (price.HoursPerWeek < 1 || price.HoursPerWeek > pricing.HoursPerWeekMax)
            return Bad("hours_per_week", $"The job pays 1 to {pricing.HoursPerWeekMax} hours of a week.");
        if (price.Rate.IsZero || price.Rate.Units > UInt128.MaxValue / JobPricing.HoursOfAWeekMax)
            return Bad("hourly_rate", "An hour pays something, and a week of them fits in 128 bits.");
        var week = new Amount(price.Rate.Units * (UInt128)price.HoursPerWeek);
        var due = price.Quote is { } quote ? quote.Convert(week) : week;
        for (var i = 0; i < draft.Terms.Amounts.Length; i++)
        {
            if (draft.Terms.Amounts[i] != due)
                return Bad($"terms.milestones[{i}].amount", "A week pays its hours times the rate.");
            if (draft.Terms.WorkTimes.ElementAtOrDefault(i) != WeekSeconds)
                return Bad($"terms.milestones[{i}].work_time_seconds", "Every milestone of an hourly job is a week.");
        }

        return null;
    }

    private static Refusal Bad(string field, string message) => new(RefusalCode.InvalidArgument, message, field);
}
