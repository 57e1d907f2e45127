using Braintrust.Watch;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;

namespace Braintrust;

public sealed class WatchHubTests
{
    private readonly FakeTimeProvider _clock = new();
    private readonly WatchHub _hub;
    private readonly ScriptedWatch _script = new();

    public WatchHubTests() => _hub = new WatchHub(new WatchOptions(), _clock, NullLogger<WatchHub>.Instance);

    [Fact]
    public async Task A_thousand_readers_share_one_source_and_one_encoding()
    {
        var readers = Enumerable.Range(0, 1_000).Select(_ => new SeatReader(_hub, _script.Source)).ToArray();

        await _script.Tell(1);

        var values = await Task.WhenAll(readers.Select(reader => reader.Next()));
        Assert.Equal(1, _script.Opened);
        Assert.Single(values.Distinct());
        foreach (var reader in readers) reader.Dispose();
        await _hub.Closed();
        Assert.Equal(0, _hub.Count);
    }

    [Fact]
    public async Task A_reader_that_was_away_gets_the_newest_value_only()
    {
        using var slow = new SeatReader(_hub, _script.Source);
        using var fast = new SeatReader(_hub, _script.Source);
        for (var i = 1; i <= 1_000; i++)
        {
            await _script.Tell(i);
            Assert.Equal(i, (await fast.Next()).Version.State);
        }

        Assert.Equal(1_000, (await slow.Next()).Version.State);
        Assert.Null(slow.Seat.Take());
    }

    [Fact]
    public async Task A_source_that_ended_or_broke_is_opened_again_after_growing_pauses()
    {
        using var reader = new SeatReader(_hub, _script.Source);
        await _script.Tell(1);
        await reader.Next();

        await _script.End();
        await _script.OpenedAgain(_clock, TimeSpan.FromMilliseconds(50));
        await _script.Fail(new TimeoutException("The silo died."));
        await _script.OpenedAgain(_clock, TimeSpan.FromMilliseconds(100));
        await _script.Fail(new TimeoutException("The silo died."));
        await _script.OpenedAgain(_clock, TimeSpan.FromMilliseconds(200));

        await _script.Tell(1);
        await _script.Tell(2);
        Assert.Equal(2, (await reader.Next()).Version.State);
    }

    [Fact]
    public async Task A_value_older_than_one_that_was_told_is_not_told()
    {
        using var reader = new SeatReader(_hub, _script.Source);
        await _script.Tell(5, pos: 9);
        await reader.Next();

        await _script.Tell(7, pos: 8);
        await _script.Tell(4, pos: 9);
        await _script.Tell(1, pos: 10);

        Assert.Equal(new ViewVersion(1, 10), (await reader.Next()).Version);
    }
}
