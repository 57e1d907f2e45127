using System.Collections.Immutable;
using Braintrust.Storage;

namespace Braintrust.Chain;

/// <summary>
/// Where projections of the ledger keep their rows and how far they have come. The position is the fence: rows are
/// written with it or not at all, so any number of runners can try. A database that cannot be reached is
/// <see cref="StorageUnavailableException"/>: nothing was changed, or the outcome is unknown and the next read tells.
/// </summary>
public interface IProjectionStore
{
    /// <summary>The last ledger position that is in the rows; 0 before the first.</summary>
    ValueTask<long> ReadPos(string projection, ulong chain, CancellationToken ct);

    /// <summary>Every projection that has begun, with the position that is in its rows.</summary>
    ValueTask<IReadOnlyList<ProjectionPos>> ReadAll(CancellationToken ct);

    /// <summary>
    /// Writes rows and moves the position in one transaction, if it still is <see cref="ProjectionAdvance.From"/>. False
    /// when another runner was first: nothing was written, read again.
    /// </summary>
    /// <exception cref="ArgumentException">A row does not fit its table or is one that must be new.</exception>
    ValueTask<bool> Advance(ProjectionAdvance advance, CancellationToken ct);

    /// <summary>Empties these tables of a chain's rows and puts the position to 0, in one transaction.</summary>
    /// <exception cref="ArgumentException">No such table, or one that is not of chains.</exception>
    ValueTask Restart(string projection, ulong chain, ImmutableArray<string> tables, CancellationToken ct);
}

/// <param name="Pos">The last ledger position that is in the rows.</param>
public sealed record ProjectionPos(string Projection, ulong Chain, long Pos);

/// <param name="From">The position that the rows were made from.</param>
/// <param name="To">The position that is in them.</param>
/// <param name="Rows">To upsert or delete; no row twice.</param>
public sealed record ProjectionAdvance(
    string Projection, ulong Chain, long From, long To, ImmutableArray<Row> Rows);
