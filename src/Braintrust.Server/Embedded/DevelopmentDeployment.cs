using System.Numerics;
using Braintrust.Chain;
using Braintrust.Chain.Contracts;

namespace Braintrust.Embedded;

/// <summary>
/// The token and the escrow on a development chain: deployed once with the first well-known key, registered, and
/// checked at every start against what was registered.
/// </summary>
internal sealed class DevelopmentDeployment(
    IEvmChain chain, IContractRegistry registry, EmbeddedChainSettings settings, ILogger log)
{
    /// <summary>Each of the other development accounts gets that many BTRST to try things with.</summary>
    private static readonly BigInteger Allotment = 1_000_000 * BigInteger.Pow(10, 18);

    private const int Accounts = 10;
    private static readonly Address FeeReceiver = DevelopmentKeys.Address(Accounts - 1);
    private static readonly string[] Kinds = ["BraintrustToken", "WorkAgreements"];
    private static readonly TimeSpan ReceiptTimeout = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan ReceiptInterval = TimeSpan.FromMilliseconds(20);

    /// <summary>
    /// Holds the hash of the block of the first deployment, which tells this chain from another with the same code at
    /// the same addresses. The node's block 0 cannot: it changes when the node loads its state.
    /// </summary>
    private string MarkPath => Path.Combine(settings.DirectoryPath, "deployed-in");

    /// <summary>Makes sure that the registered contracts stand; what a lost chain took away is deployed anew.</summary>
    public async Task Ensure(CancellationToken ct)
    {
        var registered = await registry.Read(chain.ChainId, ct);
        if (registered.Count > 0)
        {
            if (await WhyLost(registered, ct) is not { } reason) return;
            log.LogWarning("The development chain is not the one that was followed: {Reason}. Forgetting it", reason);
            await registry.Forget(chain.ChainId, ct);
        }

        var contracts = await Deploy(ct);
        var first = await chain.GetHeader(BlockId.At(contracts[0].FromBlock), ct);
        await File.WriteAllTextAsync(MarkPath, first!.Hash.ToString(), ct);
        foreach (var contract in contracts) await registry.Register(contract, ct);
    }

    private async Task<string?> WhyLost(IReadOnlyList<RegisteredContract> registered, CancellationToken ct)
    {
        if (Kinds.Except(registered.Select(contract => contract.Kind)).FirstOrDefault() is { } kind)
            return $"no {kind} is registered";
        var first = registered.Min(contract => contract.FromBlock);
        var known = File.Exists(MarkPath) ? await File.ReadAllTextAsync(MarkPath, ct) : "unknown";
        if ((await chain.GetHeader(BlockId.At(first), ct))?.Hash.ToString() is var hash && hash != known)
            return $"block {first} is {hash ?? "missing"}, not {known}";
        foreach (var contract in registered)
            if (await CodeHash(contract.Address, ct) is var code && code != contract.CodeHash)
                return $"the code at {contract.Address} ({contract.Kind}) hashes to {code}, not {contract.CodeHash}";
        return null;
    }

    private async Task<RegisteredContract[]> Deploy(CancellationToken ct)
    {
        var signer = DevelopmentKeys.Signer(0);
        var token = await Send(signer, null, BraintrustTokenContract.DeployData(signer.Address), ct);
        var escrow = await Send(
            signer, null, WorkAgreementsContract.DeployData(FeeReceiver, (ushort)settings.FeeBps), ct);
        for (var account = 1; account < Accounts; account++)
        {
            var transfer = BraintrustTokenContract.Transfer.Encode(DevelopmentKeys.Address(account), Allotment);
            await Send(signer, token.Created, transfer, ct);
        }

        log.LogInformation("Deployed BraintrustToken {Token} and WorkAgreements {Escrow}", token.Created, escrow.Created);
        return [await Registered("BraintrustToken", token, ct), await Registered("WorkAgreements", escrow, ct)];
    }

    private async Task<RegisteredContract> Registered(string kind, TxReceipt deployed, CancellationToken ct)
    {
        var address = deployed.Created!.Value;
        return new RegisteredContract(chain.ChainId, address, kind, deployed.BlockNo, await CodeHash(address, ct));
    }

    private async Task<Hash32> CodeHash(Address contract, CancellationToken ct) =>
        Hash32.Keccak((await chain.GetCode(contract, BlockId.Latest, ct)).Span);

    private async Task<TxReceipt> Send(LocalSigner signer, Address? to, byte[] data, CancellationToken ct)
    {
        var nonce = await chain.GetNonce(signer.Address, BlockId.Pending, ct);
        var gas = await chain.EstimateGas(new CallRequest(signer.Address, to, data), ct);
        var fees = await chain.GetFees(ct);
        var transaction = new Eip1559Transaction(
            chain.ChainId, nonce, fees.MaxPriorityFeePerGas, fees.MaxFeePerGas, gas + gas / 5, to, 0, data);
        var hash = await chain.SendRaw((await transaction.Sign(signer, ct)).Raw, ct);
        return await Receipt(hash, ct);
    }

    /// <summary>The node mines on its own time: the receipt is often missing just after sending.</summary>
    private async Task<TxReceipt> Receipt(Hash32 hash, CancellationToken ct)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(ct);
        deadline.CancelAfter(ReceiptTimeout);
        using var timer = new PeriodicTimer(ReceiptInterval);
        do
        {
            if (await chain.GetReceipt(hash, deadline.Token) is not { } receipt) continue;
            return receipt.Succeeded ? receipt : throw new EmbeddedChainException($"Deployment reverted in {hash}.");
        }
        while (await timer.WaitForNextTickAsync(deadline.Token));

        throw new OperationCanceledException(deadline.Token);
    }
}
