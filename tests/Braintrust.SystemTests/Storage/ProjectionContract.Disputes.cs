using Braintrust.Chain;
using Braintrust.Disputes;
using Microsoft.Extensions.Logging.Abstractions;
using Law = Braintrust.Chain.Contracts.PanelCourtContract;

namespace Braintrust.Storage;

public abstract partial class ProjectionContract
{
    [Fact]
    public async Task Cases_seats_due_calls_and_arbiters_are_listed_as_they_stand_after_every_step()
    {
        var (play, flaky) = BeginDisputes();
        var other = await OpenAgain();
        ProjectionRunner[] runners = [Disputes(Storage, flaky), Disputes(other, other.Projections)];
        for (var act = 0; act < 80; act++)
        {
            await play.Act();
            await Task.WhenAll(runners.Select(CatchUp));
            await ListsTheCasesThatStand(play);
        }

        Assert.Contains(play.Cases, played => !played.Seats.IsEmpty);
        Assert.True(flaky.Deaths > 0);
        string[] tables = [.. DisputeProjection.ProjectionTables];
        var before = await Dump(tables);
        for (var positionsMax = 1; positionsMax <= 9; positionsMax += 4)
        {
            var runner = Disputes(Storage, Storage.Projections, positionsMax);
            await runner.Restart(Ct);
            Assert.Empty(await Dump(tables));
            await CatchUp(runner);
            Assert.Equal(before, await Dump(tables));
        }
    }

    private async Task ListsTheCasesThatStand(DisputePlay play)
    {
        var cases = play.Cases.OrderBy(played => played.Id).ToArray();
        Assert.Equal(
            cases.Select(played => (played.Id, (long)played.Phase, (long)played.Round, (long)played.ChangedBlock)),
            (await Read(ListedCase.Table)).Select(row =>
                (new Hash32((byte[])row.Key[1]), (long)row.Values[9]!, (long)row.Values[10]!, (long)row.Values[14]!)));
        Assert.Equal(
            cases.SelectMany(played => played.Seats.Select(seat =>
                    (played.Id, (long)seat.Key.Round, seat.Key.Arbiter, (long)seat.Value)))
                .Order(),
            (await Read(ListedCase.SeatTable)).Select(row =>
                    (new Hash32((byte[])row.Key[1]), (long)row.Key[2], new Address((byte[])row.Key[3]), (long)row.Values[2]!))
                .Order());
        Assert.Equal(
            cases.SelectMany(played => DueOf(played).Select(kind => (played.Id, kind))).Order(),
            (await Read(ListedCase.DueTable)).Select(row => (new Hash32((byte[])row.Key[1]), (long)row.Key[2])).Order());
        Assert.Equal(
            play.Benches.Select(one => (one.Arbiter, (long)one.Bench.Bonded, (long)one.Bench.Locked, (long)one.Bench.Leaving)).Order(),
            (await Read(ListedArbiter.Table)).Select(row =>
                    (new Address((byte[])row.Key[3]), (long)row.Values[0]!, (long)row.Values[1]!, (long)row.Values[2]!))
                .Order());
    }

    private static IEnumerable<long> DueOf(PlayedCase played)
    {
        if (played.Waits) yield return (long)DisputeMove.Draw;
        if (played is { Phase: CasePhase.Drawing, Waits: false } or { Phase: CasePhase.Voting, Round: 0, PanelRules: false })
            yield return (long)DisputeMove.QueueDraw;
        if (played.Phase != CasePhase.Concluded) yield return (long)DisputeMove.Conclude;
        if (played.Phase == CasePhase.Response || played is { Phase: CasePhase.Voting, PanelRules: true }
            || played is { Phase: CasePhase.Concluded, Ruled: true, Closed: false })
            yield return ListedCase.Resolve;
    }

    private (DisputePlay Play, FlakyProjections Flaky) BeginDisputes()
    {
        var seed = Seed();
        return (new DisputePlay(Storage, new Random(seed)), new FlakyProjections(Storage.Projections, new Random(seed)));
    }

    private static ProjectionRunner Disputes(OpenStorage storage, IProjectionStore store, int positionsMax = 3)
    {
        var node = new ScriptedChain(Chain);
        node.OnCall(DisputePlay.Court, (_, _) => Law.RulesOf.EncodeResult(new(500, 500, 500, 400, 300, 200, 100)));
        var folder = new CaseFolder(new FollowedChains([new FollowedChain(new ChainSettings { ChainId = Chain }, node)]), new CourtBook());
        return new(new DisputeProjection(storage.Ledger, folder, positionsMax), Chain, store, NullLogger.Instance);
    }
}
