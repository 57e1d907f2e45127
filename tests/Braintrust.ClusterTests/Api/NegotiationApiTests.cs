using Braintrust.Api.Primitives.V1;
using Braintrust.Chain;
using Braintrust.Escrow;
using Grpc.Core;
using EscrowV1 = Braintrust.Api.Escrow.V1;
using V1 = Braintrust.Api.Jobs.V1;

namespace Braintrust;

public sealed class NegotiationApiTests(ApiFixture fixture) : IClassFixture<ApiFixture>, IAsyncLifetime
{
    private readonly ApiServer _server = fixture.Server;
    private Hiring _hiring = null!;

    public async Task InitializeAsync() => _hiring = await Hiring.Begin(_server);

    public Task DisposeAsync()
    {
        _server.Log.AssertNone();
        return Task.CompletedTask;
    }

    [Fact]
    public async Task A_job_finds_its_agreement_and_what_was_signed_is_what_is_funded()
    {
        var (job, negotiation) = await Begin();
        negotiation = await _hiring.Offer(_hiring.Employer, negotiation, "2000", "500");
        negotiation = await _hiring.Offer(_hiring.Talent, negotiation, "2000", "900");
        var (first, second) = (negotiation.Offers[0], negotiation.Offers[1]);
        Assert.Equal((first.Hash, "1", first.Terms.Nonce), (second.Terms.Previous, second.Terms.Sequence, second.Terms.Nonce));
        Assert.Equal(Hash32.Keccak(System.Text.Encoding.UTF8.GetBytes(second.AgreedTextJson)).ToString(), second.Terms.Documents);

        negotiation = await _hiring.Accept(_hiring.Employer, negotiation);
        Assert.Equal((V1.NegotiationPhase.Agreed, second.Hash), (negotiation.Phase, negotiation.Accepted));
        Assert.Equal(1u, (await _hiring.Read(job)).PositionsTaken);

        negotiation = await _hiring.Sign(negotiation);
        Assert.Equal(V1.NegotiationPhase.Signed, negotiation.Phase);
        var agreement = (await _server.Escrow.GetAgreementAsync(new() { Name = negotiation.Agreement }, _hiring.Employer.Headers)).Agreement;
        Assert.Equal((second.Hash, second.Terms), (agreement.Offer.Agreement, agreement.Offer.Terms));

        _server.Source.Chain.Mine([ScriptedSource.Funded(Hiring.Read(second.Terms), 2)]);
        await Eventually.Does(async () => Assert.Equal(
            (second.Hash, EscrowV1.AgreementPhase.Funded),
            ((await _hiring.Read(negotiation)).Funded, (await _hiring.Read(negotiation)).AgreementPhase)));
    }

    [Fact]
    public async Task A_request_sent_again_answers_again_at_every_step()
    {
        var (_, negotiation) = await Begin();
        var offer = _hiring.Proposed(negotiation, "2000");
        var offered = (await _server.Negotiations.CounterOfferAsync(offer, _hiring.Employer.Headers)).Negotiation;
        Assert.Equal(offered, (await _server.Negotiations.CounterOfferAsync(offer, _hiring.Employer.Headers)).Negotiation);

        var accept = new V1.AcceptOfferRequest { RequestId = Hiring.Id(), Name = negotiation.Name, Offer = offered.Offers[0].Hash };
        var accepted = (await _server.Negotiations.AcceptOfferAsync(accept, _hiring.Talent.Headers)).Negotiation;
        Assert.Equal(accepted, (await _server.Negotiations.AcceptOfferAsync(accept, _hiring.Talent.Headers)).Negotiation);

        var sign = await _hiring.Signature(negotiation);
        var signed = (await _server.Negotiations.SignOfferAsync(sign, _hiring.Talent.Headers)).Negotiation;
        Assert.Equal(signed, (await _server.Negotiations.SignOfferAsync(sign, _hiring.Talent.Headers)).Negotiation);
        sign.Offer = Hash32.Keccak([1]).ToString();
        await Rpc.Refused(
            _server.Negotiations.SignOfferAsync(sign, _hiring.Talent.Headers), StatusCode.InvalidArgument, ErrorReason.RequestIdReused);
    }

    [Fact]
    public async Task A_stale_or_expired_offer_and_an_expired_rate_are_refused_by_name()
    {
        var (_, negotiation) = await Begin();
        var first = await _hiring.Offer(_hiring.Employer, negotiation, "2000");
        var second = await _hiring.Offer(_hiring.Talent, first, "2500");

        await Refused(_server.Negotiations.CounterOfferAsync(_hiring.Proposed(first, "1"), _hiring.Employer.Headers), ErrorReason.OfferOutdated);
        await Refused(Accept(_hiring.Employer, first), ErrorReason.OfferOutdated);
        await Refused(Accept(_hiring.Talent, second), ErrorReason.WrongState);
        await Refused(Accept(_hiring.Reviewer, second), ErrorReason.NotFound);

        var expiring = _hiring.Proposed(second, "2000");
        expiring.ExpireTime = _hiring.In(TimeSpan.FromHours(1));
        var third = (await _server.Negotiations.CounterOfferAsync(expiring, _hiring.Employer.Headers)).Negotiation;
        _server.Clock.Advance(TimeSpan.FromHours(2));
        await Refused(Accept(_hiring.Talent, third), ErrorReason.OfferExpired);
    }

    [Fact]
    public async Task A_job_priced_in_a_currency_is_paid_by_a_pinned_rate()
    {
        var written = _hiring.Written();
        (written.Pricing.Token, written.Pricing.Currency) = ("", "EUR");
        var (_, negotiation) = await Begin(written);
        var offer = _hiring.Proposed(negotiation, "13");
        offer.FiatAmounts.Add("1");
        offer.Quote = new()
        {
            Currency = "EUR", Token = ScriptedSource.Token.ToString(), Rate = "12.5", Source = "a market",
            Time = _hiring.In(TimeSpan.Zero), ExpireTime = _hiring.In(TimeSpan.FromMinutes(30)),
        };
        var offered = (await _server.Negotiations.CounterOfferAsync(offer, _hiring.Employer.Headers)).Negotiation;
        Assert.Contains("\"rate\":\"12.5\"", offered.Offers[0].AgreedTextJson, StringComparison.Ordinal);
        _server.Clock.Advance(TimeSpan.FromHours(1));
        await Refused(Accept(_hiring.Talent, offered), ErrorReason.QuoteExpired);
    }

    [Fact]
    public async Task A_position_is_taken_once_and_comes_back_when_the_negotiation_is_withdrawn()
    {
        var job = await _hiring.Open();
        var other = await Hiring.Begin(_server, talent: 3);
        var first = await _hiring.Offer(_hiring.Employer, await _hiring.Negotiate(job, await _hiring.Bid(job)), "2000");
        var second = await other.Offer(_hiring.Employer, await other.Negotiate(job, await other.Bid(job)), "2000");
        first = await _hiring.Accept(_hiring.Talent, first);
        await Refused(Accept(other.Talent, second), ErrorReason.PositionsFilled);

        var withdrawal = new V1.WithdrawNegotiationRequest { RequestId = Hiring.Id(), Name = first.Name, Reason = "Ill." };
        var ended = (await _server.Negotiations.WithdrawNegotiationAsync(withdrawal, _hiring.Talent.Headers)).Negotiation;
        Assert.Equal((V1.NegotiationPhase.Withdrawn, V1.Side.Talent, "Ill."), (ended.Phase, ended.WithdrawnBy, ended.Reason));
        Assert.Equal(0u, (await _hiring.Read(job)).PositionsTaken);
        Assert.Equal(V1.NegotiationPhase.Agreed, (await other.Accept(other.Talent, second)).Phase);
    }

    [Fact]
    public async Task What_is_signed_is_not_withdrawn_and_only_the_talent_signs()
    {
        var (_, negotiation) = await Begin();
        negotiation = await _hiring.Accept(_hiring.Talent, await _hiring.Offer(_hiring.Employer, negotiation, "2000"));
        var signature = await _hiring.Signature(negotiation);
        await Refused(_server.Negotiations.SignOfferAsync(signature, _hiring.Employer.Headers), ErrorReason.NotAParty);
        var forged = new V1.SignOfferRequest(signature)
        {
            RequestId = Hiring.Id(),
            TalentSignature = Google.Protobuf.ByteString.CopyFrom(
                await _hiring.Employer.Signer.Sign(Hash32.Parse(signature.Offer), CancellationToken.None)),
        };
        await Refused(_server.Negotiations.SignOfferAsync(forged, _hiring.Talent.Headers), ErrorReason.SignatureInvalid);
        await _server.Negotiations.SignOfferAsync(signature, _hiring.Talent.Headers);
        await Refused(
            _server.Negotiations.WithdrawNegotiationAsync(new() { RequestId = Hiring.Id(), Name = negotiation.Name }, _hiring.Employer.Headers),
            ErrorReason.WrongState);
    }

    [Fact]
    public async Task Both_sides_list_and_watch_their_negotiations()
    {
        var (_, negotiation) = await Begin();
        using var stream = StreamReader.Open(_server, _hiring.Talent, [negotiation.Name]);
        await stream.Snapshot();
        await _hiring.Offer(_hiring.Employer, negotiation, "2000");
        await stream.UntilUpdate(update => update.Negotiation?.Offers.Count == 1);

        foreach (var (person, employer) in new[] { (_hiring.Talent, ""), (_hiring.Employer, _hiring.Employer.Account) })
        {
            var page = await _server.Negotiations.ListNegotiationsAsync(new() { Employer = employer, Filter = "phase = OPEN" }, person.Headers);
            Assert.Equal((V1.NegotiationPhase.Open, 1u), Shape(page.Negotiations.Single(listed => listed.Name == negotiation.Name)));
        }

        await Refused(
            _server.Negotiations.ListNegotiationsAsync(new() { Employer = _hiring.Employer.Account }, _hiring.Talent.Headers),
            ErrorReason.RoleRequired);

        static (V1.NegotiationPhase, uint) Shape(V1.NegotiationSummary listed) => (listed.Phase, listed.OfferCount);
    }

    public static TheoryData<string, Action<V1.CounterOfferRequest>> BadOffers => new()
    {
        { "request_id", r => r.RequestId = "1" },
        { "name", r => r.Name = "negotiations/1" },
        { "previous", r => r.Previous = "0x1" },
        { "terms", r => r.Terms = null },
        { "terms.nonce", r => r.Terms.Nonce = "1" },
        { "terms.sequence", r => r.Terms.Sequence = "1" },
        { "terms.previous", r => r.Terms.Previous = default(Hash32).ToString() },
        { "terms.documents", r => r.Terms.Documents = default(Hash32).ToString() },
        { "terms.employer", r => r.Terms.Employer = DevelopmentKeys.Address(8).ToString() },
        { "terms.talent", r => r.Terms.Talent = DevelopmentKeys.Address(8).ToString() },
        { "terms.review_window_seconds", r => r.Terms.ReviewWindowSeconds = 1 },
        { "terms.milestones", r => r.Terms.Milestones.Clear() },
        { "expire_time", r => r.ExpireTime = null },
        { "expire_time", r => r.ExpireTime = new() { Seconds = long.MaxValue } },
        { "text", r => r.Text = "" },
        { "attachments[0]", r => r.Attachments.Add("x") },
        { "fiat_amounts[0]", r => r.FiatAmounts.Add("-1") },
        { "hours_per_week", r => r.HoursPerWeek = 81 },
        { "hourly_rate", r => r.HourlyRate = "1.5" },
        { "quote.token", r => r.Quote = new() { Currency = "EUR" } },
    };

    [Theory, MemberData(nameof(BadOffers))]
    public async Task An_offer_with_a_bad_field_is_refused_with_its_path(string field, Action<V1.CounterOfferRequest> spoil)
    {
        var (_, negotiation) = await Begin();
        var request = _hiring.Proposed(negotiation, "2000");
        spoil(request);
        await Rpc.Refused(
            _server.Negotiations.CounterOfferAsync(request, _hiring.Employer.Headers), StatusCode.InvalidArgument,
            ErrorReason.InvalidArgument, field);
    }

    private static async Task Refused<T>(AsyncUnaryCall<T> call, ErrorReason reason)
    {
        var error = await Assert.ThrowsAsync<RpcException>(async () => await call);
        Assert.True(Api.RpcErrors.Reason(error) == reason, error.ToString());
    }

    private AsyncUnaryCall<V1.AcceptOfferResponse> Accept(Person by, V1.Negotiation negotiation) => _server.Negotiations.AcceptOfferAsync(
        new() { RequestId = Hiring.Id(), Name = negotiation.Name, Offer = negotiation.Offers[^1].Hash }, by.Headers);

    private async Task<(V1.Job, V1.Negotiation)> Begin(V1.Job? job = null)
    {
        var open = await _hiring.Open(job);
        return (open, await _hiring.Negotiate(open, await _hiring.Bid(open)));
    }
}
