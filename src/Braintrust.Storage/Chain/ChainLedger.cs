using System.Data.Common;
using Braintrust.Storage;

namespace Braintrust.Chain;

/// <summary>
/// The writing half of the ledger. Each change begins by moving the cursor row, which fences all others off.
/// </summary>
internal sealed partial class ChainLedger(IDatabase database) : IChainLedger
{
    /// <summary>The row must be exactly the cursor the caller continues from.</summary>
    private const string Fence =
        """
        WHERE chain = @chain AND pos = @oldPos AND head_hash = @oldHash AND final_no = @oldFinalNo
          AND halted IS NOT DISTINCT FROM @oldHalted
        """;

    public ValueTask<ChainCursor?> Append(LedgerAppend append, CancellationToken ct)
    {
        RefuseHalted(append.Expected);
        if (append.FinalNo < append.Expected.FinalNo)
            throw new ArgumentException(
                $"The final block cannot fall from {append.Expected.FinalNo} to {append.FinalNo}.");
        return Fenced(() => database.Write(Lane.Bulk, db => Append(db, append), ct));
    }

    public ValueTask<ChainCursor?> Rewind(RewindRequest rewind, CancellationToken ct)
    {
        RefuseHalted(rewind.Expected);
        return database.Write(
            Lane.Bulk,
            db => rewind.To.Number < rewind.Expected.FinalNo && !rewind.BelowFinal
                ? Halt(db, rewind.Chain, rewind.Expected, TooDeep(rewind))
                : Rewind(db, rewind),
            ct);
    }

    public ValueTask<ChainCursor?> Halt(ulong chain, ChainCursor expected, string reason, CancellationToken ct) =>
        database.Write(Lane.Interactive, db => Halt(db, chain, expected, reason), ct);

    public ValueTask<ChainCursor?> Resume(ResumeRequest resume, CancellationToken ct)
    {
        if (resume.Expected.Halted is not { } halted)
            throw new InvalidOperationException($"Chain {resume.Chain} is not halted.");
        var rewind = new RewindRequest(resume.Chain, resume.Expected, resume.To, BelowFinal: true);
        return database.Write(
            Lane.Bulk,
            async db =>
            {
                if (await Rewind(db, rewind) is not { } next) return null;
                await db.Execute(
                    """
                    INSERT INTO chain_resume (chain, pos, who, at_ms, why, halted)
                    VALUES (@chain, @pos, @who, @at, @why, @halted)
                    """,
                    ("@chain", (long)resume.Chain), ("@pos", next.Pos), ("@who", resume.Who),
                    ("@at", resume.At.ToUnixTimeMilliseconds()), ("@why", resume.Why), ("@halted", halted));
                return next;
            },
            ct);
    }

    /// <summary>
    /// Holds the chain's cursor until the transaction ends: whatever decides what is to be read must not change beside a
    /// write of what was read.
    /// </summary>
    internal static async ValueTask Lock(DbSession db, ulong chain)
    {
        await InsertStart(db, chain);
        await db.Execute("UPDATE chain_cursor SET head_no = head_no WHERE chain = @chain", ("@chain", (long)chain));
    }

    /// <summary>Another writer was first, seen only after the transaction had changed something: roll it back.</summary>
    private sealed class FencedOffException : Exception;

    private static async ValueTask<ChainCursor?> Fenced(Func<ValueTask<ChainCursor?>> write)
    {
        try
        {
            return await write();
        }
        catch (FencedOffException)
        {
            return null;
        }
    }

    private async ValueTask<ChainCursor?> Append(DbSession db, LedgerAppend append)
    {
        var firstPos = append.Expected.Pos + 1;
        var next = append.Expected with
        {
            Pos = append.Expected.Pos + append.Facts.Count,
            HeadNo = append.HeadNo,
            HeadHash = append.HeadHash,
            HeadTime = append.HeadTime,
            FinalNo = append.FinalNo,
        };
        next = next with { FinalPos = await FinalPos(db, append, next) };
        if (!await Move(db, append.Chain, append.Expected, next)) return null;
        await CheckContracts(db, append);
        await MoveBackfill(db, append);
        if (append.Facts.Count > 0) await InsertFacts(db, append.Chain, firstPos, append.Facts);
        await database.Dialect.UpsertHeaders(db, append.Chain, append.Headers);
        await db.Execute(
            "DELETE FROM chain_header WHERE chain = @chain AND number < @oldest",
            ("@chain", (long)append.Chain), ("@oldest", (long)Math.Min(next.FinalNo, next.HeadNo)));
        return next;
    }

    private async ValueTask<ChainCursor?> Rewind(DbSession db, RewindRequest rewind)
    {
        var (old, to) = (rewind.Expected, rewind.To);
        if (to.Number > old.HeadNo)
            throw new ArgumentException($"A rewind to {to.Number} would move the head {old.HeadNo} up.");
        // Only who resumes a halted chain may rewind it at all.
        var next = old with
        {
            Pos = old.Pos + 1,
            HeadNo = to.Number,
            HeadHash = to.Hash,
            HeadTime = to.Time,
            FinalNo = Math.Min(old.FinalNo, to.Number),
            Halted = null,
        };
        if (!await Move(db, rewind.Chain, old, next)) return null;
        // Only a rewind below the final block reaches facts at or below the final position.
        var above = rewind.BelowFinal ? 0 : old.FinalPos;
        (string, object?)[] key = [("@chain", (long)rewind.Chain), ("@pos", next.Pos), ("@to", (long)to.Number)];
        await db.Execute("INSERT INTO chain_rewind (chain, pos, to_block) VALUES (@chain, @pos, @to)", key);
        await db.Execute(
            """
            UPDATE chain_fact SET orphaned_by = @pos
            WHERE chain = @chain AND pos > @above AND orphaned_by IS NULL AND block_no > @to
            """,
            [.. key, ("@above", above)]);
        await db.Execute(
            "DELETE FROM chain_header WHERE chain = @chain AND number > @to",
            ("@chain", (long)rewind.Chain), ("@to", (long)to.Number));
        // The new head may lie below every header that was kept: what comes next is linked to it.
        await database.Dialect.UpsertHeaders(db, rewind.Chain, [to]);
        // What a contract registered late has read of the replaced blocks is taken back too.
        await db.Execute(
            "UPDATE chain_backfill SET next_block = @next WHERE chain = @chain AND next_block > @next",
            ("@chain", (long)rewind.Chain), ("@next", (long)to.Number + 1));
        return await MoveFinalPos(db, rewind.Chain, next, above);
    }

    private async ValueTask<ChainCursor?> MoveFinalPos(DbSession db, ulong chain, ChainCursor cursor, long above)
    {
        var unfinal = await FirstUnfinal(db, chain, above, cursor.FinalNo);
        var next = cursor with { FinalPos = (unfinal ?? cursor.Pos + 1) - 1 };
        return await Move(db, chain, cursor, next)
            ? next
            : throw new InvalidOperationException("The cursor moved inside the transaction that holds it.");
    }

    private async ValueTask<ChainCursor?> Halt(DbSession db, ulong chain, ChainCursor expected, string reason)
    {
        var next = expected with { Halted = reason };
        return await Move(db, chain, expected, next) ? next : null;
    }

    /// <summary>
    /// One below the first standing fact in a block that is not final: older facts first, then the new ones.
    /// </summary>
    private static async ValueTask<long> FinalPos(DbSession db, LedgerAppend append, ChainCursor next)
    {
        var (chain, expected) = (append.Chain, append.Expected);
        if (await FirstUnfinal(db, chain, expected.FinalPos, next.FinalNo) is { } standing) return standing - 1;
        for (var i = 0; i < append.Facts.Count; i++)
            if (append.Facts[i].BlockNo > next.FinalNo) return expected.Pos + i;
        return next.Pos;
    }

    private static ValueTask<long?> FirstUnfinal(DbSession db, ulong chain, long afterPos, ulong finalNo) => db.First(
        """
        SELECT pos FROM chain_fact
        WHERE chain = @chain AND pos > @after AND orphaned_by IS NULL AND block_no > @final
        ORDER BY pos LIMIT 1
        """,
        row => (long?)row.GetInt64(0),
        ("@chain", (long)chain), ("@after", afterPos), ("@final", (long)finalNo));

    private static async ValueTask CheckContracts(DbSession db, LedgerAppend append)
    {
        if (append.Contracts is { } known && await Count(db, "chain_contract", append.Chain) != known) throw new FencedOffException();
        if (append.Late is { } late && await Count(db, "chain_backfill", append.Chain) != late) throw new FencedOffException();
    }

    private static async ValueTask<long> Count(DbSession db, string table, ulong chain) => await db.First(
        $"SELECT count(*) FROM {table} WHERE chain = @chain", row => row.GetInt64(0), ("@chain", (long)chain));

    private static async ValueTask MoveBackfill(DbSession db, LedgerAppend append)
    {
        if (append.Backfilled is not { } step) return;
        const string Stood = "WHERE chain = @chain AND address = @address AND next_block = @from";
        (string, object?)[] stood =
            [("@chain", (long)append.Chain), ("@address", step.Contract.ToBytes()), ("@from", (long)step.From)];
        var moved = step.Next > append.HeadNo
            ? await db.Execute($"DELETE FROM chain_backfill {Stood}", stood)
            : await db.Execute(
                $"UPDATE chain_backfill SET next_block = @next {Stood}", [.. stood, ("@next", (long)step.Next)]);
        if (moved != 1) throw new FencedOffException();
    }

    private async ValueTask InsertFacts(DbSession db, ulong chain, long firstPos, IReadOnlyList<Fact> facts)
    {
        try
        {
            await database.Dialect.InsertFacts(db, chain, firstPos, facts);
        }
        catch (DbException e) when (database.Dialect.IsDuplicate(e))
        {
            throw new InvalidOperationException(
                $"A log of chain {chain} is in the ledger already: nothing was appended.", e);
        }
    }

    /// <summary>False when the stored cursor is not the expected one.</summary>
    private static async ValueTask<bool> Move(DbSession db, ulong chain, ChainCursor old, ChainCursor next)
    {
        if (old == ChainCursor.Start) await InsertStart(db, chain);
        var moved = await db.Execute(
            $"""
            UPDATE chain_cursor
            SET pos = @pos, final_pos = @finalPos, head_no = @headNo, head_hash = @headHash, head_time = @headTime,
                final_no = @finalNo, halted = @halted
            {Fence}
            """,
            ("@pos", next.Pos), ("@finalPos", next.FinalPos), ("@headNo", (long)next.HeadNo),
            ("@headHash", next.HeadHash.ToBytes()), ("@headTime", (long)next.HeadTime.Seconds),
            ("@finalNo", (long)next.FinalNo), ("@halted", next.Halted), ("@chain", (long)chain), ("@oldPos", old.Pos),
            ("@oldHash", old.HeadHash.ToBytes()), ("@oldFinalNo", (long)old.FinalNo), ("@oldHalted", old.Halted));
        return moved == 1;
    }

    private static ValueTask<int> InsertStart(DbSession db, ulong chain) => db.Execute(
        """
        INSERT INTO chain_cursor (chain, pos, final_pos, head_no, head_hash, head_time, final_no)
        VALUES (@chain, 0, 0, 0, @zero, 0, 0) ON CONFLICT (chain) DO NOTHING
        """,
        ("@chain", (long)chain), ("@zero", new byte[Hash32.Length]));

    private static string TooDeep(RewindRequest rewind) =>
        $"The chain replaced final blocks: block {rewind.To.Number} is the last common one, "
        + $"final was {rewind.Expected.FinalNo}.";

    private static void RefuseHalted(ChainCursor expected)
    {
        if (expected.Halted is { } reason) throw new InvalidOperationException($"The chain is halted: {reason}");
    }
}
