using Orleans.Concurrency;

namespace Braintrust.Jobs;

/// <summary>
/// Goes on with what hiring left undone on one chain, though nobody looks: signed terms that the escrow does not have yet,
/// positions of acceptances that were lost on the way, and of terms that will never be funded. Key: the chain id. It keeps
/// nothing: what is undone is rows, committed with the states that they belong to.
/// </summary>
[Alias("jobs.IHiringKeeperGrain")]
public interface IHiringKeeperGrain : IGrainWithIntegerKey
{
    /// <summary>Looks unless it just did; called by every silo's pulse. Answers at once.</summary>
    [Alias("Wake"), AlwaysInterleave]
    Task Wake();
}
