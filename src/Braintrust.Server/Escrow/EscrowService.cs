using Braintrust.Chain;
using Braintrust.Governance;
using Braintrust.Security;
using Braintrust.Storage;
using Google.Protobuf;
using Grpc.Core;
using V1 = Braintrust.Api.Escrow.V1;

namespace Braintrust.Escrow;

public sealed class EscrowService(
    IFollowedChains chains, OfferChecker offers, AgreementList list, CreditList credits, IRows rows, StandingContracts contracts,
    Callers callers, IGrainFactory grains) : V1.EscrowService.EscrowServiceBase
{
    public override async Task<V1.PrepareTermsResponse> PrepareTerms(V1.PrepareTermsRequest request, ServerCallContext context)
    {
        var ct = context.CancellationToken;
        var chain = chains.OrThrow(request.ChainId, "chain_id");
        var chainId = chain.Settings.ChainId;
        await callers.Of(context);
        var (terms, law) = (await offers.Draft(chain, EscrowWire.Terms(request.Terms, defaults: true), ct)).OrThrow();
        var typedData = TermsTypedData.Of(terms, chainId, law.Contract);
        return new()
        {
            Name = EscrowWire.Name(chainId, TermsHash.Negotiation(terms.Talent, terms.Nonce)),
            Agreement = typedData.Digest.ToString(),
            TypedDataJson = typedData.ToJson(),
            Terms = EscrowWire.Terms(terms),
            Contract = await Contract(chain, law.Contract, ct),
        };
    }

    public override async Task<V1.OfferTermsResponse> OfferTerms(V1.OfferTermsRequest request, ServerCallContext context)
    {
        var key = Wire.Request(request, request.RequestId);
        var chainId = chains.OrThrow(request.ChainId, "chain_id").Settings.ChainId;
        var terms = EscrowWire.Terms(request.Terms, defaults: false);
        var signature = Wire.Bytes(request.TalentSignature, "talent_signature", 1, TermsRules.SignatureBytesMax).ToArray();
        var agreement = Agreement(chainId, TermsHash.Negotiation(terms.Talent, terms.Nonce));
        var outcome = await agreement.Offer(await callers.Of(context), key, terms, signature);
        return new() { Agreement = EscrowWire.Agreement(outcome.OrThrow()) };
    }

    public override async Task<V1.GetAgreementResponse> GetAgreement(V1.GetAgreementRequest request, ServerCallContext context)
    {
        var outcome = await Agreement(request.Name).Read(await callers.Of(context));
        return new() { Agreement = EscrowWire.Agreement(outcome.OrThrow()) };
    }

    public override async Task<V1.ListAgreementsResponse> ListAgreements(
        V1.ListAgreementsRequest request, ServerCallContext context) =>
        await list.Read(await callers.Of(context), request, context.CancellationToken);

    public override async Task<V1.ListCreditsResponse> ListCredits(
        V1.ListCreditsRequest request, ServerCallContext context) =>
        await credits.Read(await callers.Of(context), request, context.CancellationToken);

    public override async Task<V1.ListTotalsResponse> ListTotals(V1.ListTotalsRequest request, ServerCallContext context)
    {
        var asked = request.ChainId == 0 ? chains.All : [chains.OrThrow(request.ChainId, "chain_id")];
        var response = new V1.ListTotalsResponse();
        foreach (var chain in asked)
            response.Totals.AddRange((await rows.Read(ListedTotal.Table, [(long)chain.Settings.ChainId], context.CancellationToken))
                .Select(row => EscrowWire.Total(ListedTotal.Of(row))));
        return response;
    }

    public override async Task<V1.PrepareMoveResponse> PrepareMove(V1.PrepareMoveRequest request, ServerCallContext context)
    {
        var agreement = Agreement(request.Name);
        var move = EscrowWire.Move(request);
        var wallet = Wire.Address(request.Wallet, "wallet");
        var caller = await callers.Of(context);
        V1.PrepareMoveResponse response;
        (ulong Chain, Address Contract) to;
        if (request.BySignature)
        {
            var call = (await agreement.PrepareCall(caller, wallet, move, request.ExpirySeconds)).OrThrow();
            (response, to) = (EscrowWire.Prepared(call), (call.ChainId, call.Contract));
        }
        else
        {
            var prepared = (await agreement.Prepare(caller, wallet, move)).OrThrow();
            (response, to) = (EscrowWire.Prepared(prepared), (prepared.ChainId, prepared.ApprovalNeeded?.Spender ?? prepared.To));
        }

        response.Contract = await Contract(chains.OrThrow(to.Chain, "name"), to.Contract, context.CancellationToken);
        return response;
    }

    public override async Task<V1.RelayMoveResponse> RelayMove(V1.RelayMoveRequest request, ServerCallContext context)
    {
        var key = Wire.Request(request, request.RequestId);
        var (agreement, wallet, move, word) = Signed(request.Move, request.Digest, request.Signature);
        var outcome = await agreement.Relay(await callers.Of(context), key, wallet, move, word);
        return new() { Operation = ChainWire.Operation(OfMove(outcome).OrThrow()) };
    }

    public override async Task<V1.OfferMoveResponse> OfferMove(V1.OfferMoveRequest request, ServerCallContext context)
    {
        var key = Wire.Request(request, request.RequestId);
        var (agreement, wallet, move, word) = Signed(request.Move, request.Digest, request.Signature);
        var outcome = await agreement.Consent(await callers.Of(context), key, wallet, move, word);
        return new() { Agreement = EscrowWire.Agreement(OfMove(outcome).OrThrow()) };
    }

    public override async Task<V1.WithdrawMoveOfferResponse> WithdrawMoveOffer(
        V1.WithdrawMoveOfferRequest request, ServerCallContext context)
    {
        var key = Wire.Request(request, request.RequestId);
        var digest = Wire.Hash(request.Digest, "digest");
        var outcome = await Agreement(request.Name).WithdrawConsent(await callers.Of(context), key, digest);
        return new() { Agreement = EscrowWire.Agreement(outcome.OrThrow()) };
    }

    /// <summary>What is to be signed for, as ListContracts tells it; null for a contract that is registered no more.</summary>
    private async Task<Api.Governance.V1.StandingContract?> Contract(FollowedChain chain, Address address, CancellationToken ct)
    {
        var standing = await contracts.Read(chain, ct);
        return standing.FirstOrDefault(one => one.Registered.Address == address) is { } found ? PolicyWire.Contract(found) : null;
    }

    private (IEscrowGrain Agreement, Address Wallet, MoveRequest Move, SignedWord Word) Signed(
        V1.PrepareMoveRequest? move, string digest, ByteString signature)
    {
        if (move is null) throw Wire.Bad("move", "What was prepared is required.");
        return (
            Agreement(move.Name, "move.name"), Wire.Address(move.Wallet, "move.wallet"), EscrowWire.Move(move, "move."),
            EscrowWire.Word(move, digest, signature));
    }

    /// <summary>A field at fault is a field of the move, but for what was signed.</summary>
    private static Outcome<T> OfMove<T>(Outcome<T> outcome) where T : notnull =>
        outcome.Accepted(out _, out var refusal) || refusal.Field is null or "digest" or "signature" or "request_id"
            ? outcome
            : refusal with { Field = "move." + refusal.Field };

    private IEscrowGrain Agreement(string name, string field = "name")
    {
        var (chainId, negotiation) = Wire.ChainName(name, EscrowWire.Collection, field);
        return chains.Find(chainId) is null
            ? throw new Refusal(RefusalCode.NotFound, "This server does not follow that chain.", field).ToRpc()
            : Agreement(chainId, negotiation);
    }

    private IEscrowGrain Agreement(ulong chainId, Hash32 negotiation) =>
        grains.GetGrain<IEscrowGrain>(Wire.Key(chainId, negotiation));
}
