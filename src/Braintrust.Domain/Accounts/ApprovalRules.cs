namespace Braintrust.Accounts;

/// <summary>The second pair of eyes: a payment above the limit needs another member's consent to exactly that payment.</summary>
public static class ApprovalRules
{
    /// <summary>
    /// What ended is kept with the state at least so long, so that no write can lose the row of a change: writes take
    /// seconds at most.
    /// </summary>
    private static readonly TimeSpan EndedKept = TimeSpan.FromMinutes(10);

    private static readonly Refusal NoApproval = new(RefusalCode.NotFound, "There is no such request for approval.", "name");

    public static Outcome<OrganisationState> Request(
        OrganisationState org, string caller, string id, ApprovedPayment payment, DateTimeOffset now)
    {
        if (OrganisationRules.NotMember(org, caller) is { } stranger) return stranger;
        if (payment.Sum.IsZero) return new Refusal(RefusalCode.InvalidArgument, "The sum is not zero.", "sum");
        if (org.Approvals.Any(other => other.Payment == payment && IsLive(other, now)))
            return new Refusal(RefusalCode.Conflict, "Exactly this payment waits for an answer or was approved already.");
        var kept = org.Approvals;
        if (kept.Length == OrganisationState.ApprovalsMax)
        {
            if (kept.FirstOrDefault(old => !IsLive(old, now) && old.EndsAt + EndedKept < now) is not { } oldest)
                return new Refusal(RefusalCode.LimitReached, $"At most {OrganisationState.ApprovalsMax} approvals are open at a time.");
            kept = kept.Remove(oldest);
        }

        var asked = new Approval { Id = id, Payment = payment, RequestedBy = caller, RequestedAt = now };
        return OrganisationRules.Changed(org with { Approvals = kept.Add(asked) });
    }

    /// <summary>By a finance approver who is not the one that asked.</summary>
    public static Outcome<OrganisationState> Decide(
        OrganisationState org, string caller, string id, bool approve, DateTimeOffset now)
    {
        if (OrganisationRules.NotMember(org, caller) is { } stranger) return stranger;
        if (org.Approvals.FirstOrDefault(known => known.Id == id) is not { } approval) return NoApproval;
        if (!org.RolesOf(caller).HasFlag(OrganisationRoles.FinanceApprover))
            return new Refusal(RefusalCode.RoleRequired, "Only a finance approver can answer.");
        if (approve && approval.RequestedBy == caller)
            return new Refusal(RefusalCode.RoleRequired, "Another member than the one who asked has to approve.");
        var status = approval.At(now);
        if (status == ApprovalStatus.Expired) return new Refusal(RefusalCode.TooLate, "The request for approval has expired.");
        if (status != ApprovalStatus.Pending) return new Refusal(RefusalCode.WrongState, "The request was answered already.");
        var decided = approval with
        {
            Status = approve ? ApprovalStatus.Approved : ApprovalStatus.Declined, DecidedBy = caller, DecidedAt = now,
        };
        return Replace(org, approval, decided);
    }

    /// <summary>
    /// Whether <paramref name="wallet"/> may make the payment. The approval becomes that wallet's: it gets the transaction
    /// again until the approval expires, nobody else does, and the law lets one milestone be funded or released once.
    /// </summary>
    /// <returns>The same state when nothing has to be kept. Refused: ApprovalRequired.</returns>
    public static Outcome<OrganisationState> Use(
        OrganisationState org, ulong chainId, Address token, ApprovedPayment payment, Address wallet, DateTimeOffset now)
    {
        if (OrganisationRules.LimitOf(org, chainId, token) is not { } limit || payment.Sum <= limit.Sum) return org;
        foreach (var approval in org.Approvals)
        {
            if (approval.Payment != payment || now >= approval.ExpiresAt || !Stands(org, approval)) continue;
            if (approval.Status == ApprovalStatus.Approved)
                return Replace(org, approval, approval with { Status = ApprovalStatus.Used, Wallet = wallet });
            if (approval.Status == ApprovalStatus.Used && approval.Wallet == wallet) return org;
        }

        return new Refusal(
            RefusalCode.ApprovalRequired,
            "The payment is above the organisation's limit for this token: a second member with the finance approver's role "
            + "has to approve exactly it.");
    }

    internal static Row Row(string organisation, Approval approval) => new(
        "organisation_approval", RowChange.Upsert, [organisation, approval.Id],
        [
            approval.Payment.Agreement, (long)approval.Payment.Move, (long)approval.Payment.Milestone, approval.Payment.Sum.ToString(),
            (long)approval.Status, approval.RequestedBy, approval.RequestedAt.ToUnixTimeMilliseconds(), approval.DecidedBy,
            approval.DecidedAt?.ToUnixTimeMilliseconds(), approval.Wallet?.ToBytes(),
        ]);

    /// <summary>The approval that a row tells of.</summary>
    public static Approval Read(StoredRow row) => new()
    {
        Id = (string)row.Key[1],
        Payment = new ApprovedPayment(
            (string)row.Values[0]!, (ApprovedMove)(long)row.Values[1]!, (int)(long)row.Values[2]!,
            Amount.TryParse((string)row.Values[3]!, out var sum) ? sum : throw new FormatException("A stored sum is no amount.")),
        Status = (ApprovalStatus)(long)row.Values[4]!,
        RequestedBy = (string)row.Values[5]!,
        RequestedAt = DateTimeOffset.FromUnixTimeMilliseconds((long)row.Values[6]!),
        DecidedBy = (string?)row.Values[7],
        DecidedAt = row.Values[8] is long at ? DateTimeOffset.FromUnixTimeMilliseconds(at) : null,
        Wallet = row.Values[9] is byte[] wallet ? new Address(wallet) : null,
    };

    /// <summary>Consent lasts only as long as its giver may give it.</summary>
    private static bool Stands(OrganisationState org, Approval approval) =>
        approval.DecidedBy is { } approver && org.RolesOf(approver).HasFlag(OrganisationRoles.FinanceApprover);

    private static bool IsLive(Approval approval, DateTimeOffset now) => approval.At(now) switch
    {
        ApprovalStatus.Pending or ApprovalStatus.Approved => true,
        ApprovalStatus.Used => now < approval.ExpiresAt,
        _ => false,
    };

    private static OrganisationState Replace(OrganisationState org, Approval old, Approval next) =>
        OrganisationRules.Changed(org with { Approvals = org.Approvals.Replace(old, next) });
}
