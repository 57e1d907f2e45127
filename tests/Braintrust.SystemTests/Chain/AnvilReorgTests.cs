using System.Numerics;
using System.Text.RegularExpressions;
using Braintrust.Accounts;
using Braintrust.Api.Chain.V1;
using Braintrust.Api.Watch.V1;
using Braintrust.Escrow;
using Braintrust.Testing;
using Braintrust.Watch;
using Google.Protobuf;
using Grpc.Core;
using Law = Braintrust.Chain.Contracts.WorkAgreementsContract;
using V1 = Braintrust.Api.Escrow.V1;

namespace Braintrust.Chain;

/// <summary>What clients of a real server see when a real chain takes a payment back.</summary>
public abstract class AnvilReorgTests : IAsyncLifetime
{
    private const int Confirmations = 12;
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(30);
    private static readonly CancellationToken Ct = CancellationToken.None;

    private FollowedAnvil _anvil = null!;
    private ServerProcess _server = null!;
    private ServerLink _link = null!;
    private NodeLink _node = null!;
    private WorkStage _stage = null!;
    private Person _employer = null!;
    private Person _talent = null!;

    /// <summary>Settings of the database.</summary>
    protected abstract Task<IEnumerable<(string, string)>> Storage();

    protected abstract Task EndStorage();

    public async Task InitializeAsync()
    {
        _anvil = await FollowedAnvil.Start();
        _server = await ServerProcess.Start(
            [.. await Storage(), .. _anvil.Settings(Confirmations), ("Grains:ReconcileIntervalMs", "200")]);
        _link = new ServerLink(_server.Url, Soon);
        _node = await NodeLink.Open(_link, Ct);
        _stage = new WorkStage(_link, _node, new Timeline(json: false, TextWriter.Null));
        (_employer, _talent) = (new("employer", DevelopmentKeys.Signer(1), _link), new("talent", DevelopmentKeys.Signer(2), _link));
        await _employer.SignIn(_node.ChainId, Ct);
        await _talent.SignIn(_node.ChainId, Ct);
    }

    public async Task DisposeAsync()
    {
        _node?.Dispose();
        _link?.Dispose();
        if (_server is not null) await _server.DisposeAsync();
        if (_anvil is not null) await _anvil.DisposeAsync();
        await EndStorage();
    }

    [Fact]
    public async Task A_reorg_takes_a_release_back_tells_watchers_and_a_replacement_restores_it()
    {
        var deal = await Delivered();
        using var watching = new CancellationTokenSource();
        var seen = new List<WatchResponse>();
        var watch = Watch(deal, seen, watching.Token);
        var release = await Send(_employer, deal, ReleaseOf(deal));
        await See(deal, agreement => agreement.Milestones[0].Phase == V1.MilestonePhase.Released);

        await _anvil.Dev.Mine(2, Ct);
        // The server gives a lost transaction back to the node; it shall wait in the pool until the loss was seen.
        await _anvil.MineByItself(false);
        await _anvil.Dev.Reorg(3, Ct);
        await AssertCode();
        await See(deal, agreement => agreement.Phase == V1.AgreementPhase.Submitted && agreement.MilestoneIndex == 0);
        await Eventually.Holds(() => Task.FromResult(Retracted(seen, release)), told => told, Soon, "a retraction of the release");

        await Submit(_employer, release);
        await _anvil.Dev.Mine(1, Ct);
        await See(deal, agreement => agreement.Milestones[0].Phase == V1.MilestonePhase.Released);
        await _anvil.Dev.Mine(Confirmations, Ct);
        await See(deal, agreement => agreement.Final && agreement.MilestoneIndex == 1);
        await watching.CancelAsync();
        await watch;
        Assert.Equal(["Released", "Submitted", "Released"], Phases(seen));
        await AssertExactlyOnce(orphaned: 1);
    }

    [Fact]
    public async Task A_fork_that_flips_back_leaves_each_fact_exactly_once()
    {
        var deal = await Delivered();
        var head = await _node.Head(Ct);
        var (time, baseFee) = (head.Time.Seconds + 1_000, 10_000_000ul);
        var fork = await _anvil.Dev.Snapshot(Ct);
        // Past the server, which would give the transaction back to every fork that lost it.
        var release = await Sign(_employer, deal, ReleaseOf(deal));
        await _anvil.FixNextBlock(time, baseFee);
        await _anvil.Chain.SendRaw(release.Raw, Ct);
        await See(deal, agreement => agreement.Milestones[0].Phase == V1.MilestonePhase.Released);
        var block = (await Receipt(release)).BlockHash;

        await _anvil.Dev.Revert(fork, Ct);
        fork = await _anvil.Dev.Snapshot(Ct);
        await _anvil.Dev.Mine(2, Ct);
        await See(deal, agreement => agreement.Phase == V1.AgreementPhase.Submitted && agreement.MilestoneIndex == 0);

        await _anvil.Dev.Revert(fork, Ct);
        await _anvil.FixNextBlock(time, baseFee);
        await _anvil.Chain.SendRaw(release.Raw, Ct);
        Assert.Equal(block, (await Receipt(release)).BlockHash);
        await AssertCode();
        await See(deal, agreement => agreement.Milestones[0].Phase == V1.MilestonePhase.Released);
        await AssertExactlyOnce(orphaned: 1);
    }

    [Fact]
    public async Task A_chain_that_replaced_final_blocks_goes_on_when_a_person_says_from_where()
    {
        var deal = await Delivered();
        await _anvil.Dev.Mine(Confirmations, Ct);
        var release = await Send(_employer, deal, ReleaseOf(deal));
        await _anvil.Dev.Mine(Confirmations, Ct);
        await See(deal, agreement => agreement.Final && agreement.MilestoneIndex == 1);
        var chain = $"{_node.ChainId}";
        var early = await _server.Verb("db", "chain", "resume", chain, "--from", "1", "--why", "not halted");
        Assert.Equal((1, true), (early.Code, early.Said.Contains("is not halted")));

        await _anvil.MineByItself(false);
        await _anvil.Dev.Reorg(Confirmations + 3, Ct);
        await Eventually.Holds(Ready, said => said.Contains($"db chain resume {chain} --from"), Soon, "a word on what to do");
        var shown = await _server.Verb("db", "chain", "show", chain);
        var common = Regex.Match(shown.Said, @"share: (\d+)").Groups[1].Value;
        var high = await _server.Verb(
            "db", "chain", "resume", chain, "--from", $"{ulong.Parse(common) + 1}", "--why", "too high");
        Assert.Equal((1, true), (high.Code, high.Said.Contains($"The newest that they share is {common}")));
        var resumed = await _server.Verb("db", "chain", "resume", chain, "--from", common, "--why", "the node was on a fork");
        Assert.Equal(0, resumed.Code);

        await See(deal, agreement => agreement.Phase == V1.AgreementPhase.Submitted && agreement.MilestoneIndex == 0);
        await Submit(_employer, release);
        await _anvil.Dev.Mine(1, Ct);
        await See(deal, agreement => agreement.Milestones[0].Phase == V1.MilestonePhase.Released);
        await AssertExactlyOnce(orphaned: 1);
        Assert.Contains("the node was on a fork", (await _server.Verb("db", "chain", "show", chain)).Said);
    }

    [Fact]
    public async Task A_row_that_somebody_changed_stops_the_payments_of_its_agreement_until_it_is_made_again_or_a_person_lifts_it()
    {
        var (deal, chain) = (await Delivered(), $"{_node.ChainId}");
        await _anvil.Dev.Mine(Confirmations, Ct);
        await See(deal, agreement => agreement.Final);
        var agreed = await Eventually.Holds(
            () => _server.Verb("db", "reconcile", chain), verb => verb.Said.Contains("compared 1 agreements"), Soon, "a comparison");
        Assert.Equal((0, true), (agreed.Code, agreed.Said.Contains("reconciliation: 0 differences")));

        new LedgerDatabase(_server.Settings).Change("UPDATE agreement_listing SET milestones_funded = 7");
        var told = await Eventually.Holds(Ready, said => said.Contains("reconciliation: Degraded"), Soon, "an alarm");
        var subject = $"agreement:{deal.Name[(deal.Name.IndexOf('-', StringComparison.Ordinal) + 1)..]}";
        Assert.Contains($"1 differ: chain {chain} {subject}", told);
        var refused = await Assert.ThrowsAsync<RpcException>(() => _stage.Prepare(_employer, deal.Name, ReleaseOf(deal), Ct));
        Assert.Equal((StatusCode.FailedPrecondition, "UNRECONCILED"), (refused.StatusCode, ServerLink.Reason(refused)));
        var differs = await _server.Verb("db", "reconcile", chain);
        Assert.Equal((1, true), (differs.Code, differs.Said.Contains("reconciliation: 1 differences")));

        var lifted = await Eventually.Holds(
            () => _server.Verb("db", "reconcile", "lift", chain, subject, "--why", "only its listing"), verb => verb.Code == 0, Soon, "a lift");
        Assert.Contains("until it differs otherwise", lifted.Said);
        await _stage.Prepare(_employer, deal.Name, ReleaseOf(deal), Ct);
        Assert.Equal(0, (await _server.Verb("db", "replay", "agreements")).Code);
        await Eventually.Holds(() => _server.Verb("db", "reconcile", chain), verb => verb.Code == 0, Soon, "agreement again");
    }

    private async Task<string> Ready()
    {
        using var http = new HttpClient();
        using var answer = await http.GetAsync($"{_server.HttpUrl}/readyz", Ct);
        return await answer.Content.ReadAsStringAsync(Ct);
    }

    /// <summary>Two milestones funded, the first delivered, nothing of it final.</summary>
    private async Task<Deal> Delivered()
    {
        var head = await _node.Head(Ct);
        var terms = new Law.Terms(
            1, BigInteger.Zero, default, _employer.Address, _employer.Address, _talent.Address, _talent.Address, _node.Token,
            _node.Told.PolicyVersion, (ushort)_node.Told.FeeBps, default, 0, 3 * 24 * 3600, 3 * 24 * 3600, 2, default, 0, 0, 5_000, head.Time.Seconds + 24 * 3600, Hash32.Keccak([1]), [1_000_000_000_000_001, 2_000_000_000_000_003],
            [24 * 3600, 24 * 3600]);
        var deal = await _stage.Offer(_talent, terms, Ct);
        await Send(_employer, deal, new Step("funding", V1.Move.Fund, 0, Law.Fund.Encode(terms, deal.Signature, 2), 2));
        await See(deal, agreement => agreement.MilestonesFunded == 2);
        var evidence = Hash32.Keccak([2]);
        var delivery = Law.Submit.Encode(terms, 0, deal.Amount(0), evidence);
        await Send(_talent, deal, new Step("delivery", V1.Move.Submit, 0, delivery, Evidence: evidence));
        await See(deal, agreement => agreement.Phase == V1.AgreementPhase.Submitted);
        return deal;
    }

    private async Task<SignedTransaction> Send(Person by, Deal deal, Step step)
    {
        var signed = await Sign(by, deal, step);
        await Submit(by, signed);
        return signed;
    }

    private async Task<SignedTransaction> Sign(Person by, Deal deal, Step step)
    {
        var prepared = await _stage.Prepare(by, deal.Name, step, Ct);
        if (prepared.Approval is { } approval)
        {
            var approve = Contracts.BraintrustTokenContract.Approve.Encode(_node.Escrow, deal.Price(step.Count));
            var approved = await MoveDesk.Sign(approval, by, _node.ChainId, _node.Token, approve, Ct);
            await Submit(by, approved);
            await Receipt(approved);
            prepared = await _stage.Prepare(by, deal.Name, step, Ct);
        }

        return await MoveDesk.Sign(prepared.Transaction, by, _node.ChainId, _node.Escrow, step.Data, Ct);
    }

    private Task Submit(Person by, SignedTransaction transaction)
    {
        var request = new SubmitTransactionRequest
        {
            RequestId = Guid.NewGuid().ToString(), ChainId = _node.ChainId,
            RawTransaction = ByteString.CopyFrom(transaction.Raw.Span),
        };
        return by.Call(options => _link.Chains.SubmitTransactionAsync(request, options), Ct);
    }

    private async Task<TxReceipt> Receipt(SignedTransaction transaction) => (await Eventually.Holds(
        () => _anvil.Chain.GetReceipt(transaction.Hash, Ct).AsTask(), receipt => receipt is { Succeeded: true }, Soon, "a receipt"))!;

    private Task See(Deal deal, Func<V1.Agreement, bool> wanted) => Eventually.Holds(
        async () => (await _talent.Call(
            options => _link.Escrow.GetAgreementAsync(new V1.GetAgreementRequest { Name = deal.Name }, options), Ct)).Agreement,
        wanted, Soon, "the agreement as wanted");

    private async Task Watch(Deal deal, List<WatchResponse> into, CancellationToken ct)
    {
        try
        {
            await foreach (var message in new WatchFeed(_talent, deal.Name).Read(ct))
                if (message is not null) lock (into) into.Add(message);
        }
        catch (OperationCanceledException) when (ct.IsCancellationRequested)
        {
        }
    }

    private static bool Retracted(List<WatchResponse> seen, SignedTransaction transaction)
    {
        lock (seen)
            return seen.Any(message => message.Retracted is { } retracted && retracted.Retractions.Any(
                fact => fact.Kind == "MilestoneClosed" && fact.TransactionHash == transaction.Hash.ToString()));
    }

    /// <summary>The first milestone's phases as the watcher saw them, from the release on, without repetitions.</summary>
    private static List<string> Phases(List<WatchResponse> seen) =>
    [
        .. seen.Where(message => message.Update?.Agreement is { Milestones.Count: > 0 })
            .Select(message => message.Update.Agreement.Milestones[0].Phase.ToString())
            .SkipWhile(phase => phase != "Released")
            .Aggregate(new List<string>(), (phases, phase) => phases.LastOrDefault() == phase ? phases : [.. phases, phase]),
    ];

    private async Task AssertExactlyOnce(long orphaned)
    {
        var database = new LedgerDatabase(_server.Settings);
        Assert.Equal((await _anvil.Logs(), orphaned, 0, 0),
            (database.Standing(), database.Orphaned(), database.Doubles(), database.Gaps()));
        Assert.Empty((await new Reconciliation(_link, _node).Run(Ct)).Differences);
        Assert.Equal("", (await _node.Seen(Ct)).Halted);
    }

    /// <summary>A node that lost the code answers every call with nothing, which looks like success.</summary>
    private async Task AssertCode() =>
        Assert.False((await _anvil.Chain.GetCode(_anvil.Escrow, BlockId.Latest, Ct)).IsEmpty, "the node lost the contract's code");

    private static Step ReleaseOf(Deal deal) =>
        new("release", V1.Move.Release, 0, Law.Release.Encode(deal.Terms, 0, deal.Amount(0)));
}

[Collection(ProcessCollection.Name)]
public sealed class AnvilReorgSqliteTests : AnvilReorgTests
{
    protected override Task<IEnumerable<(string, string)>> Storage() => Task.FromResult<IEnumerable<(string, string)>>([]);

    protected override Task EndStorage() => Task.CompletedTask;
}

[Collection(ProcessCollection.Name)]
public sealed class AnvilReorgPostgresTests : AnvilReorgTests
{
    private PostgresServer? _postgres;

    protected override async Task<IEnumerable<(string, string)>> Storage()
    {
        _postgres = await PostgresServer.Create();
        return PostgresSettings.Of(_postgres.CreateDatabase());
    }

    protected override async Task EndStorage()
    {
        if (_postgres is not null) await _postgres.DisposeAsync();
    }
}
