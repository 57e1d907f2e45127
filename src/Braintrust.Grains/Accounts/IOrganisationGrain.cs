using Orleans.Concurrency;

namespace Braintrust.Accounts;

/// <summary>
/// An organisation: members with roles, payer wallets, approval limits and approvals. Key: ULID. Every change names the
/// account that asks; RoleRequired is the refusal of whoever may not.
/// </summary>
[Alias("accounts.IOrganisationGrain")]
public interface IOrganisationGrain : IGrainWithStringKey
{
    /// <summary>Opens it with its first owner, who has every role. Refused: InvalidArgument, Conflict.</summary>
    [Alias("Open")]
    Task<Outcome<OrganisationState>> Open(string caller, RequestKey request, string name, string website);

    /// <param name="name">Null keeps it.</param>
    /// <param name="website">Null keeps it.</param>
    /// <param name="expected">Version that the caller read, or null for any. Refused when it is another: EtagMismatch.</param>
    [Alias("Update")]
    Task<Outcome<OrganisationState>> Update(string caller, RequestKey request, string? name, string? website, long? expected);

    /// <summary>By an owner; replaces an earlier invitation. Refused: Conflict for members, LimitReached.</summary>
    [Alias("Invite")]
    Task<Outcome<OrganisationState>> Invite(string caller, RequestKey request, string account, OrganisationRoles roles);

    /// <summary>Refused: NotFound without an invitation, LimitReached.</summary>
    [Alias("AcceptInvitation")]
    Task<Outcome<OrganisationState>> AcceptInvitation(string caller, RequestKey request);

    /// <summary>Refused: NotFound without an invitation.</summary>
    [Alias("DeclineInvitation")]
    Task<Outcome<OrganisationState>> DeclineInvitation(string caller, RequestKey request);

    /// <summary>By an owner. Refused: NotFound, WrongState for the last owner.</summary>
    [Alias("ChangeRoles")]
    Task<Outcome<OrganisationState>> ChangeRoles(string caller, RequestKey request, string account, OrganisationRoles roles);

    /// <summary>
    /// By an owner, or by the member itself: ends the membership at once, with its payer wallets; or takes an invitation
    /// back. Refused: NotFound, WrongState for the last owner.
    /// </summary>
    [Alias("Remove")]
    Task<Outcome<OrganisationState>> Remove(string caller, RequestKey request, string account);

    /// <summary>By an owner. Refused: InvalidArgument when <paramref name="holder"/> is no member, LimitReached.</summary>
    /// <param name="holder">The account that owns the wallet, or null.</param>
    [Alias("AddPayer")]
    Task<Outcome<OrganisationState>> AddPayer(string caller, RequestKey request, Address wallet, string? holder);

    /// <summary>By an owner or the wallet's member. Refused: NotFound.</summary>
    [Alias("RemovePayer")]
    Task<Outcome<OrganisationState>> RemovePayer(string caller, RequestKey request, Address wallet);

    /// <summary>By an owner. Refused: LimitReached.</summary>
    /// <param name="sum">Largest sum that needs no second person, or null for no limit.</param>
    [Alias("SetLimit")]
    Task<Outcome<OrganisationState>> SetLimit(string caller, RequestKey request, ulong chainId, Address token, Amount? sum);

    /// <summary>By a member. Refused: Conflict when exactly this payment has a living approval, LimitReached.</summary>
    /// <param name="id">ULID of the approval.</param>
    [Alias("RequestApproval")]
    Task<Outcome<OrganisationState>> RequestApproval(string caller, RequestKey request, string id, ApprovedPayment payment);

    /// <summary>
    /// By a finance approver; approving by another than who asked. Refused: NotFound, TooLate, WrongState when answered.
    /// </summary>
    [Alias("DecideApproval")]
    Task<Outcome<OrganisationState>> DecideApproval(string caller, RequestKey request, string id, bool approve);

    /// <summary>
    /// Whether the payment may go from this wallet: null when it is within the limit or was approved, and the approval is
    /// then this wallet's alone; else ApprovalRequired. Asking again answers again.
    /// </summary>
    [Alias("UseApproval")]
    Task<Refusal?> UseApproval(ulong chainId, Address token, ApprovedPayment payment, Address wallet);

    /// <summary>What an account may do for the organisation; None for strangers and when there is no such organisation.</summary>
    [Alias("RoleOf"), AlwaysInterleave]
    Task<OrganisationRoles> RoleOf(string account);

    /// <summary>Refused: NotFound when it was never opened.</summary>
    [Alias("Read"), AlwaysInterleave]
    Task<Outcome<OrganisationState>> Read();

    /// <summary>The present state, then every newer one, conflated. Ends when the grain deactivates: reopen.</summary>
    /// <exception cref="EnumerationAbortedException">It ended while nobody was reading: reopen.</exception>
    [Alias("Watch"), AlwaysInterleave]
    IAsyncEnumerable<OrganisationState> Watch(CancellationToken ct = default);
}
