using Braintrust.Chain;
using Braintrust.Storage;

namespace Braintrust.Escrow;

/// <summary>What an operator does about contracts and database that disagree, while servers run or not.</summary>
internal static class ReconcileVerbs
{
    /// <summary>What a person types to let payments about a subject go on.</summary>
    public static string LiftCommand(string chain, string subject) => $"db reconcile lift {chain} {subject} --why TEXT";

    /// <summary>Compares everything now.</summary>
    /// <exception cref="StartException">Something differs, which is kept; or nothing could be compared.</exception>
    public static Task<string> Run(ServerOptions options, string chain, CancellationToken ct) =>
        ChainVerbs.With(options, chain, async (id, services, node) =>
        {
            var reconciler = ActivatorUtilities.CreateInstance<Reconciler>(services, TimeProvider.System);
            var found = await reconciler.Run(new FollowedChain(new ChainSettings { ChainId = id }, node), ct);
            if (found.Waiting is { } why) throw new StartException($"Chain {id} cannot be reconciled now: {why}");
            if (await Book(services).Keep(id, found, DateTimeOffset.UtcNow, ct) is not { } changes)
                throw new StartException($"A server kept a look at chain {id} meanwhile: try again.");
            var lines = changes.All.Select(differs =>
                $"{differs.Subject}: {differs.What}" + (differs.Lifted is { } lifted ? $" (lifted by {lifted.Who}: {lifted.Why})" : ""));
            var told = string.Join(Environment.NewLine,
            [
                $"compared {found.Agreements} agreements and {found.Cases} cases of chain {id} at block {found.Block}", .. lines,
                $"reconciliation: {changes.All.Length} differences",
            ]);
            return changes.All.IsEmpty ? told : throw new StartException(told);
        });

    /// <exception cref="StartException">Refused: nothing was changed.</exception>
    public static Task<string> Lift(ServerOptions options, string chain, string subject, string why, CancellationToken ct) =>
        ChainVerbs.With(options, chain, async (id, services, _) =>
            (await Book(services).Lift(id, subject, $"{Environment.UserName}@{Environment.MachineName}", why, ct))
                .Accepted(out var lifted, out var refusal)
                ? $"Payments about {lifted.Subject} of chain {id} go on, until it differs otherwise."
                : throw new StartException(refusal.Message));

    private static DifferenceBook Book(IServiceProvider services) => ActivatorUtilities.CreateInstance<DifferenceBook>(services);
}
