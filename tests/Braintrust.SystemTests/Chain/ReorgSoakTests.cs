using System.Globalization;
using System.Numerics;
using Braintrust.Accounts;
using Braintrust.Escrow;
using Braintrust.Testing;
using Xunit.Abstractions;
using Law = Braintrust.Chain.Contracts.WorkAgreementsContract;
using V1 = Braintrust.Api.Escrow.V1;

namespace Braintrust.Chain;

/// <summary>
/// A real node that replaces up to 64 of its newest blocks again and again while money moves, and a real server that follows it.
/// BRAINTRUST_TEST_SOAK_REORGS says how often; BRAINTRUST_TEST_SEED plays a printed seed again.
/// </summary>
[Collection(ProcessCollection.Name)]
public sealed class ReorgSoakTests(ITestOutputHelper output) : IAsyncLifetime
{
    private const int Cycles = 50;
    private const int DepthMax = 64;
    private const int Confirmations = DepthMax + 6;
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(60);
    private static readonly CancellationToken Ct = CancellationToken.None;

    private FollowedAnvil _anvil = null!;
    private ServerProcess _server = null!;
    private ServerLink _link = null!;
    private NodeLink _node = null!;
    private Person _employer = null!;
    private Person _talent = null!;

    public async Task InitializeAsync()
    {
        _anvil = await FollowedAnvil.Start();
        _server = await ServerProcess.Start([.. _anvil.Settings(Confirmations), ("Grains:ReconcileIntervalMs", "500")]);
        _link = new ServerLink(_server.Url, Soon);
        _node = await NodeLink.Open(_link, Ct);
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
    }

    [Fact]
    public async Task Reorgs_of_any_depth_while_money_moves_end_with_every_log_once_and_all_accounts_equal()
    {
        var (seed, cycles) = (Number("BRAINTRUST_TEST_SEED") ?? Random.Shared.Next(), Number("BRAINTRUST_TEST_SOAK_REORGS") ?? Cycles);
        output.WriteLine($"BRAINTRUST_TEST_SEED={seed}");
        var random = new Random(seed);
        var deal = await Funded();
        var (moves, nonce, depths) = (0, 1_000, 0);
        for (var cycle = 0; cycle < cycles; cycle++)
        {
            for (var some = random.Next(1, 4); some > 0; some--, moves++)
                if (random.Next(2) == 0) await Send(_talent.Signer, Law.BurnNonce.Encode(++nonce));
                else await Send(_employer.Signer, Law.Tip.Encode(deal.Terms, random.Next(1, 1_000_000)));
            await _anvil.Dev.Mine(random.Next(1, 6), Ct);
            // A server that never saw what is taken back would have nothing to take back.
            if (random.Next(4) > 0) await Followed();
            var depth = random.Next(3) == 0 ? random.Next(1, DepthMax + 1) : random.Next(1, 9);
            depths = Math.Max(depths, depth);
            await _anvil.Dev.Reorg(depth, Ct);
            Assert.False((await _anvil.Chain.GetCode(_anvil.Escrow, BlockId.Latest, Ct)).IsEmpty, "the node lost the contract's code");
        }

        await _anvil.Dev.Mine(Confirmations, Ct);
        await Followed();
        var database = new LedgerDatabase(_server.Settings);
        output.WriteLine($"{cycles} reorgs down to {depths} blocks, {moves} moves, {database.Orphaned()} facts taken back");
        Assert.True(database.Orphaned() > 0);
        Assert.Equal((await _anvil.Logs(), 0, 0), (database.Standing(), database.Doubles(), database.Gaps()));
        Assert.Empty((await new Reconciliation(_link, _node).Run(Ct)).Differences);
        var reconciled = await Eventually.Holds(
            () => _server.Verb("db", "reconcile", $"{_node.ChainId}"), verb => verb.Code == 0, Soon, "agreement of contracts and rows");
        Assert.Contains("reconciliation: 0 differences", reconciled.Said);
        Assert.Equal("", (await _node.Seen(Ct)).Halted);
    }

    private static int? Number(string variable) =>
        int.TryParse(Environment.GetEnvironmentVariable(variable), CultureInfo.InvariantCulture, out var number) ? number : null;

    /// <summary>An agreement in a final block, whose employer may tip.</summary>
    private async Task<Deal> Funded()
    {
        var head = await _node.Head(Ct);
        var (employer, talent) = (_employer.Address, _talent.Address);
        var terms = new Law.Terms(
            1, BigInteger.Zero, default, employer, employer, talent, talent, _node.Token, _node.Told.PolicyVersion, (ushort)_node.Told.FeeBps,
            default, 0, 3 * 24 * 3600, 3 * 24 * 3600, 2, default, 0, 0, 5_000, head.Time.Seconds + 24 * 3600, Hash32.Keccak([1]),
            [1_000_000_000_000_001], [24 * 3600]);
        var deal = await new WorkStage(_link, _node, new Timeline(json: false, TextWriter.Null)).Offer(_talent, terms, Ct);
        await Send(_employer.Signer, Contracts.BraintrustTokenContract.Approve.Encode(_node.Escrow, BigInteger.Pow(10, 20)), _node.Token);
        await Send(_employer.Signer, Law.Fund.Encode(terms, deal.Signature, 1));
        await _anvil.Dev.Mine(Confirmations, Ct);
        await Followed();
        return deal;
    }

    /// <summary>The server has read the node's newest block.</summary>
    private async Task Followed()
    {
        var head = (await _anvil.Chain.GetHeader(BlockId.Latest, Ct))!.Hash.ToString();
        await Eventually.Holds(() => _node.Seen(Ct), seen => seen.HeadHash == head, Soon, "the server at the node's head");
    }

    /// <summary>Past the server, which would give what a fork loses back to the node.</summary>
    private async Task Send(IEvmSigner by, byte[] data, Address? to = null)
    {
        var fees = await _anvil.Chain.GetFees(Ct);
        var nonce = await _anvil.Chain.GetNonce(by.Address, BlockId.Latest, Ct);
        var transaction = new Eip1559Transaction(
            _node.ChainId, nonce, fees.MaxPriorityFeePerGas, fees.MaxFeePerGas, 1_000_000, to ?? _anvil.Escrow, 0, data);
        var hash = await _anvil.Chain.SendRaw((await transaction.Sign(by, Ct)).Raw, Ct);
        await Eventually.Holds(
            () => _anvil.Chain.GetReceipt(hash, Ct).AsTask(), receipt => receipt is { Succeeded: true }, Soon, "a receipt");
    }
}
