using Braintrust.Chain;
using Braintrust.Disputes;
using Braintrust.Storage;
using Microsoft.Extensions.DependencyInjection;
using Court = Braintrust.Chain.Contracts.PanelCourtContract;

namespace Braintrust.Escrow;

/// <summary>What happens when the contracts and the database disagree, and that nothing does while they agree.</summary>
public sealed class ReconciliationTests(GrainCluster cluster) : ClusterTest(cluster)
{
    private static readonly CancellationToken Ct = CancellationToken.None;
    private static readonly Caller Employer = new("employer", new HashSet<Address> { WorkStory.Employer });

    private IProjectionStore Store => Cluster.Storage.GetRequiredService<IProjectionStore>();

    private IRows Rows => Cluster.Storage.GetRequiredService<IRows>();

    private DifferenceBook Book => new(Store, Rows);

    [Fact]
    public async Task A_listing_that_lies_stops_its_own_payments_until_it_is_made_again_and_nobody_elses()
    {
        var (chain, story, other) = await Funded();
        await Damage(chain, story);
        var differs = Assert.Single((await Look(chain)).New);
        Assert.Equal(DifferenceSubject.Agreement(story.Negotiation), differs.Subject);
        Assert.Equal((RefusalCode.Unreconciled, RefusalCode.None), (await Release(chain, story), await Release(chain, other)));
        Assert.Empty((await Look(chain)).New);

        await Cluster.Grains.GetGrain<IProjectionGrain>(ProjectionKey.Of(AgreementProjection.ProjectionName, chain.Id)).Replay();
        await Testing.Eventually.Holds(
            async () => (await Rows.Read(ListedAgreement.Table, [(long)chain.Id], Ct)).Length, rows => rows == 2, TestChain.Patience, "both listed");
        Assert.Equal(differs.Subject, Assert.Single((await Look(chain)).Gone).Subject);
        Assert.Equal(RefusalCode.None, await Release(chain, story));
    }

    [Fact]
    public async Task A_state_that_the_ledger_does_not_know_stops_payments_until_a_person_lifts_it_and_again_when_it_changes()
    {
        var (chain, story, _) = await Funded();
        chain.StateWord = (_, _) => Hash32.Keccak("another state"u8);
        var differs = (await Look(chain)).New.Single(one => one.Subject == DifferenceSubject.Agreement(story.Negotiation));
        Assert.Contains($"{Hash32.Keccak("another state"u8)}", differs.What, StringComparison.Ordinal);
        Assert.Equal(RefusalCode.Unreconciled, await Release(chain, story));

        var name = differs.Subject.ToString();
        Assert.True((await Book.Lift(chain.Id, name, "ada", " ", Ct)).IsRefused);
        Assert.True((await Book.Lift(chain.Id, "agreement:0x00", "ada", "looked at it", Ct)).IsRefused);
        Assert.True((await Book.Lift(chain.Id, name, "ada", "looked at it", Ct)).Accepted(out var lifted, out _));
        Assert.Equal(("ada", "looked at it"), lifted.Lifted);
        Assert.Equal(RefusalCode.None, await Release(chain, story));
        Assert.Empty((await Look(chain)).New);
        Assert.Equal(RefusalCode.None, await Release(chain, story));

        chain.StateWord = (_, _) => Hash32.Keccak("a third state"u8);
        Assert.Contains(differs.Subject, (await Look(chain)).New.Select(one => one.Subject));
        Assert.Equal(RefusalCode.Unreconciled, await Release(chain, story));
    }

    [Fact]
    public async Task Money_that_is_missing_stops_its_token_and_money_that_was_given_stops_nothing()
    {
        var (chain, story, other) = await Funded();
        var owed = chain.TokenBalance;
        chain.TokenBalance = owed + 1;
        Assert.Empty((await Look(chain)).All);
        chain.TokenBalance = owed - 1;
        Assert.Equal(DifferenceSubject.Token(TestChain.Escrow, TestChain.Token), Assert.Single((await Look(chain)).New).Subject);
        Assert.Equal((RefusalCode.Unreconciled, RefusalCode.Unreconciled), (await Release(chain, story), await Release(chain, other)));
        chain.TokenBalance = owed;
        Assert.Single((await Look(chain)).Gone);
        Assert.Equal(RefusalCode.None, await Release(chain, story));
    }

    [Fact]
    public async Task An_agreement_that_no_row_lists_and_a_credit_of_another_sum_are_found()
    {
        var (chain, story, _) = await Funded();
        var credit = new ListedCredit(chain.Id, TestChain.Escrow, WorkStory.Stranger, TestChain.Token)
        {
            Holder = CreditHolder.Escrow, Amount = new Amount(7), ChangedBlock = 1,
        };
        Row gone = new(ListedAgreement.Table, RowChange.Delete, [(long)chain.Id, story.Negotiation.ToBytes()], []);
        Assert.True(await Store.Advance(new("damage", chain.Id, default, new(1), [credit.Row, gone]), Ct));
        Assert.Equal(
            [
                DifferenceSubject.Token(TestChain.Escrow, TestChain.Token),
                DifferenceSubject.Credit(TestChain.Escrow, TestChain.Token, WorkStory.Stranger),
            ],
            (await Look(chain)).New.Select(differs => differs.Subject).OrderBy(subject => subject.Kind));
    }

    [Fact]
    public async Task A_court_that_tells_otherwise_stops_that_case_these_seats_or_this_credit_and_one_with_too_little_stops_its_token()
    {
        var (chain, court) = await Heard();
        Assert.Equal(RefusalCode.None, await Withdraw(chain));
        court.Round = 2;
        Assert.Equal(DifferenceSubject.Case(ToldCourt.CaseId), Assert.Single((await Look(chain)).New).Subject);
        Assert.Equal(RefusalCode.None, await Withdraw(chain));
        (court.Round, court.Locked) = (0, 1);
        var seats = Assert.Single((await Look(chain)).New);
        Assert.Equal(DifferenceSubject.Bench(ToldCourt.Contract, TestChain.Escrow, ToldCourt.Party), seats.Subject);
        Assert.Equal("bonded, locked and leaving seats is (2, 0, 0) here, (2, 1, 0) by the contract", seats.What);
        Assert.Equal(RefusalCode.None, await Withdraw(chain));
        (court.Locked, court.Credit) = (0, ToldCourt.Credited - 1);
        Assert.Equal(
            DifferenceSubject.Credit(ToldCourt.Contract, TestChain.Token, ToldCourt.Party), Assert.Single((await Look(chain)).New).Subject);
        Assert.Equal(RefusalCode.Unreconciled, await Withdraw(chain));
        court.Credit = ToldCourt.Credited;
        Assert.Single((await Look(chain)).Gone);
        Assert.Equal(RefusalCode.None, await Withdraw(chain));

        chain.TokenBalance = ToldCourt.Owed - 1;
        Assert.Equal(DifferenceSubject.Token(ToldCourt.Contract, TestChain.Token), Assert.Single((await Look(chain)).New).Subject);
        Assert.Equal(RefusalCode.Unreconciled, await Withdraw(chain));
        chain.TokenBalance = ToldCourt.Owed;
        Assert.Single((await Look(chain)).Gone);
        Assert.Equal(RefusalCode.None, await Withdraw(chain));
    }

    /// <summary>A case, seats and a credit of a court in final blocks, and a court that tells what its logs do.</summary>
    private async Task<(TestChain Chain, ToldCourt Court)> Heard()
    {
        var chain = await Cluster.TakeChain();
        var court = new ToldCourt();
        chain.Node.OnCall(ToldCourt.Contract, (call, _) => court.Answer(call));
        await chain.Registry.Register(
            new RegisteredContract(chain.Id, ToldCourt.Contract, DisputeFacts.ContractKind, 1, Hash32.Keccak([0xFE])), Ct);
        court.Since = chain.Node.Mine(ToldCourt.Logs()).Time.Seconds;
        for (var block = 0; block < chain.Followed.Settings.ConfirmationsMin; block++) chain.Node.Mine();
        await chain.Read();
        chain.TokenBalance = ToldCourt.Owed;
        var agreed = await Testing.Eventually.Holds(
            async () => await Reconcile(chain), found => found is { Waiting: null, Cases: 1 } && found.Differences.IsEmpty, TestChain.Patience,
            "the case compared");
        Assert.Equal(0, agreed.Agreements);
        return (chain, court);
    }

    /// <summary>What the withdrawal of the court's credit is refused for.</summary>
    private Task<RefusalCode> Withdraw(TestChain chain) => Testing.Eventually.Holds(
        async () =>
            (await Cluster.Grains.GetGrain<IArbiterGrain>(ArbiterKey.Of(chain.Id, ToldCourt.Party)).Prepare(
                new Caller("party", new HashSet<Address> { ToldCourt.Party }),
                new ArbiterRequest(DisputeMove.Withdraw, ToldCourt.Contract, default, 0, TestChain.Token, ToldCourt.Party)))
            .Accepted(out _, out var refusal) ? RefusalCode.None : refusal.Code,
        code => code != RefusalCode.WrongState, TestChain.Patience, "the credit seen");

    /// <summary>Two funded agreements in final blocks, a contract that tells what its logs do, and rows that have followed.</summary>
    private async Task<(TestChain Chain, WorkStory First, WorkStory Second)> Funded()
    {
        var chain = await Cluster.TakeChain();
        var (first, second) = (chain.Story(), chain.Story());
        var funded = chain.Node.Mine(first.Funded(1), second.Funded(2));
        for (var block = 0; block < chain.Followed.Settings.ConfirmationsMin; block++) chain.Node.Mine();
        await chain.Read();
        chain.TokenBalance = (Fees.Price(first.Terms, 0, 1) + Fees.Price(second.Terms, 0, 2)).Units;
        chain.StateWord = (agreement, _) => new StateSlot(
            2, 0, (byte)(agreement == first.Agreement ? 1 : 2), 0, 0, 0, funded.Time.Seconds, 0, default).Word();
        var agreed = await Testing.Eventually.Holds(
            async () => await Reconcile(chain), found => found is { Waiting: null, Agreements: 2 }, TestChain.Patience, "both compared");
        Assert.Empty(agreed.Differences);
        return (chain, first, second);
    }

    private ValueTask<Reconciled> Reconcile(TestChain chain) => new Reconciler(
        chain.Ledger, chain.Registry, Store, Cluster.Storage.GetRequiredService<IListings>(), Rows, TimeProvider.System).Run(chain.Followed, Ct);

    private async Task<DifferenceChanges> Look(TestChain chain) =>
        (await Book.Keep(chain.Id, await Reconcile(chain), DateTimeOffset.UnixEpoch, Ct))!;

    /// <summary>A row changed past everything that writes it.</summary>
    private async Task Damage(TestChain chain, WorkStory story)
    {
        var row = Assert.Single(await Rows.ReadKeys(ListedAgreement.Table, [[(long)chain.Id, story.Negotiation.ToBytes()]], Ct));
        var held = row.Values.SetItem(11, ListingValue.Of(new Amount(1)));
        Assert.True(await Store.Advance(new("damage", chain.Id, default, new(1), [new(ListedAgreement.Table, RowChange.Upsert, row.Key, held)]), Ct));
    }

    /// <summary>What a release of the first milestone is refused for.</summary>
    private static async Task<RefusalCode> Release(TestChain chain, WorkStory story) =>
        (await chain.Grain(story).Prepare(Employer, WorkStory.Employer, new MoveRequest(EscrowMove.Release, 0)))
            .Accepted(out _, out var refusal) ? RefusalCode.None : refusal.Code;
}
