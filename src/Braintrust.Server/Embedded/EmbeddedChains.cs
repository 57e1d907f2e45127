using Braintrust.Chain;

namespace Braintrust.Embedded;

/// <summary>Follows the embedded development chain.</summary>
public sealed class EmbeddedChains(IEmbeddedChain chain, TimeProvider clock) : IChainSource
{
    private JsonRpcChain? _node;

    public async Task<IReadOnlyList<FollowedChain>> Open(CancellationToken ct)
    {
        var endpoint = await chain.Start(ct);
        _node = new JsonRpcChain(
            new JsonRpcChainOptions
            {
                HttpUrl = new Uri(endpoint.HttpUrl),
                WebSocketUrl = endpoint.WebSocketUrl is null ? null : new Uri(endpoint.WebSocketUrl),
                ChainId = endpoint.Settings.ChainId,
                PollIntervalMs = endpoint.Settings.PollIntervalMs,
            },
            clock);
        var anchor = DevelopmentKeys.Signer(DevelopmentContracts.Anchor);
        var relayer = new Relayer(DevelopmentKeys.Signer(DevelopmentContracts.Relayer), new RelayLimits());
        return [new FollowedChain(endpoint.Settings, _node, anchor) { Deployment = endpoint.Deployment, Relayer = relayer }];
    }

    public async Task Close(CancellationToken ct)
    {
        _node?.Dispose();
        await chain.Stop(ct);
    }
}
