using System.Numerics;
using System.Text;

namespace Braintrust.Jobs;

public sealed class OfferRulesTests
{
    private static readonly DateTimeOffset Now = Sample.Now;

    private static readonly Quote Rate = new("EUR", Sample.Token, "12.5", Now, "a market", Now + TimeSpan.FromHours(1));

    private static readonly JobPricing Euros = Sample.Fixed with { Token = null, Currency = "EUR" };

    private static readonly OfferDraft InEuros = Sample.Drafted(Euros, [25, 13], default) with
    {
        Price = new OfferPrice { FiatAmounts = [new Amount(2), new Amount(1)], Quote = Rate },
    };

    private static readonly OfferDraft ByTheHour = Sample.Drafted(Sample.Hourly, [400, 400], default) with
    {
        Price = new OfferPrice { HoursPerWeek = 10, Rate = new Amount(40) },
    };

    public static TheoryData<string, string, Func<OfferDraft, OfferDraft>> Bad => new()
    {
        { "token", "text", d => d with { Text = "" } },
        { "token", "text", d => d with { Text = new string('x', 8_001) } },
        { "token", "attachments", d => d with { Attachments = [default, default] } },
        { "token", "attachments", d => d with { Attachments = [.. Enumerable.Range(0, 11).Select(i => Hash32.Keccak([(byte)i]))] } },
        { "token", "expire_time", d => d with { ExpiresAt = Now } },
        { "token", "expire_time", d => d with { ExpiresAt = Now + TimeSpan.FromDays(31) } },
        { "token", "terms.token", d => d with { Terms = d.Terms with { Token = Sample.Contract } } },
        { "token", "quote", d => d with { Price = d.Price with { Quote = Rate } } },
        { "token", "fiat_amounts", d => d with { Price = d.Price with { FiatAmounts = [new Amount(1)] } } },
        { "token", "hours_per_week", d => d with { Price = d.Price with { HoursPerWeek = 1 } } },
        { "euros", "quote", d => d with { Price = d.Price with { Quote = null } } },
        { "euros", "quote.currency", d => d with { Price = d.Price with { Quote = Rate with { Currency = "USD" } } } },
        { "euros", "quote.token", d => d with { Price = d.Price with { Quote = Rate with { Token = Sample.Contract } } } },
        { "euros", "quote.rate", d => d with { Price = d.Price with { Quote = Rate with { Rate = "0" } } } },
        { "euros", "quote.source", d => d with { Price = d.Price with { Quote = Rate with { Source = "" } } } },
        { "euros", "quote.time", d => d with { Price = d.Price with { Quote = Rate with { At = Now.AddSeconds(1) } } } },
        { "euros", "quote.expire_time", d => d with { Price = d.Price with { Quote = Rate with { ExpiresAt = Now } } } },
        { "euros", "quote.expire_time", d => d with { Price = d.Price with { Quote = Rate with { ExpiresAt = Now.AddDays(8) } } } },
        { "euros", "fiat_amounts", d => d with { Price = d.Price with { FiatAmounts = [new Amount(2)] } } },
        { "euros", "terms.milestones[1].amount", d => d with { Terms = d.Terms with { Amounts = [new Amount(25), new Amount(12)] } } },
        { "hours", "hours_per_week", d => d with { Price = d.Price with { HoursPerWeek = 41 } } },
        { "hours", "hours_per_week", d => d with { Price = d.Price with { HoursPerWeek = 0 } } },
        { "hours", "hourly_rate", d => d with { Price = d.Price with { Rate = Amount.Zero } } },
        { "hours", "hourly_rate", d => d with { Price = d.Price with { Rate = new Amount(UInt128.MaxValue) } } },
        { "hours", "fiat_amounts", d => d with { Price = d.Price with { FiatAmounts = [new Amount(400)] } } },
        { "hours", "terms.milestones[1].amount", d => d with { Terms = d.Terms with { Amounts = [new Amount(400), new Amount(399)] } } },
        { "hours", "terms.milestones[0].work_time_seconds", d => d with { Terms = d.Terms with { WorkTimes = [86_400, OfferRules.WeekSeconds] } } },
    };

    [Theory, MemberData(nameof(Bad))]
    public void An_offer_that_does_not_follow_from_its_price_is_refused_with_the_field(
        string unit, string field, Func<OfferDraft, OfferDraft> spoil)
    {
        var (pricing, draft) = Of(unit);
        var negotiation = Sample.Opened with { Pricing = pricing };
        Assert.Null(OfferRules.Check(negotiation, Side.Employer, draft, Now));
        var refusal = OfferRules.Check(negotiation, Side.Employer, spoil(draft), Now);
        Assert.Equal((RefusalCode.InvalidArgument, field), (refusal?.Code, refusal?.Field));
    }

    [Fact]
    public void Nobody_names_wallets_for_the_other_side()
    {
        var offered = Sample.Offered(Sample.Opened, Side.Employer, Sample.Offer);
        var counter = Sample.Offer with { Previous = offered.Newest!.Hash };
        var stranger = Braintrust.Escrow.WorkStory.Stranger;
        Assert.Equal("terms.employer", Field(Side.Talent, counter.Terms with { Employer = stranger }));
        Assert.Equal("terms.employer", Field(Side.Talent, counter.Terms with { Manager = stranger }));
        Assert.Equal("terms.payout", Field(Side.Employer, counter.Terms with { Payout = stranger }));
        Assert.Equal("terms.talent", Field(Side.Talent, counter.Terms with { Talent = stranger }));
        Assert.Null(Field(Side.Talent, counter.Terms with { Payout = stranger }));
        Assert.Null(Field(Side.Employer, counter.Terms with { Manager = stranger }));

        string? Field(Side side, Braintrust.Escrow.Terms terms) =>
            OfferRules.Check(offered, side, counter with { Terms = terms }, Now)?.Field;
    }

    [Theory]
    [InlineData("10000", 3, "30000")]
    [InlineData("0.25", 1, "1")]
    [InlineData("0.25", 4, "1")]
    [InlineData("0.25", 5, "2")]
    [InlineData("0.000000000000000001", 1, "1")]
    [InlineData("340282366920938463463374607431768211455", 1, "340282366920938463463374607431768211455")]
    [InlineData("340282366920938463463374607431768211455", 2, null)]
    [InlineData("340282366920938463463374607431768211455.000000000000000001", 1, null)]
    [InlineData("0", 1, null)]
    [InlineData("0.0", 1, null)]
    [InlineData("01", 1, null)]
    [InlineData(".5", 1, null)]
    [InlineData("5.", 1, null)]
    [InlineData("1.2.3", 1, null)]
    [InlineData("-1", 1, null)]
    [InlineData("1e3", 1, null)]
    [InlineData("0.0000000000000000001", 1, null)]
    public void A_rate_converts_exactly_and_rounds_up(string rate, ulong sum, string? tokens) =>
        Assert.Equal(tokens, (Rate with { Rate = rate }).Convert(new Amount(sum))?.ToString());

    [Fact]
    public void The_agreed_text_has_one_spelling_and_covers_the_rate()
    {
        var price = new OfferPrice { FiatAmounts = [new Amount(2)], Quote = Rate with { At = DateTimeOffset.UnixEpoch, ExpiresAt = DateTimeOffset.UnixEpoch.AddMilliseconds(1) } };
        Assert.Equal(
            """{"attachments":[],"fiat_amounts":["2"],"job":"jobs/J","negotiation":"negotiations/N","quote":{"currency":"EUR","expire_time":"1970-01-01T00:00:00.001Z","rate":"12.5","source":"a market","time":"1970-01-01T00:00:00.000Z","token":"0x0000000000000000000000000000000000007031"},"text":"a \"quoted\"\n\tline é","version":"1"}""",
            AgreedText.Write("N", "J", "a \"quoted\"\n\tline é", [], price));
    }

    [Fact]
    public void A_negotiation_has_one_nonce_that_is_the_hash_of_its_id()
    {
        var nonce = NegotiationState.Nonce(Sample.Negotiation);
        Assert.Equal(Hash32.Keccak(Encoding.ASCII.GetBytes(Sample.Negotiation)).ToString()[2..], nonce.ToString("x64")[^64..]);
        Assert.True(nonce.Sign > 0 && nonce < BigInteger.Pow(2, 256));
    }

    private static (JobPricing, OfferDraft) Of(string unit) => unit switch
    {
        "token" => (Sample.Fixed, Sample.Offer),
        "euros" => (Euros, InEuros),
        _ => (Sample.Hourly, ByTheHour),
    };
}
