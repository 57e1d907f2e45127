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

    private async Task<(V1.Job, V1.Negotiation)> Begin(V1.Job? job = null)
    {
        var open = await _hiring.Open(job);
        return (open, await _hiring.Negotiate(open, await _hiring.Bid(open)));
    }
}
