using System.Collections.Immutable;
using Braintrust.Chain;
using Braintrust.Escrow;
using Microsoft.Extensions.DependencyInjection;
using Law = Braintrust.Chain.Contracts.PanelCourtContract;

namespace Braintrust.Disputes;

/// <summary>What the grains of cases and arbiters tell while the court cannot be asked, and what they keep in memory.</summary>
public sealed class CourtFoldTests(GrainCluster cluster) : ClusterTest(cluster)
{
    private static readonly Address Court = Address.Parse("0x0000000000000000000000000000000000c0c401");
    private static readonly Address Talent = DevelopmentKeys.Address(2);
    private static readonly Hash32 CaseId = Hash32.Keccak("a case"u8);
    private static readonly Caller Party = new("talent", ImmutableHashSet.Create(Talent));

    [Fact]
    public async Task A_case_is_told_as_it_was_while_its_court_cannot_be_asked_for_its_rules()
    {
        var chain = await Cluster.TakeChain();
        var (away, asked) = (false, 0);
        await chain.Registry.Register(
            new RegisteredContract(chain.Id, Court, DisputeFacts.ContractKind, 1, Hash32.Keccak([0xFE])), CancellationToken.None);
        chain.Node.OnCall(Court, (_, _) =>
        {
            Interlocked.Increment(ref asked);
            return Volatile.Read(ref away)
                ? throw new ChainUnavailableException("The node of this test is away.")
                : Law.RulesOf.EncodeResult(new(500, 500, 500, 500, 500, 500, 500));
        });
        chain.Node.Mine(Log(new Law.CaseOpenedEvent(CaseId, DevelopmentKeys.Address(1), Talent, new Law.Opening(
            TestChain.Escrow, Hash32.Keccak("an agreement"u8), 0, 1, TestChain.Token, 1_000, 50, 2_000)).Encode()));
        await chain.Read();
        await See(chain, view => view.Phase == CasePhase.Response);

        Volatile.Write(ref away, true);
        var before = Volatile.Read(ref asked);
        chain.Node.Mine(Log(new Law.ResponseNamedEvent(CaseId, Talent, 9_000).Encode()));
        await Eventually.Does(() =>
        {
            Assert.True(Volatile.Read(ref asked) > before);
            return Task.CompletedTask;
        });
        Assert.Null((await Read(chain)).TalentBps);

        Volatile.Write(ref away, false);
        await See(chain, view => view.TalentBps == 9_000);
    }

    [Fact]
    public async Task An_address_that_no_court_named_leaves_memory_again_unless_somebody_watches_it()
    {
        var chain = await Cluster.TakeChain();
        var (read, watched) = (DevelopmentKeys.Address(11), DevelopmentKeys.Address(12));
        using var bound = new CancellationTokenSource(TestChain.Patience);
        await using var watch = Arbiter(chain, watched).Watch(bound.Token).GetAsyncEnumerator(bound.Token);
        Assert.True(await watch.MoveNextAsync());
        await Arbiter(chain, watched).Read();

        Assert.Empty((await Arbiter(chain, read).Read()).Arbiter.Benches);

        await Eventually.Does(() =>
        {
            Assert.Empty(Active(chain, read));
            return Task.CompletedTask;
        });
        Assert.Single(Active(chain, watched));
    }

    private IEnumerable<ActiveGrain> Active(TestChain chain, Address account) => Cluster.Cluster.Silos.SelectMany(silo =>
        silo.ServiceProvider.GetRequiredService<ActiveGrains>().Touched(chain.Id, [Subject.Arbiter(account)]));

    private IArbiterGrain Arbiter(TestChain chain, Address account) =>
        Cluster.Grains.GetGrain<IArbiterGrain>(ArbiterKey.Of(chain.Id, account));

    private async Task<CaseOnChain> Read(TestChain chain) =>
        (await Cluster.Grains.GetGrain<ICaseGrain>(ChainKey.Of(chain.Id, CaseId)).Read(Party)).Accepted(out var view, out var refusal)
            ? view.Case!
            : throw new Xunit.Sdk.XunitException($"{refusal}");

    private Task See(TestChain chain, Func<CaseOnChain, bool> wanted) =>
        Eventually.Does(async () => Assert.True(wanted(await Read(chain))));

    private static ScriptedLog Log((Hash32[] Topics, byte[] Data) encoded) => ScriptedLog.Of(Court, encoded);
}
