using Braintrust.Api.Primitives.V1;
using Braintrust.Jobs;
using Braintrust.Storage;
using Grpc.Core;
using Microsoft.Extensions.DependencyInjection;
using V1 = Braintrust.Api.Jobs.V1;

namespace Braintrust;

/// <summary>A position comes back by itself when its terms can be funded no more, and not before.</summary>
public sealed class PositionTests(ApiFixture fixture) : IClassFixture<ApiFixture>, IAsyncLifetime
{
    private readonly ApiServer _server = fixture.Server;
    private Hiring _hiring = null!;
    private Hiring _other = null!;

    public async Task InitializeAsync() =>
        (_hiring, _other) = (await Hiring.Begin(_server), await Hiring.Begin(_server, talent: 3));

    public Task DisposeAsync()
    {
        _server.Log.AssertNone();
        return Task.CompletedTask;
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task It_comes_back_when_the_final_block_is_past_the_terms(bool signed)
    {
        var (job, negotiation) = await Taken(validSeconds: 20);
        if (signed) negotiation = await _hiring.Sign(negotiation);
        while (Head.Seconds <= Terms(negotiation).ValidUntil) _server.Source.Chain.Mine();
        await RefusedToOthers(job);

        MineFinal();

        await Eventually.Does(async () => Assert.Equal(0u, (await Listed(job)).PositionsTaken));
        Assert.Equal(0u, (await _hiring.Read(job)).PositionsTaken);
        Assert.Equal(V1.NegotiationPhase.Lapsed, (await _hiring.Read(negotiation)).Phase);
        Assert.Empty(await Held(job));
    }

    [Fact]
    public async Task It_comes_back_early_when_a_final_block_holds_the_burning_of_the_nonce()
    {
        var (job, negotiation) = await Taken(validSeconds: 86_400);
        _server.Source.Chain.Mine(ScriptedSource.NonceBurned(Terms(negotiation)));
        await RefusedToOthers(job);

        MineFinal();

        await Eventually.Does(async () => Assert.Equal(0u, (await Listed(job)).PositionsTaken));
        Assert.Equal(V1.NegotiationPhase.Lapsed, (await _hiring.Read(negotiation)).Phase);
    }

    [Fact]
    public async Task It_stays_with_what_is_funded_and_is_never_asked_about_again()
    {
        var (job, negotiation) = await Taken(validSeconds: 60);
        negotiation = await _hiring.Sign(negotiation);
        _server.Source.Chain.Mine(ScriptedSource.Funded(Terms(negotiation), 1));
        while (Head.Seconds <= Terms(negotiation).ValidUntil) _server.Source.Chain.Mine();

        MineFinal();

        await Eventually.Does(async () => Assert.Empty(await Held(job)));
        Assert.Equal((1u, 1u), ((await Listed(job)).PositionsTaken, (await _hiring.Read(job)).PositionsTaken));
        Assert.Equal(V1.NegotiationPhase.Signed, (await _hiring.Read(negotiation)).Phase);
        await RefusedToOthers(job);
    }

    [Fact]
    public async Task An_offer_whose_nonce_is_burned_is_not_accepted()
    {
        var job = await _hiring.Open();
        var negotiation = await _hiring.Offer(_hiring.Employer, await _hiring.Negotiate(job, await _hiring.Bid(job)), "2000");
        _server.Source.Chain.Mine(ScriptedSource.NonceBurned(Terms(negotiation)));
        MineFinal();
        await Eventually.Does(async () => await Rpc.Refused(
            _server.Negotiations.AcceptOfferAsync(
                new() { RequestId = Hiring.Id(), Name = negotiation.Name, Offer = negotiation.Offers[^1].Hash }, _hiring.Talent.Headers),
            StatusCode.FailedPrecondition, ErrorReason.OfferExpired));
        // What was accepted before the burning was seen gives its position back.
        await Eventually.Does(async () => Assert.Equal(0u, (await _hiring.Read(job)).PositionsTaken));
    }

    private Braintrust.Chain.BlockTime Head => _server.Source.Chain.Head.Time;

    /// <summary>A job with one position, which an accepted offer took.</summary>
    private async Task<(V1.Job, V1.Negotiation)> Taken(ulong validSeconds)
    {
        var job = await _hiring.Open();
        var offer = _hiring.Proposed(await _hiring.Negotiate(job, await _hiring.Bid(job)), "2000");
        offer.Terms.ValidUntilSeconds = Head.Seconds + validSeconds;
        var negotiation = (await _server.Negotiations.CounterOfferAsync(offer, _hiring.Employer.Headers)).Negotiation;
        negotiation = await _hiring.Accept(_hiring.Talent, negotiation);
        Assert.Equal(1u, (await Listed(job)).PositionsTaken);
        return (job, negotiation);
    }

    /// <summary>Somebody else asks for the position, so that whether it is still needed is asked now.</summary>
    private async Task RefusedToOthers(V1.Job job)
    {
        var offered = await _other.Offer(_hiring.Employer, await _other.Negotiate(job, await _other.Bid(job)), "2000");
        await Rpc.Refused(() => _other.Accept(_other.Talent, offered), StatusCode.FailedPrecondition, ErrorReason.PositionsFilled);
    }

    private void MineFinal()
    {
        for (var i = 0; i < ScriptedSource.ConfirmationsMin; i++) _server.Source.Chain.Mine();
    }

    private async Task<V1.Job> Listed(V1.Job job)
    {
        var list = new V1.ListJobsRequest { Employer = _hiring.Employer.Account, PageSize = 200 };
        return (await _server.Jobs.ListJobsAsync(list, _hiring.Employer.Headers)).Jobs.Single(listed => listed.Name == job.Name);
    }

    /// <summary>What the keeper still has to ask about.</summary>
    private async Task<IEnumerable<StoredRow>> Held(V1.Job job)
    {
        var rows = await _server.Services.GetRequiredService<IRows>()
            .Read(JobRows.Positions, [(long)ScriptedSource.ChainId], CancellationToken.None);
        return rows.Where(row => "jobs/" + (string)row.Values[0]! == job.Name);
    }

    private static Escrow.Terms Terms(V1.Negotiation negotiation) => Hiring.Read(negotiation.Offers[^1].Terms);
}
