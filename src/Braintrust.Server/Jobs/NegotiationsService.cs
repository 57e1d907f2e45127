using System.Collections.Immutable;
using Braintrust.Escrow;
using Braintrust.Security;
using Grpc.Core;
using V1 = Braintrust.Api.Jobs.V1;

namespace Braintrust.Jobs;

public sealed class NegotiationsService(
    Callers callers, Employers employers, ListingReader listings, IGrainFactory grains)
    : V1.NegotiationsService.NegotiationsServiceBase
{
    public override async Task<V1.OpenNegotiationResponse> OpenNegotiation(
        V1.OpenNegotiationRequest request, ServerCallContext context)
    {
        var key = Wire.Request(request, request.RequestId);
        var job = JobsWire.Id(request.Job, "job");
        var (bid, talent) = With(request, job);
        var caller = await callers.Of(context);
        var id = Ulids.Of(caller.AccountId, key.Id, "negotiation");
        return new() { Negotiation = Told(id, await Grain(id).Open(caller, key, job, bid, talent)) };
    }

    public override async Task<V1.CounterOfferResponse> CounterOffer(V1.CounterOfferRequest request, ServerCallContext context)
    {
        var key = Wire.Request(request, request.RequestId);
        var id = NegotiationsWire.Id(request.Name, "name");
        var draft = NegotiationsWire.Draft(request);
        return new() { Negotiation = Told(id, await Grain(id).MakeOffer(await callers.Of(context), key, draft)) };
    }

    public override async Task<V1.AcceptOfferResponse> AcceptOffer(V1.AcceptOfferRequest request, ServerCallContext context)
    {
        var key = Wire.Request(request, request.RequestId);
        var id = NegotiationsWire.Id(request.Name, "name");
        var offer = Wire.Hash(request.Offer, "offer");
        return new() { Negotiation = Told(id, await Grain(id).Accept(await callers.Of(context), key, offer)) };
    }

    public override async Task<V1.WithdrawNegotiationResponse> WithdrawNegotiation(
        V1.WithdrawNegotiationRequest request, ServerCallContext context)
    {
        var key = Wire.Request(request, request.RequestId);
        var id = NegotiationsWire.Id(request.Name, "name");
        return new() { Negotiation = Told(id, await Grain(id).Withdraw(await callers.Of(context), key, request.Reason)) };
    }

    public override async Task<V1.PrepareSigningResponse> PrepareSigning(
        V1.PrepareSigningRequest request, ServerCallContext context)
    {
        var id = NegotiationsWire.Id(request.Name, "name");
        var state = (await Grain(id).Read(await callers.Of(context))).OrThrow().State;
        if (state is not { Phase: NegotiationPhase.Agreed or NegotiationPhase.Signed, Accepted: { } accepted })
            throw new Refusal(RefusalCode.WrongState, "No offer is accepted.").ToRpc();
        return new()
        {
            Offer = accepted.Hash.ToString(),
            TypedDataJson = TermsTypedData.Of(accepted.Terms, state.Pricing!.ChainId, accepted.Contract).ToJson(),
            Terms = EscrowWire.Terms(accepted.Terms),
        };
    }

    public override async Task<V1.SignOfferResponse> SignOffer(V1.SignOfferRequest request, ServerCallContext context)
    {
        var key = Wire.Request(request, request.RequestId);
        var id = NegotiationsWire.Id(request.Name, "name");
        var offer = Wire.Hash(request.Offer, "offer");
        var signature = Wire.Bytes(request.TalentSignature, "talent_signature", 1, TermsRules.SignatureBytesMax).ToArray();
        return new() { Negotiation = Told(id, await Grain(id).Sign(await callers.Of(context), key, offer, signature)) };
    }

    public override async Task<V1.GetNegotiationResponse> GetNegotiation(
        V1.GetNegotiationRequest request, ServerCallContext context)
    {
        var id = NegotiationsWire.Id(request.Name, "name");
        return new() { Negotiation = Told(id, await Grain(id).Read(await callers.Of(context))) };
    }

    public override async Task<V1.ListNegotiationsResponse> ListNegotiations(
        V1.ListNegotiationsRequest request, ServerCallContext context)
    {
        var caller = await callers.Of(context);
        var page = await listings.Read(
            JobListings.Negotiations, caller.AccountId, "negotiations/" + request.Employer, [await Mine(request.Employer, caller)],
            new PageRequest(request.PageSize, request.PageToken, request.Filter, request.OrderBy), context.CancellationToken);
        return new() { Negotiations = { page.Rows.Select(NegotiationsWire.Summary) }, NextPageToken = page.NextPageToken };
    }

    private async Task<ListingCondition> Mine(string employer, Caller caller)
    {
        if (employer.Length == 0) return ListingCondition.Equal("talent", caller.AccountId);
        var named = ListingCondition.Equal("employer", JobsWire.Employer(employer, "employer"));
        return await employers.ActsFor(caller, employer) ? named : throw Employers.RoleRequired.ToRpc();
    }

    private static (string? Bid, string Talent) With(V1.OpenNegotiationRequest request, string job)
    {
        if (request.Bid.Length == 0) return (null, Wire.UlidName(request.Talent, "accounts", "talent"));
        if (request.Talent.Length > 0) throw Wire.Bad("talent", "Name a bid or a talent, not both.");
        var named = JobsWire.ChildId(request.Bid, JobsWire.BidCollection, "bid");
        return named.Job == job ? (named.Child, "") : throw Wire.Bad("bid", "A bid on another job.");
    }

    private INegotiationGrain Grain(string id) => grains.GetGrain<INegotiationGrain>(id);

    private static V1.Negotiation Told(string id, Outcome<NegotiationView> outcome)
    {
        var view = outcome.OrThrow();
        return NegotiationsWire.Negotiation(id, view.State, view.Standing);
    }
}
