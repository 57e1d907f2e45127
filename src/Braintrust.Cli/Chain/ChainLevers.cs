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

    public static async Task<int> Deploy(Timeline timeline, Uri rpc, ushort feeBps, CancellationToken ct)
    {
        using var chain = new JsonRpcChain(
            new JsonRpcChainOptions { HttpUrl = rpc, ChainId = DevelopmentKeys.ChainId }, TimeProvider.System);
        var contracts = await DevelopmentContracts.Deploy(chain, feeBps, ct);
        string[] settings =
        [
            $"Chains__0__ChainId={DevelopmentKeys.ChainId}", $"Chains__0__RpcUrl={rpc}", $"Chains__0__PublicRpcUrl={rpc}",
            .. contracts.SelectMany((contract, i) => (string[])
            [
                $"Chains__0__Contracts__{i}__Kind={contract.Kind}",
                $"Chains__0__Contracts__{i}__Address={contract.Address}",
                $"Chains__0__Contracts__{i}__FromBlock={contract.FromBlock}",
            ]),
        ];
        foreach (var contract in contracts)
            timeline.Tell(Tale.Chain, "", $"deployed {contract.Kind} at {contract.Address} in block {contract.FromBlock}",
                ("contract", contract.Kind), ("address", contract.Address.ToString()), ("from_block", contract.FromBlock));
        foreach (var setting in settings) timeline.Tell(Tale.Result, "", "BRAINTRUST__" + setting, ("setting", "BRAINTRUST__" + setting));
        return 0;
    }
}
