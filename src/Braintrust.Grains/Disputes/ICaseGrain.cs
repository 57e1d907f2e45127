using Braintrust.Escrow;
using Orleans.Concurrency;

namespace Braintrust.Disputes;

/// <summary>What somebody is in a case.</summary>
public enum CaseRole
{
    None = 0,

    /// <summary>Sits, or sat, on one of its panels.</summary>
    Panel = 1,

    /// <summary>One of the two sides, or somebody else who takes part in the agreement.</summary>
    Party = 2,
}

/// <summary>One case as the facts of its court tell it. Key: <c>{chain id}-{case id, 0x and 64 lower-case digits}</c>.</summary>
[Alias("disputes.ICaseGrain")]
public interface ICaseGrain : IGrainWithStringKey
{
    /// <summary>What parties and arbiters of the case see. Refused: NotFound, NotAParty.</summary>
    [Alias("Read"), AlwaysInterleave]
    Task<Outcome<CaseView>> Read(Caller caller);

    /// <summary>What the caller is in the case, and whether the case lives still. Refused: NotFound.</summary>
    [Alias("Standing"), AlwaysInterleave]
    Task<Outcome<CaseStanding>> Standing(Caller caller);

    /// <summary>True while the case lives and a wallet of the caller sits on one of its panels.</summary>
    [Alias("IsOnPanel"), AlwaysInterleave]
    Task<bool> IsOnPanel(Caller caller);

    /// <summary>
    /// Builds and simulates a transaction for <paramref name="wallet"/> to sign; who may is the court's to say. Refused with
    /// the rule's reason when the court would refuse it at the chain's present time, NotFound, NotAParty, SimulationReverted,
    /// InsufficientFunds, ChainHalted.
    /// </summary>
    [Alias("Prepare"), AlwaysInterleave]
    Task<Outcome<PreparedMove>> Prepare(Caller caller, Address wallet, CaseRequest request);

    /// <summary>
    /// The present view, then every newer one, conflated; nothing comes while there is none. Visibility is checked by the
    /// caller with <see cref="Read"/> first.
    /// </summary>
    /// <exception cref="EnumerationAbortedException">It ended while nobody was reading: reopen.</exception>
    [Alias("Watch"), AlwaysInterleave]
    IAsyncEnumerable<CaseView> Watch(CancellationToken ct = default);

    /// <summary>The ledger has entries up to <paramref name="pos"/> that may concern this case: read them.</summary>
    [Alias("Look"), AlwaysInterleave]
    Task Look(long pos);
}

/// <param name="Lives">False once it is concluded.</param>
[GenerateSerializer, Immutable, Alias("disputes.CaseStanding")]
public sealed record CaseStanding([property: Id(0)] CaseRole Role, [property: Id(1)] bool Lives);
