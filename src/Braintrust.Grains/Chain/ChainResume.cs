using System.Globalization;

namespace Braintrust.Chain;

/// <summary>How a person lets a halted chain go on: from a block that the ledger and the node are known to share.</summary>
public sealed class ChainResume(ulong chain, IChainLedger ledger, IContractRegistry registry, IEvmChain node, TimeProvider clock)
{
    public const int WhyCharsMax = 500;

    /// <summary>
    /// The newest block from which the chain can go on. Every log above it is read again from the node; a lower block works
    /// too and only takes back more.
    /// </summary>
    /// <exception cref="ChainUnavailableException">The node cannot be asked.</exception>
    public async ValueTask<BlockHeader?> NewestBlock(CancellationToken ct)
    {
        if (await CommonBlock.Find(ledger, node, chain, ct) is { } common) return common;
        // Below the first contract there is no log to disagree about.
        var contracts = await registry.Read(chain, ct);
        var first = contracts.Count == 0 ? 0 : contracts.Min(contract => contract.FromBlock);
        return await node.GetHeader(BlockId.At(first == 0 ? 0 : first - 1), ct);
    }

    /// <summary>
    /// Rewinds the ledger to a block and ends the halt, in one transaction that keeps who did it and why. Refused:
    /// WrongState when the chain is not halted or another process was first, InvalidArgument for the block or the reason.
    /// </summary>
    /// <exception cref="ChainUnavailableException">The node cannot be asked.</exception>
    public async ValueTask<Outcome<ChainCursor>> From(ulong block, string who, string why, CancellationToken ct)
    {
        if (string.IsNullOrWhiteSpace(why) || why.Length > WhyCharsMax)
            return new Refusal(RefusalCode.InvalidArgument, $"The reason must have 1 to {WhyCharsMax} characters.", "why");
        var cursor = await ledger.ReadCursor(chain, ct);
        if (cursor.Halted is null)
            return new Refusal(RefusalCode.WrongState, $"Chain {chain} is not halted: its follower decides. Nothing was changed.");
        var newest = await NewestBlock(ct);
        if (newest is null || block > newest.Number || block > cursor.HeadNo || await node.GetHeader(BlockId.At(block), ct) is not { } to)
            return new Refusal(RefusalCode.InvalidArgument, Unfit(block, newest), "from");
        var resume = new ResumeRequest(chain, cursor, to, who, clock.GetUtcNow(), why);
        return await ledger.Resume(resume, ct) is { } resumed
            ? resumed
            : new Refusal(RefusalCode.WrongState, $"Another process moved chain {chain} meanwhile. Nothing was changed.");
    }

    private static string Unfit(ulong block, BlockHeader? newest) => newest is null
        ? "The node has no block to go on from: is it synchronised?"
        : string.Create(
            CultureInfo.InvariantCulture,
            $"The ledger and the node are not known to share block {block}. The newest that they share is {newest.Number}.");
}
