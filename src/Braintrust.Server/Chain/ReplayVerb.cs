using System.Collections.Immutable;
using Braintrust.Disputes;
using Braintrust.Escrow;
using Braintrust.Reputation;
using Braintrust.Storage;

namespace Braintrust.Chain;

/// <summary>Empties a projection's rows, so that the running silos make them again from the whole ledger.</summary>
internal static class ReplayVerb
{
    private static readonly Dictionary<string, ImmutableArray<string>> Projections = new()
    {
        [AgreementProjection.ProjectionName] = AgreementProjection.ProjectionTables,
        [CreditProjection.ProjectionName] = CreditProjection.ProjectionTables,
        [DisputeProjection.ProjectionName] = DisputeProjection.ProjectionTables,
        [ReputationProjection.ProjectionName] = ReputationProjection.ProjectionTables,
        [TotalProjection.ProjectionName] = TotalProjection.ProjectionTables,
    };

    /// <exception cref="StorageUnavailableException">The database cannot be reached.</exception>
    /// <exception cref="StartException">There is no such projection.</exception>
    public static async Task<string> Run(StorageOptions options, string projection, CancellationToken ct)
    {
        if (!Projections.TryGetValue(projection, out var tables))
            throw new StartException($"There is no projection '{projection}'. Projections: {string.Join(", ", Projections.Keys)}.");
        await StorageMigrations.Apply(options, ct);
        await using var services = new ServiceCollection().AddLogging().AddBraintrustStorage(options).BuildServiceProvider();
        var store = services.GetRequiredService<IProjectionStore>();
        var begun = (await store.ReadAll(ct)).Where(pos => pos.Projection == projection).ToList();
        foreach (var pos in begun) await store.Restart(projection, pos.Chain, tables, ct);
        return begun.Count == 0
            ? $"The projection {projection} has not begun on any chain."
            : $"Emptied {projection} of {string.Join(", ", begun.Select(pos => $"chain {pos.Chain} (was at {pos.Pos})"))}; "
                + "running silos fill it again within seconds.";
    }
}
