using P1 = Braintrust.Api.Primitives.V1;
using V1 = Braintrust.Api.Chain.V1;

namespace Braintrust.Chain;

internal static class ChainWire
{
    public static V1.Operation Operation(OperationState state) => new()
    {
        Name = "operations/" + Wire.Key(state.ChainId, state.TxHash),
        Status = (V1.OperationStatus)state.Status,
        TransactionHash = state.TxHash.ToString(),
        ChainId = state.ChainId,
        Sender = state.Sender.ToString(),
        Nonce = state.Nonce,
        BlockNumber = state.BlockNo,
        BlockHash = state.BlockHash.IsZero ? "" : state.BlockHash.ToString(),
        Confirmations = state.Confirmations,
        ConfirmationsNeeded = state.ConfirmationsNeeded,
        Reverted = state.Reverted,
        SubmitTime = Wire.Time(state.SubmittedAt),
        Done = state.Ended,
        Etag = Wire.Etag(new ViewVersion(state.Version, 0)),
        Replacement = state.Replacement.IsZero ? "" : "operations/" + Wire.Key(state.ChainId, state.Replacement),
    };

    public static P1.Seen Seen(Seen seen) => new()
    {
        BlockNumber = seen.BlockNo,
        BlockHash = seen.BlockHash.ToString(),
        BlockTimeSeconds = seen.BlockTime.Seconds,
        TransactionHash = seen.TxHash.ToString(),
        Finality = (P1.Finality)seen.Status,
        Confirmations = seen.Confirmations,
        ConfirmationsNeeded = seen.ConfirmationsNeeded,
    };

    public static P1.Retraction Retraction(Retraction retraction) => new()
    {
        FactPosition = (ulong)retraction.FactPos,
        RewindPosition = (ulong)retraction.RewindPos,
        Kind = retraction.Kind.ToString(),
        BlockNumber = retraction.BlockNo,
        BlockHash = retraction.BlockHash.ToString(),
        TransactionHash = retraction.TxHash.ToString(),
        LogIndex = retraction.LogIndex,
    };

    public static V1.Contract Contract(RegisteredContract contract) => new()
    {
        Kind = contract.Kind,
        Address = contract.Address.ToString(),
        FromBlock = contract.FromBlock,
        CodeHash = contract.CodeHash.ToString(),
    };
}
