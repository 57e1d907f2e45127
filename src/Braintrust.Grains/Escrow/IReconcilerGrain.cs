using Orleans.Concurrency;

namespace Braintrust.Escrow;

/// <summary>
/// Looks now and then whether a chain's contracts and this system agree about all money, and stops the payments of what they do
/// not agree about. Key: the chain's id, its bits signed.
/// </summary>
[Alias("escrow.IReconcilerGrain")]
public interface IReconcilerGrain : IGrainWithIntegerKey
{
    /// <summary>Looks when it is time. Answers at once.</summary>
    [Alias("Wake"), AlwaysInterleave]
    Task Wake();
}
