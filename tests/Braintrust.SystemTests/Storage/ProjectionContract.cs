using System.Collections.Immutable;
using System.Globalization;
using System.Numerics;
using Braintrust.Chain;
using Braintrust.Escrow;
using Braintrust.Reputation;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit.Abstractions;

namespace Braintrust.Storage;

/// <summary>
/// Projections say what the ledger says, whatever happens to those who run them. Set BRAINTRUST_TEST_SEED to play a
/// printed seed again.
/// </summary>
public abstract partial class ProjectionContract(IEngineUnderTest engine, ITestOutputHelper output) : StorageContract(engine)
{
    private const ulong Chain = LedgerPlay.ChainId;
    private const int StepsMax = 2_000;

    [Fact]
    public async Task Rows_and_position_are_written_together_or_not_at_all()
    {
        var store = Storage.Projections;
        var row = new Row("due", RowChange.Upsert, [(long)Chain, "agreement", new byte[32]], [7L, 3L]);
        Assert.Equal(ProjectionMark.Start, await store.ReadMark("a", Chain, Ct));
        Assert.True(await store.Advance(new("a", Chain, new(0), new(5), [row]), Ct));
        Assert.False(await store.Advance(new("a", Chain, new(0), new(9), [row with { Change = RowChange.Delete, Values = [] }]), Ct));
        Assert.False(await store.Advance(new("a", Chain, new(4), new(9), [row with { Values = [8L, 3L] }]), Ct));
        await Assert.ThrowsAsync<ArgumentException>(
            async () => await store.Advance(new("a", Chain, new(5), new(6), [row with { Change = RowChange.Insert }]), Ct));
        Assert.False(await store.Advance(new("a", Chain, new(5, 1), new(6, 2), []), Ct));
        Assert.True(await store.Advance(new("a", Chain, new(5), new(5, 2), []), Ct));
        Assert.Equal((new(5, 2), 7L), (await store.ReadMark("a", Chain, Ct), Assert.Single(await Read("due")).Values[0]));
        Assert.Equal((ProjectionMark.Start, ProjectionMark.Start), (await store.ReadMark("a", Chain + 1, Ct), await store.ReadMark("b", Chain, Ct)));
        Assert.Equal([new ProjectionPos("a", Chain, 5)], await store.ReadAll(Ct));

        await store.Restart("a", Chain + 1, ["due"], Ct);
        Assert.Single(await Read("due"));
        await store.Restart("a", Chain, ["due"], Ct);
        Assert.Equal((ProjectionMark.Start, 0), (await store.ReadMark("a", Chain, Ct), (await Read("due")).Length));
        await Assert.ThrowsAsync<ArgumentException>(async () => await store.Restart("a", Chain, ["wallet"], Ct));
    }

    [Fact]
    public async Task Of_two_runners_exactly_one_advances()
    {
        var other = await OpenAgain();
        for (var pos = 0; pos < 20; pos++)
        {
            var answers = await Task.WhenAll(new[] { Storage, other }.Select(storage => Task.Run(async () =>
                await storage.Projections.Advance(new("a", Chain, new(pos), new(pos + 1), []), Ct))));
            Assert.Single(answers, moved => moved);
        }

        Assert.Equal(new(20), await other.Projections.ReadMark("a", Chain, Ct));
    }

    [Fact]
    public async Task Agreements_are_listed_as_they_stand_after_every_step()
    {
        var (play, _) = Begin();
        // Parts of three positions, two runners at once, and a death before or after every few writes.
        var (other, flaky) = (await OpenAgain(), new FlakyProjections(Storage.Projections, new Random(play.Seed)));
        ProjectionRunner[] runners = [Agreements(Storage, flaky), Agreements(other, other.Projections)];
        for (var act = 0; act < 60; act++)
        {
            await play.Chain.Act();
            await Task.WhenAll(runners.Select(CatchUp));
            await ListsWhatStands(play.Chain);
        }

        Assert.NotEmpty(play.Chain.Standing);
        Assert.True(flaky.Deaths > 0);
        var before = await Dump(ListedAgreement.Table, ListedAgreement.DueTable);
        await runners[0].Restart(Ct);
        Assert.Empty(await Dump(ListedAgreement.Table, ListedAgreement.DueTable));
        await CatchUp(runners[1]);
        Assert.Equal(before, await Dump(ListedAgreement.Table, ListedAgreement.DueTable));
    }

    [Fact]
    public async Task Credits_are_listed_as_they_stand_after_every_step_and_replay_to_the_same()
    {
        var (play, _) = Begin();
        var (other, flaky) = (await OpenAgain(), new FlakyProjections(Storage.Projections, new Random(play.Seed)));
        ProjectionRunner[] runners = [Credits(Storage, flaky), Credits(other, other.Projections)];
        var (most, gone) = (0, 0);
        for (var act = 0; act < 80; act++)
        {
            await play.Chain.Act();
            await Task.WhenAll(runners.Select(CatchUp));
            var credits = await CreditsAre(play.Chain);
            (most, gone) = (Math.Max(most, credits), gone + (credits < most ? 1 : 0));
        }

        Assert.True(most > 0 && gone > 0 && flaky.Deaths > 0);
        var before = await Dump(ListedCredit.Table);
        for (var positionsMax = 1; positionsMax <= 6; positionsMax++)
        {
            await runners[1].Restart(Ct);
            Assert.Empty(await Dump(ListedCredit.Table));
            await CatchUp(Credits(Storage, Storage.Projections, positionsMax));
            Assert.Equal(before, await Dump(ListedCredit.Table));
        }

        await play.Chain.LoseFinalBlocks(LedgerPlay.Depth + 12);
        await CatchUp(runners[1]);
        await CreditsAre(play.Chain);
    }

    [Fact]
    public async Task A_ledger_that_was_forgotten_takes_its_listings_with_it()
    {
        var (play, runner) = Begin();
        for (var act = 0; act < 20; act++) await play.Chain.Act();
        await CatchUp(runner);
        Assert.NotEmpty(await Read(ListedAgreement.Table));
        await Storage.Contracts.Forget(Chain, Ct);
        Assert.Empty(await Dump(ListedAgreement.Table, ListedAgreement.DueTable));
        await CatchUp(runner);
        Assert.Equal(ProjectionMark.Start, await Storage.Projections.ReadMark(AgreementProjection.ProjectionName, Chain, Ct));
    }

    [Fact]
    public async Task Reputation_counts_each_final_payment_once_after_every_step()
    {
        var (play, _) = Begin();
        var (other, flaky) = (await OpenAgain(), new FlakyProjections(Storage.Projections, new Random(play.Seed)));
        ProjectionRunner[] runners = [Reputation(Storage, flaky), Reputation(other, other.Projections)];
        for (var act = 0; act < 60; act++)
        {
            await play.Chain.Act();
            await Task.WhenAll(runners.Select(CatchUp));
            await CountsWhatIsFinal(play.Chain);
        }

        await play.Chain.Settle();
        await CatchUp(runners[1]);
        await CountsWhatIsFinal(play.Chain);
        Assert.NotEmpty(play.Chain.FinalPayments);
        Assert.True(flaky.Deaths > 0);
        await ReplaysToTheSame();

        await play.Chain.LoseFinalBlocks(LedgerPlay.Depth + 12);
        await CatchUp(runners[1]);
        await CountsWhatIsFinal(play.Chain);
    }

    /// <summary>Its life began before the contract was registered and goes on after, with reorganisations all the while.</summary>
    [Fact]
    public async Task A_contract_registered_late_is_told_in_the_order_of_blocks()
    {
        var (play, _) = Begin(late: true);
        ProjectionRunner[] runners =
            [Agreements(Storage, Storage.Projections), Reputation(Storage, Storage.Projections), Credits(Storage, Storage.Projections)];
        var readers = new ReadersUnderTest(Storage.Ledger, new Random(play.Seed));
        for (var act = 0; act < 30; act++) await Follow();
        await play.Chain.RegisterLate();
        for (var more = true; more; more = await play.Chain.Backfill(blocks: 9))
        {
            await play.Chain.Act();
            foreach (var runner in runners) await CatchUp(runner);
            await readers.Look();
        }

        for (var act = 0; act < 30; act++) await Follow();
        await play.Chain.Settle();
        await Follow();
        Assert.Contains(play.Chain.FinalPayments, payment => payment.Story.Law.Contract == LedgerPlay.Late);
        await ReplaysToTheSame();
        Assert.True(readers.Snapshots > 0);

        async Task Follow()
        {
            await play.Chain.Act();
            foreach (var runner in runners) await CatchUp(runner);
            await ListsWhatStands(play.Chain);
            await CreditsAre(play.Chain);
            await CountsWhatIsFinal(play.Chain);
            await readers.TellWhatStands(play.Chain.Standing);
        }
    }

    /// <summary>The same rows whatever the steps are.</summary>
    private async Task ReplaysToTheSame()
    {
        string[] tables = [Standing.Table, Dealing.Table, ReputationTerm.Table];
        var before = await Dump(tables);
        for (var factsMax = 1; factsMax <= 6; factsMax++)
        {
            var runner = Reputation(Storage, Storage.Projections, factsMax);
            await runner.Restart(Ct);
            Assert.Empty(await Dump(tables));
            await CatchUp(runner);
            Assert.Equal(before, await Dump(tables));
        }
    }

    private async Task CountsWhatIsFinal(LedgerPlay play)
    {
        var paid = play.FinalPayments.ToList();
        var terms = (await Read(ReputationTerm.Table)).Select(ReputationTerm.Of)
            .OrderBy(term => term.BlockNo).ThenBy(term => term.LogIndex).ToList();
        Assert.Equal(
            paid.Select(payment => (payment.TxHash, payment.BlockNo, payment.Pay, payment.Fee, Price.Of(payment.Pay))),
            terms.Select(term => (term.TxHash, term.BlockNo, term.Pay, term.Fee, term.Value)));
        Assert.Equal(
            paid.Select((_, i) => Value(paid.Take(i + 1).Where(p => p.Story.Terms.Employer == paid[i].Story.Terms.Employer), p => p.Fee)),
            terms.Select(term => term.EmployerFees));
        Assert.All(terms.GroupBy(term => term.Talent), mine => Assert.Equal(
            mine.SkipLast(1).Select(term => term.After), mine.Skip(1).Select(term => term.Before)));
        var standings = (await Read(Standing.Table)).Select(Standing.Of).ToDictionary(standing => standing.Address);
        foreach (var mine in paid.GroupBy(payment => payment.Story.Terms.Talent))
        {
            var standing = standings[mine.Key];
            Assert.Equal(
                (mine.Count(), mine.Select(payment => payment.Story.Terms.Employer).Distinct().Count(), Value(mine, payment => payment.Pay)),
                (standing.Releases, standing.Employers, standing.Earned));
            Assert.Equal(terms.Last(term => term.Talent == mine.Key).After, standing.Points);
            Assert.Equal(0, terms.First(term => term.Talent == mine.Key).Before);
        }

        foreach (var mine in paid.GroupBy(payment => payment.Story.Terms.Employer))
            Assert.Equal(
                (mine.Count(), mine.Select(payment => payment.Story.Terms.Talent).Distinct().Count(),
                    Value(mine, payment => payment.Pay), Value(mine, payment => payment.Fee)),
                (standings[mine.Key].Payments, standings[mine.Key].Talents, standings[mine.Key].Paid, standings[mine.Key].Fees));
        Assert.Equal(paid.SelectMany(p => new[] { p.Story.Terms.Talent, p.Story.Terms.Employer }).Distinct().Count(), standings.Count);
    }

    private static ReferenceValue Value(IEnumerable<PlayedPayment> payments, Func<PlayedPayment, Amount> sum) =>
        payments.Aggregate(default(ReferenceValue), (value, payment) => value + Price.Of(sum(payment)));

    private static TokenPrice Price { get; } = new(LedgerPlay.Token, 1_000_000);

    private sealed class OnePrice : ITokenPrices
    {
        public ValueTask<TokenPrice?> Find(
            ulong chain, Address escrow, uint policyVersion, Address token, CancellationToken ct) =>
            new(token == Price.Token && (escrow == LedgerPlay.Contract || escrow == LedgerPlay.Late) ? Price : null);
    }

    private async Task ListsWhatStands(LedgerPlay play)
    {
        var listed = (await Read(ListedAgreement.Table)).Select(ListedAgreement.Of).Select(row => (
            row.Negotiation, row.Agreement, row.Employer, row.Talent, row.Phase, row.Milestone, row.MilestonesFunded,
            row.CreatedBlock, row.ChangedBlock, (row.PaidIn, row.PaidToTalent, row.FeesKept, row.Refunded, row.Held)));
        var stands = play.Standing.Values.OrderBy(played => played.Story.Negotiation).Select(played => (
            played.Story.Negotiation, played.Story.Agreement, played.Story.Terms.Employer, played.Story.Terms.Talent,
            played.Phase, played.Milestone, played.Funded, played.CreatedBlock, played.ChangedBlock,
            (played.PaidIn, played.Paid, played.Fees, played.Refunded,
                played.PaidIn - played.Paid - played.Fees - played.Refunded)));
        Assert.Equal(stands, listed);

        var due = (await Read(ListedAgreement.DueTable)).Select(row =>
            (new Hash32((byte[])row.Key[2]), (ulong)(long)row.Values[0]!, (EscrowMove)(long)row.Values[1]!));
        Assert.Equal(
            play.Standing.Values.OrderBy(played => played.Story.Negotiation).SelectMany(played => Window(played)), due);
    }

    private async Task<int> CreditsAre(LedgerPlay play)
    {
        var listed = (await Read(ListedCredit.Table)).Select(ListedCredit.Of).ToList();
        Assert.Equal(
            play.Credits.Select(credit => (credit.Key.Contract, credit.Key.Party, credit.Value.Sum, credit.Value.About, credit.Value.ChangedBlock))
                .OrderBy(credit => (credit.Contract, credit.Party)),
            listed.Select(row => (row.Contract, row.Party, (BigInteger)row.Amount.Units, row.About, row.ChangedBlock))
                .OrderBy(credit => (credit.Contract, credit.Party)));
        return listed.Count;
    }

    private static IEnumerable<(Hash32, ulong, EscrowMove)> Window(PlayedAgreement played)
    {
        if (played.Phase == AgreementPhase.Funded)
            yield return (played.Story.Negotiation, played.SinceSeconds + WorkStory.WorkTime, EscrowMove.Reclaim);
        if (played.Phase == AgreementPhase.Submitted)
            yield return (played.Story.Negotiation, played.SinceSeconds + WorkStory.ReviewWindow, EscrowMove.Settle);
    }

    private ((LedgerPlay Chain, int Seed) Play, ProjectionRunner Runner) Begin(bool late = false)
    {
        var seed = Seed();
        return ((new LedgerPlay(Storage, new Random(seed), late), seed), Agreements(Storage, Storage.Projections));
    }

    private int Seed()
    {
        var seed = int.TryParse(
            Environment.GetEnvironmentVariable("BRAINTRUST_TEST_SEED"), CultureInfo.InvariantCulture, out var given)
            ? given : Random.Shared.Next();
        output.WriteLine($"BRAINTRUST_TEST_SEED={seed}");
        return seed;
    }

    private static ProjectionRunner Agreements(OpenStorage storage, IProjectionStore store) =>
        new(new AgreementProjection(storage.Ledger, positionsMax: 3), Chain, store, NullLogger.Instance);

    private static ProjectionRunner Credits(OpenStorage storage, IProjectionStore store, int positionsMax = 3) =>
        new(new CreditProjection(storage.Ledger, storage.Rows, positionsMax), Chain, store, NullLogger.Instance);

    private static ProjectionRunner Reputation(OpenStorage storage, IProjectionStore store, int factsMax = 3) => new(
        new ReputationProjection(storage.Ledger, storage.Contracts, storage.Rows, new OnePrice(), factsMax), Chain, store,
        NullLogger.Instance);

    /// <summary>As the grain does: whoever dies begins again at what is stored.</summary>
    private static async Task CatchUp(ProjectionRunner runner)
    {
        var again = true;
        for (var step = 0; again; step++)
        {
            try
            {
                again = (await runner.Step(Ct)).Again;
            }
            catch (StorageUnavailableException) when (step < StepsMax)
            {
                again = true;
            }

            Assert.True(step < StepsMax, $"Not caught up after {StepsMax} steps.");
        }
    }

    private async Task<ImmutableArray<StoredRow>> Read(string table) => await Storage.Rows.Read(table, [(long)Chain], Ct);

    private async Task<List<string>> Dump(params string[] tables)
    {
        var lines = new List<string>();
        foreach (var table in tables)
            lines.AddRange((await Read(table)).Select(row =>
                $"{table} {string.Join(' ', row.Key.CastArray<object?>().AddRange(row.Values).Select(Text))}"));
        return lines;
    }

    private static object? Text(object? value) => value is byte[] bytes ? Convert.ToHexString(bytes) : value;

    /// <summary>Dies before or after every few writes, as a silo can.</summary>
    private sealed class FlakyProjections(IProjectionStore inner, Random random) : IProjectionStore
    {
        public int Deaths { get; private set; }

        public ValueTask<ProjectionMark> ReadMark(string projection, ulong chain, CancellationToken ct) =>
            inner.ReadMark(projection, chain, ct);

        public ValueTask<IReadOnlyList<ProjectionPos>> ReadAll(CancellationToken ct) => inner.ReadAll(ct);

        public async ValueTask<bool> Advance(ProjectionAdvance advance, CancellationToken ct)
        {
            var fate = random.Next(6);
            if (fate == 0) throw Death("before");
            var moved = await inner.Advance(advance, ct);
            return fate == 1 ? throw Death("after") : moved;
        }

        public ValueTask Restart(string projection, ulong chain, ImmutableArray<string> tables, CancellationToken ct) =>
            inner.Restart(projection, chain, tables, ct);

        private StorageUnavailableException Death(string when)
        {
            Deaths++;
            return new StorageUnavailableException($"Died {when} the write.");
        }
    }
}

public sealed class SqliteProjectionTests(ITestOutputHelper output) : ProjectionContract(new SqliteEngine(), output);

[Collection(PostgresCollection.Name)]
public sealed class PostgresProjectionTests(PostgresFixture postgres, ITestOutputHelper output)
    : ProjectionContract(new PostgresEngine(postgres), output);
