using Microsoft.Extensions.Logging;

namespace Braintrust.Chain;

/// <summary>What one step did.</summary>
/// <param name="Pos">The position that is in the rows.</param>
/// <param name="Again">True when there is more to do at once.</param>
public sealed record ProjectionReport(long Pos, bool Again);

/// <summary>
/// Brings one projection of one chain up to the ledger, a step at a time. It remembers nothing: every step begins at the
/// stored position and every write is fenced by it, so two runners disturb each other and nothing else.
/// </summary>
public sealed class ProjectionRunner(IProjection projection, ulong chain, IProjectionStore store, ILogger logger)
{
    /// <summary>Throws what the database throws; nothing was lost then, the next step continues.</summary>
    public async ValueTask<ProjectionReport> Step(CancellationToken ct)
    {
        var pos = await store.ReadPos(projection.Name, chain, ct);
        switch (await projection.Next(chain, pos, ct))
        {
            case ProjectionPart.Changes changes:
                var advance = new ProjectionAdvance(projection.Name, chain, pos, changes.To, changes.Rows);
                return await store.Advance(advance, ct)
                    ? new ProjectionReport(changes.To, changes.More)
                    : new ProjectionReport(pos, Again: true);
            case ProjectionPart.Outdated outdated:
                logger.LogWarning(
                    "The projection {Projection} of chain {Chain} begins again: {Why}", projection.Name, chain, outdated.Why);
                await Restart(ct);
                return new ProjectionReport(0, Again: true);
            default:
                return new ProjectionReport(pos, Again: false);
        }
    }

    /// <summary>Empties the rows; the next steps make them again.</summary>
    public ValueTask Restart(CancellationToken ct) => store.Restart(projection.Name, chain, projection.Tables, ct);
}
