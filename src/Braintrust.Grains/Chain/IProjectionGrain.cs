using System.Globalization;
using Orleans.Concurrency;

namespace Braintrust.Chain;

/// <summary>
/// Runs one projection of one chain, so that its rows follow though nobody looks. Key: <c>{projection}/{chain id}</c>.
/// </summary>
[Alias("chain.IProjectionGrain")]
public interface IProjectionGrain : IGrainWithStringKey
{
    static string Key(string projection, ulong chain) => string.Create(CultureInfo.InvariantCulture, $"{projection}/{chain}");

    /// <summary>Something may have come: look. Answers at once.</summary>
    [Alias("Wake"), AlwaysInterleave]
    Task Wake();

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
