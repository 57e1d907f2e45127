namespace Braintrust.Chain;

internal static class LedgerCheck
{
    /// <summary>The standing facts are the canonical chain's logs, each once and in order.</summary>
    public static async Task HoldsExactlyTheChain(IChainLedger ledger, ScriptedChain node)
    {
        var entries = await Entries(ledger, node.ChainId);
        Assert.Equal(
            node.Blocks.SelectMany(block => block.Logs).Select(log => (log.Block.Hash, log.LogIndex)),
            entries.Facts.Where(entry => entry.OrphanedBy is null).Select(entry => (entry.Fact.BlockHash, entry.Fact.LogIndex)));
        Assert.Equal(
            Enumerable.Range(1, (int)entries.Cursor.Pos).Select(pos => (long)pos),
            entries.Facts.Select(entry => entry.Pos).Concat(entries.Rewinds.Select(rewind => rewind.Pos)).Order());
    }

    public static ValueTask<LedgerPage> Entries(IChainLedger ledger, ulong chain) =>
        ledger.ReadEntries(chain, 0, 100_000, CancellationToken.None);
}
