namespace Braintrust.Chain;

/// <summary>Asks a node where a transaction is on the chain that the ledger follows.</summary>
internal sealed class TransactionFinder(IEvmChain node)
{
    /// <summary>Null when the node is on another fork than the ledger at the moment: nothing it says would count.</summary>
    public async ValueTask<Sighting?> Find(OperationState operation, ChainCursor cursor, CancellationToken ct)
    {
        if (cursor.HeadHash.IsZero) return new Sighting(cursor, null, false, NodeHasIt: true);
        if (!await IsCanonical(cursor.HeadNo, cursor.HeadHash, ct)) return null;
        var receipt = await node.GetReceipt(operation.TxHash, ct);
        if (receipt is not null && receipt.From == operation.Sender)
        {
            // Above the ledger's head it is not ours to believe yet.
            if (receipt.BlockNo > cursor.HeadNo) return new Sighting(cursor, null, false, NodeHasIt: true);
            return await IsCanonical(receipt.BlockNo, receipt.BlockHash, ct)
                ? new Sighting(cursor, new Inclusion(receipt.BlockNo, receipt.BlockHash, receipt.Succeeded), false, true)
                : null;
        }

        // Final blocks only: a transaction that took the nonce in a younger one may itself be taken back.
        var spent = await node.GetNonce(operation.Sender, BlockId.At(cursor.FinalNo), ct) > operation.Nonce;
        return new Sighting(cursor, null, spent, receipt is null && await node.HasTransaction(operation.TxHash, ct));
    }

    private async ValueTask<bool> IsCanonical(ulong number, Hash32 hash, CancellationToken ct) =>
        (await node.GetHeader(BlockId.At(number), ct))?.Hash == hash;
}
