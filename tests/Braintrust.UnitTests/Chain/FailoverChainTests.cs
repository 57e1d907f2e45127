using Microsoft.Extensions.Time.Testing;

namespace Braintrust.Chain;

/// <summary>Several endpoints of one chain, each a script of its own, under a clock of the test's.</summary>
public sealed class FailoverChainTests
{
    private readonly FakeTimeProvider _clock = new();
    private readonly ScriptedChain _first = new();
    private readonly ScriptedChain _second = new();
    private readonly List<string> _news = [];
    private readonly FailoverChain _chain;

    public FailoverChainTests() => _chain = new FailoverChain([("first", _first), ("second", _second)], _clock, _news.Add);

    [Fact]
    public async Task The_preferred_endpoint_answers_while_it_can()
    {
        Mine(3, _first, _second);
        for (var i = 0; i < 20; i++) Assert.Equal(_first.Head, await Head());
        Assert.Equal("first", _chain.Current);
        Assert.Empty(_news);
    }

    [Fact]
    public async Task One_that_is_away_is_passed_over_and_comes_back_when_it_has_rested()
    {
        Mine(3, _first, _second);
        _first.FailNext(1);
        Assert.Equal(_second.Head, await Head());
        Assert.Equal("second", _chain.Current);
        Assert.Equal(2, _news.Count);
        await Head();
        Assert.Equal("second", _chain.Current);
        _clock.Advance(TimeSpan.FromMinutes(3));
        await Head();
        Assert.Equal("first", _chain.Current);
    }

    [Fact]
    public async Task One_that_asks_to_be_left_alone_is_left_alone_that_long()
    {
        Mine(1, _first, _second);
        var asked = 0;
        _first.Before = (_, _) => ++asked == 1
            ? throw new ChainUnavailableException("429") { RetryAfter = TimeSpan.FromMinutes(10) }
            : ValueTask.CompletedTask;
        await Head();
        _clock.Advance(TimeSpan.FromMinutes(9));
        await Head();
        Assert.Equal(1, asked);
        _clock.Advance(TimeSpan.FromMinutes(2));
        await Head();
        Assert.Equal(2, asked);
    }

    [Fact]
    public async Task When_all_are_away_the_first_trouble_is_told_and_somebody_is_asked_all_the_same()
    {
        _first.FailNext(1);
        _second.FailNext(1);
        await Assert.ThrowsAsync<ChainUnavailableException>(async () => await Head());
        Assert.NotNull(await Head());
    }

    [Fact]
    public async Task One_that_lags_is_passed_over_until_it_has_caught_up()
    {
        Mine(10, _first, _second);
        await Head();
        Mine(10, _second);
        _first.FailNext(1);
        Assert.Equal(20ul, (await Head())!.Number);
        _clock.Advance(TimeSpan.FromMinutes(5));
        Assert.Equal(20ul, (await Head())!.Number);
        Assert.Contains(_news, news => news.Contains("stands at block 10"));
        Mine(10, _first);
        _clock.Advance(TimeSpan.FromMinutes(5));
        await Head();
        Assert.Equal("first", _chain.Current);
    }

    [Fact]
    public async Task A_chain_that_became_shorter_everywhere_is_believed()
    {
        Mine(20, _first, _second);
        await Head();
        _first.Reorg(10, []);
        _second.Reorg(10, []);
        Assert.Equal(10ul, (await Head())!.Number);
    }

    [Fact]
    public async Task One_that_was_caught_in_a_contradiction_is_not_asked_next()
    {
        Mine(1, _first, _second);
        await Head();
        _chain.Doubt("a log of another fork");
        await Head();
        Assert.Equal("second", _chain.Current);
    }

    [Fact]
    public async Task Logs_of_an_answer_that_broke_off_are_not_handed_on()
    {
        var log = new ScriptedLog(DevelopmentKeys.Address(1), [Hash32.Keccak([1])], default);
        _first.Mine(log, log);
        _second.Mine(log, log);
        _first.TellLogs = logs => [.. logs.Take(1), .. Broken()];
        var sink = new LogSink();
        Assert.Equal(2, await _chain.ReadLogs(LogFilter.Range([log.Contract], 0, 1), sink, CancellationToken.None));
        Assert.Equal(2, sink.Seen.Count);

        static IEnumerable<PlacedLog> Broken() => throw new ChainUnavailableException("cut");
    }

    [Fact]
    public async Task A_refused_range_and_a_revert_are_answers_and_not_failures()
    {
        _first.LogRangeMax = 1;
        Mine(5, _first, _second);
        var refused = await Assert.ThrowsAsync<ChainUnavailableException>(async () =>
            await _chain.ReadLogs(LogFilter.Range([DevelopmentKeys.Address(1)], 0, 5), new LogSink(), CancellationToken.None));
        Assert.True(refused.AnswerTooLarge);
        await Head();
        Assert.Equal("first", _chain.Current);
    }

    [Fact]
    public async Task Who_listens_for_heads_listens_to_the_one_that_took_over()
    {
        Mine(1, _first, _second);
        await using var heads = _chain.WatchHeads(CancellationToken.None).GetAsyncEnumerator();
        Assert.True(await heads.MoveNextAsync());
        var next = heads.MoveNextAsync().AsTask();
        _chain.Doubt("silent");
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => next.WaitAsync(TimeSpan.FromSeconds(60)));
        await using var again = _chain.WatchHeads(CancellationToken.None).GetAsyncEnumerator();
        Assert.True(await again.MoveNextAsync());
        Mine(1, _second);
        Assert.True(await again.MoveNextAsync());
        Assert.Equal(_second.Head, again.Current);
    }

    [Fact]
    public void Endpoints_of_several_chains_are_no_chain() => Assert.Throws<ArgumentException>(
        () => new FailoverChain([("one", new ScriptedChain(1)), ("two", new ScriptedChain(2))], _clock, _news.Add));

    private ValueTask<BlockHeader?> Head() => _chain.GetHeader(BlockId.Latest, CancellationToken.None);

    private static void Mine(int blocks, params ScriptedChain[] nodes)
    {
        foreach (var node in nodes)
            for (var i = 0; i < blocks; i++) node.Mine();
    }
}
