using Braintrust.Security;
using Grpc.Core;
using V1 = Braintrust.Api.Chain.V1;

namespace Braintrust.Chain;

public sealed class ChainService(ChainViews views, IFollowedChains chains, Callers callers, IGrainFactory grains)
    : V1.ChainService.ChainServiceBase
{
    /// <summary>Longer raw transactions are refused unread; nodes relay no longer ones.</summary>
    public const int RawBytesMax = SignedTransaction.RawBytesMax;

    public override async Task<V1.GetChainResponse> GetChain(V1.GetChainRequest request, ServerCallContext context)
    {
        var chain = chains.Find(Wire.ChainNumber(request.Name, "name"))
            ?? throw new Refusal(RefusalCode.NotFound, "This server does not follow that chain.", "name").ToRpc();
        return new() { Chain = await views.Read(chain, context.CancellationToken) };
    }

    public override async Task<V1.ListChainsResponse> ListChains(V1.ListChainsRequest request, ServerCallContext context)
    {
        var response = new V1.ListChainsResponse();
        foreach (var chain in chains.All) response.Chains.Add(await views.Read(chain, context.CancellationToken));
        return response;
    }

    public override async Task<V1.SubmitTransactionResponse> SubmitTransaction(
        V1.SubmitTransactionRequest request, ServerCallContext context)
    {
        var key = Wire.Request(request, request.RequestId);
        var chainId = chains.OrThrow(request.ChainId, "chain_id").Settings.ChainId;
        var raw = Wire.Bytes(request.RawTransaction, "raw_transaction", 1, RawBytesMax).ToArray();
        var operation = Operation(chainId, Hash32.Keccak(raw));
        var outcome = await operation.Submit(await callers.Of(context), key, raw);
        return new() { Operation = ChainWire.Operation(outcome.OrThrow()) };
    }

    public override async Task<V1.FollowTransactionResponse> FollowTransaction(
        V1.FollowTransactionRequest request, ServerCallContext context)
    {
        var key = Wire.Request(request, request.RequestId);
        var chainId = chains.OrThrow(request.ChainId, "chain_id").Settings.ChainId;
        var operation = Operation(chainId, Wire.Hash(request.TransactionHash, "transaction_hash"));
        var sender = Wire.Address(request.Sender, "sender");
        var outcome = await operation.Follow(await callers.Of(context), key, sender, request.Nonce);
        return new() { Operation = ChainWire.Operation(outcome.OrThrow()) };
    }

    public override async Task<V1.GetOperationResponse> GetOperation(V1.GetOperationRequest request, ServerCallContext context)
    {
        var (chainId, hash) = Wire.ChainName(request.Name, "operations", "name");
        if (chains.Find(chainId) is null)
            throw new Refusal(RefusalCode.NotFound, "This server does not follow that chain.", "name").ToRpc();
        var outcome = await Operation(chainId, hash).Read(await callers.Of(context));
        return new() { Operation = ChainWire.Operation(outcome.OrThrow()) };
    }

    private IOperationGrain Operation(ulong chainId, Hash32 hash) =>
        grains.GetGrain<IOperationGrain>(Wire.Key(chainId, hash));
}
