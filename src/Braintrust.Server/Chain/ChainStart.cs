using Braintrust.Escrow;
using Braintrust.Governance;

namespace Braintrust.Chain;

/// <summary>Opens the chains before the silo starts, holds them to what is registered, and closes them after it.</summary>
public sealed class ChainStart(
    IChainSource source, OpenedChains chains, IContractRegistry registry, ILogger<ChainStart> log) : IHostedService
{
    /// <summary>The contracts without which there is nothing to follow.</summary>
    private static readonly string[] Required = [EscrowFacts.ContractKind, PolicyFacts.ContractKind];

    public async Task StartAsync(CancellationToken ct)
    {
        var opened = await source.Open(ct);
        foreach (var chain in opened) await Check(chain, ct);
        chains.Open(opened);
    }

    public Task StopAsync(CancellationToken ct) => source.Close(ct);

    /// <exception cref="DeploymentDiffersException">The chain is not what its deployment file says.</exception>
    /// <exception cref="StartException">No escrow or no policy is registered, or the code at an address is not the registered one.</exception>
    private async Task Check(FollowedChain chain, CancellationToken ct)
    {
        var id = chain.Settings.ChainId;
        var contracts = await registry.Read(id, ct);
        foreach (var kind in Required)
            if (contracts.All(contract => contract.Kind != kind))
                throw new StartException(
                    $"Chain {id}: no {kind} contract is registered. Name the deployment: Chains:N:DeploymentFile.");
        try
        {
            if (chain.Deployment is { } deployment)
                if (await new DeploymentCheck(chain.Node, deployment).Run(history: false, ct) is { IsEmpty: false } differences)
                    throw new DeploymentDiffersException(id, differences);
            foreach (var contract in contracts)
            {
                var code = Hash32.Keccak((await chain.Node.GetCode(contract.Address, BlockId.Latest, ct)).Span);
                if (code != contract.CodeHash)
                    throw new StartException(
                        $"Chain {id}: the code of {contract.Kind} at {contract.Address} hashes to {code}, registered is {contract.CodeHash}.");
            }
        }
        catch (ChainUnavailableException away)
        {
            log.LogWarning(away, "Chain {Chain}: the node is away, its contracts could not be checked. Starting without it.", id);
        }
    }
}
