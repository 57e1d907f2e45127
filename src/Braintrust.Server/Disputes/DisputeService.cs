using Braintrust.Chain;
using Braintrust.Escrow;
using Braintrust.Jobs;
using Braintrust.Security;
using Grpc.Core;
using V1 = Braintrust.Api.Disputes.V1;

namespace Braintrust.Disputes;

public sealed class DisputeService(
    IFollowedChains chains, DisputeListings list, Callers callers, IGrainFactory grains) : V1.DisputeService.DisputeServiceBase
{
    public override async Task<V1.GetDisputeResponse> GetDispute(V1.GetDisputeRequest request, ServerCallContext context)
    {
        var (about, caller) = (Case(request.Name), await callers.Of(context));
        var told = (await about.Read(caller)).OrThrow();
        var reads = (await about.Standing(caller)).OrThrow() is { Role: CaseRole.Party } or { Role: CaseRole.Panel, Lives: true };
        return new() { Dispute = DisputesWire.Dispute(told), AgreedTextJson = reads ? await AgreedText(told) : "" };
    }

    public override async Task<V1.ListDisputesResponse> ListDisputes(
        V1.ListDisputesRequest request, ServerCallContext context) =>
        await list.Read(await callers.Of(context), request, context.CancellationToken);

    public override async Task<V1.PreviewRulingResponse> PreviewRuling(
        V1.PreviewRulingRequest request, ServerCallContext context)
    {
        var ruling = Wire.Count(request.RulingBps, "ruling_bps", 0, (int)Amount.BasisPoints);
        var asked = Wire.Count(request.TalentBps, "talent_bps", 0, (int)Amount.BasisPoints);
        var told = (await Case(request.Name).Read(await callers.Of(context))).OrThrow().Case!;
        if (told.Phase == CasePhase.Concluded)
            throw new Refusal(RefusalCode.WrongState, "The case is concluded: its bill is told with it.", "name").ToRpc();
        return new()
        {
            Bill = DisputesWire.Bill(DisputeRules.Preview(told, ruling, asked)),
            Pay = Fees.Part(told.Opening.Sum, (ushort)ruling).ToString(),
        };
    }

    public override async Task<V1.PrepareDisputeMoveResponse> PrepareDisputeMove(
        V1.PrepareDisputeMoveRequest request, ServerCallContext context)
    {
        var about = Case(request.Name);
        var wallet = Wire.Address(request.Wallet, "wallet");
        var move = DisputesWire.Request(request, wallet);
        var caller = await callers.Of(context);
        if (move is not { Move: DisputeMove.Commit }) return Response((await about.Prepare(caller, wallet, move)).OrThrow());
        var told = (await about.Read(caller)).OrThrow();
        var response = move.Commitment.IsZero
            ? new V1.PrepareDisputeMoveResponse()
            : Response((await about.Prepare(caller, wallet, move)).OrThrow());
        response.VoteFields = DisputesWire.VoteFields(told.ChainId, told.Case!, wallet);
        return response;
    }

    public override async Task<V1.GetArbiterResponse> GetArbiter(V1.GetArbiterRequest request, ServerCallContext context) =>
        new() { Arbiter = DisputesWire.Arbiter(await Arbiter(request.Name).Read()) };

    public override async Task<V1.ListArbitersResponse> ListArbiters(
        V1.ListArbitersRequest request, ServerCallContext context)
    {
        Followed(request.ChainId, "chain_id");
        return await list.Read(await callers.Of(context), request, context.CancellationToken);
    }

    public override async Task<V1.ListSeatsResponse> ListSeats(V1.ListSeatsRequest request, ServerCallContext context) =>
        await list.Read(await callers.Of(context), request, context.CancellationToken);

    public override async Task<V1.PrepareArbiterMoveResponse> PrepareArbiterMove(
        V1.PrepareArbiterMoveRequest request, ServerCallContext context)
    {
        var arbiter = Arbiter(request.Name);
        var move = DisputesWire.Request(request, DisputesWire.Arbiter(request.Name, "name").Account);
        var prepared = EscrowWire.Prepared((await arbiter.Prepare(await callers.Of(context), move)).OrThrow());
        return new()
        {
            Transaction = prepared.Transaction, Approval = prepared.Approval, Summary = prepared.Summary, Effects = { prepared.Effects },
        };
    }

    public override async Task<V1.ListDueMovesResponse> ListDueMoves(
        V1.ListDueMovesRequest request, ServerCallContext context)
    {
        Followed(request.ChainId, "chain_id");
        return await list.Read(await callers.Of(context), request, context.CancellationToken);
    }

    /// <summary>Only of the agreement whose own contract took the milestone to court: anybody can name another's.</summary>
    private async Task<string> AgreedText(CaseView told)
    {
        var work = await grains.GetGrain<IEscrowGrain>(Wire.Key(told.ChainId, told.Case!.Opening.Negotiation)).Disputed();
        return work.Negotiation is { } negotiation && work.Cases.Contains(told.CaseId)
            ? await grains.GetGrain<INegotiationGrain>(negotiation).AgreedText(work.Documents) ?? ""
            : "";
    }

    private static V1.PrepareDisputeMoveResponse Response(PreparedMove move)
    {
        var prepared = EscrowWire.Prepared(move);
        return new()
        {
            Transaction = prepared.Transaction, Approval = prepared.Approval, Summary = prepared.Summary, Effects = { prepared.Effects },
        };
    }

    private ICaseGrain Case(string name)
    {
        var (chainId, caseId) = Wire.ChainName(name, DisputesWire.Collection, "name");
        Followed(chainId, "name");
        return grains.GetGrain<ICaseGrain>(Wire.Key(chainId, caseId));
    }

    private IArbiterGrain Arbiter(string name)
    {
        var (chainId, account) = DisputesWire.Arbiter(name, "name");
        Followed(chainId, "name");
        return grains.GetGrain<IArbiterGrain>(ArbiterKey.Of(chainId, account));
    }

    private void Followed(ulong chainId, string field)
    {
        if (chains.Find(chainId) is null)
            throw new Refusal(RefusalCode.NotFound, "This server does not follow that chain.", field).ToRpc();
    }
}
