using System.Collections.Immutable;
using Braintrust.Storage;

namespace Braintrust.Chain;

/// <summary>
/// Where projections of the ledger keep their rows and how far they have come. The mark is the fence: rows are
/// written with it or not at all, so any number of runners can try. A database that cannot be reached is
/// <see cref="StorageUnavailableException"/>: nothing was changed, or the outcome is unknown and the next read tells.
/// </summary>
public interface IProjectionStore
{
    /// <summary>What is in the rows; <see cref="ProjectionMark.Start"/> before the first.</summary>
    ValueTask<ProjectionMark> ReadMark(string projection, ulong chain, CancellationToken ct);

    /// <summary>Every projection that has begun, with the position that is in its rows.</summary>
    ValueTask<IReadOnlyList<ProjectionPos>> ReadAll(CancellationToken ct);

    /// <summary>
    /// Writes rows and moves the mark in one transaction, if it still is <see cref="ProjectionAdvance.From"/>. False
    /// when another runner was first: nothing was written, read again.
    /// </summary>
    /// <exception cref="ArgumentException">A row does not fit its table or is one that must be new.</exception>
    ValueTask<bool> Advance(ProjectionAdvance advance, CancellationToken ct);

    /// <summary>Empties these tables of a chain's rows and puts the mark to the start, in one transaction.</summary>
    /// <exception cref="ArgumentException">No such table, or one that is not of chains.</exception>
    ValueTask Restart(string projection, ulong chain, ImmutableArray<string> tables, CancellationToken ct);
}

/// <param name="Pos">The last ledger position that is in the rows.</param>
public sealed record ProjectionPos(string Projection, ulong Chain, long Pos);

/// <summary>How far a projection has come.</summary>
/// <param name="Pos">The last ledger position that was looked at.</param>
/// <param name="BlockNo">
/// For those that count what is final in the chain's order: the last block that is in the rows. 0 for the others.
/// </param>
public readonly record struct ProjectionMark(long Pos, ulong BlockNo = 0)
{
    public static readonly ProjectionMark Start;
}

/// <param name="From">What the rows were made from.</param>
/// <param name="To">What is in them now.</param>
/// <param name="Rows">To upsert or delete; no row twice.</param>
public sealed record ProjectionAdvance(
    string Projection, ulong Chain, ProjectionMark From, ProjectionMark To, ImmutableArray<Row> Rows);
