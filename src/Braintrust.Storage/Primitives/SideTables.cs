using System.Collections.Frozen;
using System.Collections.Immutable;
using Braintrust.Chain;

namespace Braintrust.Storage;

public enum SideType
{
    /// <summary>string, without NUL characters.</summary>
    Text,

    /// <summary>long.</summary>
    Long,

    /// <summary>byte[].</summary>
    Bytes,
}

public sealed record SideColumn(string Name, SideType Type, bool Nullable = false);

/// <summary>
/// A table whose rows are committed together with the grain state that they list or index, or together with the position of
/// the projection that folds them. One writer per table.
/// </summary>
public sealed record SideTable(string Name, ImmutableArray<SideColumn> Key, ImmutableArray<SideColumn> Values)
{
    /// <summary>
    /// Key columns, then value columns: the order of <see cref="Row.Key"/> and <see cref="Row.Values"/>.
    /// </summary>
    public ImmutableArray<SideColumn> Columns { get; } = [.. Key, .. Values];

    /// <exception cref="ArgumentException">No such column.</exception>
    internal SideColumn Column(string name) =>
        Columns.FirstOrDefault(column => column.Name == name)
        ?? throw new ArgumentException($"{Name} has no column {name}.");
}

/// <summary>
/// Every side table. The statements for <see cref="Row"/>s are made from this list; the tables themselves are in the
/// schema scripts, and a test compares the two.
/// </summary>
public static class SideTables
{
    public static readonly ImmutableArray<SideTable> All =
    [
        new("wallet", [new("address", SideType.Bytes)], [new("account", SideType.Text)]),
        new("job_listing", [new("job", SideType.Text)],
        [
            new("employer", SideType.Text), new("phase", SideType.Long), new("visibility", SideType.Long),
            new("kind", SideType.Long), new("chain", SideType.Long), new("token", SideType.Bytes, Nullable: true),
            new("currency", SideType.Text, Nullable: true), new("budget", SideType.Bytes), new("positions", SideType.Long),
            new("created_ms", SideType.Long), new("posted_ms", SideType.Long), new("closes_ms", SideType.Long),
            new("payload", SideType.Bytes),
        ]),
        new("job_skill", [new("job", SideType.Text), new("skill", SideType.Text)], []),
        new("job_bid", [new("job", SideType.Text), new("bid", SideType.Text)],
        [
            new("talent", SideType.Text), new("phase", SideType.Long), new("amount", SideType.Bytes),
            new("days", SideType.Long), new("placed_ms", SideType.Long), new("expires_ms", SideType.Long),
            new("payload", SideType.Bytes),
        ]),
        new("job_invitation", [new("job", SideType.Text), new("talent", SideType.Text)],
            [new("phase", SideType.Long), new("invited_ms", SideType.Long), new("payload", SideType.Bytes)]),
        new("job_question", [new("job", SideType.Text), new("question", SideType.Text)],
            [new("asked_ms", SideType.Long), new("payload", SideType.Bytes)]),
        new("negotiation", [new("negotiation", SideType.Text)],
        [
            new("job", SideType.Text), new("employer", SideType.Text), new("talent", SideType.Text),
            new("phase", SideType.Long), new("offers", SideType.Long), new("opened_ms", SideType.Long),
            new("updated_ms", SideType.Long),
        ]),
        new("job_position", [new("chain", SideType.Long), new("negotiation_hash", SideType.Bytes)],
            [new("job", SideType.Text), new("negotiation", SideType.Text), new("valid_until_s", SideType.Long)]),
        new("relayed", [new("chain", SideType.Long), new("intent", SideType.Bytes)],
        [
            new("account", SideType.Text), new("relayer", SideType.Bytes), new("nonce", SideType.Long),
            new("tx_hash", SideType.Bytes), new("at_ms", SideType.Long),
        ]),
        new("offer_outbox", [new("chain", SideType.Long), new("negotiation", SideType.Text)], []),
        // Contents once, whoever attaches them: two writers of one hash write the same bytes.
        new("document", [new("hash", SideType.Bytes)], [new("content", SideType.Bytes)]),
        new("document_attachment",
            [new("account", SideType.Text), new("subject", SideType.Text), new("hash", SideType.Bytes)],
            [
                new("media_type", SideType.Text), new("display_name", SideType.Text), new("size", SideType.Long),
                new("at_ms", SideType.Long),
            ]),
        new("thread_message",
            [new("thread", SideType.Text), new("number", SideType.Long)],
            [
                new("author", SideType.Text), new("text", SideType.Text), new("documents", SideType.Text),
                new("offer", SideType.Bytes, Nullable: true), new("at_ms", SideType.Long),
            ]),
        new("talent_listing",
            [new("account", SideType.Text)],
            [
                new("display_name", SideType.Text), new("headline", SideType.Text), new("rate_unit", SideType.Text),
                new("rate", SideType.Bytes), new("hours_per_week", SideType.Long), new("available_from_ms", SideType.Long),
                new("time_zone", SideType.Text), new("skills", SideType.Text), new("languages", SideType.Text),
                new("updated_ms", SideType.Long),
            ]),
        new("talent_skill", [new("account", SideType.Text), new("skill", SideType.Text)], [new("years", SideType.Long)]),
        new("talent_language", [new("account", SideType.Text), new("language", SideType.Text)], [new("level", SideType.Long)]),
        new("organisation_member",
            [new("account", SideType.Text), new("organisation", SideType.Text)],
            [new("display_name", SideType.Text), new("roles", SideType.Long), new("invited", SideType.Long), new("since_ms", SideType.Long)]),
        new("organisation_approval",
            [new("organisation", SideType.Text), new("approval", SideType.Text)],
            [
                new("agreement", SideType.Text), new("move", SideType.Long), new("milestone", SideType.Long),
                new("sum", SideType.Text), new("status", SideType.Long), new("requester", SideType.Text),
                new("requested_ms", SideType.Long), new("approver", SideType.Text, Nullable: true),
                new("decided_ms", SideType.Long, Nullable: true), new("wallet", SideType.Bytes, Nullable: true),
            ]),
        new("review",
            [
                new("chain", SideType.Long), new("negotiation", SideType.Bytes), new("milestone", SideType.Long),
                new("side", SideType.Long),
            ],
            [
                new("about", SideType.Bytes), new("seal", SideType.Bytes), new("other_seal", SideType.Bytes, Nullable: true),
                new("sealed_until", SideType.Long), new("filed_ms", SideType.Long), new("payload", SideType.Bytes),
            ]),
        // Written by the reviews of a milestone, taken by the anchor in the transaction that gives the seal its place.
        new("review_pending", [new("chain", SideType.Long), new("seal", SideType.Bytes)],
            [new("contract", SideType.Bytes), new("filed_ms", SideType.Long)]),
        new("review_place", [new("chain", SideType.Long), new("seal", SideType.Bytes)],
            [
                new("contract", SideType.Bytes), new("batch", SideType.Long), new("place", SideType.Long),
                new("count", SideType.Long), new("root", SideType.Bytes), new("proof", SideType.Bytes),
            ]),
        .. ProjectionTables.All,
    ];

    private static readonly FrozenDictionary<string, SideTable> ByName = All.ToFrozenDictionary(t => t.Name);

    /// <exception cref="ArgumentException">No such table.</exception>
    public static SideTable Named(string name) =>
        ByName.GetValueOrDefault(name) ?? throw new ArgumentException($"No side table is named {name}.");

    /// <exception cref="ArgumentException">The row does not fit its table: wrong number, type or null.</exception>
    internal static void Check(Row row)
    {
        var table = Named(row.Table);
        Check(row, table.Key, row.Key.CastArray<object?>());
        if (row.Change != RowChange.Delete) Check(row, table.Values, row.Values);
        else if (!row.Values.IsDefaultOrEmpty) throw Unfit(row, "a deletion has no values");
    }

    /// <summary>Text that two rows share exactly when they are the same row.</summary>
    internal static string Identity(SideTable table, IEnumerable<object> key) =>
        table.Name + '\0' + string.Join('\0', key.Select(k => k is byte[] bytes ? Convert.ToHexString(bytes) : k));

    internal static bool Fits(SideColumn column, object? value) => (column.Type, value) switch
    {
        (_, null) => column.Nullable,
        (SideType.Text, string) or (SideType.Long, long) or (SideType.Bytes, byte[]) => true,
        _ => false,
    };

    private static void Check(Row row, ImmutableArray<SideColumn> columns, ImmutableArray<object?> values)
    {
        if (values.IsDefault || values.Length != columns.Length) throw Unfit(row, $"{columns.Length} values are due");
        foreach (var (column, value) in columns.Zip(values))
        {
            if (!Fits(column, value)) throw Unfit(row, $"{column.Name} cannot be {value?.GetType().Name ?? "null"}");
        }
    }

    private static ArgumentException Unfit(Row row, string why) => new($"A row does not fit {row.Table}: {why}.");
}
