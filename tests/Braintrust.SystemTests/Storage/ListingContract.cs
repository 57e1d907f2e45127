using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using Xunit.Abstractions;

namespace Braintrust.Storage;

/// <summary>
/// Pages of a listing are what LINQ says they are, on every engine. Set BRAINTRUST_TEST_SEED to play a printed seed again.
/// </summary>
public abstract class ListingContract(IEngineUnderTest engine, ITestOutputHelper output) : StorageContract(engine)
{
    private static readonly SideTable Sample = new(
        "sample",
        [new("part", SideType.Long), new("name", SideType.Text)],
        [new("title", SideType.Text), new("score", SideType.Long), new("sum", SideType.Bytes), new("note", SideType.Text, Nullable: true)]);

    private static readonly SideTable Tag = new(
        "sample_tag", [new("part", SideType.Long), new("name", SideType.Text), new("tag", SideType.Text)], []);

    private static readonly string[] Texts = ["", "a", "A", "B", "b", "ä", "aa", "Z", "z", "_", "0", "日本", "a b", "😀"];

    private static readonly ImmutableArray<ListingOrder>[] SomeOrders =
    [
        [], [new("score")], [new("score", true)], [new("title", true), new("score")], [new("sum", true), new("title")],
        [new("name", true)], [new("title"), new("sum"), new("score", true)],
    ];

    [Fact]
    public async Task Pages_are_what_a_sorted_and_filtered_list_says()
    {
        var seed = int.TryParse(
            Environment.GetEnvironmentVariable("BRAINTRUST_TEST_SEED"), CultureInfo.InvariantCulture, out var given)
            ? given : Random.Shared.Next();
        output.WriteLine($"BRAINTRUST_TEST_SEED={seed}");
        var random = new Random(seed);
        var (rows, tags) = await Fill(random);
        for (var round = 0; round < 150; round++)
        {
            ImmutableArray<ListingCondition> where = [.. Enumerable.Range(0, random.Next(4)).Select(_ => Condition(random, 1))];
            var order = SomeOrders[random.Next(SomeOrders.Length)];
            var wanted = rows.Where(row => where.All(condition => Fulfils(row, tags, condition))).ToList();
            wanted.Sort((a, b) => Compare(a, b, order));
            Assert.Equal(wanted.Select(Name), (await ReadAll(where, order, 1 + random.Next(20))).Select(Name));
        }
    }

    [Fact]
    public async Task Rows_that_come_and_go_between_pages_move_nothing_that_is_still_to_be_told()
    {
        var listings = await Create();
        await Upsert(Enumerable.Range(0, 20).Select(i => Row(0, $"n{i:00}", "t", i, 0, null)));
        var query = new ListingQuery("sample", [], [new("score")], 10);
        var first = await listings.Read(query, Ct);
        await Upsert([Row(0, "n99", "new before", 4, 0, null), Row(0, "n98", "new behind", 15, 0, null)]);
        await Delete([Row(0, "n09", "", 0, 0, null), Row(0, "n11", "", 0, 0, null)]);

        var second = await listings.Read(query with { After = first.Last }, Ct);

        Assert.Equal(Enumerable.Range(0, 10).Select(i => (long)i), first.Rows.Select(row => (long)row.Values[1]!));
        Assert.Equal([10L, 12, 13, 14, 15, 15, 16, 17, 18, 19], second.Rows.Select(row => (long)row.Values[1]!));
        Assert.False(second.More);
    }

    [Fact]
    public async Task The_last_page_says_so_even_when_it_is_full()
    {
        var listings = await Create();
        Assert.Equal((0, false), Shape(await listings.Read(new("sample", [], [], 5), Ct)));
        await Upsert(Enumerable.Range(0, 10).Select(i => Row(i, "x", "t", 0, 0, null)));
        var first = await listings.Read(new("sample", [], [], 5), Ct);
        Assert.Equal((5, true), Shape(first));
        Assert.Equal((5, false), Shape(await listings.Read(new("sample", [], [], 5, first.Last), Ct)));
    }

    [Fact]
    public async Task A_query_that_does_not_fit_its_table_is_a_mistake_and_never_sql()
    {
        var listings = await Create();
        ListingQuery[] unfit =
        [
            new("nothing", [], [], 1),
            new("sample", [], [], 0),
            new("sample", [], [], ListingQuery.PageSizeMax + 1),
            new("sample", [], [new("score; DROP TABLE sample")], 1),
            new("sample", [], [new("note")], 1),
            new("sample", [ListingCondition.Equal("1 = 1 --", 1L)], [], 1),
            new("sample", [ListingCondition.Equal("score", "1")], [], 1),
            new("sample", [ListingCondition.Equal("note", null!)], [], 1),
            new("sample", [new ListingCondition.Has("sample", "name", "x")], [], 1),
            new("sample", [new ListingCondition.Compare("score", 0, 1L)], [], 1),
            new("sample", [], [], 1, [1L]),
            new("sample", [], [], 1, ["x", 1L]),
        ];
        foreach (var query in unfit)
            await Assert.ThrowsAsync<ArgumentException>(async () => await listings.Read(query, Ct));
        await Assert.ThrowsAsync<ArgumentException>(async () => await listings.Read("sample", [], Ct));
        await Assert.ThrowsAsync<ArgumentException>(async () => await listings.Read("sample", ["x"], Ct));
        await Assert.ThrowsAsync<ArgumentException>(async () => await listings.Read("sample", [1L, "x", "y"], Ct));
    }

    [Fact]
    public async Task Rows_that_belong_together_come_in_the_order_of_their_key()
    {
        var listings = await Create();
        var rows = Texts.SelectMany(text => new[] { Row(1, text, "t", 3, 7, text), Row(2, text, "u", 4, 8, null) });
        await Upsert(rows);
        var read = await listings.Read("sample", [2L], Ct);
        Assert.Equal(Texts.Order(Utf8.Instance), read.Select(row => (string)row.Key[1]));
        Assert.All(read, row => Assert.Equal(("u", 4L, null), ((string)row.Values[0]!, (long)row.Values[1]!, row.Values[3])));
        Assert.Single(await listings.Read("sample", [1L, "日本"], Ct));
        Assert.Empty(await listings.Read("sample", [3L], Ct));
    }

    [Fact]
    public async Task A_state_is_read_with_rows_of_tables_that_begin_with_its_key_only()
    {
        await Storage.Commits.Commit(new CommitUnit("a/a", "ann", 0, 1, [7], [], []), Ct);
        var read = await Storage.Commits.ReadWithRows("a/a", "ann", [], Ct);
        Assert.Equal((1L, 0), (read.State!.Version, read.Rows.Length));
        Assert.Null((await Storage.Commits.ReadWithRows("a/a", "bob", [], Ct)).State);
        await Assert.ThrowsAsync<ArgumentException>(async () => await Storage.Commits.ReadWithRows("a/a", "ann", ["wallet"], Ct));
    }

    private static (int, bool) Shape(ListingPage page) => (page.Rows.Length, page.More);

    private async Task<(List<Row>, HashSet<(long, string, string)>)> Fill(Random random)
    {
        await Create();
        var rows = Enumerable.Range(0, 150).Select(i => Row(
                random.Next(3), Texts[random.Next(Texts.Length)] + i % 7, Texts[random.Next(Texts.Length)],
                random.Next(-3, 4), (ulong)random.Next(5), random.Next(2) == 0 ? null : Texts[random.Next(Texts.Length)]))
            .DistinctBy(Name).ToList();
        var tags = rows.SelectMany(row => Texts.Where(_ => random.Next(8) == 0)
            .Select(tag => ((long)row.Key[0], (string)row.Key[1], tag))).ToHashSet();
        await Upsert(rows);
        await Write(Tag, tags.Select(tag => new Row("sample_tag", RowChange.Upsert, [tag.Item1, tag.Item2, tag.tag], [])));
        return (rows, tags);
    }

    private static ListingCondition Condition(Random random, int depth) => random.Next(depth > 0 ? 6 : 5) switch
    {
        0 => Compared("score", random, (long)random.Next(-3, 4)),
        1 => Compared("title", random, Texts[random.Next(Texts.Length)]),
        2 => Compared("note", random, Texts[random.Next(Texts.Length)]),
        3 => Compared("sum", random, ListingValue.Of(new Amount((ulong)random.Next(5)))),
        4 => new ListingCondition.Has("sample_tag", "tag", Texts[random.Next(Texts.Length)]),
        _ => new ListingCondition.Any([.. Enumerable.Range(0, random.Next(4)).Select(_ => Condition(random, depth - 1))]),
    };

    private static ListingCondition Compared(string column, Random random, object value) =>
        new ListingCondition.Compare(column, (ListingOperator)(1 + random.Next(6)), value);

    private static bool Fulfils(Row row, HashSet<(long, string, string)> tags, ListingCondition condition) => condition switch
    {
        ListingCondition.Any any => any.Of.Any(one => Fulfils(row, tags, one)),
        ListingCondition.Has has => tags.Contains(((long)row.Key[0], (string)row.Key[1], (string)has.Value)),
        ListingCondition.Compare compare => Value(row, compare.Column) is { } value
            ? Compare(value, compare.Value) is var sign && compare.Operator switch
            {
                ListingOperator.Equal => sign == 0,
                ListingOperator.NotEqual => sign != 0,
                ListingOperator.Less => sign < 0,
                ListingOperator.LessOrEqual => sign <= 0,
                ListingOperator.Greater => sign > 0,
                _ => sign >= 0,
            }
            : compare.Operator == ListingOperator.NotEqual,
        _ => false,
    };

    private static int Compare(Row a, Row b, ImmutableArray<ListingOrder> order)
    {
        foreach (var by in order.Concat([new("part"), new("name")]))
            if (Compare(Value(a, by.Column)!, Value(b, by.Column)!) is var sign && sign != 0) return by.Descending ? -sign : sign;
        return 0;
    }

    private static int Compare(object a, object b) => (a, b) switch
    {
        (string x, string y) => Utf8.Instance.Compare(x, y),
        (long x, long y) => x.CompareTo(y),
        _ => ((byte[])a).AsSpan().SequenceCompareTo((byte[])b),
    };

    private static object? Value(Row row, string column) =>
        row.Key.CastArray<object?>().AddRange(row.Values)[Sample.Columns.IndexOf(Sample.Column(column))];

    private static string Name(Row row) => $"{row.Key[0]} {row.Key[1]}";

    private static string Name(StoredRow row) => $"{row.Key[0]} {row.Key[1]}";

    private static Row Row(long part, string name, string title, long score, ulong sum, string? note) =>
        new("sample", RowChange.Upsert, [part, name], [title, score, ListingValue.Of(new Amount(sum)), note]);

    private async Task<List<StoredRow>> ReadAll(
        ImmutableArray<ListingCondition> where, ImmutableArray<ListingOrder> order, int pageSize)
    {
        var (all, query) = (new List<StoredRow>(), new ListingQuery("sample", where, order, pageSize));
        while (true)
        {
            var page = await Listings.Read(query, Ct);
            all.AddRange(page.Rows);
            Assert.True(page.Rows.Length == pageSize || !page.More);
            if (!page.More) return all;
            query = query with { After = page.Last };
        }
    }

    private Listings Listings => new(Storage.Database, name =>
        new[] { Sample, Tag }.FirstOrDefault(table => table.Name == name) ?? throw new ArgumentException($"No {name}."));

    private async Task<Listings> Create()
    {
        var bytes = Storage.Options.Engine == StorageEngine.Sqlite ? "blob" : "bytea";
        string[] tables =
        [
            $"""
            CREATE TABLE sample (part bigint NOT NULL, name text NOT NULL, title text NOT NULL, score bigint NOT NULL,
                                 sum {bytes} NOT NULL, note text, PRIMARY KEY (part, name))
            """,
            """
            CREATE TABLE sample_tag (part bigint NOT NULL, name text NOT NULL, tag text NOT NULL,
                                     PRIMARY KEY (part, name, tag))
            """,
        ];
        foreach (var table in tables) await Storage.Database.Write(Lane.Bulk, db => db.Execute(table), Ct);
        return Listings;
    }

    private Task Upsert(IEnumerable<Row> rows) => Write(Sample, rows);

    private async Task Write(SideTable table, IEnumerable<Row> rows) => await Storage.Database.Write(
        Lane.Bulk,
        async db =>
        {
            await Storage.Database.Dialect.UpsertRows(db, table, [.. rows]);
            return 0;
        },
        Ct);

    private async Task Delete(IEnumerable<Row> rows) => await Storage.Database.Write(
        Lane.Bulk,
        async db =>
        {
            await Storage.Database.Dialect.DeleteRows(db, Sample, [.. rows]);
            return 0;
        },
        Ct);

    /// <summary>The order of UTF-8 bytes, which is not that of UTF-16 units.</summary>
    private sealed class Utf8 : IComparer<string>
    {
        public static readonly Utf8 Instance = new();

        public int Compare(string? a, string? b) =>
            Encoding.UTF8.GetBytes(a!).AsSpan().SequenceCompareTo(Encoding.UTF8.GetBytes(b!));
    }
}

public sealed class SqliteListingTests(ITestOutputHelper output) : ListingContract(new SqliteEngine(), output);

[Collection(PostgresCollection.Name)]
public sealed class PostgresListingTests(PostgresFixture postgres, ITestOutputHelper output)
    : ListingContract(new PostgresEngine(postgres), output);
