using Braintrust.Chain;
using Braintrust.Chain.Contracts;
using Braintrust.Escrow;
using Xunit.Abstractions;
using Law = Braintrust.Chain.Contracts.PolicyContract;

namespace Braintrust.Governance;

/// <summary>
/// The fold of a policy's logs and the contract's own views say the same of every version, listing and official address,
/// and of what can be funded when.
/// </summary>
public sealed class PolicyLawTests(ITestOutputHelper output) : IAsyncLifetime
{
    private const int Votes = 25;
    private const uint Day = 86_400;

    private static readonly string[] Kinds = ["WorkAgreements", "Treasury"];

    private readonly CancellationToken _ct = new CancellationTokenSource(TimeSpan.FromMinutes(2)).Token;
    private AnvilServer? _node;
    private JsonRpcChain? _chain;
    private Address _policy;
    private Address[] _tokens = [];

    private JsonRpcChain Chain => _chain!;

    public async Task InitializeAsync()
    {
        _node = await AnvilServer.Start("--no-mining");
        _chain = _node.Connect();
        var owner = DevelopmentKeys.Address(0);
        _tokens =
        [
            (await Send(null, BraintrustTokenContract.DeployData(owner))).Created!.Value,
            (await Send(null, DevelopmentDollarContract.DeployData(owner))).Created!.Value,
        ];
        var first = DevelopmentContracts.PolicyData(owner, owner, WorkStory.FeeBps, [new(_tokens[0], 1, 1)], []);
        _policy = (await Send(null, first)).Created!.Value;
    }

    public async Task DisposeAsync()
    {
        _chain?.Dispose();
        if (_node is not null) await _node.DisposeAsync();
    }

    [Fact]
    public async Task The_fold_of_the_logs_is_what_the_contract_says()
    {
        var seed = Random.Shared.Next();
        output.WriteLine($"seed {seed}");
        var random = new Random(seed);
        for (uint version = 1; version <= Votes; version++)
        {
            await new AnvilDevChain(Chain).AdvanceTime(TimeSpan.FromDays(random.Next(5)), _ct);
            if (random.Next(3) == 0) await Stop(random, (await Fold()).Current!);
            if (random.Next(4) == 0) await Send(_policy, DevelopmentContracts.CourtRulesData(new Law.Tokens(_tokens[random.Next(2)], version)));
            await Send(_policy, Vote(version, random, (await Fold()).Current!));
        }

        var policy = await Fold();
        Assert.Equal(Votes + 1, policy.Versions.Length);
        Assert.Equal(policy.Current!.Number, await Law.CurrentVersion.Call(Chain, _policy, BlockId.Latest, _ct));
        foreach (var version in policy.Versions) await Compare(version);
        await CompareCourt(policy);
        await CompareTime(policy);
    }

    /// <summary>Where the version has a guardian: the owner is one, so that one key does it all.</summary>
    private async Task Stop(Random random, PolicyVersion current)
    {
        if (current.Parameters.Guardian.IsZero) return;
        await Send(_policy, Law.StopEntry.Encode(current.Number, random.Next(1, 14 * (int)Day)));
    }

    private async Task CompareCourt(PolicyOnChain policy)
    {
        Assert.Equal(policy.CourtRules.Length, await Law.CourtRulesCount.Call(Chain, _policy, BlockId.Latest, _ct));
        foreach (var rules in policy.CourtRules)
        {
            Assert.Equal(
                new Law.Rules(
                    rules.CostBps, rules.BandBps, rules.ResponseSeconds, rules.DrawSeconds, rules.CommitSeconds, rules.RevealSeconds,
                    rules.AppealSeconds),
                await Law.CourtRules.Call(Chain, _policy, rules.Number, BlockId.Latest, _ct));
            foreach (var token in _tokens)
                Assert.Equal(
                    rules.Tokens.SingleOrDefault(heard => heard.Token == token)?.CostMin.Units ?? 0,
                    await Law.CourtCostMin.Call(Chain, _policy, rules.Number, token, BlockId.Latest, _ct));
        }
    }

    /// <summary>Parameters within the bounds, listings and official addresses that come, change and go.</summary>
    private byte[] Vote(uint supersedes, Random random, PolicyVersion current)
    {
        var shortest = (uint)random.Next(3, 91);
        var parameters = new Law.Parameters(
            DevelopmentKeys.Address(random.Next(10)), (ushort)random.Next(2_001), shortest * Day,
            (uint)random.Next((int)shortest, 91) * Day, (uint)random.Next(3, 91) * Day, (uint)random.Next(1, 31) * Day,
            (ushort)random.Next(5_001), random.Next(4) == 0 ? Address.Zero : DevelopmentKeys.Address(0));
        var listed = _tokens.Where(_ => random.Next(3) == 0)
            .Select(token => new Law.Listed(token, (UInt128)random.NextInt64(1, long.MaxValue), (UInt128)random.NextInt64(1, long.MaxValue)));
        var delisted = current.Tokens.Select(token => token.Token).Where(_ => random.Next(4) == 0);
        var officials = Kinds.Where(_ => random.Next(3) == 0)
            .Select(kind => new Law.Officials(ShortText.Word(kind), random.Next(3) == 0 ? Address.Zero : DevelopmentKeys.Address(random.Next(10))));
        return Law.Publish.Encode(supersedes, parameters, [.. listed], [.. delisted], [.. officials]);
    }

    private async Task Compare(PolicyVersion version)
    {
        var (told, _, superseded) = await Law.ParametersOf.Call(Chain, _policy, version.Number, BlockId.Latest, _ct);
        Assert.Equal(
            new PolicyParameters(
                told.FeeReceiver, told.FeeBps, told.ReviewWindowMin, told.ReviewWindowMax, told.ReworkTimeMin, told.ValidityMax,
                told.OriginBpsMax, told.Guardian),
            version.Parameters);
        Assert.Equal(superseded, version.SupersededAt?.Seconds ?? 0);
        Assert.Equal(
            await Law.StoppedUntil.Call(Chain, _policy, version.Number, BlockId.Latest, _ct), version.StoppedUntil?.Seconds ?? 0);
        foreach (var token in _tokens)
        {
            var listed = version.Tokens.SingleOrDefault(one => one.Token == token);
            Assert.Equal(
                new Law.Listed(listed?.Token ?? Address.Zero, listed?.AmountMin.Units ?? 0, listed?.ReferencePrice ?? 0),
                await Law.PaymentTokenOf.Call(Chain, _policy, version.Number, token, BlockId.Latest, _ct));
        }

        foreach (var kind in Kinds)
            Assert.Equal(
                version.Officials.SingleOrDefault(official => official.Kind == kind)?.Account ?? Address.Zero,
                await Law.OfficialAddressOf.Call(Chain, _policy, version.Number, ShortText.Word(kind), BlockId.Latest, _ct));
    }

    /// <summary>At the last second of every version that still has one, and at the second after it.</summary>
    private async Task CompareTime(PolicyOnChain policy)
    {
        var head = (await Chain.GetHeader(BlockId.Latest, _ct))!.Time;
        var edges = policy.Versions.SelectMany(version => new[] { version.FundableUntil, version.StoppedUntil }).OfType<BlockTime>().Where(until => until > head)
            .SelectMany(until => new[] { until.Seconds, until.Seconds + 1 }).ToHashSet();
        foreach (var second in edges.Order())
        {
            await _node!.Ask("evm_setNextBlockTimestamp", second);
            await new AnvilDevChain(Chain).Mine(1, _ct);
            foreach (var version in policy.Versions)
                foreach (var token in _tokens)
                    Assert.Equal(
                        await Law.Fundable.Call(Chain, _policy, version.Number, token, BlockId.Latest, _ct),
                        version.IsFundable(token, new BlockTime(second)));
        }
    }

    private async Task<PolicyOnChain> Fold()
    {
        var sink = new VoteSink();
        await Chain.ReadLogs(LogFilter.Range([_policy], 0, (await Chain.GetHeader(BlockId.Latest, _ct))!.Number), sink, _ct);
        var policy = PolicyOnChain.Empty;
        foreach (var (published, place) in sink.Votes)
        {
            var header = await Chain.GetHeader(BlockId.At(place.Seen.BlockNo), _ct);
            policy = PolicyFold.Apply(policy, published, place with { Seen = place.Seen with { BlockTime = header!.Time } });
        }

        return policy;
    }

    private async Task<TxReceipt> Send(Address? to, byte[] data)
    {
        var from = DevelopmentKeys.Signer(0);
        var nonce = await Chain.GetNonce(from.Address, BlockId.Pending, _ct);
        var fees = await Chain.GetFees(_ct);
        var signed = await new Eip1559Transaction(
            Chain.ChainId, nonce, fees.MaxPriorityFeePerGas, fees.MaxFeePerGas, 6_000_000, to, 0, data).Sign(from, _ct);
        await Chain.SendRaw(signed.Raw, _ct);
        await new AnvilDevChain(Chain).Mine(1, _ct);
        var receipt = await Chain.GetReceipt(signed.Hash, _ct);
        Assert.True(receipt!.Succeeded);
        return receipt;
    }

    private sealed class VoteSink : ILogSink
    {
        public List<(PolicyEvent, FactPlace)> Votes { get; } = [];

        public void OnLog(in LogEntry log)
        {
            var seen = new Seen(log.BlockNo, log.BlockHash, default, log.TxHash, FinalityStatus.Pending, 0, 0);
            Votes.Add((PolicyFacts.TryRead(log.Topics, log.Data)!.Value.Event, new FactPlace(Votes.Count + 1, log.Contract, seen, log.LogIndex)));
        }
    }
}
