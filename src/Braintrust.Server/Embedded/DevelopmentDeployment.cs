using Braintrust.Chain;

namespace Braintrust.Embedded;

/// <summary>
/// The contracts on a development chain: deployed once with the first well-known key, registered, and
/// checked at every start against what was registered.
/// </summary>
internal sealed class DevelopmentDeployment(
    IEvmChain chain, IContractRegistry registry, EmbeddedChainSettings settings, ILogger log)
{
    /// <summary>
    /// Holds the hash of the block of the first deployment, which tells this chain from another with the same code at
    /// the same addresses. The node's block 0 cannot: it changes when the node loads its state.
    /// </summary>
    private string MarkPath => Path.Combine(settings.DirectoryPath, "deployed-in");

    /// <summary>
    /// Makes sure that the registered contracts stand; what a lost chain took away is deployed anew. Answers the newest
    /// block of a new deployment, null when the old one stands.
    /// </summary>
    public async Task<ulong?> Ensure(CancellationToken ct)
    {
        var registered = await registry.Read(chain.ChainId, ct);
        if (registered.Count > 0)
        {
            if (await WhyLost(registered, ct) is not { } reason) return null;
            log.LogWarning("The development chain is not the one that was followed: {Reason}. Forgetting it", reason);
            await registry.Forget(chain.ChainId, ct);
        }

        var contracts = await DevelopmentContracts.Deploy(chain, (ushort)settings.FeeBps, ct);
        var first = await chain.GetHeader(BlockId.At(contracts[0].FromBlock), ct);
        await File.WriteAllTextAsync(MarkPath, first!.Hash.ToString(), ct);
        foreach (var contract in contracts)
        {
            await registry.Register(new(chain.ChainId, contract.Address, contract.Kind, contract.FromBlock, contract.CodeHash), ct);
            log.LogInformation("Deployed {Kind} at {Address}", contract.Kind, contract.Address);
        }

        return contracts.Max(contract => contract.FromBlock);
    }

    private async Task<string?> WhyLost(IReadOnlyList<RegisteredContract> registered, CancellationToken ct)
    {
        if (DevelopmentContracts.Kinds.Except(registered.Select(contract => contract.Kind)).FirstOrDefault() is { } kind)
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

    private async Task<Hash32> CodeHash(Address contract, CancellationToken ct) =>
        Hash32.Keccak((await chain.GetCode(contract, BlockId.Latest, ct)).Span);
}
