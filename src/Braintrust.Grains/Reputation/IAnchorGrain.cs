using Orleans.Concurrency;

namespace Braintrust.Reputation;

/// <summary>Gathers seals of reviews into batches and anchors them on one chain, one batch behind the other. Key: the chain id.</summary>
[Alias("reputation.IAnchorGrain")]
public interface IAnchorGrain : IGrainWithIntegerKey
{
    /// <summary>Goes on unless it just did; called by every silo's pulse. Answers at once.</summary>
    [Alias("Wake"), AlwaysInterleave]
    Task Wake();
}
