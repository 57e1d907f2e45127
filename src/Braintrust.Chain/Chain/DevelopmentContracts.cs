using System.Numerics;
using Braintrust.Chain.Contracts;

namespace Braintrust.Chain;

/// <param name="Kind">Name of the contract's artifact.</param>
/// <param name="FromBlock">The block it was deployed in.</param>
/// <param name="CodeHash">keccak of its runtime code.</param>
public sealed record DeployedContract(string Kind, Address Address, ulong FromBlock, Hash32 CodeHash);

/// <summary>The token and the escrow on a development chain, with tokens to try them with.</summary>
public static class DevelopmentContracts
{
    public const string Token = "BraintrustToken";
    public const string Escrow = "WorkAgreements";

    /// <summary>Accounts that the node funds at start; the first deploys, the last receives the fees.</summary>
    public const int Accounts = 10;

    /// <summary>Each account but the first gets that many BTRST, in base units.</summary>
    private static readonly BigInteger Allotment = 1_000_000 * BigInteger.Pow(10, 18);

    private static readonly TimeSpan ReceiptTimeout = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan ReceiptInterval = TimeSpan.FromMilliseconds(20);

    /// <summary>Deploys both with the first well-known key and hands out tokens. The node must mine by itself.</summary>
    /// <param name="feeBps">The employer's fee on top, basis points, at most 2,000.</param>
    /// <exception cref="ArgumentException">The chain is no development chain.</exception>
    /// <exception cref="ChainUnavailableException">The node is away, or mined nothing for 20 seconds.</exception>
    public static async Task<IReadOnlyList<DeployedContract>> Deploy(IEvmChain chain, ushort feeBps, CancellationToken ct)
    {
        if (chain.ChainId != DevelopmentKeys.ChainId)
            throw new ArgumentException($"Chain {chain.ChainId} is no development chain: everybody knows the deploying key.");
        var deployer = DevelopmentKeys.Signer(0);
        var token = await Send(chain, deployer, null, BraintrustTokenContract.DeployData(deployer.Address), ct);
        var receiver = DevelopmentKeys.Address(Accounts - 1);
        var escrow = await Send(chain, deployer, null, WorkAgreementsContract.DeployData(receiver, feeBps), ct);
        for (var account = 1; account < Accounts; account++)
        {
            var transfer = BraintrustTokenContract.Transfer.Encode(DevelopmentKeys.Address(account), Allotment);
            await Send(chain, deployer, token.Created, transfer, ct);
        }

        return [await Deployed(chain, Token, token, ct), await Deployed(chain, Escrow, escrow, ct)];
    }

    private static async Task<DeployedContract> Deployed(IEvmChain chain, string kind, TxReceipt receipt, CancellationToken ct)
    {
        var address = receipt.Created!.Value;
        var code = await chain.GetCode(address, BlockId.Latest, ct);
        return new DeployedContract(kind, address, receipt.BlockNo, Hash32.Keccak(code.Span));
    }

    private static async Task<TxReceipt> Send(IEvmChain chain, LocalSigner signer, Address? to, byte[] data, CancellationToken ct)
    {
        var nonce = await chain.GetNonce(signer.Address, BlockId.Pending, ct);
        var gas = await chain.EstimateGas(new CallRequest(signer.Address, to, data), ct);
        var fees = await chain.GetFees(ct);
        var transaction = new Eip1559Transaction(
            chain.ChainId, nonce, fees.MaxPriorityFeePerGas, fees.MaxFeePerGas, gas + gas / 5, to, 0, data);
        return await Receipt(chain, await chain.SendRaw((await transaction.Sign(signer, ct)).Raw, ct), ct);
    }

    /// <summary>The node mines on its own time: the receipt is often missing just after sending.</summary>
    private static async Task<TxReceipt> Receipt(IEvmChain chain, Hash32 hash, CancellationToken ct)
    {
        var giveUp = DateTimeOffset.UtcNow + ReceiptTimeout;
        using var timer = new PeriodicTimer(ReceiptInterval);
        do
        {
            if (await chain.GetReceipt(hash, ct) is not { } receipt) continue;
            return receipt.Succeeded ? receipt : throw new ChainProtocolException($"The deployment reverted in {hash}.");
        }
        while (DateTimeOffset.UtcNow < giveUp && await timer.WaitForNextTickAsync(ct));

        throw new ChainUnavailableException($"The node did not mine {hash} within {ReceiptTimeout.TotalSeconds} s.");
    }
}
