using System.Collections.Immutable;
using Braintrust.Storage;

namespace Braintrust.Chain;

/// <summary>The reading half. Every answer comes from one snapshot together with the cursor it is true for.</summary>
internal sealed partial class ChainLedger
{
    public ValueTask<ChainCursor> ReadCursor(ulong chain, CancellationToken ct) =>
        database.Read(db => Cursor(db, chain), ct);

    public async ValueTask<IReadOnlyList<BlockHeader>> ReadHeaders(ulong chain, CancellationToken ct) =>
        await database.Read(
            db => db.Query(
                "SELECT number, hash, parent_hash, time FROM chain_header WHERE chain = @chain ORDER BY number",
                LedgerRows.Header, ("@chain", (long)chain)),
            ct);

    public ValueTask<SubjectView> ReadSubject(ulong chain, ulong subject, long afterPos, CancellationToken ct) =>
        database.ReadSnapshot(db => Subject(db, chain, subject, afterPos), ct);

    public ValueTask<LedgerTouches> ReadTouches(ulong chain, long afterPos, int positionsMax, CancellationToken ct) =>
        database.ReadSnapshot(db => Touches(db, chain, afterPos, positionsMax), ct);

    public ValueTask<LedgerPage> ReadEntries(ulong chain, long afterPos, int max, CancellationToken ct) =>
        database.ReadSnapshot(db => Entries(db, chain, afterPos, max), ct);

    public ValueTask<LedgerPage> ReadChanges(ulong chain, long afterPos, int max, CancellationToken ct) =>
        database.ReadSnapshot(
            async db =>
            {
                var page = await Entries(db, chain, afterPos, max);
                if (page.Rewinds.Count == 0) return page;
                var takenBack = await db.Query(
                    $"""
                    SELECT {LedgerRows.FactColumns} FROM chain_fact f
                    WHERE f.chain = @chain AND f.pos <= @after AND f.orphaned_by > @after AND f.orphaned_by <= @reached
                    ORDER BY f.pos
                    """,
                    LedgerRows.Fact, ("@chain", (long)chain), ("@after", afterPos), ("@reached", page.ReachedPos));
                return page with { Facts = [.. takenBack, .. page.Facts] };
            },
            ct);

    public async ValueTask<IReadOnlyList<LedgerFact>> ReadStanding(
        ulong chain, IReadOnlyList<ulong> subjects, CancellationToken ct)
    {
        var facts = await database.ReadSnapshot(db => database.Dialect.ReadStanding(db, chain, subjects), ct);
        return [.. facts.DistinctBy(entry => entry.Pos).OrderBy(FactPlace.Of)];
    }

    public ValueTask<FinalFacts> ReadFinal(
        ulong chain, ImmutableArray<FactKind> kinds, ProjectionMark after, int max, CancellationToken ct) =>
        database.ReadSnapshot(
            async db =>
            {
                var cursor = await Cursor(db, chain);
                var isOne = IsOne(kinds);
                var changed = cursor.Pos > after.Pos && await HaveChanged(db, chain, isOne, after);
                var facts = await Standing(db, chain, isOne, "block_no > @from AND block_no <= @to", after.BlockNo, cursor.FinalNo, max);
                var reached = facts.Count < max ? cursor.FinalNo : facts[^1].Fact.BlockNo;
                if (facts.Count == max)
                    facts.AddRange(await Standing(
                        db, chain, isOne, "block_no = @from AND log_index > @to", reached, facts[^1].Fact.LogIndex, int.MaxValue));
                return new FinalFacts(cursor, facts, reached, changed);
            },
            ct);

    public async ValueTask<IReadOnlyList<LedgerResume>> ReadResumes(ulong chain, CancellationToken ct) =>
        await database.Read(
            db => db.Query(
                """
                SELECT s.pos, r.to_block, s.who, s.at_ms, s.why, s.halted FROM chain_resume s
                JOIN chain_rewind r ON r.chain = s.chain AND r.pos = s.pos
                WHERE s.chain = @chain ORDER BY s.pos
                """,
                LedgerRows.Resume, ("@chain", (long)chain)),
            ct);

    /// <summary>A single kind is said as the index of closings says it, which is else not used.</summary>
    private static string IsOne(ImmutableArray<FactKind> kinds) => kinds is [var kind]
        ? $"kind = {(short)kind}"
        : $"kind IN ({string.Join(", ", kinds.Select(kind => (short)kind))})";

    private static ValueTask<List<LedgerFact>> Standing(
        DbSession db, ulong chain, string isOne, string where, ulong from, ulong to, int max) => db.Query(
        $"""
        SELECT {LedgerRows.FactColumns} FROM chain_fact f
        WHERE chain = @chain AND {isOne} AND orphaned_by IS NULL AND {where}
        ORDER BY block_no, log_index LIMIT @max
        """,
        LedgerRows.Fact, ("@chain", (long)chain), ("@from", (long)from), ("@to", (long)to), ("@max", max));

    /// <summary>The plus keeps the blocks' index out of it: what is new since a position is few rows, what is counted many.</summary>
    private static async ValueTask<bool> HaveChanged(DbSession db, ulong chain, string isOne, ProjectionMark since)
    {
        var counted = $"chain = @chain AND +{isOne} AND +block_no <= @block";
        var changed = await db.Query(
            $"""
            SELECT pos FROM chain_fact WHERE {counted} AND pos > @pos AND orphaned_by IS NULL
            UNION ALL
            SELECT pos FROM chain_fact WHERE {counted} AND pos <= @pos AND orphaned_by > @pos
            LIMIT 1
            """,
            row => row.GetInt64(0), ("@chain", (long)chain), ("@block", (long)since.BlockNo), ("@pos", since.Pos));
        return changed.Count > 0;
    }

    private static async ValueTask<ChainCursor> Cursor(DbSession db, ulong chain) =>
        await db.First(
            $"SELECT {LedgerRows.CursorColumns} FROM chain_cursor WHERE chain = @chain",
            LedgerRows.Cursor, ("@chain", (long)chain)) ?? ChainCursor.Start;

    private static async ValueTask<SubjectView> Subject(DbSession db, ulong chain, ulong subject, long afterPos)
    {
        (string, object?)[] key = [("@chain", (long)chain), ("@subject", (long)subject), ("@after", afterPos)];
        var cursor = await Cursor(db, chain);
        if (cursor.Pos <= afterPos) return new(cursor, [], []);
        var rewinds = await Rewinds(db, chain, afterPos, cursor.Pos);
        // Only a new rewind can have changed an old fact, so most readers never look back.
        var takenBack = rewinds.Count == 0 ? [] : await db.Query(
            $"""
            SELECT {LedgerRows.FactColumns} FROM chain_fact f
            JOIN chain_subject s ON s.chain = f.chain AND s.pos = f.pos AND s.subject = @subject
            WHERE f.chain = @chain AND f.pos <= @after AND f.orphaned_by > @after
            ORDER BY f.pos
            """,
            LedgerRows.Fact, key);
        var added = await db.Query(
            $"""
            SELECT {LedgerRows.FactColumns} FROM chain_subject s
            JOIN chain_fact f ON f.chain = s.chain AND f.pos = s.pos
            WHERE s.chain = @chain AND s.subject = @subject AND s.pos > @after
            ORDER BY s.pos
            """,
            LedgerRows.Fact, key);
        return new(cursor, [.. takenBack, .. added], rewinds);
    }

    private static async ValueTask<LedgerTouches> Touches(DbSession db, ulong chain, long afterPos, int positionsMax)
    {
        var cursor = await Cursor(db, chain);
        var reached = Math.Max(afterPos, Math.Min(cursor.Pos, afterPos + positionsMax));
        if (reached == afterPos) return new(cursor, reached, []);
        var packed = await db.Query(
            """
            SELECT subjects FROM chain_fact WHERE chain = @chain AND pos > @after AND pos <= @reached
            UNION ALL
            SELECT subjects FROM chain_fact WHERE chain = @chain AND orphaned_by > @after AND orphaned_by <= @reached
            """,
            row => row.GetFieldValue<byte[]>(0),
            ("@chain", (long)chain), ("@after", afterPos), ("@reached", reached));
        return new(cursor, reached, [.. packed.SelectMany(p => LedgerRows.Unpack(p)).Distinct()]);
    }

    private static async ValueTask<LedgerPage> Entries(DbSession db, ulong chain, long afterPos, int max)
    {
        var cursor = await Cursor(db, chain);
        var reached = Math.Max(afterPos, Math.Min(cursor.Pos, afterPos + max));
        var facts = await db.Query(
            $"""
            SELECT {LedgerRows.FactColumns} FROM chain_fact f
            WHERE f.chain = @chain AND f.pos > @after AND f.pos <= @reached
            ORDER BY f.pos
            """,
            LedgerRows.Fact, ("@chain", (long)chain), ("@after", afterPos), ("@reached", reached));
        return new(cursor, facts, await Rewinds(db, chain, afterPos, reached), reached);
    }

    private static ValueTask<List<LedgerRewind>> Rewinds(
        DbSession db, ulong chain, long afterPos, long reached) => db.Query(
        """
        SELECT pos, to_block FROM chain_rewind
        WHERE chain = @chain AND pos > @after AND pos <= @reached
        ORDER BY pos
        """,
        LedgerRows.Rewind, ("@chain", (long)chain), ("@after", afterPos), ("@reached", reached));
}
