using Orleans.Concurrency;

namespace Braintrust.Governance;

/// <summary>
/// The governed parameters of one chain, as the facts of its policy contract tell them. Key: the chain id. Open to
/// everybody.
/// </summary>
[Alias("governance.IPolicyGrain")]
public interface IPolicyGrain : IGrainWithIntegerKey
{
    /// <summary>The version in force. Refused: NotFound when none was published on a chain that is followed.</summary>
    [Alias("Read"), AlwaysInterleave]
    Task<Outcome<PolicyView>> Read();

    /// <summary>One version; 0 is the one in force. Refused: NotFound.</summary>
    [Alias("ReadVersion"), AlwaysInterleave]
    Task<Outcome<PolicyVersion>> ReadVersion(uint number);

    /// <summary>
    /// The present view, then every newer one, conflated. Nothing comes while there is none. Ends when the grain
    /// deactivates: reopen.
    /// </summary>
    [Alias("Watch"), AlwaysInterleave]
    IAsyncEnumerable<PolicyView> Watch(CancellationToken ct = default);

    /// <summary>The ledger has entries up to <paramref name="pos"/> that may concern this policy: read them.</summary>
    [Alias("Look"), AlwaysInterleave]
    Task Look(long pos);
}
