using System.Collections.Immutable;

namespace Braintrust.Accounts;

public sealed class OrganisationRulesTests
{
    private const string Owner = "owner", Hiring = "hiring", Finance = "finance", Stranger = "stranger";

    private static readonly DateTimeOffset Noon = DateTimeOffset.UnixEpoch.AddHours(12);
    private static readonly Address Wallet = new([.. new byte[19], 1]);
    private static readonly Address Token = new([.. new byte[19], 2]);
    private static readonly OrganisationState Opened = Accept(OrganisationRules.Open(OrganisationState.Empty, Owner, "Acme", "", Noon));

    private static readonly OrganisationState Staffed =
        Join(Join(Opened, Hiring, OrganisationRoles.HiringManager), Finance, OrganisationRoles.FinanceApprover);

    [Fact]
    public void It_opens_with_one_owner_who_has_every_role()
    {
        Assert.Equal((1, "Acme", Noon), (Opened.Version, Opened.Name, Opened.OpenedAt));
        Assert.Equal(
            OrganisationRoles.Owner | OrganisationRoles.HiringManager | OrganisationRoles.FinanceApprover, Opened.RolesOf(Owner));
        Assert.Equal(RefusalCode.Conflict, Refuse(OrganisationRules.Open(Opened, Owner, "Acme", "", Noon)).Code);
    }

    [Theory]
    [InlineData("", "", "organisation.display_name")]
    [InlineData(" Acme", "", "organisation.display_name")]
    [InlineData("Ac\nme", "", "organisation.display_name")]
    [InlineData("Acme", "http://acme.example", "organisation.website")]
    [InlineData("Acme", "https://", "organisation.website")]
    [InlineData("Acme", "https://acme.example/ a", "organisation.website")]
    public void Malformed_texts_are_refused_by_their_field(string name, string website, string field)
    {
        Assert.Equal(field, Refuse(OrganisationRules.Open(OrganisationState.Empty, Owner, name, website, Noon)).Field);
        Assert.Equal(field, Refuse(OrganisationRules.Update(Opened, Owner, name, website, null)).Field);
    }

    [Theory]
    [InlineData(new[] { 'A', '\ud800' })]
    [InlineData(new[] { '\udc00', 'A' })]
    public void Half_a_character_is_refused(char[] name) => Assert.Equal(
        "organisation.display_name", Refuse(OrganisationRules.Update(Opened, Owner, new string(name), null, null)).Field);

    [Fact]
    public void Texts_are_bounded()
    {
        var (name, site) = (new string('a', OrganisationState.NameCharsMax), "https://" + new string('a', OrganisationState.WebsiteCharsMax - 8));
        Accept(OrganisationRules.Update(Opened, Owner, name, site, null));
        Assert.Equal("organisation.display_name", Refuse(OrganisationRules.Update(Opened, Owner, name + "a", null, null)).Field);
        Assert.Equal("organisation.website", Refuse(OrganisationRules.Update(Opened, Owner, null, site + "a", null)).Field);
    }

    [Fact]
    public void An_update_writes_what_is_named_and_rests_on_the_version_that_was_read()
    {
        var renamed = Accept(OrganisationRules.Update(Opened, Owner, "Acme 2", null, 1));
        Assert.Equal(("Acme 2", "", 2), (renamed.Name, renamed.Website, renamed.Version));
        Assert.Equal(RefusalCode.EtagMismatch, Refuse(OrganisationRules.Update(renamed, Owner, "Acme 3", null, 1)).Code);
        Assert.Same(renamed, Accept(OrganisationRules.Update(renamed, Owner, "Acme 2", null, 2)));
    }

    /// <summary>Every change but those that a person makes for itself is an owner's.</summary>
    [Theory]
    [InlineData(Stranger)]
    [InlineData(Hiring)]
    [InlineData(Finance)]
    public void Only_an_owner_rules(string caller)
    {
        Func<OrganisationState, Outcome<OrganisationState>>[] changes =
        [
            org => OrganisationRules.Update(org, caller, "x", null, null),
            org => OrganisationRules.Invite(org, caller, "new", OrganisationRoles.Owner, Noon),
            org => OrganisationRules.ChangeRoles(org, caller, Owner, OrganisationRoles.FinanceApprover),
            org => OrganisationRules.Remove(org, caller, Owner),
            org => OrganisationRules.AddPayer(org, caller, Wallet, Owner),
            org => OrganisationRules.SetLimit(org, caller, 1, Token, Amount.Zero),
        ];
        Assert.All(changes, change => Assert.Equal(RefusalCode.RoleRequired, Refuse(change(Staffed)).Code));
        Assert.All(changes, change => Assert.Equal(RefusalCode.NotFound, Refuse(change(OrganisationState.Empty)).Code));
    }

    [Fact]
    public void An_invitation_becomes_a_membership_only_by_its_own_account()
    {
        var invited = Accept(OrganisationRules.Invite(Opened, Owner, Hiring, OrganisationRoles.HiringManager, Noon));
        Assert.Equal(OrganisationRoles.None, invited.RolesOf(Hiring));
        Assert.Equal(RefusalCode.NotFound, Refuse(OrganisationRules.AcceptInvitation(invited, Stranger, Noon)).Code);
        var joined = Accept(OrganisationRules.AcceptInvitation(invited, Hiring, Noon));
        Assert.Equal((OrganisationRoles.HiringManager, 0), (joined.RolesOf(Hiring), joined.Invitations.Length));
        Assert.Equal(RefusalCode.Conflict, Refuse(OrganisationRules.Invite(joined, Owner, Hiring, OrganisationRoles.Owner, Noon)).Code);
        Assert.Empty(Accept(OrganisationRules.DeclineInvitation(invited, Hiring)).Invitations);
        Assert.Equal(RefusalCode.NotFound, Refuse(OrganisationRules.DeclineInvitation(joined, Hiring)).Code);
    }

    [Fact]
    public void Invited_again_the_last_roles_count()
    {
        var twice = Accept(OrganisationRules.Invite(
            Accept(OrganisationRules.Invite(Opened, Owner, Hiring, OrganisationRoles.Owner, Noon)),
            Owner, Hiring, OrganisationRoles.HiringManager, Noon));
        Assert.Equal(OrganisationRoles.HiringManager, Assert.Single(twice.Invitations).Roles);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(8)]
    public void Roles_are_named(int roles)
    {
        Assert.Equal("roles", Refuse(OrganisationRules.Invite(Opened, Owner, Hiring, (OrganisationRoles)roles, Noon)).Field);
        Assert.Equal("roles", Refuse(OrganisationRules.ChangeRoles(Staffed, Owner, Hiring, (OrganisationRoles)roles)).Field);
    }

    [Fact]
    public void The_last_owner_stays()
    {
        Assert.Equal(RefusalCode.WrongState, Refuse(OrganisationRules.Remove(Staffed, Owner, Owner)).Code);
        Assert.Equal(RefusalCode.WrongState, Refuse(OrganisationRules.ChangeRoles(Staffed, Owner, Owner, OrganisationRoles.HiringManager)).Code);
        var two = Accept(OrganisationRules.ChangeRoles(Staffed, Owner, Hiring, OrganisationRoles.Owner));
        Assert.Null(Accept(OrganisationRules.Remove(two, Owner, Owner)).Member(Owner));
    }

    [Fact]
    public void A_member_may_leave_and_its_payer_wallets_leave_with_it()
    {
        var paying = Accept(OrganisationRules.AddPayer(Staffed, Owner, Wallet, Hiring));
        var left = Accept(OrganisationRules.Remove(paying, Hiring, Hiring));
        Assert.Equal((OrganisationRoles.None, 0), (left.RolesOf(Hiring), left.Payers.Length));
        Assert.Equal(RefusalCode.NotFound, Refuse(OrganisationRules.Remove(left, Hiring, Hiring)).Code);
        Assert.Equal(RefusalCode.NotFound, Refuse(OrganisationRules.Remove(left, Owner, Hiring)).Code);
    }

    [Fact]
    public void A_payer_wallet_is_a_members_and_goes_with_its_owner()
    {
        Assert.Equal("wallet", Refuse(OrganisationRules.AddPayer(Staffed, Owner, Wallet, null)).Field);
        Assert.Equal("wallet", Refuse(OrganisationRules.AddPayer(Staffed, Owner, Wallet, Stranger)).Field);
        var paying = Accept(OrganisationRules.AddPayer(Staffed, Owner, Wallet, Hiring));
        Assert.Same(paying, Accept(OrganisationRules.AddPayer(paying, Owner, Wallet, Hiring)));
        var moved = Accept(OrganisationRules.AddPayer(paying, Owner, Wallet, Finance));
        Assert.Equal([new Payer(Wallet, Finance)], moved.Payers.ToArray());
        Assert.Equal(RefusalCode.RoleRequired, Refuse(OrganisationRules.RemovePayer(moved, Hiring, Wallet)).Code);
        Assert.Equal(RefusalCode.RoleRequired, Refuse(OrganisationRules.RemovePayer(Staffed, Stranger, Wallet)).Code);
        Assert.Equal(RefusalCode.NotFound, Refuse(OrganisationRules.RemovePayer(Staffed, Hiring, Wallet)).Code);
        Assert.Empty(Accept(OrganisationRules.RemovePayer(moved, Finance, Wallet)).Payers);
    }

    [Fact]
    public void A_limit_is_set_changed_and_taken_away()
    {
        var ten = Accept(OrganisationRules.SetLimit(Opened, Owner, 1, Token, new Amount(10)));
        Assert.Same(ten, Accept(OrganisationRules.SetLimit(ten, Owner, 1, Token, new Amount(10))));
        var none = Accept(OrganisationRules.SetLimit(ten, Owner, 1, Token, null));
        Assert.Empty(none.Limits);
        Assert.Same(none, Accept(OrganisationRules.SetLimit(none, Owner, 1, Token, null)));
        Assert.Equal(new Amount(0), OrganisationRules.LimitOf(Accept(OrganisationRules.SetLimit(ten, Owner, 1, Token, Amount.Zero)), 1, Token)!.Sum);
    }

    [Fact]
    public void Every_list_has_an_end()
    {
        var invited = Enumerable.Range(0, OrganisationState.InvitationsMax).Aggregate(
            Opened, (org, i) => Accept(OrganisationRules.Invite(org, Owner, $"a{i}", OrganisationRoles.Owner, Noon)));
        Assert.Equal(RefusalCode.LimitReached, Refuse(OrganisationRules.Invite(invited, Owner, "more", OrganisationRoles.Owner, Noon)).Code);
        var crowded = Enumerable.Range(1, OrganisationState.MembersMax - 1)
            .Aggregate(Opened, (org, i) => Join(org, $"m{i}", OrganisationRoles.HiringManager));
        var late = Accept(OrganisationRules.Invite(crowded, Owner, "late", OrganisationRoles.Owner, Noon));
        Assert.Equal(RefusalCode.LimitReached, Refuse(OrganisationRules.AcceptInvitation(late, "late", Noon)).Code);
        var paying = Enumerable.Range(0, OrganisationState.PayersMax).Aggregate(
            Opened, (org, i) => Accept(OrganisationRules.AddPayer(org, Owner, Some(i), Owner)));
        Assert.Equal(RefusalCode.LimitReached, Refuse(OrganisationRules.AddPayer(paying, Owner, Some(99), Owner)).Code);
        var limited = Enumerable.Range(0, OrganisationState.LimitsMax).Aggregate(
            Opened, (org, i) => Accept(OrganisationRules.SetLimit(org, Owner, 1, Some(i), Amount.Zero)));
        Assert.Equal(RefusalCode.LimitReached, Refuse(OrganisationRules.SetLimit(limited, Owner, 1, Some(99), Amount.Zero)).Code);
    }

    [Fact]
    public void The_rows_of_a_change_are_the_people_that_it_touched()
    {
        var invited = Accept(OrganisationRules.Invite(Staffed, Owner, "new", OrganisationRoles.Owner, Noon));
        Assert.Equal([(RowChange.Upsert, "new", 1L)], People(OrganisationRules.Rows("o", Staffed, invited)));
        var joined = Accept(OrganisationRules.AcceptInvitation(invited, "new", Noon));
        Assert.Equal([(RowChange.Upsert, "new", 0L)], People(OrganisationRules.Rows("o", invited, joined)));
        var left = Accept(OrganisationRules.Remove(joined, Owner, "new"));
        Assert.Equal([(RowChange.Delete, "new", 0L)], People(OrganisationRules.Rows("o", joined, left)));
        var renamed = Accept(OrganisationRules.Update(left, Owner, "Another", null, null));
        Assert.Equal(3, OrganisationRules.Rows("o", left, renamed).Length);
        Assert.Empty(OrganisationRules.Rows("o", renamed, renamed));
    }

    private static (RowChange, string, long)[] People(ImmutableArray<Row> rows) =>
        [.. rows.Select(row => (row.Change, (string)row.Key[0], row.Values.Length > 0 ? (long)row.Values[2]! : 0L))];

    private static OrganisationState Join(OrganisationState org, string account, OrganisationRoles roles) => Accept(
        OrganisationRules.AcceptInvitation(Accept(OrganisationRules.Invite(org, Owner, account, roles, Noon)), account, Noon));

    private static Address Some(int n) => new([.. new byte[16], .. BitConverter.GetBytes(n + 1000)]);

    private static OrganisationState Accept(Outcome<OrganisationState> outcome) =>
        outcome.Accepted(out var org, out var refusal) ? org : throw new InvalidOperationException(refusal.Message);

    private static Refusal Refuse(Outcome<OrganisationState> outcome) =>
        outcome.Accepted(out _, out var refusal) ? throw new InvalidOperationException("accepted") : refusal;
}
