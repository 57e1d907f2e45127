using System.Collections.Concurrent;
using Braintrust.Chain.Contracts;
using Braintrust.Escrow;

namespace Braintrust.Chain;

/// <summary>
/// What a chain's registered contracts fixed at birth. Asked once a process: immutable code does not change its mind.
/// </summary>
public sealed class ContractBook(IFollowedChains chains, IContractRegistry registry)
{
    private readonly ConcurrentDictionary<(ulong Chain, Address Contract), WorkLaw> _laws = new();

    /// <summary>
    /// The escrow contract that new agreements are made for (the one deployed last), or null when none is registered or
    /// the chain is not followed.
    /// </summary>
    /// <exception cref="ChainProtocolException">The code on chain is not the code that was registered.</exception>
    public async ValueTask<WorkLaw?> Law(ulong chainId, CancellationToken ct)
    {
        if (chains.Find(chainId) is not { } chain) return null;
        var contract = (await registry.Read(chainId, ct))
            .Where(registered => registered.Kind == EscrowFacts.ContractKind)
            .MaxBy(registered => registered.FromBlock);
        if (contract is null) return null;
        if (_laws.TryGetValue((chainId, contract.Address), out var known)) return known;
        return _laws[(chainId, contract.Address)] = await Ask(chain.Node, contract, ct);
    }

    private static async ValueTask<WorkLaw> Ask(IEvmChain node, RegisteredContract contract, CancellationToken ct)
    {
        var code = await node.GetCode(contract.Address, BlockId.Latest, ct);
        if (Hash32.Keccak(code.Span) != contract.CodeHash)
            throw new ChainProtocolException($"The code at {contract.Address} is not the {contract.Kind} that was registered.");
        var feeBps = await WorkAgreementsContract.FeeBps.Call(node, contract.Address, BlockId.Latest, ct);
        return new WorkLaw(contract.Chain, contract.Address, feeBps);
    }
}
