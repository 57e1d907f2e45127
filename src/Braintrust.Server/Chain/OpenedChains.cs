namespace Braintrust.Chain;

/// <summary>The chains of this process, known from the moment that <see cref="ChainStart"/> ran.</summary>
public sealed class OpenedChains : IFollowedChains
{
    private IReadOnlyList<FollowedChain>? _all;

    public bool AreOpen => _all is not null;

    /// <exception cref="InvalidOperationException">Asked before the chains were opened.</exception>
    public IReadOnlyList<FollowedChain> All =>
        _all ?? throw new InvalidOperationException("The chains are not open yet.");

    public FollowedChain? Find(ulong chainId) => All.FirstOrDefault(chain => chain.Settings.ChainId == chainId);

    internal void Open(IEnumerable<FollowedChain> chains) => _all = [.. chains.OrderBy(chain => chain.Settings.ChainId)];
}

public static class FollowedChainsExtensions
{
    /// <exception cref="Grpc.Core.RpcException">CHAIN_MISMATCH: this server does not follow that chain.</exception>
    public static FollowedChain OrThrow(this IFollowedChains chains, ulong chainId, string field) =>
        chains.Find(chainId)
        ?? throw new Refusal(RefusalCode.ChainMismatch, $"This server does not follow chain {chainId}.", field).ToRpc();
}
