namespace Braintrust.Chain;

/// <summary>How a chain is followed.</summary>
/// <param name="ConfirmationsMin">Confirmations that make a block final; ignored when <paramref name="ByTag"/>.</param>
/// <param name="ByTag">The node's own tag says which block is final.</param>
/// <param name="RangeBlocksMax">Blocks in one range read.</param>
/// <param name="BelowFinalRewinds">
/// The node is the only one and always right, even when it forgot final blocks (a development chain that was killed).
/// </param>
public sealed record FollowPolicy(int ConfirmationsMin, bool ByTag, int RangeBlocksMax, bool BelowFinalRewinds = false)
{
    /// <summary>Headers in one append near the head.</summary>
    public const int HeadersMax = 64;

    /// <summary>With more final blocks than this to read, they are read as a range instead of one by one.</summary>
    public const int RangeBlocksMin = 16;
}

/// <summary>What the node said while one step was decided.</summary>
/// <param name="head">Its newest block.</param>
/// <param name="tagFinalNo">Number of the block its finality tag names, when the policy asks for it.</param>
/// <param name="behindTooLong">It has stood behind our head for longer than a node lags.</param>
public sealed class NodeView(BlockHeader head, ulong? tagFinalNo = null, bool behindTooLong = false)
{
    private readonly Dictionary<ulong, BlockHeader> _headers = new() { [head.Number] = head };

    public BlockHeader Head { get; } = head;
    public ulong? TagFinalNo { get; } = tagFinalNo;
    public bool BehindTooLong { get; } = behindTooLong;

    public void Add(BlockHeader header) => _headers[header.Number] = header;

    public BlockHeader? Header(ulong number) => _headers.GetValueOrDefault(number);

    /// <summary>The hash of a block by its own header or by the one above it, or null when neither was asked for.</summary>
    public Hash32? HashOf(ulong number) => Header(number)?.Hash ?? Header(number + 1)?.ParentHash;
}

/// <summary>What to do next. The list is closed.</summary>
public abstract record FollowStep
{
    private FollowStep() { }

    /// <summary>Wait for the node.</summary>
    public sealed record Nothing(string? Why = null) : FollowStep;

    /// <summary>Ask the node for a header, then decide again.</summary>
    public sealed record Fetch(ulong Number) : FollowStep;

    /// <summary>Read the logs of blocks <paramref name="From"/> to <paramref name="To"/>, all final, and append them.</summary>
    public sealed record ReadRange(ulong From, BlockHeader To, ulong FinalNo) : FollowStep;

    /// <summary>Read the logs of these blocks one by one and append them; empty when only finality advanced.</summary>
    /// <param name="Base">The block below the first one ever read: kept, so that a fork can be found, but not read.</param>
    public sealed record Extend(IReadOnlyList<BlockHeader> Headers, ulong FinalNo, BlockHeader? Base = null) : FollowStep;

    /// <summary>Everything above this block was replaced.</summary>
    public sealed record Rewind(BlockHeader To) : FollowStep;

    /// <summary>The fork lies below every header we keep, and may be followed: find it by the facts' block hashes.</summary>
    public sealed record RewindByFacts : FollowStep;

    /// <summary>Stop until a person acts.</summary>
    public sealed record Halt(string Why) : FollowStep;
}

/// <summary>
/// Decides how to follow a chain: from our cursor, the canonical headers we keep (from the final block up) and what the
/// node says. Pure: the caller asks the node for what <see cref="FollowStep.Fetch"/> names and decides again. Our truth
/// only ever moves along parent hashes; notifications are never believed.
/// </summary>
public static class Follow
{
    /// <param name="window">Canonical headers we keep, ascending; the last is the cursor's head.</param>
    /// <param name="firstBlock">The first block worth reading.</param>
    public static FollowStep Decide(
        ChainCursor cursor, IReadOnlyList<BlockHeader> window, ulong firstBlock, NodeView node, FollowPolicy policy)
    {
        if (cursor.Halted is not null) return new FollowStep.Nothing(cursor.Halted);
        if (cursor.HeadHash.IsZero) return Begin(cursor, firstBlock, node, policy);
        if (node.Head.Number < cursor.HeadNo) return Shorter(cursor, window, node, policy);
        return node.HashOf(cursor.HeadNo) switch
        {
            null => new FollowStep.Fetch(cursor.HeadNo + 1),
            { } hash when hash == cursor.HeadHash => Forward(cursor, cursor.HeadNo + 1, node, policy),
            _ => Fork(cursor, window, node, policy, cursor.HeadNo),
        };
    }

    /// <summary>The newest final block by the policy, as of the node's head.</summary>
    public static ulong FinalNo(NodeView node, FollowPolicy policy)
    {
        if (policy.ByTag) return node.TagFinalNo ?? 0;
        var depth = (ulong)policy.ConfirmationsMin;
        return node.Head.Number + 1 < depth ? 0 : node.Head.Number + 1 - depth;
    }

    /// <summary>The last block of the range that begins here, or null when too few final blocks are left for one.</summary>
    public static ulong? RangeEnd(ulong from, NodeView node, FollowPolicy policy)
    {
        var final = FinalNo(node, policy);
        return final < from + FollowPolicy.RangeBlocksMin
            ? null
            : Math.Min(Math.Min(final, node.Head.Number), from + (ulong)policy.RangeBlocksMax - 1);
    }

    private static FollowStep Begin(ChainCursor cursor, ulong firstBlock, NodeView node, FollowPolicy policy)
    {
        if (node.Head.Number < firstBlock) return new FollowStep.Nothing("The node has not reached our first block.");
        var step = Forward(cursor, firstBlock, node, policy);
        if (step is not FollowStep.Extend extend || firstBlock == 0) return step;
        if (node.Header(firstBlock - 1) is not { } below) return new FollowStep.Fetch(firstBlock - 1);
        return extend.Headers[0].ParentHash == below.Hash ? extend with { Base = below } : ChangedItsMind;
    }

    private static FollowStep Forward(ChainCursor cursor, ulong from, NodeView node, FollowPolicy policy)
    {
        var final = FinalNo(node, policy);
        if (from > node.Head.Number)
        {
            var advanced = Bounded(cursor, final, cursor.HeadNo);
            return advanced > cursor.FinalNo ? new FollowStep.Extend([], advanced) : new FollowStep.Nothing();
        }

        if (RangeEnd(from, node, policy) is not { } to) return Headers(cursor, from, node, final);
        if (node.Header(to) is not { } last) return new FollowStep.Fetch(to);
        // Nothing links a range's end to what was read before: a second header vouches for it.
        if (to < node.Head.Number && node.Header(to + 1) is null) return new FollowStep.Fetch(to + 1);
        return node.Header(to + 1) is { } above && above.ParentHash != last.Hash
            ? ChangedItsMind
            : new FollowStep.ReadRange(from, last, Bounded(cursor, final, to));
    }

    private static FollowStep Headers(ChainCursor cursor, ulong from, NodeView node, ulong final)
    {
        var to = Math.Min(node.Head.Number, from + FollowPolicy.HeadersMax - 1);
        var headers = new List<BlockHeader>();
        var parent = cursor.HeadHash;
        for (var number = from; number <= to; number++)
        {
            if (node.Header(number) is not { } header) return new FollowStep.Fetch(number);
            if (!parent.IsZero && header.ParentHash != parent) return ChangedItsMind;
            headers.Add(header);
            parent = header.Hash;
        }

        return new FollowStep.Extend(headers, Bounded(cursor, final, to));
    }

    /// <summary>
    /// A node whose head is an ancestor of ours lags, or its chain became shorter: nobody can tell at once. The next
    /// different block tells; until then we wait, but not for ever.
    /// </summary>
    private static FollowStep Shorter(
        ChainCursor cursor, IReadOnlyList<BlockHeader> window, NodeView node, FollowPolicy policy)
    {
        var known = At(window, node.Head.Number);
        if (known is not null && known.Hash != node.Head.Hash)
            return Fork(cursor, window, node, policy, node.Head.Number);
        if (policy.BelowFinalRewinds)
            return known is null ? new FollowStep.RewindByFacts() : new FollowStep.Rewind(known);
        return known is not null && node.BehindTooLong && known.Number >= cursor.FinalNo
            ? new FollowStep.Rewind(known)
            : new FollowStep.Nothing("The node is behind what we have already read.");
    }

    private static FollowStep Fork(
        ChainCursor cursor, IReadOnlyList<BlockHeader> window, NodeView node, FollowPolicy policy, ulong top)
    {
        var number = top;
        for (; At(window, number) is { } ours; number--)
        {
            if (node.Header(number) is not { } theirs) return new FollowStep.Fetch(number);
            // One header alone moves nothing back: the one above must say the same.
            if (node.Header(number + 1) is { } above && above.ParentHash != theirs.Hash) return ChangedItsMind;
            if (theirs.Hash == ours.Hash)
                return number >= cursor.FinalNo || policy.BelowFinalRewinds
                    ? new FollowStep.Rewind(ours)
                    : Deep(cursor, number);
            if (number == 0) break;
        }

        return policy.BelowFinalRewinds ? new FollowStep.RewindByFacts() : Deep(cursor, number);
    }

    private static FollowStep.Halt Deep(ChainCursor cursor, ulong number) => new(
        $"The node replaced blocks down to {number} or deeper, but block {cursor.FinalNo} was final.");

    private static ulong Bounded(ChainCursor cursor, ulong final, ulong head) =>
        Math.Max(cursor.FinalNo, Math.Min(final, head));

    private static BlockHeader? At(IReadOnlyList<BlockHeader> window, ulong number)
    {
        if (window.Count == 0 || number < window[0].Number) return null;
        var at = number - window[0].Number;
        return at < (ulong)window.Count ? window[(int)at] : null;
    }

    private static FollowStep.Nothing ChangedItsMind { get; } = new("The node changed its chain while it was read.");
}
