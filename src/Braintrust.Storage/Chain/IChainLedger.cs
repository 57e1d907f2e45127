using System.Collections.Immutable;
using Braintrust.Storage;

namespace Braintrust.Chain;

/// <summary>
/// The chain truth that this system acts on: facts and rewinds in one gapless order per chain, and the cursor that
/// fences them. Every change is one transaction. A database that cannot be reached is
/// <see cref="StorageUnavailableException"/>: nothing was changed, or the outcome is unknown and the next read tells.
/// </summary>
public interface IChainLedger
{
    /// <summary>The cursor, <see cref="ChainCursor.Start"/> for a chain never followed.</summary>
    ValueTask<ChainCursor> ReadCursor(ulong chain, CancellationToken ct);

    /// <summary>
    /// Appends facts and moves the cursor, if it still is <see cref="LedgerAppend.Expected"/>. Answers the new cursor, or
    /// null when another activation was first: nothing was written, read again.
    /// </summary>
    ValueTask<ChainCursor?> Append(LedgerAppend append, CancellationToken ct);

    /// <summary>
    /// Takes back every standing fact above <see cref="RewindRequest.To"/>: one entry at the next position, the
    /// facts marked with it, the headers above dropped, the head moved. A rewind below the final block is not done but
    /// sets <see cref="ChainCursor.Halted"/>, unless <see cref="RewindRequest.BelowFinal"/>. Null when fenced off.
    /// </summary>
    ValueTask<ChainCursor?> Rewind(RewindRequest rewind, CancellationToken ct);

    /// <summary>Stops following until a person resumes it. Null when fenced off.</summary>
    ValueTask<ChainCursor?> Halt(ulong chain, ChainCursor expected, string reason, CancellationToken ct);

    /// <summary>
    /// Lets a halted chain go on: a rewind of any depth, kept with who did it and why. Null when fenced off.
    /// </summary>
    /// <exception cref="InvalidOperationException">The chain is not halted: whoever follows it decides.</exception>
    ValueTask<ChainCursor?> Resume(ResumeRequest resume, CancellationToken ct);

    /// <summary>Every time a person let the chain go on, the oldest first.</summary>
    ValueTask<IReadOnlyList<LedgerResume>> ReadResumes(ulong chain, CancellationToken ct);

    /// <summary>Canonical headers kept for finding a fork point, ascending; the last is the head.</summary>
    ValueTask<IReadOnlyList<BlockHeader>> ReadHeaders(ulong chain, CancellationToken ct);

    /// <summary>
    /// One subject's facts after <paramref name="afterPos"/> (orphaned ones too), every rewind after it, every earlier
    /// fact of the subject that such a rewind took back, and the cursor: all from one database snapshot.
    /// </summary>
    ValueTask<SubjectView> ReadSubject(ulong chain, ulong subject, long afterPos, CancellationToken ct);

    /// <summary>
    /// What changed after <paramref name="afterPos"/>: the subjects of new facts and of facts that new rewinds took
    /// back, without duplicates, up to about <paramref name="positionsMax"/> positions, with the position reached.
    /// </summary>
    ValueTask<LedgerTouches> ReadTouches(ulong chain, long afterPos, int positionsMax, CancellationToken ct);

    /// <summary>Facts and rewinds with a position in (afterPos, afterPos + max], in order.</summary>
    ValueTask<LedgerPage> ReadEntries(ulong chain, long afterPos, int max, CancellationToken ct);

    /// <summary>
    /// The same, and in order with it every earlier fact that one of these rewinds took back: whatever changed.
    /// </summary>
    ValueTask<LedgerPage> ReadChanges(ulong chain, long afterPos, int max, CancellationToken ct);

    /// <summary>The standing facts that touch any of these subjects, each once, in the chain's order.</summary>
    ValueTask<IReadOnlyList<LedgerFact>> ReadStanding(ulong chain, IReadOnlyList<ulong> subjects, CancellationToken ct);

    /// <summary>
    /// The facts of these kinds that final blocks after <paramref name="after"/> hold, in the chain's order: whole blocks, as
    /// many as it takes for <paramref name="max"/> facts.
    /// </summary>
    ValueTask<FinalFacts> ReadFinal(
        ulong chain, ImmutableArray<FactKind> kinds, ProjectionMark after, int max, CancellationToken ct);
}

/// <param name="Expected">The cursor this append continues from: the fence.</param>
/// <param name="Headers">Newly read headers worth keeping (not yet final ones), ascending and linked.</param>
/// <param name="HeadTime">Block time of the new head.</param>
/// <param name="FinalNo">The new final block number; never below the expected one's.</param>
public sealed record LedgerAppend(
    ulong Chain, ChainCursor Expected, IReadOnlyList<BlockHeader> Headers, IReadOnlyList<Fact> Facts,
    ulong HeadNo, Hash32 HeadHash, BlockTime HeadTime, ulong FinalNo)
{
    /// <summary>
    /// How many contracts of the chain were known when the logs were asked for: a registration since then fences this
    /// append off, because its logs are not in it. Null asserts nothing.
    /// </summary>
    public int? Contracts { get; init; }

    /// <summary>
    /// How many contracts had not caught up then: one that has since is read with all others from here on, and its logs are
    /// not in this append, so it fences too, even where its last step moved no cursor. Null asserts nothing.
    /// </summary>
    public int? Late { get; init; }

    /// <summary>
    /// Set when the facts are of blocks below the head, of a contract registered late: fences as the cursor does. A step to
    /// beyond the head ends the backfill.
    /// </summary>
    public BackfillStep? Backfilled { get; init; }
}

/// <param name="From">The first block read, which is where the backfill stood.</param>
/// <param name="Next">The block after the last one read.</param>
public sealed record BackfillStep(Address Contract, ulong From, ulong Next);

/// <param name="To">The new head.</param>
/// <param name="BelowFinal">Only the embedded development chain may lose final blocks (a killed node).</param>
public sealed record RewindRequest(ulong Chain, ChainCursor Expected, BlockHeader To, bool BelowFinal = false);

/// <param name="Expected">The cursor of the halted chain.</param>
/// <param name="To">The new head: ledger and node agree on it and on everything below.</param>
public sealed record ResumeRequest(
    ulong Chain, ChainCursor Expected, BlockHeader To, string Who, DateTimeOffset At, string Why);

/// <param name="Pos">Position of the rewind.</param>
/// <param name="Halted">What had halted the chain.</param>
public sealed record LedgerResume(long Pos, ulong ToBlock, string Who, DateTimeOffset At, string Why, string Halted);

public sealed record SubjectView(
    ChainCursor Cursor, IReadOnlyList<LedgerFact> Facts, IReadOnlyList<LedgerRewind> Rewinds);

public sealed record LedgerTouches(ChainCursor Cursor, long ReachedPos, IReadOnlyList<ulong> Subjects);

public sealed record LedgerPage(
    ChainCursor Cursor, IReadOnlyList<LedgerFact> Facts, IReadOnlyList<LedgerRewind> Rewinds, long ReachedPos);

/// <param name="ReachedBlock">The last block whose facts of these kinds are all in <paramref name="Facts"/> or before.</param>
/// <param name="IsChanged">Up to the mark's block, such facts have come or were taken back since its position.</param>
public sealed record FinalFacts(
    ChainCursor Cursor, IReadOnlyList<LedgerFact> Facts, ulong ReachedBlock, bool IsChanged);
