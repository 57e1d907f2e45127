using System.Collections.Concurrent;
using Braintrust.Chain;
using Braintrust.Chain.Contracts;

namespace Braintrust.Escrow;

/// <summary>How the tokens of agreements write their sums. Each is asked once a process.</summary>
public sealed class TokenBook
{
    /// <summary>Anybody can name a token in terms, so what is remembered is bounded; beyond it tokens are asked again.</summary>
    private const int UnitsMax = 10_000;

    private readonly ConcurrentDictionary<(ulong Chain, Address Token), TokenUnit> _units = new();

    public async ValueTask<TokenUnit> Unit(IEvmChain node, Address token, CancellationToken ct)
    {
        if (_units.TryGetValue((node.ChainId, token), out var known)) return known;
        var unit = await Ask(node, token, ct);
        if (_units.Count < UnitsMax) _units[(node.ChainId, token)] = unit;
        return unit;
    }

    private static async Task<TokenUnit> Ask(IEvmChain node, Address token, CancellationToken ct)
    {
        try
        {
            var decimals = await BraintrustTokenContract.Decimals.Call(node, token, BlockId.Latest, ct);
            var symbol = await BraintrustTokenContract.Symbol.Call(node, token, BlockId.Latest, ct);
            return TokenUnit.Of(token, symbol, decimals);
        }
        catch (Exception odd) when (odd is EvmRevertException or ChainProtocolException { InnerException: AbiFormatException })
        {
            return TokenUnit.Unknown(token);
        }
    }
}
