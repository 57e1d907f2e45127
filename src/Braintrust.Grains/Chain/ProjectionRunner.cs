using Microsoft.Extensions.Logging;

namespace Braintrust.Chain;

/// <summary>What one step did.</summary>
/// <param name="Mark">What is in the rows.</param>
/// <param name="Done">The newest cursor whose entries are all in the rows, or null when some are not.</param>
/// <param name="Waiting">Why it cannot go on yet, or null.</param>
public sealed record ProjectionReport(ProjectionMark Mark, ChainCursor? Done = null, string? Waiting = null)
{
    /// <summary>True when there is more to do at once.</summary>
    public bool Again => Done is null && Waiting is null;
}

/// <summary>
/// Brings one projection of one chain up to the ledger, a step at a time. It remembers nothing: every step begins at the
/// stored mark and every write is fenced by it, so two runners disturb each other and nothing else.
/// </summary>
public sealed class ProjectionRunner(IProjection projection, ulong chain, IProjectionStore store, ILogger logger)
{
    /// <summary>Throws what the database throws; nothing was lost then, the next step continues.</summary>
    public async ValueTask<ProjectionReport> Step(CancellationToken ct)
    {
        var mark = await store.ReadMark(projection.Name, chain, ct);
        switch (await projection.Next(chain, mark, ct))
        {
            case ProjectionPart.Changes changes:
                var advance = new ProjectionAdvance(projection.Name, chain, mark, changes.To, changes.Rows);
                return await store.Advance(advance, ct)
                    ? new ProjectionReport(changes.To, changes.More ? null : changes.Cursor)
                    : new ProjectionReport(mark);
            case ProjectionPart.Outdated outdated:
                logger.LogWarning(
                    "The projection {Projection} of chain {Chain} begins again: {Why}", projection.Name, chain, outdated.Why);
                await Restart(ct);
                return new ProjectionReport(ProjectionMark.Start);
            case ProjectionPart.Waits waits:
                return new ProjectionReport(mark, Waiting: waits.Why);
            case ProjectionPart.Idle idle:
                return new ProjectionReport(mark, idle.Cursor);
            case var unknown:
                throw new InvalidOperationException($"{projection.Name} answered {unknown}.");
        }
    }

    /// <summary>Empties the rows; the next steps make them again.</summary>
    public ValueTask Restart(CancellationToken ct) => store.Restart(projection.Name, chain, projection.Tables, ct);
}
