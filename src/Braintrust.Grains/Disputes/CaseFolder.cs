using Braintrust.Chain;

namespace Braintrust.Disputes;

/// <summary>Folds cases out of standing facts, with the rules that their court keeps.</summary>
public sealed class CaseFolder(IFollowedChains chains, CourtBook courts)
{
    /// <param name="facts">Standing ones, in the chain's order; others than the case's are left out.</param>
    /// <param name="finalNo">Number of the chain's final block.</param>
    /// <returns>Null when no registered court took such a case.</returns>
    public async ValueTask<CaseOnChain?> Fold(
        ulong chain, Hash32 caseId, IEnumerable<DisputeFact> facts, ulong finalNo, CancellationToken ct)
    {
        var node = chains.Find(chain)?.Node
            ?? throw new InvalidOperationException($"Chain {chain} is not followed by this silo.");
        return await Fold(node, courts, caseId, facts, finalNo, ct);
    }

    /// <inheritdoc cref="Fold(ulong, Hash32, IEnumerable{DisputeFact}, ulong, CancellationToken)"/>
    public static async ValueTask<CaseOnChain?> Fold(
        IEvmChain node, CourtBook courts, Hash32 caseId, IEnumerable<DisputeFact> facts, ulong finalNo, CancellationToken ct)
    {
        DisputeFact[] mine = [.. facts.Where(fact => IsOf(fact.Event, caseId))];
        if (mine.FirstOrDefault(fact => fact.Event is DisputeEvent.CaseOpened) is not { Event: DisputeEvent.CaseOpened opened } first)
            return null;
        var rules = await courts.Rules(
            node, first.At.Contract, opened.Opening.Rules, first.At.Seen.BlockNo <= finalNo, ct);
        return mine.Aggregate((CaseOnChain?)null, (view, fact) => CaseFold.Apply(view, fact.Event, fact.At, rules));
    }

    public static bool IsOf(DisputeEvent happened, Hash32 caseId) => happened switch
    {
        DisputeEvent.OfCase of => of.CaseId == caseId,
        DisputeEvent.Oversized big => big.CaseId == caseId,
        _ => false,
    };
}
