using System.Collections.Immutable;
using Braintrust.Storage;

namespace Braintrust.Chain;

/// <summary>
/// Faults of a database, by a seed: a question is not answered, a write is lost, or a write is done and nobody hears of it.
/// </summary>
internal sealed class DatabaseFaults(Random random)
{
    /// <summary>Of a hundred calls, so many fail.</summary>
    public int PerCent { get; set; }

    /// <summary>Set, the process dies at the next write that comes there; nobody is left to hear why.</summary>
    public CrashPoint? DiesAt { get; set; }

    public async ValueTask<T> Read<T>(Func<ValueTask<T>> read)
    {
        Maybe("The question was lost.");
        return await read();
    }

    public async ValueTask<T> Write<T>(Func<ValueTask<T>> write)
    {
        Die(CrashPoint.BeforeEffectAndCursor);
        Maybe("The write was lost.");
        var written = await write();
        Die(CrashPoint.BeforeAcknowledgement);
        Maybe("The answer to the write was lost.");
        return written;
    }

    private void Die(CrashPoint here)
    {
        if (DiesAt != here) return;
        DiesAt = null;
        throw new CrashException();
    }

    private void Maybe(string what)
    {
        if (random.Next(100) < PerCent) throw new StorageUnavailableException(what);
    }
}

/// <summary>Where a watcher's write can be cut off. Effect and cursor are one transaction: between them is the database's (LedgerContract).</summary>
public enum CrashPoint
{
    BeforeEffectAndCursor,

    /// <summary>Both are durable, and the watcher does not know.</summary>
    BeforeAcknowledgement,
}

internal sealed class CrashException() : Exception("The process died here.");

/// <summary>The ledger behind a database that fails.</summary>
internal sealed class FaultyLedger(IChainLedger ledger, DatabaseFaults faults) : IChainLedger
{
    public ValueTask<ChainCursor> ReadCursor(ulong chain, CancellationToken ct) => faults.Read(() => ledger.ReadCursor(chain, ct));

    public ValueTask<ChainCursor?> Append(LedgerAppend append, CancellationToken ct) => faults.Write(() => ledger.Append(append, ct));

    public ValueTask<ChainCursor?> Rewind(RewindRequest rewind, CancellationToken ct) => faults.Write(() => ledger.Rewind(rewind, ct));

    public ValueTask<ChainCursor?> Halt(ulong chain, ChainCursor expected, string reason, CancellationToken ct) =>
        faults.Write(() => ledger.Halt(chain, expected, reason, ct));

    public ValueTask<ChainCursor?> Resume(ResumeRequest resume, CancellationToken ct) => faults.Write(() => ledger.Resume(resume, ct));

    public ValueTask<IReadOnlyList<LedgerResume>> ReadResumes(ulong chain, CancellationToken ct) =>
        faults.Read(() => ledger.ReadResumes(chain, ct));

    public ValueTask<IReadOnlyList<BlockHeader>> ReadHeaders(ulong chain, CancellationToken ct) =>
        faults.Read(() => ledger.ReadHeaders(chain, ct));

    public ValueTask<SubjectView> ReadSubject(ulong chain, ulong subject, long afterPos, CancellationToken ct) =>
        faults.Read(() => ledger.ReadSubject(chain, subject, afterPos, ct));

    public ValueTask<LedgerTouches> ReadTouches(ulong chain, long afterPos, int positionsMax, CancellationToken ct) =>
        faults.Read(() => ledger.ReadTouches(chain, afterPos, positionsMax, ct));

    public ValueTask<LedgerPage> ReadEntries(ulong chain, long afterPos, int max, CancellationToken ct) =>
        faults.Read(() => ledger.ReadEntries(chain, afterPos, max, ct));

    public ValueTask<LedgerPage> ReadChanges(ulong chain, long afterPos, int max, CancellationToken ct) =>
        faults.Read(() => ledger.ReadChanges(chain, afterPos, max, ct));

    public ValueTask<IReadOnlyList<LedgerFact>> ReadStanding(ulong chain, IReadOnlyList<ulong> subjects, CancellationToken ct) =>
        faults.Read(() => ledger.ReadStanding(chain, subjects, ct));

    public ValueTask<FinalFacts> ReadFinal(
        ulong chain, ImmutableArray<FactKind> kinds, ProjectionMark after, int max, CancellationToken ct) =>
        faults.Read(() => ledger.ReadFinal(chain, kinds, after, max, ct));
}

/// <summary>The projections' tables behind a database that fails.</summary>
internal sealed class FaultyProjections(IProjectionStore store, DatabaseFaults faults) : IProjectionStore
{
    public ValueTask<ProjectionMark> ReadMark(string projection, ulong chain, CancellationToken ct) =>
        faults.Read(() => store.ReadMark(projection, chain, ct));

    public ValueTask<IReadOnlyList<ProjectionPos>> ReadAll(CancellationToken ct) => faults.Read(() => store.ReadAll(ct));

    public ValueTask<bool> Advance(ProjectionAdvance advance, CancellationToken ct) => faults.Write(() => store.Advance(advance, ct));

    public async ValueTask Restart(string projection, ulong chain, ImmutableArray<string> tables, CancellationToken ct) =>
        await faults.Write(async () =>
        {
            await store.Restart(projection, chain, tables, ct);
            return true;
        });
}
