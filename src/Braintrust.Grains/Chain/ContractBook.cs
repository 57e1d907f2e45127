using System.Collections.Concurrent;
using Braintrust.Chain.Contracts;
using Braintrust.Escrow;
using Braintrust.Governance;

namespace Braintrust.Chain;

/// <summary>
/// A chain's law: its escrow and the policy that the escrow reads, which both are immutable and asked for once a process,
/// and what that policy says now, which is asked of the contract itself every time.
/// </summary>
public sealed class ContractBook(IFollowedChains chains, IContractRegistry registry)
{
    private readonly ConcurrentDictionary<(ulong Chain, Address Escrow), Address> _policies = new();
    private readonly ConcurrentDictionary<ulong, PolicyInForce> _inForce = new();

    /// <summary>
    /// The escrow contract that new agreements are made for (the one deployed last) with what its policy says of a version
    /// and a token, or null when no escrow is registered.
    /// </summary>
    /// <exception cref="ChainProtocolException">The code on chain is not the code that was registered.</exception>
    public async ValueTask<WorkLaw?> Law(FollowedChain chain, uint policyVersion, Address token, CancellationToken ct)
    {
        if (await Contracts(chain, ct) is not { } contracts) return null;
        return new WorkLaw(
            chain.Settings.ChainId, contracts.Escrow, await Funding(chain.Node, contracts.Policy, policyVersion, token, ct));
    }

    /// <summary>The policy version in force, or 0 when no escrow is registered.</summary>
    public async ValueTask<uint> CurrentVersion(FollowedChain chain, CancellationToken ct) =>
        await Contracts(chain, ct) is { } contracts
            ? await PolicyContract.CurrentVersion.Call(chain.Node, contracts.Policy, BlockId.Latest, ct)
            : 0;

    /// <summary>False while older blocks of a contract registered late are still to be read.</summary>
    public async ValueTask<bool> IsComplete(ulong chainId, CancellationToken ct) =>
        (await Watched.Read(registry, chainId, ct)).Behind.Count == 0;

    /// <summary>The policy in force; while the node is away the one known last, or null when none is known.</summary>
    public async ValueTask<PolicyInForce?> Policy(ulong chainId, CancellationToken ct)
    {
        try
        {
            if (chains.Find(chainId) is not { } chain || await Contracts(chain, ct) is not { } contracts) return null;
            var version = await PolicyContract.CurrentVersion.Call(chain.Node, contracts.Policy, BlockId.Latest, ct);
            var (parameters, _, _) = await PolicyContract.ParametersOf.Call(
                chain.Node, contracts.Policy, version, BlockId.Latest, ct);
            return _inForce[chainId] = new PolicyInForce(version, parameters.FeeBps);
        }
        catch (ChainUnavailableException)
        {
            return _inForce.GetValueOrDefault(chainId);
        }
    }

    private async ValueTask<(Address Escrow, Address Policy)?> Contracts(FollowedChain chain, CancellationToken ct)
    {
        var escrow = (await registry.Read(chain.Settings.ChainId, ct))
            .Where(registered => registered.Kind == EscrowFacts.ContractKind)
            .MaxBy(registered => registered.FromBlock);
        if (escrow is null) return null;
        if (!_policies.TryGetValue((escrow.Chain, escrow.Address), out var policy))
            _policies[(escrow.Chain, escrow.Address)] = policy = await AskPolicy(chain.Node, escrow, ct);
        return (escrow.Address, policy);
    }

    private static async ValueTask<Address> AskPolicy(IEvmChain node, RegisteredContract escrow, CancellationToken ct)
    {
        var code = await node.GetCode(escrow.Address, BlockId.Latest, ct);
        if (Hash32.Keccak(code.Span) != escrow.CodeHash)
            throw new ChainProtocolException($"The code at {escrow.Address} is not the {escrow.Kind} that was registered.");
        return await WorkAgreementsContract.Policy.Call(node, escrow.Address, BlockId.Latest, ct);
    }

    private static async ValueTask<Outcome<FundingRules>> Funding(
        IEvmChain node, Address policy, uint version, Address token, CancellationToken ct)
    {
        try
        {
            var rules = await PolicyContract.FundingRules.Call(node, policy, version, token, BlockId.Latest, ct);
            return new FundingRules(
                version, token, rules.FeeBps, rules.ReviewWindowMin, rules.ReviewWindowMax,
                rules.ReworkTimeMin, rules.ValidityMax, rules.OriginBpsMax, new Amount(rules.AmountMin));
        }
        catch (EvmRevertException revert) when (PolicyReverts.Read(revert.RevertData.Span) is { } refusal)
        {
            return refusal;
        }
    }
}

/// <summary>What clients fill terms in with.</summary>
/// <param name="FeeBps">The employer's fee on top, basis points.</param>
public sealed record PolicyInForce(uint Version, ushort FeeBps);
