using Orleans.Concurrency;

namespace Braintrust.Chain;

/// <summary>Follows one chain into the ledger. Key: the chain id. Any number of activations is harmless: the cursor fences.</summary>
[Alias("chain.IChainWatcherGrain")]
public interface IChainWatcherGrain : IGrainWithIntegerKey
{
    /// <summary>Makes sure that the watcher runs; called by every silo's pulse.</summary>
    [Alias("Wake"), AlwaysInterleave]
    Task Wake();

    [Alias("Status"), AlwaysInterleave]
    Task<WatcherStatus> Status();
}

/// <param name="NodeHeadNo">The node's newest block, as last asked.</param>
/// <param name="Trouble">What went wrong last, or null while following.</param>
[GenerateSerializer, Immutable, Alias("chain.WatcherStatus")]
public sealed record WatcherStatus(
    [property: Id(0)] ChainCursor Cursor,
    [property: Id(1)] ulong NodeHeadNo,
    [property: Id(2)] string? Trouble);
