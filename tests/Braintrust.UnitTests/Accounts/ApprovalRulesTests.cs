namespace Braintrust.Accounts;

public sealed class ApprovalRulesTests
{
    private const string Owner = "owner", Hiring = "hiring", Finance = "finance";
    private const ulong Chain = 1;

    private static readonly DateTimeOffset Noon = DateTimeOffset.UnixEpoch.AddHours(12);
    private static readonly Address Token = new([.. new byte[19], 2]);
    private static readonly Address Wallet = new([.. new byte[19], 3]);
    private static readonly Address OtherWallet = new([.. new byte[19], 4]);
    private static readonly ApprovedPayment Payment = new("1-0x01", ApprovedMove.Release, 1, new Amount(11));

    private static readonly OrganisationState Limited = Accept(OrganisationRules.SetLimit(
        Join(Join(
            Accept(OrganisationRules.Open(OrganisationState.Empty, Owner, "Acme", "", Noon)), Hiring, OrganisationRoles.HiringManager),
            Finance, OrganisationRoles.FinanceApprover),
        Owner, Chain, Token, new Amount(10)));

    private static readonly OrganisationState Asked = Accept(ApprovalRules.Request(Limited, Hiring, "a", Payment, Noon));
    private static readonly OrganisationState Approved = Accept(ApprovalRules.Decide(Asked, Finance, "a", true, Noon));

    [Theory]
    [InlineData(10, false)]
    [InlineData(11, true)]
    public void Only_what_is_above_the_limit_needs_a_second_person(int sum, bool needs) => Assert.Equal(
        needs, ApprovalRules.Use(Limited, Chain, Token, Payment with { Sum = new Amount((UInt128)sum) }, Wallet, Noon).IsRefused);

    [Fact]
    public void A_token_without_a_limit_needs_nobody()
    {
        Assert.Same(Limited, Accept(ApprovalRules.Use(Limited, Chain, Wallet, Payment, Wallet, Noon)));
        Assert.Same(Limited, Accept(ApprovalRules.Use(Limited, Chain + 1, Token, Payment, Wallet, Noon)));
    }

    [Fact]
    public void What_was_only_asked_for_or_declined_pays_nothing()
    {
        Assert.Equal(RefusalCode.ApprovalRequired, Use(Limited));
        Assert.Equal(RefusalCode.ApprovalRequired, Use(Asked));
        Assert.Equal(RefusalCode.ApprovalRequired, Use(Accept(ApprovalRules.Decide(Asked, Finance, "a", false, Noon))));
    }

    [Fact]
    public void An_approval_is_for_exactly_one_payment()
    {
        ApprovedPayment[] others =
        [
            Payment with { Agreement = "1-0x02" }, Payment with { Move = ApprovedMove.FundMore }, Payment with { Milestone = 0 },
            Payment with { Sum = new Amount(12) },
        ];
        Assert.All(others, other => Assert.Equal(
            RefusalCode.ApprovalRequired, Refuse(ApprovalRules.Use(Approved, Chain, Token, other, Wallet, Noon)).Code));
        Assert.NotSame(Approved, Accept(ApprovalRules.Use(Approved, Chain, Token, Payment, Wallet, Noon)));
    }

    [Fact]
    public void A_used_approval_is_one_wallets_alone()
    {
        var used = Accept(ApprovalRules.Use(Approved, Chain, Token, Payment, Wallet, Noon));
        Assert.Equal((ApprovalStatus.Used, Wallet), (used.Approvals[0].Status, used.Approvals[0].Wallet));
        Assert.Same(used, Accept(ApprovalRules.Use(used, Chain, Token, Payment, Wallet, Noon)));
        Assert.Equal(
            RefusalCode.ApprovalRequired, Refuse(ApprovalRules.Use(used, Chain, Token, Payment, OtherWallet, Noon)).Code);
    }

    [Fact]
    public void An_approval_expires_used_or_not()
    {
        var used = Accept(ApprovalRules.Use(Approved, Chain, Token, Payment, Wallet, Noon));
        foreach (var org in new[] { Approved, used })
        {
            Assert.False(ApprovalRules.Use(org, Chain, Token, Payment, Wallet, Noon + Approval.Lifetime - TimeSpan.FromTicks(1)).IsRefused);
            Assert.True(ApprovalRules.Use(org, Chain, Token, Payment, Wallet, Noon + Approval.Lifetime).IsRefused);
        }

        Assert.Equal(ApprovalStatus.Expired, Asked.Approvals[0].At(Noon + Approval.Lifetime));
        Assert.Equal(RefusalCode.TooLate, Refuse(ApprovalRules.Decide(Asked, Finance, "a", true, Noon + Approval.Lifetime)).Code);
    }

    [Theory]
    [InlineData("stranger")]
    [InlineData(Hiring)]
    public void Only_a_finance_approver_answers(string caller) =>
        Assert.Equal(RefusalCode.RoleRequired, Refuse(ApprovalRules.Decide(Asked, caller, "a", true, Noon)).Code);

    [Fact]
    public void Nobody_approves_the_own_request_but_may_take_it_back()
    {
        var own = Accept(ApprovalRules.Request(Limited, Finance, "b", Payment, Noon));
        Assert.Equal(RefusalCode.RoleRequired, Refuse(ApprovalRules.Decide(own, Finance, "b", true, Noon)).Code);
        Assert.Equal(ApprovalStatus.Declined, Accept(ApprovalRules.Decide(own, Finance, "b", false, Noon)).Approvals[0].Status);
        Assert.Equal(ApprovalStatus.Approved, Accept(ApprovalRules.Decide(own, Owner, "b", true, Noon)).Approvals[0].Status);
    }

    [Fact]
    public void A_request_is_answered_once()
    {
        Assert.Equal(RefusalCode.WrongState, Refuse(ApprovalRules.Decide(Approved, Owner, "a", false, Noon)).Code);
        Assert.Equal(RefusalCode.NotFound, Refuse(ApprovalRules.Decide(Approved, Owner, "b", false, Noon)).Code);
    }

    [Fact]
    public void Consent_ends_with_the_approvers_role()
    {
        var gone = Accept(OrganisationRules.Remove(Approved, Owner, Finance));
        Assert.Equal(RefusalCode.ApprovalRequired, Use(gone));
        var lowered = Accept(OrganisationRules.ChangeRoles(Approved, Owner, Finance, OrganisationRoles.HiringManager));
        Assert.Equal(RefusalCode.ApprovalRequired, Use(lowered));
    }

    [Fact]
    public void The_same_payment_is_asked_for_once_while_it_lives()
    {
        Assert.Equal(RefusalCode.Conflict, Refuse(ApprovalRules.Request(Asked, Owner, "b", Payment, Noon)).Code);
        Assert.Equal(RefusalCode.Conflict, Refuse(ApprovalRules.Request(Approved, Owner, "b", Payment, Noon)).Code);
        var declined = Accept(ApprovalRules.Decide(Asked, Finance, "a", false, Noon));
        Assert.Equal(2, Accept(ApprovalRules.Request(declined, Hiring, "b", Payment, Noon)).Approvals.Length);
        Assert.Equal(2, Accept(ApprovalRules.Request(Asked, Hiring, "b", Payment, Noon + Approval.Lifetime)).Approvals.Length);
    }

    [Fact]
    public void Strangers_ask_for_nothing_and_nobody_for_zero()
    {
        Assert.Equal(RefusalCode.RoleRequired, Refuse(ApprovalRules.Request(Limited, "stranger", "b", Payment, Noon)).Code);
        Assert.Equal("sum", Refuse(ApprovalRules.Request(Limited, Hiring, "b", Payment with { Sum = Amount.Zero }, Noon)).Field);
    }

    [Fact]
    public void Those_that_ended_make_room_and_their_rows_stay()
    {
        var full = Enumerable.Range(0, OrganisationState.ApprovalsMax).Aggregate(
            Limited, (org, i) => Accept(ApprovalRules.Request(org, Hiring, $"a{i}", Payment with { Milestone = i }, Noon)));
        var next = Payment with { Milestone = 1_000 };
        Assert.Equal(RefusalCode.LimitReached, Refuse(ApprovalRules.Request(full, Hiring, "b", next, Noon)).Code);
        var later = Noon + Approval.Lifetime + TimeSpan.FromHours(1);
        var turned = Accept(ApprovalRules.Request(full, Hiring, "b", next, later));
        Assert.Equal(OrganisationState.ApprovalsMax, turned.Approvals.Length);
        var row = Assert.Single(OrganisationRules.Rows("o", full, turned));
        Assert.Equal((RowChange.Upsert, "organisation_approval", "b"), (row.Change, row.Table, (string)row.Key[1]));
    }

    private static RefusalCode Use(OrganisationState org) =>
        Refuse(ApprovalRules.Use(org, Chain, Token, Payment, Wallet, Noon)).Code;

    private static OrganisationState Join(OrganisationState org, string account, OrganisationRoles roles) => Accept(
        OrganisationRules.AcceptInvitation(Accept(OrganisationRules.Invite(org, Owner, account, roles, Noon)), account, Noon));

    private static OrganisationState Accept(Outcome<OrganisationState> outcome) =>
        outcome.Accepted(out var org, out var refusal) ? org : throw new InvalidOperationException(refusal.Message);

    private static Refusal Refuse(Outcome<OrganisationState> outcome) =>
        outcome.Accepted(out _, out var refusal) ? throw new InvalidOperationException("accepted") : refusal;
}
