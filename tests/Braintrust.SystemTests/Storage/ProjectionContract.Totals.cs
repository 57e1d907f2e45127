using System.Numerics;
using Braintrust.Chain;
using Braintrust.Escrow;
using Microsoft.Extensions.Logging.Abstractions;

namespace Braintrust.Storage;

public abstract partial class ProjectionContract
{
    [Fact]
    public async Task Totals_are_the_sums_of_what_is_final_after_every_step_and_replay_to_the_same()
    {
        var (play, _) = Begin(late: true);
        var (other, flaky) = (await OpenAgain(), new FlakyProjections(Storage.Projections, new Random(play.Seed)));
        ProjectionRunner[] runners = [Totals(Storage, flaky), Totals(other, other.Projections)];
        for (var act = 0; act < 40; act++) await Follow();
        await play.Chain.RegisterLate();
        while (await play.Chain.Backfill(blocks: 9)) await play.Chain.Act();
        for (var act = 0; act < 20; act++) await Follow();
        await play.Chain.Settle();
        await Follow();
        var totals = (await Read(ListedTotal.Table)).Select(ListedTotal.Of).ToList();
        Assert.Equal([LedgerPlay.Contract, LedgerPlay.Late], totals.Select(total => total.Contract).OrderDescending());
        Assert.True(flaky.Deaths > 0 && totals.Sum(total => total.Finished) > 0 && totals.Any(total => total.Fees > 0));

        var before = await Dump(ListedTotal.Table);
        for (var factsMax = 1; factsMax <= 6; factsMax++)
        {
            var runner = Totals(Storage, Storage.Projections, factsMax);
            await runner.Restart(Ct);
            Assert.Empty(await Dump(ListedTotal.Table));
            await CatchUp(runner);
            Assert.Equal(before, await Dump(ListedTotal.Table));
        }

        await play.Chain.LoseFinalBlocks(LedgerPlay.Depth + 12);
        await CatchUp(runners[1]);
        await SumsWhatIsFinal(play.Chain);

        async Task Follow()
        {
            await play.Chain.Act();
            await Task.WhenAll(runners.Select(CatchUp));
            await SumsWhatIsFinal(play.Chain);
        }
    }

    private async Task SumsWhatIsFinal(LedgerPlay play)
    {
        var totals = (await Read(ListedTotal.Table)).Select(ListedTotal.Of).ToDictionary(total => total.Contract);
        foreach (var contract in new[] { LedgerPlay.Contract, LedgerPlay.Late })
        {
            var (agreements, credits) = play.Final(contract);
            var (all, told) = (agreements.ToList(), totals.GetValueOrDefault(contract) ?? new(Chain, contract, LedgerPlay.Token));
            Assert.Equal(LedgerPlay.Token, told.Token);
            Assert.Equal(
                (Sum(played => played.PaidIn), Sum(played => played.Paid), Sum(played => played.Refunded), Sum(played => played.Fees), credits),
                (told.Funded, told.Released, told.Refunded, told.Fees, told.Credited));
            var over = all.Count(played => played.Phase == AgreementPhase.Ended);
            Assert.Equal((over, all.Count - over), (told.Finished, told.Open));

            BigInteger Sum(Func<PlayedAgreement, Amount> of) =>
                all.Aggregate(BigInteger.Zero, (sum, played) => sum + of(played).Units);
        }
    }

    private static ProjectionRunner Totals(OpenStorage storage, IProjectionStore store, int factsMax = 3) => new(
        new TotalProjection(storage.Ledger, storage.Contracts, storage.Rows, factsMax), Chain, store, NullLogger.Instance);
}
