namespace Braintrust.Chain;

/// <summary>Looks at the followed chain, and moves a development chain.</summary>
internal static class ChainLevers
{
    public static async Task<int> Status(Stage stage, CancellationToken ct)
    {
        var head = await stage.Node.Head(ct);
        var seen = await stage.Node.Seen(ct);
        stage.Timeline.Tell(Tale.Chain, "",
            $"chain {seen.ChainId}: node at block {head.Number} {head.Hash}, server at {seen.HeadNumber}, final {seen.FinalNumber}, "
            + $"time {head.Time.Seconds}, ledger position {seen.LedgerPosition}",
            ("chain_id", seen.ChainId), ("node_head", head.Number), ("node_hash", head.Hash.ToString()),
            ("server_head", seen.HeadNumber), ("final", seen.FinalNumber), ("time_seconds", head.Time.Seconds),
            ("ledger_position", seen.LedgerPosition), ("halted", seen.Halted), ("trouble", seen.Trouble));
        foreach (var contract in seen.Contracts)
            stage.Timeline.Tell(Tale.Chain, "", $"{contract.Kind} {contract.Address} since block {contract.FromBlock}",
                ("contract", contract.Kind), ("address", contract.Address), ("from_block", contract.FromBlock));
        return seen.Halted.Length == 0 ? 0 : 1;
    }

    public static async Task Advance(NodeLink node, long seconds, CancellationToken ct)
    {
        await node.Pull(chain => chain.AdvanceTime(TimeSpan.FromSeconds(seconds), ct), ct);
        await node.Pull(chain => chain.Mine(1, ct), ct);
    }
}
