namespace Braintrust.Chain;

/// <summary>Where the chains of this process come from: configured nodes, the embedded development chain, or a test.</summary>
public interface IChainSource
{
    /// <summary>Called once, when the schema is there and before the silo starts.</summary>
    Task<IReadOnlyList<FollowedChain>> Open(CancellationToken ct);

    /// <summary>Called after the silo stopped.</summary>
    Task Close(CancellationToken ct);
}
