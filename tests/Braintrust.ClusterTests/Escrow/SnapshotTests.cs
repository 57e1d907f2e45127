using Braintrust.Chain;
using Braintrust.Storage;

namespace Braintrust.Escrow;

public sealed class SnapshotTests
{
    [Fact]
    public async Task A_fold_of_final_facts_is_saved_and_an_old_agreement_continues_from_it()
    {
        var options = GrainCluster.Defaults();
        options.SnapshotFacts = 2;
        var cluster = new GrainCluster(1, options);
        await cluster.InitializeAsync();
        try
        {
            var chain = await cluster.TakeChain();
            var story = chain.Story();
            chain.Node.Mine();
            chain.Node.Mine(story.Funded(3));
            await chain.See(story, view => view.Chain is not null);
            chain.Node.Reorg(1, [[story.Funded(2)], [story.Closed(0, Closing.Released, 1_000)]]);
            for (var i = 0; i < 6; i++) chain.Node.Mine();
            var saved = await chain.See(story, view => view.Chain?.Milestones[0].Seen?.Status == FinalityStatus.Final);
            await Watching.For(_ => Stored(), found => found);

            await Deactivation.Of(chain.Grain(story));
            var again = await chain.See(story, _ => true);
            Assert.Equal(saved.Version, again.Version);

            // A snapshot is only a cache: one that nobody can read costs the work of folding again.
            var key = ChainKey.Of(chain.Id, story.Negotiation);
            var stored = await cluster.Commits.Read(EscrowGrain.SnapshotName, key, CancellationToken.None);
            var damage = new CommitUnit(EscrowGrain.SnapshotName, key, stored!.Version, 1, [1, 2, 3], [], []);
            Assert.Equal(CommitVerdict.Committed, (await cluster.Commits.Commit(damage, CancellationToken.None)).Verdict);
            await Deactivation.Of(chain.Grain(story));
            again = await chain.See(story, _ => true);
            Assert.Equal(saved.Version, again.Version);
            Assert.Equal(saved.Retractions.AsEnumerable(), again.Retractions);
            Assert.Equal(saved.Chain!.PaidToTalent, again.Chain!.PaidToTalent);

            chain.Node.Mine(story.Closed(1, Closing.Refunded, 0));
            var idle = await chain.See(story, view => view.Chain?.Phase == AgreementPhase.Idle);
            Assert.Equal(Amount.Zero, idle.Chain!.Held);

            async IAsyncEnumerable<bool> Stored()
            {
                yield return await cluster.Commits.Read(
                    EscrowGrain.SnapshotName, ChainKey.Of(chain.Id, story.Negotiation), CancellationToken.None) is not null;
            }
        }
        finally
        {
            await cluster.DisposeAsync();
        }
    }
}
