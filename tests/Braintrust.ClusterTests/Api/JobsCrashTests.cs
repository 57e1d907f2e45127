using Braintrust.Api.Primitives.V1;
using Braintrust.Jobs;
using Braintrust.Storage;
using Grpc.Core;
using Microsoft.Extensions.DependencyInjection;
using EscrowV1 = Braintrust.Api.Escrow.V1;
using V1 = Braintrust.Api.Jobs.V1;

namespace Braintrust;

/// <summary>What is lost between two steps of a negotiation is found by the next call.</summary>
public sealed class JobsCrashTests
{
    [Fact]
    public async Task An_acceptance_lost_after_its_reservation_can_be_repeated_and_holds_up_nobody()
    {
        await using var server = await ApiServer.Start(overrides: FaultyCommits.Install);
        var (hiring, other) = (await Hiring.Begin(server), await Hiring.Begin(server, talent: 3));
        var job = await hiring.Open();
        var first = await hiring.Offer(hiring.Employer, await hiring.Negotiate(job, await hiring.Bid(job)), "2000");
        var second = await other.Offer(hiring.Employer, await other.Negotiate(job, await other.Bid(job)), "2000");
        var accept = new V1.AcceptOfferRequest { RequestId = Hiring.Id(), Name = first.Name, Offer = first.Offers[0].Hash };

        FaultyCommits.Of(server).LoseOne("negotiation/state");
        await Rpc.Refused(server.Negotiations.AcceptOfferAsync(accept, hiring.Talent.Headers), StatusCode.Unavailable, ErrorReason.Unavailable);
        Assert.Equal(V1.NegotiationPhase.Open, (await hiring.Read(first)).Phase);
        Assert.Equal(V1.NegotiationPhase.Agreed, (await other.Accept(other.Talent, second)).Phase);
        await Rpc.Refused(
            server.Negotiations.AcceptOfferAsync(accept, hiring.Talent.Headers), StatusCode.FailedPrecondition, ErrorReason.PositionsFilled);
        await server.Negotiations.WithdrawNegotiationAsync(new() { RequestId = Hiring.Id(), Name = second.Name }, other.Talent.Headers);
        Assert.Equal(
            V1.NegotiationPhase.Agreed, (await server.Negotiations.AcceptOfferAsync(accept, hiring.Talent.Headers)).Negotiation.Phase);
        Assert.Equal(1u, (await hiring.Read(job)).PositionsTaken);
    }

    [Theory]
    [InlineData("negotiation/state")]
    [InlineData("job/state")]
    public async Task A_position_whose_acceptance_or_return_was_lost_comes_back_though_nobody_looks(string lost)
    {
        await using var server = await ApiServer.Start(overrides: FaultyCommits.Install);
        var hiring = await Hiring.Begin(server);
        var job = await hiring.Open();
        var negotiation = await hiring.Offer(hiring.Employer, await hiring.Negotiate(job, await hiring.Bid(job)), "2000");
        var store = FaultyCommits.Of(server);
        if (lost == "negotiation/state")
        {
            store.LoseOne(lost);
            await Rpc.Refused(() => hiring.Accept(hiring.Talent, negotiation), StatusCode.Unavailable, ErrorReason.Unavailable);
        }
        else
        {
            await hiring.Accept(hiring.Talent, negotiation);
            store.LoseOne(lost);
            await server.Negotiations.WithdrawNegotiationAsync(new() { RequestId = Hiring.Id(), Name = negotiation.Name }, hiring.Talent.Headers);
        }

        Assert.Null(store.Before);
        await Eventually.Does(async () => Assert.Equal(0u, (await hiring.Read(job)).PositionsTaken));
    }

    [Fact]
    public async Task A_signature_that_was_kept_reaches_the_escrow_though_nobody_looks()
    {
        await using var server = await ApiServer.Start(overrides: FaultyCommits.Install);
        var (hiring, negotiation) = await Agreed(server);
        var signature = await hiring.Signature(negotiation);

        FaultyCommits.Of(server).LoseOne("escrow/state");
        await Rpc.Refused(server.Negotiations.SignOfferAsync(signature, hiring.Talent.Headers), StatusCode.Unavailable, ErrorReason.Unavailable);
        await Rpc.Refused(
            server.Negotiations.WithdrawNegotiationAsync(new() { RequestId = Hiring.Id(), Name = negotiation.Name }, hiring.Talent.Headers),
            StatusCode.FailedPrecondition, ErrorReason.WrongState);

        Assert.Equal(negotiation.Accepted, (await Offered(server, hiring, negotiation)).Offer.Agreement);
        Assert.Equal(
            V1.NegotiationPhase.Signed, (await server.Negotiations.SignOfferAsync(signature, hiring.Talent.Headers)).Negotiation.Phase);
        await Eventually.Does(async () => Assert.Empty(await Owed(server)));
    }

    [Fact]
    public async Task A_hand_over_whose_mark_was_lost_is_made_once_and_marked_though_nobody_looks()
    {
        await using var server = await ApiServer.Start(overrides: FaultyCommits.Install);
        var (hiring, negotiation) = await Agreed(server);
        var signature = await hiring.Signature(negotiation);

        FaultyCommits.Of(server).LoseOne("negotiation/state", pass: 1);
        await Rpc.Refused(server.Negotiations.SignOfferAsync(signature, hiring.Talent.Headers), StatusCode.Unavailable, ErrorReason.Unavailable);
        var offered = await Offered(server, hiring, negotiation);
        Assert.NotEmpty(await Owed(server));

        await Eventually.Does(async () => Assert.Empty(await Owed(server)));
        Assert.Equal(offered, await Offered(server, hiring, negotiation));
    }

    [Fact]
    public async Task A_signature_kept_by_a_server_that_died_reaches_the_escrow_after_its_restart()
    {
        var folder = Directory.CreateTempSubdirectory("braintrust-api-");
        var source = new ScriptedSource();
        V1.Negotiation negotiation;
        await using (var server = await ApiServer.Start(overrides: FaultyCommits.Install, source: source, folder: folder.FullName))
        {
            (var hiring, negotiation) = await Agreed(server);
            FaultyCommits.Of(server).LoseAll("escrow/state");
            await Rpc.Refused(
                server.Negotiations.SignOfferAsync(await hiring.Signature(negotiation), hiring.Talent.Headers),
                StatusCode.Unavailable, ErrorReason.Unavailable);
        }

        await using (var server = await ApiServer.Start(source: source, folder: folder.FullName))
        {
            var hiring = await Hiring.Begin(server);
            Assert.Equal(negotiation.Accepted, (await Offered(server, hiring, negotiation)).Offer.Agreement);
        }

        folder.Delete(recursive: true);
    }

    [Fact]
    public async Task A_negotiation_lost_while_it_opened_is_opened_by_the_same_request()
    {
        await using var server = await ApiServer.Start(overrides: FaultyCommits.Install);
        var hiring = await Hiring.Begin(server);
        var job = await hiring.Open();
        var open = new V1.OpenNegotiationRequest { RequestId = Hiring.Id(), Job = job.Name, Bid = (await hiring.Bid(job)).Name };

        FaultyCommits.Of(server).LoseOne("negotiation/state");
        await Rpc.Refused(server.Negotiations.OpenNegotiationAsync(open, hiring.Employer.Headers), StatusCode.Unavailable, ErrorReason.Unavailable);

        var opened = (await server.Negotiations.OpenNegotiationAsync(open, hiring.Employer.Headers)).Negotiation;
        Assert.Equal(opened, (await server.Negotiations.OpenNegotiationAsync(open, hiring.Employer.Headers)).Negotiation);
    }

    private static async Task<(Hiring, V1.Negotiation)> Agreed(ApiServer server)
    {
        var hiring = await Hiring.Begin(server);
        var job = await hiring.Open();
        var negotiation = await hiring.Offer(hiring.Employer, await hiring.Negotiate(job, await hiring.Bid(job)), "2000");
        return (hiring, await hiring.Accept(hiring.Talent, negotiation));
    }

    /// <summary>The agreement, once the escrow knows it. The negotiation itself is not looked at.</summary>
    private static async Task<EscrowV1.Agreement> Offered(ApiServer server, Hiring hiring, V1.Negotiation negotiation)
    {
        EscrowV1.Agreement? found = null;
        await Eventually.Does(async () => found = (await server.Escrow.GetAgreementAsync(
            new() { Name = negotiation.Agreement }, hiring.Employer.Headers)).Agreement);
        return found!;
    }

    private static async Task<IReadOnlyList<StoredRow>> Owed(ApiServer server) =>
        await server.Services.GetRequiredService<IRows>().Read(JobRows.Outbox, [(long)ScriptedSource.ChainId], CancellationToken.None);
}
