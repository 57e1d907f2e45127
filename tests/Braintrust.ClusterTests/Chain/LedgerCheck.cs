namespace Braintrust.Chain;

internal static class LedgerCheck
{
    /// <summary>The standing facts are the canonical chain's logs, each once and in order.</summary>
    /// <param name="inOrder">False when a contract's older blocks were read late: each contract's facts are in order then.</param>
    public static async Task HoldsExactlyTheChain(IChainLedger ledger, ScriptedChain node, bool inOrder = true)
    {
        var entries = await Entries(ledger, node.ChainId);
        var logs = node.Blocks.SelectMany(block => block.Logs).Select(log => (log.Log.Contract, log.Block.Hash, log.LogIndex));
        var facts = entries.Facts.Where(entry => entry.OrphanedBy is null)
            .Select(entry => (entry.Fact.Contract, entry.Fact.BlockHash, entry.Fact.LogIndex));
        if (inOrder) Assert.Equal(logs, facts);
        else Assert.Equal(logs.OrderBy(log => log.Contract), facts.OrderBy(fact => fact.Contract));
        Assert.Equal(
            Enumerable.Range(1, (int)entries.Cursor.Pos).Select(pos => (long)pos),
            entries.Facts.Select(entry => entry.Pos).Concat(entries.Rewinds.Select(rewind => rewind.Pos)).Order());
    }

    public static ValueTask<LedgerPage> Entries(IChainLedger ledger, ulong chain) =>
        ledger.ReadEntries(chain, 0, 100_000, CancellationToken.None);
}
