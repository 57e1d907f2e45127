using System.Collections.Immutable;
using System.Text.RegularExpressions;

namespace Braintrust.Jobs;

/// <summary>What the lists of this room can be filtered and ordered by.</summary>
internal static partial class JobListings
{
    public static readonly ListingKind Jobs = new(
        JobRows.Listing,
        [
            Named<JobPhase>("phase", "phase"),
            Named<JobVisibility>("visibility", "visibility"),
            new("skills", "skill", ListingFieldKind.Text) { ChildTable = JobRows.Skills },
            Named<PricingKind>("pricing.kind", "kind"),
            new("pricing.chain_id", "chain", ListingFieldKind.Number),
            new("pricing.token", "token", ListingFieldKind.Address),
            new("pricing.currency", "currency", ListingFieldKind.Text),
            new("pricing.budget", "budget", ListingFieldKind.Amount) { Sortable = true },
            new("positions", "positions", ListingFieldKind.Number),
            new("create_time", "created_ms", ListingFieldKind.Time) { Sortable = true },
            new("post_time", "posted_ms", ListingFieldKind.Time) { Sortable = true },
            new("bids_close_time", "closes_ms", ListingFieldKind.Time) { Sortable = true },
        ],
        [new("posted_ms", Descending: true), new("created_ms", Descending: true)]);

    public static readonly ListingKind Bids = new(JobRows.Bids, BidFields, [new("placed_ms")]);

    public static readonly ListingKind MyBids = new(JobRows.Bids, BidFields, [new("placed_ms", Descending: true)]);

    public static readonly ListingKind Invitations = new(
        JobRows.Invitations,
        [Named<InvitationPhase>("phase", "phase"), new("invite_time", "invited_ms", ListingFieldKind.Time) { Sortable = true }],
        [new("invited_ms", Descending: true)]);

    public static readonly ListingKind Questions = new(
        JobRows.Questions, [new("ask_time", "asked_ms", ListingFieldKind.Time) { Sortable = true }], [new("asked_ms")]);

    public static readonly ListingKind Negotiations = new(
        JobRows.Negotiations,
        [
            Named<NegotiationPhase>("phase", "phase"),
            new("job", "job", ListingFieldKind.Text),
            new("open_time", "opened_ms", ListingFieldKind.Time) { Sortable = true },
            new("update_time", "updated_ms", ListingFieldKind.Time) { Sortable = true },
        ],
        [new("updated_ms", Descending: true)]);

    private static ImmutableArray<ListingField> BidFields =>
    [
        Named<BidPhase>("phase", "phase"),
        new("amount", "amount", ListingFieldKind.Amount) { Sortable = true },
        new("delivery_days", "days", ListingFieldKind.Number) { Sortable = true },
        new("place_time", "placed_ms", ListingFieldKind.Time) { Sortable = true },
        new("expire_time", "expires_ms", ListingFieldKind.Time),
    ];

    /// <summary>An enum's values as the proto names them, without the enum's own name in front.</summary>
    private static ListingField Named<TEnum>(string name, string column) where TEnum : struct, Enum =>
        new(name, column, ListingFieldKind.Name)
        {
            Names = Enum.GetValues<TEnum>().Where(value => Convert.ToInt64(value) != 0).ToImmutableDictionary(
                value => Capital().Replace(value.ToString(), "_$0").ToUpperInvariant(), value => Convert.ToInt64(value)),
        };

    [GeneratedRegex("(?<!^)[A-Z]")]
    private static partial Regex Capital();
}
