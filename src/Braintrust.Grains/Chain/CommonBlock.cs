namespace Braintrust.Chain;

/// <summary>
/// Where the ledger and a node part, told by the headers that the ledger keeps and by the block hashes of its standing facts.
/// A node that has a block of ours has every block below it, so few questions are enough.
/// </summary>
internal static class CommonBlock
{
    private const int EntriesAtOnce = 2_000;

    /// <summary>The newest block that the ledger names and the node has; null when there is none.</summary>
    /// <exception cref="ChainUnavailableException">The node cannot be asked.</exception>
    public static async ValueTask<BlockHeader?> Find(IChainLedger ledger, IEvmChain node, ulong chain, CancellationToken ct)
    {
        var named = (await Named(ledger, chain, ct)).ToArray();
        BlockHeader? common = null;
        var (low, high) = (0, named.Length - 1);
        while (low <= high)
        {
            var middle = (low + high) / 2;
            var (number, hash) = named[middle];
            if (await node.GetHeader(BlockId.At(number), ct) is { } header && header.Hash == hash)
                (common, low) = (header, middle + 1);
            else
                high = middle - 1;
        }

        return common;
    }

    private static async ValueTask<SortedDictionary<ulong, Hash32>> Named(IChainLedger ledger, ulong chain, CancellationToken ct)
    {
        var blocks = new SortedDictionary<ulong, Hash32>();
        for (var (pos, more) = (0L, true); more;)
        {
            var page = await ledger.ReadEntries(chain, pos, EntriesAtOnce, ct);
            foreach (var entry in page.Facts.Where(entry => entry.OrphanedBy is null))
                blocks[entry.Fact.BlockNo] = entry.Fact.BlockHash;
            more = page.ReachedPos > pos;
            pos = page.ReachedPos;
        }

        foreach (var header in await ledger.ReadHeaders(chain, ct)) blocks[header.Number] = header.Hash;
        return blocks;
    }
}
