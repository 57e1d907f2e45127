using System.Collections.Immutable;
using Braintrust.Storage;

namespace Braintrust.Jobs;

/// <summary>The rows that are committed with a job or a negotiation: children of the state, and what lists it.</summary>
public static class JobRows
{
    public const string Listing = "job_listing";
    public const string Skills = "job_skill";
    public const string Bids = "job_bid";
    public const string Invitations = "job_invitation";
    public const string Questions = "job_question";
    public const string Negotiations = "negotiation";

    /// <summary>Positions whose terms are not funded in a final block: what may come back.</summary>
    public const string Positions = "job_position";

    /// <summary>Signed terms that the escrow does not have yet.</summary>
    public const string Outbox = "offer_outbox";

    /// <summary>Of a description, in a list.</summary>
    public const int ExcerptLengthMax = 500;

    public static ImmutableArray<ChildRows<JobState>> Children { get; } =
    [
        new(Bids, (job, rows) => job with { Bids = ById<Bid>(rows) }),
        new(Invitations, (job, rows) => job with { Invitations = ById<Invitation>(rows) }),
        new(Questions, (job, rows) => job with { Questions = ById<Question>(rows) }),
    ];

    public static ImmutableArray<Row> Of(string id, JobState before, JobState after) =>
    [
        ListingRow(id, JobView.Of(id, after)),
        .. Skilled(before).Except(Skilled(after)).Select(gone => new Row(Skills, RowChange.Delete, [id, gone], [])),
        .. Skilled(after).Except(Skilled(before)).Select(added => new Row(Skills, RowChange.Upsert, [id, added], [])),
        .. Changed(before.Bids, after.Bids).Select(bid => BidRow(id, bid)),
        .. Changed(before.Invitations, after.Invitations).Select(invitation => new Row(
            Invitations, RowChange.Upsert, [id, invitation.Talent],
            [(long)invitation.Phase, Ms(invitation.InvitedAt), StateSerializer.Serialize(invitation)])),
        .. Changed(before.Questions, after.Questions).Select(question => new Row(
            Questions, RowChange.Upsert, [id, question.Id], [Ms(question.AskedAt), StateSerializer.Serialize(question)])),
        .. Unfunded(before).ExceptBy(Unfunded(after).Select(held => held.OnChain), gone => gone.OnChain)
            .Select(gone => new Row(Positions, RowChange.Delete, PositionKey(before, gone), [])),
        .. Unfunded(after).Except(Unfunded(before)).Select(held => new Row(
            Positions, RowChange.Upsert, PositionKey(after, held), [id, held.Negotiation, (long)held.Until])),
    ];

    public static ImmutableArray<Row> Of(string id, NegotiationState before, NegotiationState after) =>
    [
        new Row(Negotiations, RowChange.Upsert, [id],
            [after.Job, after.Employer, after.Talent, (long)after.Phase, (long)after.Offers.Length, Ms(after.OpenedAt), Ms(after.UpdatedAt)]),
        .. (before.Owes, after.Owes) switch
        {
            (false, true) => [new Row(Outbox, RowChange.Upsert, [(long)after.Pricing!.ChainId, id], [])],
            (true, false) => [new Row(Outbox, RowChange.Delete, [(long)after.Pricing!.ChainId, id], [])],
            _ => ImmutableArray<Row>.Empty,
        },
    ];

    /// <summary>What a row of a listing or of children says; its last column.</summary>
    public static T Read<T>(StoredRow row) => StateSerializer.Deserialize<T>((byte[])row.Values[^1]!);

    private static Row ListingRow(string id, JobView job)
    {
        var (content, pricing) = (job.Content, job.Content.Pricing);
        var excerpt = content.Description.Length <= ExcerptLengthMax
            ? content.Description
            : content.Description[..(ExcerptLengthMax - (char.IsHighSurrogate(content.Description[ExcerptLengthMax - 1]) ? 1 : 0))];
        return new Row(Listing, RowChange.Upsert, [id],
        [
            job.Employer, (long)job.Phase, (long)content.Visibility, (long)pricing.Kind, (long)pricing.ChainId,
            pricing.Token?.ToBytes(), pricing.Currency, ListingValue.Of(pricing.Budget), (long)content.Positions,
            Ms(job.CreatedAt), job.PostedAt is { } posted ? Ms(posted) : 0L, Ms(content.BidsCloseAt),
            StateSerializer.Serialize(job with { Content = content with { Description = excerpt } }),
        ]);
    }

    private static Row BidRow(string id, Bid bid) => new(Bids, RowChange.Upsert, [id, bid.Id],
    [
        bid.Talent, (long)bid.Phase, ListingValue.Of(bid.Amount), (long)bid.Days, Ms(bid.PlacedAt), Ms(bid.ExpiresAt),
        StateSerializer.Serialize(bid),
    ]);

    private static IEnumerable<Reservation> Unfunded(JobState job) =>
        job.Reservations.Values.Where(reservation => !reservation.Funded);

    private static ImmutableArray<object> PositionKey(JobState job, Reservation held) =>
        [(long)job.Content!.Pricing.ChainId, held.OnChain.ToBytes()];

    private static ImmutableArray<string> Skilled(JobState job) => job.Content?.Skills ?? [];

    private static IEnumerable<T> Changed<T>(ImmutableDictionary<string, T> before, ImmutableDictionary<string, T> after)
        where T : class =>
        ReferenceEquals(before, after)
            ? []
            : after.Where(pair => !ReferenceEquals(before.GetValueOrDefault(pair.Key), pair.Value)).Select(pair => pair.Value);

    /// <summary>Children are keyed by the last column of their row's key.</summary>
    private static ImmutableDictionary<string, T> ById<T>(ImmutableArray<StoredRow> rows) =>
        rows.ToImmutableDictionary(row => (string)row.Key[^1], Read<T>);

    private static long Ms(DateTimeOffset time) => time.ToUnixTimeMilliseconds();
}
