using Orleans;

namespace Braintrust.Accounts;

/// <summary>Moves of money that an organisation can hold for a second person; the numbers are the escrow's own.</summary>
public enum ApprovedMove
{
    Fund = 1,
    FundMore = 2,
    Release = 4,
    Tip = 13,
    ReleaseMany = 14,
    Dispute = 17,
}

/// <summary>Exactly what is approved: another agreement, milestone or sum is another approval.</summary>
/// <param name="Agreement">Key of the agreement, <c>{chain id}-{negotiation}</c>.</param>
/// <param name="Milestone">Index of the milestone; for funding, of the first one to fund.</param>
/// <param name="Sum">What funding takes, the fee included, what releases and tips (with their fee) pay, or what the court takes; base units.</param>
[GenerateSerializer, Immutable, Alias("accounts.ApprovedPayment")]
public sealed record ApprovedPayment(
    [property: Id(0)] string Agreement, [property: Id(1)] ApprovedMove Move, [property: Id(2)] int Milestone,
    [property: Id(3)] Amount Sum);

/// <summary>Where an approval stands. Expired is told, never stored: it follows from the time.</summary>
public enum ApprovalStatus
{
    Pending = 1,
    Approved = 2,
    Declined = 3,

    /// <summary>The transaction was prepared for <see cref="Approval.Wallet"/>; only that wallet gets it again.</summary>
    Used = 4,
    Expired = 5,
}

/// <summary>One request for a second person's consent to one payment.</summary>
[GenerateSerializer, Immutable, Alias("accounts.Approval")]
public sealed record Approval
{
    /// <summary>From the request to the last moment in which it can be answered and used.</summary>
    public static readonly TimeSpan Lifetime = TimeSpan.FromDays(7);

    /// <summary>ULID.</summary>
    [Id(0)] public required string Id { get; init; }
    [Id(1)] public required ApprovedPayment Payment { get; init; }

    /// <summary>Account that asked.</summary>
    [Id(2)] public required string RequestedBy { get; init; }
    [Id(3)] public required DateTimeOffset RequestedAt { get; init; }
    [Id(4)] public ApprovalStatus Status { get; init; } = ApprovalStatus.Pending;

    /// <summary>Account that approved or declined, or null.</summary>
    [Id(5)] public string? DecidedBy { get; init; }
    [Id(6)] public DateTimeOffset? DecidedAt { get; init; }

    /// <summary>The wallet it was used for, or null.</summary>
    [Id(7)] public Address? Wallet { get; init; }

    public DateTimeOffset ExpiresAt => RequestedAt + Lifetime;

    public ApprovalStatus At(DateTimeOffset now) =>
        Status is ApprovalStatus.Pending or ApprovalStatus.Approved && now >= ExpiresAt ? ApprovalStatus.Expired : Status;

    /// <summary>When it can change no more.</summary>
    public DateTimeOffset EndsAt => Status == ApprovalStatus.Declined ? DecidedAt!.Value : ExpiresAt;
}
