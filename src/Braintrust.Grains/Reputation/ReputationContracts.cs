using System.Collections.Concurrent;
using Braintrust.Chain;
using Law = Braintrust.Chain.Contracts.ReputationContract;

namespace Braintrust.Reputation;

/// <summary>Which registered Reputation contract speaks of which escrow. Both are bound for ever, so each is asked once.</summary>
public sealed class ReputationContracts(IFollowedChains chains, IContractRegistry registry)
{
    private readonly ConcurrentDictionary<(ulong Chain, Address Contract), (Address Escrow, Address Anchor)> _bound = new();

    /// <summary>The contract deployed last for that escrow, or null when none is registered.</summary>
    /// <exception cref="ChainUnavailableException">The node is away, and the contract was never asked.</exception>
    public async ValueTask<Address?> Of(ulong chainId, Address escrow, CancellationToken ct)
    {
        var all = (await registry.Read(chainId, ct)).Where(contract => contract.Kind == ReputationFacts.ContractKind);
        foreach (var contract in all.OrderByDescending(contract => contract.FromBlock))
            if ((await Bound(chainId, contract.Address, ct)).Escrow == escrow) return contract.Address;
        return null;
    }

    /// <summary>The only address that anchors at this contract.</summary>
    public async ValueTask<Address> AnchorOf(ulong chainId, Address contract, CancellationToken ct) =>
        (await Bound(chainId, contract, ct)).Anchor;

    private async ValueTask<(Address Escrow, Address Anchor)> Bound(ulong chainId, Address contract, CancellationToken ct)
    {
        if (_bound.TryGetValue((chainId, contract), out var known)) return known;
        var node = chains.Find(chainId)?.Node
            ?? throw new InvalidOperationException($"Chain {chainId} is not followed by this process.");
        return _bound[(chainId, contract)] = (
            await Law.Agreements.Call(node, contract, BlockId.Latest, ct),
            await Law.AnchorConstant.Call(node, contract, BlockId.Latest, ct));
    }
}
