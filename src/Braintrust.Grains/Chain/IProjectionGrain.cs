using Orleans.Concurrency;

namespace Braintrust.Chain;

/// <summary>
/// Runs one projection of one chain, so that its rows follow though nobody looks. Key: <see cref="ProjectionKey"/>.
/// </summary>
[Alias("chain.IProjectionGrain")]
public interface IProjectionGrain : IGrainWithStringKey
{
    /// <summary>Looks unless nothing has moved since it last did. Answers at once.</summary>
    [Alias("Wake"), AlwaysInterleave]
    Task Wake();

    /// <summary>Something has come: looks. Answers at once.</summary>
    [Alias("Look"), AlwaysInterleave]
    Task Look();

    /// <summary>
    /// Empties the rows and makes them again from the whole ledger. Answers when they are emptied; until the runner has
    /// caught up, readers see fewer rows than there are.
    /// </summary>
    [Alias("Replay"), AlwaysInterleave]
    Task Replay();

    [Alias("Status"), AlwaysInterleave]
    Task<ProjectionStatus> Status();
}

/// <param name="Pos">Ledger position that is in the rows, as of the last step.</param>
/// <param name="Trouble">Why it does not get on, or null.</param>
[GenerateSerializer, Immutable, Alias("chain.ProjectionStatus")]
public sealed record ProjectionStatus([property: Id(0)] long Pos, [property: Id(1)] string? Trouble);
