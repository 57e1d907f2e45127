using System.Collections.Immutable;

namespace Braintrust.Accounts;

/// <summary>Who may change what of an organisation. That an account exists, and whose a wallet is, is asked before.</summary>
public static class OrganisationRules
{
    private const OrganisationRoles EveryRole =
        OrganisationRoles.Owner | OrganisationRoles.HiringManager | OrganisationRoles.FinanceApprover;

    public static Refusal NotFound { get; } = new(RefusalCode.NotFound, "There is no such organisation.", "name");

    public static Outcome<OrganisationState> Open(
        OrganisationState org, string owner, string name, string website, DateTimeOffset now)
    {
        if (org.Version > 0) return new Refusal(RefusalCode.Conflict, "The organisation exists already.");
        if ((InvalidName(name) ?? InvalidWebsite(website)) is { } invalid) return invalid;
        return new OrganisationState
        {
            Version = 1, Name = name, Website = website, Members = [new Member(owner, EveryRole, now)], OpenedAt = now,
        };
    }

    /// <param name="name">Null keeps it.</param>
    /// <param name="website">Null keeps it.</param>
    /// <param name="expected">The version that the caller read, or null for any.</param>
    public static Outcome<OrganisationState> Update(
        OrganisationState org, string caller, string? name, string? website, long? expected)
    {
        if (NotOwner(org, caller) is { } refusal) return refusal;
        if (expected is { } version && version != org.Version)
            return new Refusal(RefusalCode.EtagMismatch, "The organisation changed: read it again.", "organisation.etag");
        var invalid = (name is null ? null : InvalidName(name)) ?? (website is null ? null : InvalidWebsite(website));
        if (invalid is not null) return invalid;
        var next = org with { Name = name ?? org.Name, Website = website ?? org.Website };
        return next == org ? org : Changed(next);
    }

    public static Outcome<OrganisationState> Invite(
        OrganisationState org, string caller, string account, OrganisationRoles roles, DateTimeOffset now)
    {
        if ((NotOwner(org, caller) ?? InvalidRoles(roles)) is { } refusal) return refusal;
        if (org.Member(account) is not null) return new Refusal(RefusalCode.Conflict, "That account is a member already.", "account");
        var others = org.Invitations.RemoveAll(invited => invited.Account == account);
        if (others.Length == OrganisationState.InvitationsMax)
            return new Refusal(RefusalCode.LimitReached, $"At most {OrganisationState.InvitationsMax} invitations wait at a time.");
        return Changed(org with { Invitations = others.Add(new Member(account, roles, now)) });
    }

    public static Outcome<OrganisationState> AcceptInvitation(OrganisationState org, string caller, DateTimeOffset now)
    {
        if (org.Version == 0) return NotFound;
        if (org.Invitations.FirstOrDefault(invited => invited.Account == caller) is not { } invitation) return NotInvited;
        if (org.Members.Length == OrganisationState.MembersMax)
            return new Refusal(RefusalCode.LimitReached, $"An organisation has at most {OrganisationState.MembersMax} members.");
        return Changed(org with
        {
            Invitations = org.Invitations.Remove(invitation), Members = org.Members.Add(invitation with { At = now }),
        });
    }

    public static Outcome<OrganisationState> DeclineInvitation(OrganisationState org, string caller)
    {
        if (org.Version == 0) return NotFound;
        var left = org.Invitations.RemoveAll(invited => invited.Account == caller);
        return left.Length == org.Invitations.Length ? NotInvited : Changed(org with { Invitations = left });
    }

    public static Outcome<OrganisationState> ChangeRoles(
        OrganisationState org, string caller, string account, OrganisationRoles roles)
    {
        if ((NotOwner(org, caller) ?? InvalidRoles(roles)) is { } refusal) return refusal;
        if (org.Member(account) is not { } member) return NoMember;
        if (member.Roles == roles) return org;
        return KeepOwner(org with { Members = org.Members.Replace(member, member with { Roles = roles }) });
    }

    /// <summary>Ends a membership with its payer wallets, or takes an invitation back. Members may leave by themselves.</summary>
    public static Outcome<OrganisationState> Remove(OrganisationState org, string caller, string account)
    {
        if (org.Version == 0) return NotFound;
        if (caller != account && NotOwner(org, caller) is { } refusal) return refusal;
        var invited = org.Invitations.RemoveAll(invitation => invitation.Account == account);
        if (invited.Length < org.Invitations.Length) return Changed(org with { Invitations = invited });
        if (org.Member(account) is not { } member) return NoMember;
        return KeepOwner(org with
        {
            Members = org.Members.Remove(member), Payers = org.Payers.RemoveAll(payer => payer.Account == account),
        });
    }

    /// <param name="holder">The account that owns the wallet, or null.</param>
    public static Outcome<OrganisationState> AddPayer(OrganisationState org, string caller, Address wallet, string? holder)
    {
        if (NotOwner(org, caller) is { } refusal) return refusal;
        if (holder is null || org.Member(holder) is null)
            return new Refusal(RefusalCode.InvalidArgument, "A payer wallet is the wallet of a member.", "wallet");
        var payer = new Payer(wallet, holder);
        if (org.Payers.Contains(payer)) return org;
        // A wallet can have moved from one member's account to another's.
        var others = org.Payers.RemoveAll(other => other.Wallet == wallet);
        return others.Length == OrganisationState.PayersMax
            ? new Refusal(RefusalCode.LimitReached, $"An organisation has at most {OrganisationState.PayersMax} payer wallets.")
            : Changed(org with { Payers = others.Add(payer) });
    }

    public static Outcome<OrganisationState> RemovePayer(OrganisationState org, string caller, Address wallet)
    {
        if (org.Version == 0) return NotFound;
        if (org.Payers.FirstOrDefault(payer => payer.Wallet == wallet) is not { } found)
            return org.Member(caller) is null ? NotAMember : new Refusal(RefusalCode.NotFound, "No such payer wallet.", "wallet");
        if (found.Account != caller && NotOwner(org, caller) is { } refusal) return refusal;
        return Changed(org with { Payers = org.Payers.Remove(found) });
    }

    /// <param name="sum">Null takes the limit away.</param>
    public static Outcome<OrganisationState> SetLimit(
        OrganisationState org, string caller, ulong chainId, Address token, Amount? sum)
    {
        if (NotOwner(org, caller) is { } refusal) return refusal;
        var standing = LimitOf(org, chainId, token);
        if (standing?.Sum == sum) return org;
        var others = standing is null ? org.Limits : org.Limits.Remove(standing);
        if (sum is not { } limit) return Changed(org with { Limits = others });
        return others.Length == OrganisationState.LimitsMax
            ? new Refusal(RefusalCode.LimitReached, $"At most {OrganisationState.LimitsMax} tokens have a limit.")
            : Changed(org with { Limits = others.Add(new ApprovalLimit(chainId, token, limit)) });
    }

    public static ApprovalLimit? LimitOf(OrganisationState org, ulong chainId, Address token) =>
        org.Limits.FirstOrDefault(limit => limit.ChainId == chainId && limit.Token == token);

    /// <summary>The rows by which a person finds its organisations and invitations, and approvals are listed for ever.</summary>
    public static ImmutableArray<Row> Rows(string id, OrganisationState before, OrganisationState after) =>
    [
        .. Listed(before).Keys.Except(Listed(after).Keys)
            .Select(gone => new Row("organisation_member", RowChange.Delete, [gone, id], [])),
        .. Listed(after).Except(Listed(before)).Select(now => new Row(
            "organisation_member", RowChange.Upsert, [now.Key, id],
            [now.Value.Name, (long)now.Value.Roles, now.Value.Invited ? 1L : 0L, now.Value.At.ToUnixTimeMilliseconds()])),
        .. after.Approvals.Except(before.Approvals).Select(approval => ApprovalRules.Row(id, approval)),
    ];

    internal static OrganisationState Changed(OrganisationState next) => next with { Version = next.Version + 1 };

    internal static Refusal? NotMember(OrganisationState org, string caller) =>
        org.Version == 0 ? NotFound : org.Member(caller) is null ? NotAMember : null;

    private static Dictionary<string, (string Name, OrganisationRoles Roles, bool Invited, DateTimeOffset At)> Listed(OrganisationState org) =>
        org.Members.Select(member => (member, Invited: false))
            .Concat(org.Invitations.Select(invited => (member: invited, Invited: true)))
            .ToDictionary(one => one.member.Account, one => (org.Name, one.member.Roles, one.Invited, one.member.At));

    private static Outcome<OrganisationState> KeepOwner(OrganisationState next) =>
        next.Members.Any(member => member.Roles.HasFlag(OrganisationRoles.Owner))
            ? Changed(next)
            : new Refusal(RefusalCode.WrongState, "An organisation keeps at least one owner.", "account");

    private static Refusal? NotOwner(OrganisationState org, string caller) =>
        NotMember(org, caller)
        ?? (org.RolesOf(caller).HasFlag(OrganisationRoles.Owner)
            ? null
            : new Refusal(RefusalCode.RoleRequired, "Only an owner of the organisation can do this."));

    private static Refusal? InvalidRoles(OrganisationRoles roles) => roles == OrganisationRoles.None || (roles & ~EveryRole) != 0
        ? new Refusal(RefusalCode.InvalidArgument, "Name at least one role.", "roles")
        : null;

    private static Refusal? InvalidName(string name) => Texts.IsLine(name, 1, OrganisationState.NameCharsMax)
        ? null
        : new Refusal(
            RefusalCode.InvalidArgument,
            $"A name is 1 to {OrganisationState.NameCharsMax} characters of one line, without spaces around it.", "organisation.display_name");

    private static Refusal? InvalidWebsite(string website) => website.Length == 0 || Texts.IsWebAddress(website, OrganisationState.WebsiteCharsMax)
        ? null
        : new Refusal(
            RefusalCode.InvalidArgument,
            $"A website is an https address of at most {OrganisationState.WebsiteCharsMax} characters, or empty.", "organisation.website");

    private static Refusal NotAMember { get; } = new(RefusalCode.RoleRequired, "Only members of the organisation can do this.");
    private static Refusal NoMember { get; } = new(RefusalCode.NotFound, "That account is no member.", "account");
    private static Refusal NotInvited { get; } = new(RefusalCode.NotFound, "You have no invitation to this organisation.", "name");
}
