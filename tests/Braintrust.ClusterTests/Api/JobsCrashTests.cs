using Braintrust.Api.Primitives.V1;
using Braintrust.Storage;
using Grpc.Core;
using Microsoft.Extensions.DependencyInjection;
using V1 = Braintrust.Api.Jobs.V1;

namespace Braintrust;

/// <summary>What is lost between two steps of a negotiation is found by the next call.</summary>
public sealed class JobsCrashTests
{
    [Fact]
    public async Task An_acceptance_lost_after_its_reservation_can_be_repeated_and_holds_up_nobody()
    {
        await using var server = await ApiServer.Start(overrides: Faulty);
        var (hiring, other) = (await Hiring.Begin(server), await Hiring.Begin(server, talent: 3));
        var job = await hiring.Open();
        var first = await hiring.Offer(hiring.Employer, await hiring.Negotiate(job, await hiring.Bid(job)), "2000");
        var second = await other.Offer(hiring.Employer, await other.Negotiate(job, await other.Bid(job)), "2000");
        var accept = new V1.AcceptOfferRequest { RequestId = Hiring.Id(), Name = first.Name, Offer = first.Offers[0].Hash };

        LoseOne(server, "negotiation/state");
        await Rpc.Refused(server.Negotiations.AcceptOfferAsync(accept, hiring.Talent.Headers), StatusCode.Unavailable, ErrorReason.Unavailable);
        Assert.Equal((1u, V1.NegotiationPhase.Open), ((await hiring.Read(job)).PositionsTaken, (await hiring.Read(first)).Phase));

        Assert.Equal(V1.NegotiationPhase.Agreed, (await other.Accept(other.Talent, second)).Phase);
        await Rpc.Refused(
            server.Negotiations.AcceptOfferAsync(accept, hiring.Talent.Headers), StatusCode.FailedPrecondition, ErrorReason.PositionsFilled);
        await server.Negotiations.WithdrawNegotiationAsync(new() { RequestId = Hiring.Id(), Name = second.Name }, other.Talent.Headers);
        Assert.Equal(
            V1.NegotiationPhase.Agreed, (await server.Negotiations.AcceptOfferAsync(accept, hiring.Talent.Headers)).Negotiation.Phase);
        Assert.Equal(1u, (await hiring.Read(job)).PositionsTaken);
    }

    [Fact]
    public async Task A_signature_that_was_kept_reaches_the_escrow_whoever_looks_next()
    {
        await using var server = await ApiServer.Start(overrides: Faulty);
        var hiring = await Hiring.Begin(server);
        var job = await hiring.Open();
        var negotiation = await hiring.Offer(hiring.Employer, await hiring.Negotiate(job, await hiring.Bid(job)), "2000");
        negotiation = await hiring.Accept(hiring.Talent, negotiation);
        var signature = await hiring.Signature(negotiation);

        LoseOne(server, "escrow/state");
        await Rpc.Refused(server.Negotiations.SignOfferAsync(signature, hiring.Talent.Headers), StatusCode.Unavailable, ErrorReason.Unavailable);
        await Rpc.Refused(
            server.Negotiations.WithdrawNegotiationAsync(new() { RequestId = Hiring.Id(), Name = negotiation.Name }, hiring.Talent.Headers),
            StatusCode.FailedPrecondition, ErrorReason.WrongState);

        Assert.Equal(V1.NegotiationPhase.Signed, (await hiring.Read(negotiation)).Phase);
        var agreement = await server.Escrow.GetAgreementAsync(new() { Name = negotiation.Agreement }, hiring.Employer.Headers);
        Assert.Equal(negotiation.Accepted, agreement.Agreement.Offer.Agreement);
        Assert.Equal(
            V1.NegotiationPhase.Signed, (await server.Negotiations.SignOfferAsync(signature, hiring.Talent.Headers)).Negotiation.Phase);
    }

    [Fact]
    public async Task A_negotiation_lost_while_it_opened_is_opened_by_the_same_request()
    {
        await using var server = await ApiServer.Start(overrides: Faulty);
        var hiring = await Hiring.Begin(server);
        var job = await hiring.Open();
        var open = new V1.OpenNegotiationRequest { RequestId = Hiring.Id(), Job = job.Name, Bid = (await hiring.Bid(job)).Name };

        LoseOne(server, "negotiation/state");
        await Rpc.Refused(server.Negotiations.OpenNegotiationAsync(open, hiring.Employer.Headers), StatusCode.Unavailable, ErrorReason.Unavailable);

        var opened = (await server.Negotiations.OpenNegotiationAsync(open, hiring.Employer.Headers)).Negotiation;
        Assert.Equal(opened, (await server.Negotiations.OpenNegotiationAsync(open, hiring.Employer.Headers)).Negotiation);
    }

    private static void Faulty(Microsoft.AspNetCore.Builder.WebApplicationBuilder builder)
    {
        var real = builder.Services.Last(service => service.ServiceType == typeof(ICommitStore)).ImplementationType!;
        builder.Services.Add(new ServiceDescriptor(typeof(ICommitStore), "real", real, ServiceLifetime.Singleton));
        builder.Services.AddSingleton<ICommitStore>(services =>
            new FaultyCommitStore(services.GetRequiredKeyedService<ICommitStore>("real")));
    }

    /// <summary>The next write of such a state is lost, and its activation with it.</summary>
    private static void LoseOne(ApiServer server, string stateName)
    {
        var store = (FaultyCommitStore)server.Services.GetRequiredService<ICommitStore>();
        store.Before = unit =>
        {
            if (unit.StateName != stateName) return Task.CompletedTask;
            store.Before = null;
            throw new StorageUnavailableException("The test lost this write.");
        };
    }
}
