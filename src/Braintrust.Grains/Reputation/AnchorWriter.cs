using System.Collections.Immutable;
using System.Numerics;
using Braintrust.Chain;
using Law = Braintrust.Chain.Contracts.ReputationContract;

namespace Braintrust.Reputation;

/// <summary>Makes the transactions that anchor batches. It sends nothing: what is sent is stored first.</summary>
/// <param name="chain">With an anchor.</param>
internal sealed class AnchorWriter(FollowedChain chain)
{
    /// <summary>Anchoring writes four words whatever the batch; more than enough.</summary>
    private const ulong GasLimit = 250_000;

    /// <summary>A transaction that takes another's place in a pool must offer a tenth more; a quarter is safe with every node.</summary>
    private const int RaisePercent = 125;

    private readonly IEvmChain _node = chain.Node;
    private readonly IEvmSigner _anchor = chain.Anchor!;

    /// <summary>A batch of these seals behind the contract's head.</summary>
    public async Task<SealedBatch> Write(Address contract, ImmutableArray<Hash32> seals, CancellationToken ct)
    {
        var head = await Law.Head.Call(_node, contract, BlockId.Latest, ct);
        var last = (ulong)await Law.LastBatch.Call(_node, contract, BlockId.Latest, ct);
        var nonce = await _node.GetNonce(_anchor.Address, BlockId.Latest, ct);
        var fees = await _node.GetFees(ct);
        var batch = new SealedBatch(contract, last + 1, head, seals, new AnchorAttempt(
            nonce, GasLimit, (UInt128)fees.MaxFeePerGas, (UInt128)fees.MaxPriorityFeePerGas, default, []));
        return await Sign(batch, ct);
    }

    /// <summary>
    /// Whether the transaction cannot be included under its nonce: another one has taken it, or the chain lost those before it
    /// (a reorganisation, a development chain that vanished) and what the final block counts is all there is. Should they come
    /// back after all, the contract still takes the batch once.
    /// </summary>
    /// <param name="finalNo">Number of the chain's final block.</param>
    public async Task<bool> IsOff(SealedBatch batch, ulong finalNo, CancellationToken ct)
    {
        var counted = await _node.GetNonce(_anchor.Address, BlockId.Latest, ct);
        return counted > batch.Attempt.Nonce || (counted < batch.Attempt.Nonce
            && counted == await _node.GetNonce(_anchor.Address, BlockId.At(finalNo), ct));
    }

    /// <summary>
    /// The batch where it stands by now, or behind the head as it is now: somebody else used the anchor's key, or an earlier
    /// price of this transaction was taken.
    /// </summary>
    public async Task<SealedBatch> Renumber(SealedBatch batch, CancellationToken ct)
    {
        var last = await Law.LastBatch.Call(_node, batch.Contract, BlockId.Latest, ct);
        if (!last.IsZero)
        {
            var standing = await Law.BatchOf.Call(_node, batch.Contract, last, BlockId.Latest, ct);
            if (standing.Root == batch.Root && standing.Count == batch.Seals.Length) return batch with { Number = (ulong)last };
        }

        return await Write(batch.Contract, batch.Seals, ct);
    }

    /// <summary>The same while its price is what blocks ask for; else the same at a higher one, under the same nonce.</summary>
    public async Task<SealedBatch> Reprice(SealedBatch batch, CancellationToken ct)
    {
        var (fees, attempt) = (await _node.GetFees(ct), batch.Attempt);
        if (fees.MaxFeePerGas <= attempt.MaxFee) return batch;
        return await Sign(
            batch with
            {
                Attempt = attempt with
                {
                    MaxFee = Raise(attempt.MaxFee, fees.MaxFeePerGas), Tip = Raise(attempt.Tip, fees.MaxPriorityFeePerGas),
                },
            },
            ct);
    }

    private static UInt128 Raise(UInt128 before, BigInteger asked) =>
        (UInt128)BigInteger.Max((BigInteger)before * RaisePercent / 100 + 1, asked);

    private async Task<SealedBatch> Sign(SealedBatch batch, CancellationToken ct)
    {
        var attempt = batch.Attempt;
        var data = Law.Anchor.Encode(batch.Previous, batch.Root, (uint)batch.Seals.Length);
        var signed = await new Eip1559Transaction(
            chain.Settings.ChainId, attempt.Nonce, attempt.Tip, attempt.MaxFee, attempt.Gas, batch.Contract, 0, data)
            .Sign(_anchor, ct);
        return batch with { Attempt = attempt with { TxHash = signed.Hash, Raw = signed.Raw.ToArray() } };
    }
}
