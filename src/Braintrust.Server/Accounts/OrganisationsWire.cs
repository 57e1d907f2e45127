using Google.Protobuf.Collections;
using EscrowV1 = Braintrust.Api.Escrow.V1;
using V1 = Braintrust.Api.Accounts.V1;

namespace Braintrust.Accounts;

internal static class OrganisationsWire
{
    public const string Collection = "organisations";

    private const string Approvals = "/approvals/";

    private static readonly (OrganisationRoles Role, V1.OrganisationRole Wire)[] RoleNames =
    [
        (OrganisationRoles.Owner, V1.OrganisationRole.Owner), (OrganisationRoles.HiringManager, V1.OrganisationRole.HiringManager),
        (OrganisationRoles.FinanceApprover, V1.OrganisationRole.FinanceApprover),
    ];

    public static string Id(string name, string field) => Wire.UlidName(name, Collection, field);

    /// <summary>The organisation and the approval of <c>organisations/{ulid}/approvals/{ulid}</c>.</summary>
    public static (string Organisation, string Approval) ApprovalId(string name, string field)
    {
        var at = name.IndexOf(Approvals, StringComparison.Ordinal);
        return at < 0 || !Ulids.IsUlid(name.AsSpan(at + Approvals.Length))
            ? throw Wire.Bad(field, $"A name is {Collection}/{{ULID}}{Approvals}{{ULID}}.")
            : (Id(name[..at], field), name[(at + Approvals.Length)..]);
    }

    public static OrganisationRoles Roles(RepeatedField<V1.OrganisationRole> roles) => roles.Aggregate(
        OrganisationRoles.None,
        (sum, role) => Array.Find(RoleNames, known => known.Wire == role) is { Role: not OrganisationRoles.None } known
            ? sum | known.Role
            : throw Wire.Bad("roles", "Name the enum's values."));

    public static ApprovedPayment Payment(V1.RequestApprovalRequest request)
    {
        var (chainId, negotiation) = Wire.ChainName(request.Agreement, "agreements", "agreement");
        return new ApprovedPayment(
            Wire.Key(chainId, negotiation), Wire.Enum<ApprovedMove>(request.Move, "move"),
            Wire.Count(request.MilestoneIndex, "milestone_index", 0, Escrow.Terms.MilestonesMax - 1), Wire.Amount(request.Sum, "sum"));
    }

    /// <summary>What everybody may know.</summary>
    public static V1.Organisation Public(string id, OrganisationState org) => new()
    {
        Name = $"{Collection}/{id}",
        DisplayName = org.Name,
        Website = org.Website,
        CreateTime = Wire.Time(org.OpenedAt),
        Etag = Wire.Etag(new ViewVersion(org.Version, 0)),
    };

    /// <summary>What members see.</summary>
    public static V1.Organisation Organisation(string id, OrganisationState org, DateTimeOffset now)
    {
        var wire = Public(id, org);
        wire.Members.AddRange(org.Members.Select(Member));
        wire.Invitations.AddRange(org.Invitations.Select(Member));
        wire.PayerWallets.AddRange(org.Payers.Select(payer =>
            new V1.PayerWallet { Wallet = payer.Wallet.ToString(), Account = "accounts/" + payer.Account }));
        wire.ApprovalLimits.AddRange(org.Limits.Select(limit => new V1.ApprovalLimit
        {
            ChainId = limit.ChainId, Token = limit.Token.ToString(), Sum = limit.Sum.ToString(),
        }));
        wire.Approvals.AddRange(org.Approvals.Select(approval => Approval(id, approval, now)));
        return wire;
    }

    public static V1.Approval Approval(string organisation, Approval approval, DateTimeOffset now) => new()
    {
        Name = $"{Collection}/{organisation}{Approvals}{approval.Id}",
        Agreement = "agreements/" + approval.Payment.Agreement,
        Move = (EscrowV1.Move)approval.Payment.Move,
        MilestoneIndex = (uint)approval.Payment.Milestone,
        Sum = approval.Payment.Sum.ToString(),
        State = (V1.ApprovalState)approval.At(now),
        Requester = "accounts/" + approval.RequestedBy,
        CreateTime = Wire.Time(approval.RequestedAt),
        Approver = approval.DecidedBy is { } approver ? "accounts/" + approver : "",
        DecideTime = approval.DecidedAt is { } at ? Wire.Time(at) : null,
        ExpireTime = Wire.Time(approval.ExpiresAt),
        Wallet = approval.Wallet?.ToString() ?? "",
    };

    public static IEnumerable<V1.OrganisationRole> Roles(OrganisationRoles roles) =>
        RoleNames.Where(known => roles.HasFlag(known.Role)).Select(known => known.Wire);

    public static V1.OrganisationMember Member(Member member) => new()
    {
        Account = "accounts/" + member.Account,
        Roles = { Roles(member.Roles) },
        Since = Wire.Time(member.At),
    };
}
