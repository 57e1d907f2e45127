using System.Collections.Concurrent;
using Braintrust.Chain;
using Braintrust.Chain.Contracts;

namespace Braintrust.Reputation;

/// <summary>What tokens are worth to reputation.</summary>
public interface ITokenPrices
{
    /// <summary>
    /// The price under a policy version, or null when that version did not list the token. The same for ever: versions are
    /// immutable.
    /// </summary>
    /// <param name="escrow">The escrow contract that the agreement was funded in.</param>
    ValueTask<TokenPrice?> Find(ulong chain, Address escrow, uint policyVersion, Address token, CancellationToken ct);
}

/// <summary>Asks the policy that the escrow reads; each answer is kept.</summary>
public sealed class PolicyTokenPrices(IFollowedChains chains) : ITokenPrices
{
    private readonly ConcurrentDictionary<(ulong Chain, Address Escrow, uint Version, Address Token), TokenPrice?> _known = new();

    public async ValueTask<TokenPrice?> Find(
        ulong chain, Address escrow, uint policyVersion, Address token, CancellationToken ct)
    {
        var key = (chain, escrow, policyVersion, token);
        if (_known.TryGetValue(key, out var known)) return known;
        var node = chains.Find(chain)?.Node
            ?? throw new InvalidOperationException($"Chain {chain} is not followed by this silo.");
        return _known[key] = await Ask(node, escrow, policyVersion, token, ct);
    }

    private static async ValueTask<TokenPrice?> Ask(
        IEvmChain node, Address escrow, uint policyVersion, Address token, CancellationToken ct)
    {
        try
        {
            var policy = await WorkAgreementsContract.Policy.Call(node, escrow, BlockId.Latest, ct);
            var listed = await PolicyContract.PaymentTokenOf.Call(node, policy, policyVersion, token, BlockId.Latest, ct);
            return listed.ReferencePrice == 0 ? null : new TokenPrice(token, listed.ReferencePrice);
        }
        catch (EvmRevertException behind) when (PolicyContract.VersionUnknownError.TryDecode(behind.RevertData.Span, out _))
        {
            // The escrow was funded under it, so this node is not there yet: believed, it would be wrong for ever.
            throw new ChainProtocolException(
                $"The node of chain {node.ChainId} does not know policy version {policyVersion}, which is in a final block.");
        }
        catch (EvmRevertException)
        {
            // A contract that has no such view prices nothing, and will not change its mind.
            return null;
        }
    }
}
