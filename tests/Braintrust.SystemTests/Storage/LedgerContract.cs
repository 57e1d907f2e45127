using System.Buffers.Binary;
using System.Diagnostics;
using Braintrust.Chain;
using Xunit.Abstractions;

namespace Braintrust.Storage;

public abstract partial class LedgerContract(IEngineUnderTest engine, ITestOutputHelper output) : StorageContract(engine)
{
    private const ulong Chain = 31_337;

    [Fact]
    public async Task A_chain_never_followed_is_at_its_start()
    {
        Assert.Equal(ChainCursor.Start, await Storage.Ledger.ReadCursor(Chain, Ct));
        Assert.Empty(await Storage.Ledger.ReadHeaders(Chain, Ct));
        var view = await Storage.Ledger.ReadSubject(Chain, 1, 0, Ct);
        Assert.Equal((ChainCursor.Start, 0, 0), (view.Cursor, view.Facts.Count, view.Rewinds.Count));
    }

    [Fact]
    public async Task Facts_are_read_back_whole()
    {
        var facts = new[] { Fact(1, 0, 7, ulong.MaxValue), Fact(1, 1, 7), Fact(2, 0, 8) };
        var cursor = await Append(ChainCursor.Start, 2, 0, facts);

        Assert.Equal(new ChainCursor(3, 0, 2, Hash(2), Time(2), 0), cursor);
        Assert.Equal(cursor, await Storage.Ledger.ReadCursor(Chain, Ct));
        var page = await Storage.Ledger.ReadEntries(Chain, 0, 10, Ct);
        Assert.Equal(3, page.ReachedPos);
        Assert.Equal(facts.Select(Shape), page.Facts.Select(f => Shape(f.Fact)));
        Assert.Equal([1, 2, 3], page.Facts.Select(f => f.Pos));
        Assert.Equal([1, 2], (await Subject(7)).Facts.Select(f => f.Pos));
        Assert.Equal([1], (await Subject(ulong.MaxValue)).Facts.Select(f => f.Pos));
        Assert.Equal([3], (await Storage.Ledger.ReadEntries(Chain, 2, 10, Ct)).Facts.Select(f => f.Pos));
        Assert.Equal(2, (await Storage.Ledger.ReadEntries(Chain, 1, 1, Ct)).ReachedPos);
    }

    [Fact]
    public async Task Of_two_writers_exactly_one_appends()
    {
        var other = await OpenAgain();
        var cursor = ChainCursor.Start;
        for (ulong block = 1; block <= 20; block++)
        {
            var append = Appending(cursor, block, 0, Fact(block, 0, 7));
            var answers = await Task.WhenAll(
                Task.Run(async () => await Storage.Ledger.Append(append, Ct)),
                Task.Run(async () => await other.Ledger.Append(append, Ct)));
            cursor = Assert.Single(answers, a => a is not null)!;
        }

        Assert.Equal(20, cursor.Pos);
        Assert.Equal(Enumerable.Range(1, 20).Select(p => (long)p), (await Subject(7)).Facts.Select(f => f.Pos));
    }

    [Fact]
    public async Task A_log_that_stands_is_refused_and_nothing_moves()
    {
        var cursor = await Append(ChainCursor.Start, 1, 0, Fact(1, 0, 7));

        Assert.Null(await Storage.Ledger.Append(Appending(ChainCursor.Start, 1, 0, Fact(1, 0, 7)), Ct));
        await Assert.ThrowsAsync<InvalidOperationException>(
            async () => await Storage.Ledger.Append(Appending(cursor, 2, 0, Fact(2, 0, 7), Fact(1, 0, 7)), Ct));

        Assert.Equal(cursor, await Storage.Ledger.ReadCursor(Chain, Ct));
        Assert.Single((await Subject(7)).Facts);
    }

    [Fact]
    public async Task A_rewind_is_an_entry_that_takes_facts_back()
    {
        var cursor = await Append(ChainCursor.Start, 3, 1, Fact(1, 0, 7), Fact(2, 0, 7), Fact(3, 0, 7, 8));

        var rewound = await Rewind(cursor, 2);

        Assert.Equal(new ChainCursor(4, 1, 2, Hash(2), Time(2), 1), rewound);
        var page = await Storage.Ledger.ReadEntries(Chain, 0, 10, Ct);
        Assert.Equal([null, null, 4], page.Facts.Select(f => f.OrphanedBy));
        Assert.Equal([new LedgerRewind(4, 2)], page.Rewinds);
        Assert.Null(await Storage.Ledger.Rewind(new(Chain, cursor, Header(1)), Ct));
    }

    [Fact]
    public async Task A_reader_who_saw_a_fact_sees_it_taken_back()
    {
        var cursor = await Append(ChainCursor.Start, 3, 0, Fact(1, 0, 7), Fact(2, 0, 9), Fact(3, 0, 7));
        cursor = await Rewind(cursor, 1);
        cursor = await Append(cursor, 2, 0, Forked(1, 2, 0, 7));

        var view = await Storage.Ledger.ReadSubject(Chain, 7, afterPos: 3, Ct);

        Assert.Equal(cursor, view.Cursor);
        Assert.Equal([(3, 4), (5, null)], view.Facts.Select(f => (f.Pos, f.OrphanedBy)));
        Assert.Equal([new LedgerRewind(4, 1)], view.Rewinds);
        Assert.Equal([5], (await Storage.Ledger.ReadSubject(Chain, 7, 4, Ct)).Facts.Select(f => f.Pos));
        Assert.Empty((await Storage.Ledger.ReadSubject(Chain, 7, 5, Ct)).Facts);
    }

    [Fact]
    public async Task A_fork_that_flips_back_leaves_each_fact_standing_once()
    {
        var cursor = await Append(ChainCursor.Start, 1, 0, Fact(1, 0, 7));
        for (var flip = 0; flip < 5; flip++)
        {
            cursor = await Append(cursor, 3, 0, Forked(flip % 2, 2, 0, 7), Forked(flip % 2, 3, 0, 7));
            cursor = await Rewind(cursor, 1);
        }

        cursor = await Append(cursor, 3, 0, Fact(2, 0, 7), Fact(3, 0, 7));

        var standing = (await Subject(7)).Facts.Where(f => f.OrphanedBy is null).ToList();
        Assert.Equal([1, 2, 3], standing.Select(f => f.Fact.BlockNo));
        Assert.Equal(3, standing.Select(f => f.Fact.BlockHash).Distinct().Count());
        Assert.Equal(cursor.Pos, standing[^1].Pos);
    }

    [Fact]
    public async Task Touches_name_new_facts_and_taken_back_ones_without_duplicates()
    {
        var cursor = await Append(ChainCursor.Start, 3, 0, Fact(1, 0, 7, 8), Fact(2, 0, 7), Fact(3, 0, 9));
        Assert.Equal([7UL, 8, 9], (await Touches(0, 100)).Subjects.Order().ToArray());
        var first = await Touches(0, 2);
        Assert.Equal(2, first.ReachedPos);
        Assert.Equal([7UL, 8], first.Subjects.Order().ToArray());

        cursor = await Rewind(cursor, 2);

        var later = await Touches(3, 100);
        Assert.Equal((4, cursor), (later.ReachedPos, later.Cursor));
        Assert.Equal([9UL], later.Subjects);
        Assert.Empty((await Touches(4, 100)).Subjects);
    }

    [Fact]
    public async Task A_rewind_below_the_final_block_halts_instead()
    {
        var cursor = await Append(ChainCursor.Start, 3, 2, Fact(1, 0, 7), Fact(3, 0, 7));

        var halted = await Storage.Ledger.Rewind(new(Chain, cursor, Header(1)), Ct);

        Assert.Equal(cursor with { Halted = halted!.Halted }, halted);
        Assert.Contains("final", halted.Halted);
        Assert.Equal(halted, await Storage.Ledger.ReadCursor(Chain, Ct));
        Assert.All((await Subject(7)).Facts, f => Assert.Null(f.OrphanedBy));
        await Assert.ThrowsAsync<InvalidOperationException>(
            async () => await Storage.Ledger.Append(Appending(halted, 4, 2), Ct));
        // Who does not know of the halt is fenced off by it.
        Assert.Null(await Storage.Ledger.Append(Appending(cursor, 4, 2), Ct));
    }

    [Fact]
    public async Task A_person_lets_a_halted_chain_go_on_and_the_ledger_keeps_who_and_why()
    {
        var cursor = await Append(ChainCursor.Start, 5, 4, Fact(2, 0, 7), Fact(4, 0, 7));
        var resume = new ResumeRequest(Chain, cursor, Header(3), "ann@night", DateTimeOffset.UnixEpoch, "the node was on a fork");
        await Assert.ThrowsAsync<InvalidOperationException>(async () => await Storage.Ledger.Resume(resume, Ct));
        var halted = (await Storage.Ledger.Halt(Chain, cursor, "too deep", Ct))!;

        var other = await OpenAgain();
        resume = resume with { Expected = halted };
        var answers = await Task.WhenAll(
            Task.Run(async () => await Storage.Ledger.Resume(resume, Ct)), Task.Run(async () => await other.Ledger.Resume(resume, Ct)));

        var resumed = Assert.Single(answers, answer => answer is not null)!;
        Assert.Equal(new ChainCursor(3, 3, 3, Hash(3), Time(3), 3), resumed);
        Assert.Equal([(1, null), (2, 3)], (await Subject(7)).Facts.Select(f => (f.Pos, f.OrphanedBy)));
        Assert.Equal(
            [new LedgerResume(3, 3, "ann@night", DateTimeOffset.UnixEpoch, "the node was on a fork", "too deep")],
            await other.Ledger.ReadResumes(Chain, Ct));
        Assert.Equal([3], await HeaderNumbers());
        Assert.NotNull(await Storage.Ledger.Append(Appending(resumed, 4, 3), Ct));
    }

    [Fact]
    public async Task A_development_chain_may_lose_final_blocks()
    {
        var cursor = await Append(ChainCursor.Start, 5, 4, Fact(1, 0, 7), Fact(3, 0, 7), Fact(5, 0, 7));

        var rewound = await Storage.Ledger.Rewind(new(Chain, cursor, Header(2), BelowFinal: true), Ct);

        Assert.Equal(new ChainCursor(4, 4, 2, Hash(2), Time(2), 2), rewound);
        Assert.Equal([null, 4, 4], (await Subject(7)).Facts.Select(f => f.OrphanedBy));
    }

    [Fact]
    public async Task The_final_position_follows_the_final_block()
    {
        var cursor = await Append(ChainCursor.Start, 4, 0, Fact(1, 0, 7), Fact(2, 0, 7), Fact(2, 1, 7), Fact(4, 0, 7));
        Assert.Equal(0, cursor.FinalPos);
        cursor = await Append(cursor, 5, 1);
        Assert.Equal(1, cursor.FinalPos);
        cursor = await Append(cursor, 6, 3, Fact(6, 0, 7));
        Assert.Equal(3, cursor.FinalPos);
        cursor = await Rewind(cursor, 4);
        Assert.Equal(3, cursor.FinalPos);
        cursor = await Append(cursor, 7, 4, Fact(7, 0, 7));
        Assert.Equal(6, cursor.FinalPos);
        cursor = await Rewind(cursor, 6);
        Assert.Equal(8, cursor.FinalPos);
        cursor = await Append(cursor, 9, 9, Fact(8, 0, 7), Fact(9, 0, 7));
        Assert.Equal(10, cursor.FinalPos);
        Assert.Equal(cursor, await Storage.Ledger.ReadCursor(Chain, Ct));
        await Assert.ThrowsAsync<ArgumentException>(
            async () => await Storage.Ledger.Append(Appending(cursor, 10, 8), Ct));
    }

    [Fact]
    public async Task Headers_are_kept_from_the_final_block_to_the_head()
    {
        var cursor = await Append(ChainCursor.Start, 6, 0);
        Assert.Equal([1, 2, 3, 4, 5, 6], await HeaderNumbers());
        cursor = await Append(cursor, 7, 4);
        Assert.Equal([4, 5, 6, 7], await HeaderNumbers());
        cursor = await Rewind(cursor, 5);
        Assert.Equal([4, 5], await HeaderNumbers());
        await Append(cursor, 6, 4);
        Assert.Equal(Header(6), (await Storage.Ledger.ReadHeaders(Chain, Ct))[^1]);
    }

    [Fact]
    public async Task Contracts_are_registered_once_and_chains_forgotten()
    {
        var escrow = new RegisteredContract(Chain, new Address(new byte[20]), "WorkAgreements", 3, Hash(3));
        await Storage.Contracts.Register(escrow, Ct);
        await Storage.Contracts.Register(escrow, Ct);
        Assert.Equal([escrow], await Storage.Contracts.Read(Chain, Ct));
        Assert.Empty(await Storage.Contracts.Read(1, Ct));
        await Assert.ThrowsAsync<InvalidOperationException>(
            async () => await Storage.Contracts.Register(escrow with { FromBlock = 4 }, Ct));

        await Append(ChainCursor.Start, 2, 0, Fact(1, 0, 7));
        await Storage.Contracts.Forget(Chain, Ct);

        Assert.Empty(await Storage.Contracts.Read(Chain, Ct));
        Assert.Equal(ChainCursor.Start, await Storage.Ledger.ReadCursor(Chain, Ct));
        await Append(ChainCursor.Start, 2, 0, Fact(1, 0, 7));
        Assert.Single((await Subject(7)).Facts);
    }

    [Fact]
    public void A_forgotten_chain_leaves_no_row_in_any_table_that_tells_of_chains()
    {
        // What people made outlives the chain that it names.
        var told = ContractRegistry.ChainTables.Concat(SideTables.All.Select(table => table.Name));
        var forgotten = string.Join(", ", told.Select(table => $"'{table}'"));
        Assert.Equal(0, Storage.Count(Storage.Options.Engine == StorageEngine.Sqlite
            ? $"""
               SELECT count(*) FROM sqlite_master m JOIN pragma_table_info(m.name) c ON c.name = 'chain'
               WHERE m.type = 'table' AND m.name NOT IN ({forgotten})
               """
            : $"""
               SELECT count(*) FROM information_schema.columns
               WHERE table_schema = 'public' AND column_name = 'chain' AND table_name NOT IN ({forgotten})
               """));
    }

    [Fact]
    public async Task Many_facts_are_appended_in_one_transaction()
    {
        const int batches = 3, each = 20_000;
        var cursor = ChainCursor.Start;
        var clock = Stopwatch.StartNew();
        for (var batch = 0; batch < batches; batch++)
        {
            var from = (ulong)(batch * each / 100) + 1;
            var facts = Enumerable.Range(0, each)
                .Select(i => Fact(
                    from + (ulong)(i / 100), (uint)(i % 100), Mix(i), Mix(i + each), Mix(3 * each + i / 10)))
                .ToArray();
            var head = from + each / 100 - 1;
            cursor = (await Storage.Ledger.Append(Appending(cursor, head, head, facts) with { Headers = [] }, Ct))!;
        }

        output.WriteLine($"{batches * each / clock.Elapsed.TotalSeconds:N0} facts/s with three subjects each");
        Assert.Equal(batches * each, cursor.FinalPos);
        Assert.Equal(batches * each, Storage.Count("SELECT count(*) FROM chain_fact"));
        Assert.Equal(3 * batches * each, Storage.Count("SELECT count(*) FROM chain_subject"));
    }

    private static ulong Mix(int i) => (ulong)(i + 1) * 0x9E37_79B9_7F4A_7C15;

    private static Fact Fact(ulong block, uint log, params ulong[] subjects) => Fact(block, log, 0, subjects);

    private static Fact Forked(int fork, ulong block, uint log, ulong subject) => Fact(block, log, fork, [subject]);

    private static Fact Fact(ulong block, uint log, int fork, ulong[] subjects) => new(
        block, Hash(block, fork), Time(block), Hash(block + 1_000), log, new Address(new byte[20]),
        FactKind.MilestoneClosed, [1, 2, 3], subjects);

    private static object Shape(Fact f) => (
        f.BlockNo, f.BlockHash, f.BlockTime, f.TxHash, f.LogIndex, f.Contract, f.Kind,
        Convert.ToHexString(f.Payload), string.Join(',', f.Subjects));

    private static Hash32 Hash(ulong block, int fork = 0)
    {
        var bytes = new byte[Hash32.Length];
        BinaryPrimitives.WriteUInt64BigEndian(bytes, (block + 1) * 0x9E37_79B9_7F4A_7C15);
        bytes[^1] = (byte)fork;
        return new Hash32(bytes);
    }

    private static BlockTime Time(ulong block) => new(1_700_000_000 + 12 * block);

    private static BlockHeader Header(ulong block) => new(block, Hash(block), Hash(block - 1), Time(block));

    private static LedgerAppend Appending(ChainCursor from, ulong head, ulong final, params Fact[] facts) => new(
        Chain, from,
        [.. Enumerable.Range((int)from.HeadNo + 1, (int)(head - from.HeadNo)).Select(n => Header((ulong)n))],
        facts, head, Hash(head), Time(head), final);

    private static LedgerAppend Unmoved(ChainCursor at, params Fact[] facts) =>
        new(Chain, at, [], facts, at.HeadNo, at.HeadHash, at.HeadTime, at.FinalNo);

    private static RegisteredContract Contract(byte number, ulong from) =>
        new(Chain, new Address([.. new byte[Address.Length - 1], number]), "WorkAgreements", from, Hash(number));

    private async Task<ChainCursor> Append(ChainCursor from, ulong head, ulong final, params Fact[] facts) =>
        (await Storage.Ledger.Append(Appending(from, head, final, facts), Ct))!;

    private async Task<ChainCursor> Rewind(ChainCursor from, ulong to) =>
        (await Storage.Ledger.Rewind(new(Chain, from, Header(to)), Ct))!;

    private async Task<SubjectView> Subject(ulong subject) => await Storage.Ledger.ReadSubject(Chain, subject, 0, Ct);

    private async Task<LedgerTouches> Touches(long after, int max) =>
        await Storage.Ledger.ReadTouches(Chain, after, max, Ct);

    private async Task<IEnumerable<ulong>> HeaderNumbers() =>
        (await Storage.Ledger.ReadHeaders(Chain, Ct)).Select(h => h.Number);
}

public sealed class SqliteLedgerTests(ITestOutputHelper output) : LedgerContract(new SqliteEngine(), output);

[Collection(PostgresCollection.Name)]
public sealed class PostgresLedgerTests(PostgresFixture postgres, ITestOutputHelper output)
    : LedgerContract(new PostgresEngine(postgres), output);
