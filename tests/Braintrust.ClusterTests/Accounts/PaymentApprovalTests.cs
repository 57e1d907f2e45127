using Braintrust.Escrow;

namespace Braintrust.Accounts;

public sealed class PaymentApprovalTests(GrainCluster cluster) : ClusterTest(cluster)
{
    private const string Owner = "owner", Finance = "finance";

    private static readonly Caller Employer = new(Owner, new HashSet<Address> { WorkStory.Employer });
    private static readonly Caller Talent = new("talent", new HashSet<Address> { WorkStory.Talent });

    [Fact]
    public async Task Funding_above_the_limit_waits_for_a_second_member_and_survives_a_lost_activation()
    {
        var (chain, story, org) = await Hired(limit: 1_531);
        var agreement = chain.Grain(story);
        var fund = new MoveRequest(EscrowMove.Fund, 0, Count: 2);
        Assert.Equal(RefusalCode.ApprovalRequired, Code(await agreement.Prepare(Employer, WorkStory.Employer, fund)));
        var exactly = new ApprovedPayment(agreement.GetPrimaryKeyString(), ApprovedMove.Fund, 0, new Amount(1_532));
        await Accept(org.RequestApproval(Owner, Request(), "a", exactly));
        Assert.Equal(RefusalCode.ApprovalRequired, Code(await agreement.Prepare(Employer, WorkStory.Employer, fund)));
        await Accept(org.DecideApproval(Finance, Request(), "a", approve: true));
        await Deactivation.Of(org);

        Assert.Equal(RefusalCode.None, Code(await agreement.Prepare(Employer, WorkStory.Employer, fund)));
        Assert.Equal(RefusalCode.None, Code(await agreement.Prepare(Employer, WorkStory.Employer, fund)));
        var used = Assert.Single((await Accept(org.Read())).Approvals);
        Assert.Equal((ApprovalStatus.Used, WorkStory.Employer), (used.Status, used.Wallet));
        var smaller = new MoveRequest(EscrowMove.Fund, 0, Count: 1);
        Assert.Equal(RefusalCode.None, Code(await agreement.Prepare(Employer, WorkStory.Employer, smaller)));
    }

    [Fact]
    public async Task A_release_above_the_limit_is_held_and_other_moves_are_not()
    {
        var (chain, story, org) = await Hired(limit: 0);
        chain.Node.Mine(story.Funded(1));
        await chain.See(story, view => view.Chain is not null);
        var agreement = chain.Grain(story);
        var release = new MoveRequest(EscrowMove.Release, 0, Sum: new Amount(900));
        Assert.Equal(RefusalCode.ApprovalRequired, Code(await agreement.Prepare(Employer, WorkStory.Employer, release)));
        Assert.Equal(RefusalCode.None, Code(await agreement.Prepare(Talent, WorkStory.Talent, new MoveRequest(EscrowMove.Submit, 0))));
        var exactly = new ApprovedPayment(agreement.GetPrimaryKeyString(), ApprovedMove.Release, 0, new Amount(900));
        await Accept(org.RequestApproval(Owner, Request(), "a", exactly));
        await Accept(org.DecideApproval(Finance, Request(), "a", approve: true));
        Assert.Equal(RefusalCode.None, Code(await agreement.Prepare(Employer, WorkStory.Employer, release)));
        var more = release with { Sum = new Amount(901) };
        Assert.Equal(RefusalCode.ApprovalRequired, Code(await agreement.Prepare(Employer, WorkStory.Employer, more)));
    }

    [Fact]
    public async Task A_context_once_known_stays()
    {
        var (chain, story, org) = await Hired(limit: 0);
        var agreement = chain.Grain(story);
        var signature = await story.Sign();
        var again = await agreement.Offer(Talent, Request(), story.Terms, signature);
        Assert.True(again.Accepted(out var view, out _) && view.Context!.Organisation == org.GetPrimaryKeyString());
        Assert.Equal(RefusalCode.Conflict, Code(await agreement.Offer(
            Talent, Request(), story.Terms, signature, new AgreementContext(Organisation: "another"))));
    }

    /// <summary>Seeded commands by several people at once: the rows tell exactly what was acknowledged.</summary>
    [Fact]
    public async Task The_listing_is_the_acknowledged_state_after_every_step()
    {
        var seed = Environment.TickCount;
        var random = new Random(seed);
        var (id, org) = await Open();
        var listings = (Storage.IListings)Cluster.Storage.GetService(typeof(Storage.IListings))!;
        for (var step = 0; step < 60; step++)
        {
            var accounts = Enumerable.Range(0, 3).Select(_ => $"{id}-{random.Next(6)}").ToArray();
            var calls = accounts.Select(account => random.Next(5) switch
            {
                0 => org.Invite(Owner, Request(), account, (OrganisationRoles)random.Next(1, 8)),
                1 => org.AcceptInvitation(account, Request()),
                2 => org.DeclineInvitation(account, Request()),
                3 => org.ChangeRoles(Owner, Request(), account, (OrganisationRoles)random.Next(1, 8)),
                _ => org.Remove(Owner, Request(), account),
            }).ToArray();
            await Task.WhenAll(calls);
            var state = await Accept(org.Read());
            var page = await listings.Read(
                new ListingQuery("organisation_member", [ListingCondition.Equal("organisation", id)], [], 200), CancellationToken.None);
            var expected = state.Members.Select(m => (m.Account, (long)m.Roles, 0L)).Concat(state.Invitations.Select(i => (i.Account, (long)i.Roles, 1L)));
            Assert.True(
                expected.Order().SequenceEqual(page.Rows.Select(row => ((string)row.Key[0], (long)row.Values[1]!, (long)row.Values[2]!)).Order()),
                $"seed {seed}, step {step}");
        }
    }

    private async Task<(TestChain Chain, WorkStory Story, IOrganisationGrain Organisation)> Hired(UInt128 limit)
    {
        var chain = await Cluster.TakeChain();
        var (story, (id, org)) = (chain.Story(), await Open());
        await Accept(org.Invite(Owner, Request(), Finance, OrganisationRoles.FinanceApprover));
        await Accept(org.AcceptInvitation(Finance, Request()));
        await Accept(org.SetLimit(Owner, Request(), chain.Id, TestChain.Token, new Amount(limit)));
        var offered = await chain.Grain(story).Offer(
            Talent, Request(), story.Terms, await story.Sign(), new AgreementContext(Organisation: id));
        Assert.Equal(RefusalCode.None, Code(offered));
        return (chain, story, org);
    }

    private async Task<(string Id, IOrganisationGrain Organisation)> Open()
    {
        var id = Ulids.Of(Owner, Guid.NewGuid(), "organisation");
        var org = Cluster.Grains.GetGrain<IOrganisationGrain>(id);
        await Accept(org.Open(Owner, Request(), "Acme", ""));
        return (id, org);
    }

    private static RequestKey Request() => new(Guid.NewGuid(), Hash32.Keccak([1]));

    private static async Task<OrganisationState> Accept(Task<Outcome<OrganisationState>> asked) =>
        (await asked).Accepted(out var org, out var refusal) ? org : throw new InvalidOperationException($"{refusal}");

    private static RefusalCode Code<T>(Outcome<T> outcome) where T : notnull =>
        outcome.Accepted(out _, out var refusal) ? RefusalCode.None : refusal.Code;
}
