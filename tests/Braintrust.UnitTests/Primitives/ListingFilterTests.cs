using System.Collections.Immutable;

namespace Braintrust;

public sealed class ListingFilterTests
{
    private static readonly Address Somebody = Address.Parse("0x5FbDB2315678afecb367f032d93F642f64180aa3");

    private static readonly ListingField[] Fields =
    [
        new("title", "title_text", ListingFieldKind.Text) { Sortable = true },
        new("budget.amount", "budget", ListingFieldKind.Amount) { Sortable = true },
        new("positions", "positions", ListingFieldKind.Number),
        new("open", "open", ListingFieldKind.Boolean),
        new("phase", "phase", ListingFieldKind.Name)
        {
            Names = ImmutableDictionary<string, long>.Empty.Add("FUNDED", 2).Add("IDLE", 1),
        },
        new("employer", "employer", ListingFieldKind.Address),
        new("terms", "terms", ListingFieldKind.Hash),
        new("create_time", "created_ms", ListingFieldKind.Time) { Sortable = true },
        new("skills", "skill", ListingFieldKind.Text) { ChildTable = "job_skill" },
    ];

    public static TheoryData<string, string, ListingOperator, object> Comparisons => new()
    {
        { "title = Rust", "title_text", ListingOperator.Equal, "Rust" },
        { "title=Rust", "title_text", ListingOperator.Equal, "Rust" },
        { "  title   !=   \"a \\\"b\\\" \\\\ AND c\"  ", "title_text", ListingOperator.NotEqual, "a \"b\" \\ AND c" },
        { "title = \"\"", "title_text", ListingOperator.Equal, "" },
        { "title = \"naïve 日本 '); --\"", "title_text", ListingOperator.Equal, "naïve 日本 '); --" },
        { "positions >= -9223372036854775808", "positions", ListingOperator.GreaterOrEqual, long.MinValue },
        { "positions<7", "positions", ListingOperator.Less, 7L },
        { "positions<=7", "positions", ListingOperator.LessOrEqual, 7L },
        { "positions>7", "positions", ListingOperator.Greater, 7L },
        { "open = true", "open", ListingOperator.Equal, 1L },
        { "open != false", "open", ListingOperator.NotEqual, 0L },
        { "phase = FUNDED", "phase", ListingOperator.Equal, 2L },
        { "create_time > 2026-01-31T12:00:00Z", "created_ms", ListingOperator.Greater, 1_769_860_800_000L },
        { "create_time > \"2026-01-31T13:00:00+01:00\"", "created_ms", ListingOperator.Greater, 1_769_860_800_000L },
    };

    [Theory]
    [MemberData(nameof(Comparisons))]
    public void A_comparison_is_read(string text, string column, ListingOperator op, object value) =>
        Assert.Equal(new ListingCondition.Compare(column, op, value), Assert.Single(Read(text)));

    [Fact]
    public void Sums_addresses_and_hashes_become_the_bytes_that_rows_hold()
    {
        Assert.Equal(ListingValue.Of(new Amount(UInt128.MaxValue)), Bytes($"budget.amount >= {UInt128.MaxValue}"));
        Assert.Equal(Somebody.ToBytes(), Bytes($"employer = {Somebody}"));
        var hash = Hash32.Keccak([1]);
        Assert.Equal(hash.ToBytes(), Bytes($"terms != {hash}"));
    }

    [Fact]
    public void Comparisons_are_joined_by_and()
    {
        Assert.Equal(
            [
                new ListingCondition.Has("job_skill", "skill", "type design"),
                ListingCondition.Equal("title_text", "ANDy"),
                ListingCondition.Equal("open", 1L),
            ],
            Read("skills:\"type design\" AND title = ANDy AND open=true").AsEnumerable());
        Assert.Empty(Read(""));
        Assert.Empty(Read("   "));
    }

    [Theory]
    [InlineData("price = 1")]
    [InlineData("title")]
    [InlineData("title =")]
    [InlineData("= 1")]
    [InlineData("title = \"open")]
    [InlineData("title = \"open\\")]
    [InlineData("title = \"a\0b\"")]
    [InlineData("title = a b")]
    [InlineData("title = a AND")]
    [InlineData("title = a and open = true")]
    [InlineData("title = a OR open = true")]
    [InlineData("(title = a)")]
    [InlineData("NOT title = a")]
    [InlineData("title < a")]
    [InlineData("title : a")]
    [InlineData("title = 'a'")]
    [InlineData("title == a")]
    [InlineData("positions = 1.5")]
    [InlineData("positions = 9223372036854775808")]
    [InlineData("open = 1")]
    [InlineData("open > true")]
    [InlineData("phase = 2")]
    [InlineData("phase = funded")]
    [InlineData("phase >= FUNDED")]
    [InlineData("budget.amount > -1")]
    [InlineData("budget.amount = 340282366920938463463374607431768211456")]
    [InlineData("employer = 0x5FbDB2315678afecb367f032d93F642f64180aA3")]
    [InlineData("employer < 0x5fbdb2315678afecb367f032d93f642f64180aa3")]
    [InlineData("terms = 0x12")]
    [InlineData("create_time > 2026-01-31")]
    [InlineData("skills = rust")]
    [InlineData("title\t= a")]
    public void What_the_listing_does_not_know_is_refused_naming_the_filter(string text)
    {
        Assert.False(ListingFilter.Parse(text, Fields).Accepted(out _, out var refusal), text);
        Assert.Equal((RefusalCode.FilterInvalid, "filter"), (refusal!.Code, refusal.Field));
    }

    [Fact]
    public void A_filter_is_bounded()
    {
        var most = string.Join(" AND ", Enumerable.Repeat("open=true", ListingFilter.TermsMax));
        Assert.Equal(ListingFilter.TermsMax, Read(most).Length);
        Assert.True(ListingFilter.Parse(most + " AND open=true", Fields).IsRefused);
        Assert.True(ListingFilter.Parse("title = " + new string('a', ListingFilter.LengthMax), Fields).IsRefused);
    }

    [Fact]
    public void An_order_is_read()
    {
        Assert.True(ListingFilter.ParseOrder("budget.amount desc, title,create_time asc", Fields).Accepted(out var orders, out _));
        Assert.Equal([new("budget", true), new("title_text"), new("created_ms")], orders.AsEnumerable());
        Assert.True(ListingFilter.ParseOrder("  ", Fields).Accepted(out orders, out _));
        Assert.Empty(orders);
    }

    [Theory]
    [InlineData("positions")]
    [InlineData("title descending")]
    [InlineData("title desc desc")]
    [InlineData("title DESC")]
    [InlineData("title,")]
    [InlineData(",")]
    [InlineData("title, title desc")]
    [InlineData("title; drop")]
    public void An_order_that_the_listing_does_not_have_is_refused(string text)
    {
        Assert.False(ListingFilter.ParseOrder(text, Fields).Accepted(out _, out var refusal), text);
        Assert.Equal((RefusalCode.InvalidArgument, "order_by"), (refusal!.Code, refusal.Field));
    }

    [Fact]
    public void Stored_sums_sort_as_the_sums_do()
    {
        UInt128[] units = [0, 1, 255, 256, ulong.MaxValue, (UInt128)ulong.MaxValue + 1, UInt128.MaxValue];
        var stored = units.Select(unit => Convert.ToHexString(ListingValue.Of(new Amount(unit)))).ToArray();
        Assert.Equal(stored.Order(StringComparer.Ordinal), stored);
        Assert.All(units, unit => Assert.Equal(new Amount(unit), ListingValue.Amount(ListingValue.Of(new Amount(unit)))));
        Assert.Throws<FormatException>(() => ListingValue.Amount(new byte[16]));
    }

    private static byte[] Bytes(string text) => (byte[])((ListingCondition.Compare)Read(text).Single()).Value;

    private static ImmutableArray<ListingCondition> Read(string text) =>
        ListingFilter.Parse(text, Fields).Accepted(out var conditions, out var refusal)
            ? conditions
            : throw new Xunit.Sdk.XunitException(refusal.Message);
}
