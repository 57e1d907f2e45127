using System.Collections.Immutable;
using Orleans;

namespace Braintrust.Accounts;

/// <summary>An employer that is more than one person. The id lasts; members come and go.</summary>
[GenerateSerializer, Immutable, Alias("accounts.OrganisationState")]
public sealed record OrganisationState
{
    public const int NameCharsMax = 100;
    public const int WebsiteCharsMax = 256;
    public const int MembersMax = 200;
    public const int InvitationsMax = 100;
    public const int PayersMax = 32;
    public const int LimitsMax = 32;

    /// <summary>Approvals kept with the state; those that ended go first, and every one stays as a row.</summary>
    public const int ApprovalsMax = 100;

    public static readonly OrganisationState Empty = new();

    /// <summary>Grows by one a change; 0 means the organisation does not exist.</summary>
    [Id(0)] public long Version { get; init; }
    [Id(1)] public string Name { get; init; } = "";

    /// <summary>An https address, or empty.</summary>
    [Id(2)] public string Website { get; init; } = "";

    /// <summary>In the order they joined; one owner at least.</summary>
    [Id(3)] public ImmutableArray<Member> Members { get; init; } = [];
    [Id(4)] public ImmutableArray<Member> Invitations { get; init; } = [];

    /// <summary>Wallets that pay for the organisation.</summary>
    [Id(5)] public ImmutableArray<Payer> Payers { get; init; } = [];

    /// <summary>One for a token at most. A token without a limit needs no approval.</summary>
    [Id(6)] public ImmutableArray<ApprovalLimit> Limits { get; init; } = [];

    /// <summary>The newest, oldest first.</summary>
    [Id(7)] public ImmutableArray<Approval> Approvals { get; init; } = [];
    [Id(8)] public DateTimeOffset OpenedAt { get; init; }

    public OrganisationRoles RolesOf(string account) => Member(account)?.Roles ?? OrganisationRoles.None;

    public Member? Member(string account) => Members.FirstOrDefault(member => member.Account == account);
}

/// <summary>What a member may do; roles add up.</summary>
[Flags, GenerateSerializer]
public enum OrganisationRoles
{
    /// <summary>No member.</summary>
    None = 0,

    /// <summary>Members, payer wallets, approval limits, and everything a hiring manager does.</summary>
    Owner = 1,

    /// <summary>Jobs, bids and negotiations.</summary>
    HiringManager = 2,

    /// <summary>Answers requests for approval that somebody else made.</summary>
    FinanceApprover = 4,
}

/// <param name="Account">Account id.</param>
/// <param name="At">When it joined or was invited.</param>
[GenerateSerializer, Immutable, Alias("accounts.Member")]
public sealed record Member(
    [property: Id(0)] string Account, [property: Id(1)] OrganisationRoles Roles, [property: Id(2)] DateTimeOffset At);

/// <param name="Account">The member whose wallet it is.</param>
[GenerateSerializer, Immutable, Alias("accounts.Payer")]
public sealed record Payer([property: Id(0)] Address Wallet, [property: Id(1)] string Account);

/// <param name="Sum">The largest sum, base units, that moves without a second person; zero asks for one always.</param>
[GenerateSerializer, Immutable, Alias("accounts.ApprovalLimit")]
public sealed record ApprovalLimit(
    [property: Id(0)] ulong ChainId, [property: Id(1)] Address Token, [property: Id(2)] Amount Sum);
