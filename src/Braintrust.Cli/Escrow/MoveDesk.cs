using System.Numerics;
using Braintrust.Accounts;
using Braintrust.Api.Escrow.V1;
using Braintrust.Chain;

namespace Braintrust.Escrow;

/// <summary>
/// What a careful wallet does before it signs a transaction: it must do exactly what its owner wants, on this chain, to
/// this contract, with no coin sent along.
/// </summary>
public static class MoveDesk
{
    /// <exception cref="VerbFailedException">The transaction does anything else.</exception>
    public static async Task<SignedTransaction> Sign(
        UnsignedTransaction prepared, Person by, ulong chainId, Address to, byte[] data, CancellationToken ct)
    {
        Require(prepared.ChainId == chainId, by, $"is for chain {prepared.ChainId}");
        Require(prepared.From == by.Address.ToString(), by, $"is from {prepared.From}");
        Require(prepared.To == to.ToString(), by, $"calls {prepared.To}");
        Require(Money.Parse(prepared.Value).IsZero, by, $"sends {prepared.Value} wei along");
        Require(prepared.Data.Span.SequenceEqual(data), by, "does something else than asked for");
        var (tip, cap) = (BigInteger.Parse(prepared.MaxPriorityFeePerGas), BigInteger.Parse(prepared.MaxFeePerGas));
        return await new Eip1559Transaction(chainId, prepared.Nonce, tip, cap, prepared.GasLimit, to, 0, data)
            .Sign(by.Signer, ct);
    }

    /// <summary>The same without a server, from the node alone.</summary>
    public static async Task<SignedTransaction> Directly(Person by, NodeLink node, Address to, byte[] data, CancellationToken ct)
    {
        var gas = await node.Ask(chain => chain.EstimateGas(new CallRequest(by.Address, to, data), ct), ct);
        var fees = await node.Ask(chain => chain.GetFees(ct), ct);
        var nonce = await node.Ask(chain => chain.GetNonce(by.Address, BlockId.Pending, ct), ct);
        return await new Eip1559Transaction(
            node.ChainId, nonce, fees.MaxPriorityFeePerGas, fees.MaxFeePerGas, gas + gas / 4, to, 0, data).Sign(by.Signer, ct);
    }

    private static void Require(bool holds, Person by, string otherwise)
    {
        if (!holds) throw new VerbFailedException($"{by} does not sign: the prepared transaction {otherwise}.");
    }
}
