using System.Collections.Concurrent;
using Braintrust.Chain;
using Law = Braintrust.Chain.Contracts.PanelCourtContract;

namespace Braintrust.Disputes;

/// <summary>What courts are asked themselves: what they never change, once a process, and what logs do not tell, each time.</summary>
public sealed class CourtBook
{
    private readonly ConcurrentDictionary<(ulong Chain, Address Court, uint Rules), CourtRules> _rules = new();
    private readonly ConcurrentDictionary<(ulong Chain, Address Court), CourtTraits> _traits = new();

    /// <summary>The rule set that an open case is heard under.</summary>
    /// <param name="final">
    /// Whether the case's opening is final. Before, a reorganisation may put other rules under the same number, so the answer is
    /// not kept.
    /// </param>
    /// <exception cref="ChainProtocolException">The node does not know it, though the case is in a block that was read: it lags.</exception>
    public async ValueTask<CourtRules> Rules(IEvmChain node, Address court, uint rules, bool final, CancellationToken ct)
    {
        var key = (node.ChainId, court, rules);
        if (_rules.TryGetValue(key, out var known)) return known;
        try
        {
            var set = await Law.RulesOf.Call(node, court, rules, BlockId.Latest, ct);
            var read = new CourtRules(
                set.CostBps, set.BandBps, set.ResponseWindow, set.DrawWindow, set.CommitWindow, set.RevealWindow, set.AppealWindow);
            return final ? _rules[key] = read : read;
        }
        catch (EvmRevertException)
        {
            throw new ChainProtocolException($"The node of chain {node.ChainId} does not know rule set {rules} of {court}.");
        }
    }

    public async ValueTask<CourtTraits> Traits(IEvmChain node, Address court, CancellationToken ct)
    {
        if (_traits.TryGetValue((node.ChainId, court), out var known)) return known;
        var btrst = await Law.Btrst.Call(node, court, BlockId.Latest, ct);
        var seat = await Law.Seat.Call(node, court, BlockId.Latest, ct);
        return _traits[(node.ChainId, court)] = new CourtTraits(btrst, new Amount((UInt128)seat));
    }

    /// <param name="caseId">The case whose ticket is asked for, or null.</param>
    public static async ValueTask<CourtNow> Now(
        IEvmChain node, Address court, Address arbitrable, Hash32? caseId, CancellationToken ct)
    {
        var head = await node.GetHeader(BlockId.Latest, ct)
            ?? throw new ChainUnavailableException($"The node of chain {node.ChainId} has no newest block.");
        var at = BlockId.At(head.Number);
        var pool = await Law.PoolOf.Call(node, court, arbitrable, at, ct);
        var ticket = caseId is { } id ? (await Law.CaseOf.Call(node, court, id, at, ct)).Ticket : 0;
        return new CourtNow(
            head.Number + 1, new Pool(pool.Arbiters, pool.Weight, pool.SeedBlock, pool.Drawn, pool.Seeded, pool.Queued), ticket);
    }
}
