using System.Collections.Immutable;
using System.Globalization;
using Braintrust.Escrow;
using Braintrust.Reputation;
using Braintrust.Storage;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;

namespace Braintrust.Chain;

/// <summary>
/// One seed: two followers, two projections and six agreements' readers, all of them the real ones, over two nodes that fail
/// and lie, a database that fails, and a clock that the seed moves. Nothing here waits, so that a seed is always the same.
/// </summary>
internal sealed class WatcherSimulation
{
    private const int Depth = 8;
    private const int Acts = 60;
    private const int SnapshotFacts = 3;
    private static readonly CancellationToken Ct = CancellationToken.None;

    private readonly Random _random;
    private readonly IServiceProvider _storage;
    private readonly ChainSettings _settings;
    private readonly ScriptedChain _truth;
    private readonly SimulatedStories _stories;
    private readonly SimulatedNode[] _nodes;
    private readonly DatabaseFaults _faults;
    private readonly IChainLedger _ledger;
    private readonly IContractRegistry _registry;
    private readonly FakeTimeProvider _clock = new();
    private readonly ChainFollower[] _followers = new ChainFollower[2];
    private readonly ProjectionRunner[] _projections;
    private readonly AgreementReader?[] _readers = new AgreementReader?[SimulatedStories.Count];
    private readonly EscrowSnapshot[] _snapshots = [.. Enumerable.Repeat(EscrowSnapshot.Empty, SimulatedStories.Count)];
    private ImmutableList<ScriptedBlock> _left = [];
    private ulong _highest;

    /// <summary>Whether the chain may replace what is final once, and a person lets it go on.</summary>
    private bool _goesDeep;
    private bool _wentDeep;
    private string? _trouble;

    private readonly SimulationTally _tally;

    public WatcherSimulation(int seed, IServiceProvider storage, SimulationTally tally)
    {
        (_random, _storage, _tally) = (new Random(seed), storage, tally);
        _settings = new ChainSettings
        {
            ChainId = 5_000_000 + (ulong)seed, ConfirmationsMin = Depth, RangeBlocksMax = 10 + _random.Next(40),
            FinalityTag = _random.Next(3) == 0 ? "finalized" : null,
        };
        _truth = new ScriptedChain(_settings.ChainId) { FinalizedDepth = Depth };
        _stories = new SimulatedStories(_settings.ChainId, _random);
        _nodes = [new SimulatedNode(_truth, _random), new SimulatedNode(_truth, _random)];
        _faults = new DatabaseFaults(_random);
        _ledger = new FaultyLedger(storage.GetRequiredService<IChainLedger>(), _faults);
        _registry = storage.GetRequiredService<IContractRegistry>();
        var rows = new FaultyProjections(storage.GetRequiredService<IProjectionStore>(), _faults);
        _projections =
        [
            new(new AgreementProjection(_ledger, positionsMax: 7), _settings.ChainId, rows, NullLogger.Instance),
            new(new ReputationProjection(_ledger, _registry, storage.GetRequiredService<IRows>(), new OnePrice(), factsMax: 3),
                _settings.ChainId, rows, NullLogger.Instance),
        ];
        _goesDeep = _random.Next(8) == 0;
    }

    public async Task Play()
    {
        await Register(TestChain.Escrow, 1);
        foreach (var i in (int[])[0, 1]) Restart(i);
        var late = _random.Next(Acts);
        for (var act = 0; act < Acts; act++)
        {
            if (act == late) await Register(FollowerTests.Bench.Late, 2);
            Act();
            KeepForksShallow();
            for (var i = _random.Next(4); i >= 0; i--) await Look();
        }

        await Settle();
        await Check();
        await _registry.Forget(_settings.ChainId, Ct);
    }

    private void Act()
    {
        _highest = Math.Max(_highest, _truth.Head.Number);
        var node = _nodes[_random.Next(2)];
        switch (_random.Next(16))
        {
            case 0 or 1: Fork(1 + _random.Next(4)); break;
            case 2: FlipBack(); break;
            case 3: node.Sync(_random.Next(6)); break;
            case 4: node.FailuresPerCent = _random.Next(2) * _random.Next(60); break;
            case 5: node.LiesPerCent = _random.Next(2) * _random.Next(40); break;
            case 6: node.RangeMax = _random.Next(2) == 0 ? ulong.MaxValue : 1 + (ulong)_random.Next(20); break;
            case 7: _faults.PerCent = _random.Next(2) * _random.Next(25); break;
            case 8: Restart(_random.Next(2)); break;
            case 9: _readers[_random.Next(_readers.Length)] = null; break;
            case 10: _clock.Advance(TimeSpan.FromSeconds(_random.Next(60))); break;
            case 11: Mine(25); break;
            case 12 when _goesDeep && _highest > 2 * Depth:
                (_goesDeep, _wentDeep) = (false, true);
                Fork(Depth + 2);
                break;
            default: Mine(1 + _random.Next(2)); break;
        }

        // A node that is not told to lag has what all have.
        foreach (var one in _nodes)
            if (_random.Next(3) > 0) one.Sync();
    }

    private void Mine(int blocks)
    {
        for (var i = 0; i < blocks; i++)
            // The late contract is deployed in the second block.
            _truth.Mine(_truth.Head.Number == 0 ? [] : _stories.Next(_truth.Blocks));
        _highest = Math.Max(_highest, _truth.Head.Number);
    }

    private ulong Floor => _highest < Depth ? 0 : _highest - Depth + 1;

    private void Fork(int depth)
    {
        var shallow = _truth.Head.Number > Floor + (ulong)depth;
        if (!shallow && (depth <= Depth || _truth.Head.Number <= (ulong)depth)) return;
        _left = _truth.Blocks;
        _truth.Reorg(depth, []);
        Mine(_random.Next(depth + 3));
    }

    private void FlipBack()
    {
        if (_left.Zip(_truth.Blocks).TakeWhile(pair => pair.First == pair.Second).Count() <= (int)Floor + 1) return;
        var back = _left;
        _left = _truth.Blocks;
        _truth.SwitchTo(back[^1].Header.Hash);
    }

    /// <summary>A node may not stand on a fork that the others made final without it: that halts, and rightly.</summary>
    private void KeepForksShallow()
    {
        foreach (var node in _nodes)
            if (node.Shares < Floor) node.Sync();
    }

    private async Task Look()
    {
        switch (_random.Next(6))
        {
            case 0: await Quietly(() => _projections[_random.Next(2)].Step(Ct)); break;
            case 1: await Read(_random.Next(_readers.Length)); break;
            case 2: await Follow(1); break;
            default: await Follow(0); break;
        }
    }

    /// <summary>Now and then the other follower takes a whole step between two questions of this one.</summary>
    private async Task Follow(int which)
    {
        foreach (var node in _nodes)
            node.Aside = async () =>
            {
                if (_random.Next(25) > 0) return;
                foreach (var one in _nodes) one.Aside = null;
                await Quietly(() => Step(1 - which));
            };
        await Quietly(() => Step(which));
        foreach (var node in _nodes) node.Aside = null;
    }

    private async ValueTask<FollowReport> Step(int which)
    {
        var report = await _followers[which].Step(Ct);
        _tally["steps"]++;
        _trouble = report.Waiting;
        if (report.Waiting is { } why && why.Contains("was first", StringComparison.Ordinal)) _tally["fenced off"]++;
        if (report.Waiting is { } mind && mind.Contains("changed its chain", StringComparison.Ordinal)) _tally["contradictions"]++;
        return report;
    }

    /// <summary>A process that died and came back: whatever it had learned is gone.</summary>
    private void Restart(int which)
    {
        var node = new FailoverChain([("first", _nodes[which]), ("second", _nodes[1 - which])], _clock, _ => _tally["fail-overs"]++);
        _followers[which] = new ChainFollower(new FollowedChain(_settings, node), _ledger, _registry, _clock, NullLogger.Instance);
    }

    private Task Read(int story) => Quietly(async () =>
    {
        if (_readers[story] is not { } reader)
        {
            reader = new AgreementReader(_settings.ChainId, _stories.Stories[story].Negotiation, _ledger, SnapshotFacts);
            await reader.Begin(_snapshots[story], Ct);
            _readers[story] = reader;
        }

        var before = reader.Cursor.Pos;
        await reader.Look(Ct);
        Assert.True(reader.Cursor.Pos >= before, "A reader went back.");
        if (_random.Next(4) == 0 && reader.Snapshot() is { } snapshot)
        {
            _snapshots[story] = snapshot;
            _tally["snapshots"]++;
        }

        return true;
    });

    /// <summary>Everything is well again, and everything arrives.</summary>
    private async Task Settle()
    {
        _faults.PerCent = 0;
        // Below what was final once nobody can tell a shorter chain from a node that lags.
        Mine(2 + (int)(_highest - _truth.Head.Number));
        foreach (var node in _nodes)
        {
            (node.FailuresPerCent, node.LiesPerCent, node.RangeMax) = (0, 0, ulong.MaxValue);
            node.Sync();
        }

        for (var steps = 0; !await Arrived(); steps++)
        {
            Assert.True(steps < 500, $"The follower does not arrive: {_trouble}; {await _ledger.ReadCursor(_settings.ChainId, Ct)}, the node is at {_truth.Head}.");
            _clock.Advance(TimeSpan.FromSeconds(40));
            await Quietly(() => Step(_random.Next(2)));
        }

        foreach (var projection in _projections) await CatchUp(projection);
        for (var story = 0; story < _readers.Length; story++) await Read(story);
    }

    private async Task<bool> Arrived()
    {
        var cursor = await _ledger.ReadCursor(_settings.ChainId, Ct);
        if (cursor.Halted is not null)
        {
            Assert.True(_wentDeep, $"No final block was replaced, yet: {cursor.Halted}");
            var resume = new ChainResume(_settings.ChainId, _ledger, _registry, _nodes[0], _clock);
            var newest = await resume.NewestBlock(Ct);
            Assert.True((await resume.From(newest!.Number, "ann", "the simulation", Ct)).Accepted(out _, out _));
            _tally["halts"]++;
            return false;
        }

        return cursor.HeadHash == _truth.Head.Hash && (await _registry.ReadBackfills(_settings.ChainId, Ct)).Count == 0
            && cursor.FinalNo + Depth >= cursor.HeadNo;
    }

    private static async Task CatchUp(ProjectionRunner projection)
    {
        for (var steps = 0; (await projection.Step(Ct)).Again; steps++) Assert.True(steps < 500, "A projection does not arrive.");
    }

    private async Task Check()
    {
        await LedgerCheck.HoldsExactlyTheChain(_ledger, _truth, inOrder: false);
        var entries = await LedgerCheck.Entries(_ledger, _settings.ChainId);
        _tally["facts"] += entries.Facts.Count;
        _tally["facts taken back"] += entries.Facts.Count(entry => entry.OrphanedBy is not null);
        _tally["rewinds"] += entries.Rewinds.Count;
        var models = _stories.Model(_truth.Blocks);
        for (var i = 0; i < models.Length; i++)
        {
            Assert.Equal(models[i].ToString(), AgreementModel.Told(_readers[i]!.Fold));
            foreach (var saved in (EscrowSnapshot[])[_snapshots[i], EscrowSnapshot.Empty])
            {
                var restarted = new AgreementReader(_settings.ChainId, _stories.Stories[i].Negotiation, _ledger, SnapshotFacts);
                await restarted.Begin(saved, Ct);
                Assert.Equal(models[i].ToString(), AgreementModel.Told(restarted.Fold));
            }
        }

        var cursor = await _ledger.ReadCursor(_settings.ChainId, Ct);
        var final = _truth.Blocks.Where(block => block.Header.Number <= cursor.FinalNo);
        Assert.Equal(Listed(models), (await Rows(ListedAgreement.Table)).Select(row => Told(ListedAgreement.Of(row))).Order());
        Assert.Equal(Standings(_stories.Deeds(final)), (await Rows(Standing.Table)).Select(row => Told(Standing.Of(row))).Order());
        var once = await AllRows();
        foreach (var projection in _projections)
        {
            await projection.Restart(Ct);
            await CatchUp(projection);
        }

        Assert.Equal(once, await AllRows());
    }

    private IEnumerable<string> Listed(AgreementModel[] models) =>
        models.Zip(_stories.Stories).Where(pair => pair.First.Funded > 0)
            .Select(pair => $"{pair.Second.Negotiation} {pair.First.Current} {pair.First.Funded} {pair.First.Held}").Order();

    private static string Told(ListedAgreement row) =>
        $"{row.Negotiation} {row.Milestone} {row.MilestonesFunded} {row.Held.Units}";

    /// <summary>What each side of every payment may say of itself: sums, how often, with how many others.</summary>
    private IEnumerable<string> Standings(IEnumerable<Deed> deeds)
    {
        var (models, paid) = (_stories.Model([]), new List<(Address Talent, Address Employer, long Pay, long Fee)>());
        foreach (var deed in deeds)
        {
            var terms = _stories.Stories[deed.Story].Terms;
            if (deed is Deed.Close { Pay: > 0 } close)
                paid.Add((terms.Talent, terms.Employer, close.Pay, AgreementModel.Fee(AgreementModel.Amounts[models[deed.Story].Current], close.Pay)));
            models[deed.Story].Take(deed);
        }

        var talents = paid.GroupBy(one => one.Talent).Select(of =>
            $"{of.Key} earned {of.Sum(one => one.Pay)} by {of.Count()} of {of.DistinctBy(one => one.Employer).Count()}, paid 0 and 0 by 0 to 0");
        var employers = paid.GroupBy(one => one.Employer).Select(of =>
            $"{of.Key} earned 0 by 0 of 0, paid {of.Sum(one => one.Pay)} and {of.Sum(one => one.Fee)} by {of.Count()} to {of.DistinctBy(one => one.Talent).Count()}");
        return talents.Concat(employers).Order();
    }

    private static string Told(Standing of) =>
        $"{of.Address} earned {of.Earned} by {of.Releases} of {of.Employers}, paid {of.Paid} and {of.Fees} by {of.Payments} to {of.Talents}";

    private ValueTask<ImmutableArray<StoredRow>> Rows(string table) =>
        _storage.GetRequiredService<IRows>().Read(table, [(long)_settings.ChainId], Ct);

    private async Task<string> AllRows()
    {
        var text = new List<string>();
        foreach (var table in AgreementProjection.ProjectionTables.Concat(ReputationProjection.ProjectionTables))
            foreach (var row in await Rows(table)) text.Add($"{table}: {string.Join(' ', row.Key.Concat(row.Values).Select(Plain))}");
        return string.Join('\n', text);
    }

    private static string Plain(object? value) =>
        value is byte[] bytes ? Convert.ToHexString(bytes) : Convert.ToString(value, CultureInfo.InvariantCulture) ?? "";

    private ValueTask Register(Address contract, ulong block) => _registry.Register(
        new RegisteredContract(_settings.ChainId, contract, EscrowFacts.ContractKind, block, default), Ct);

    private async Task Quietly<T>(Func<ValueTask<T>> act)
    {
        try
        {
            await act();
        }
        catch (Exception away) when (away is ChainUnavailableException or ChainProtocolException or StorageUnavailableException)
        {
            // The next step is the retry.
            _trouble = away.Message;
            _tally[away switch { ChainProtocolException => "lies found out", StorageUnavailableException => "database faults", _ => "node faults" }]++;
        }
    }

    /// <summary>A base unit is a millionth of the reference unit, so that sums stay sums.</summary>
    private sealed class OnePrice : ITokenPrices
    {
        public ValueTask<TokenPrice?> Find(ulong chain, Address escrow, uint policyVersion, Address token, CancellationToken ct) =>
            new(new TokenPrice(token, (UInt128)1_000_000_000_000_000_000));
    }
}
