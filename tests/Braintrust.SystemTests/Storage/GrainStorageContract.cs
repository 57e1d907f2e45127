using System.Collections.Immutable;
using System.Text.Json;
using Orleans;
using Orleans.Runtime;
using Orleans.Storage;

namespace Braintrust.Storage;

/// <summary>What Orleans may expect of a provider, ours and AdoNet over our statements alike.</summary>
public abstract class GrainStorageContract(IEngineUnderTest engine, string name) : IAsyncLifetime
{
    private const string StateName = "test/note";

    private StorageOptions _options = null!;
    private SiloUnderTest _silo = null!;

    private IGrainStorage Provider => _silo.Storage(name);

    public async Task InitializeAsync()
    {
        _options = engine.NewDatabase();
        _silo = await SiloUnderTest.Start(_options);
    }

    public async Task DisposeAsync()
    {
        await _silo.DisposeAsync();
        await engine.DisposeAsync();
    }

    [Fact]
    public async Task Grain_states_keep_the_contract_of_Orleans()
    {
        await A_new_state_is_empty();
        await A_written_state_is_read_back();
        await A_stale_etag_is_refused();
        await One_of_many_first_writes_wins();
        await A_cleared_state_is_empty_and_can_be_written_again();
        await Large_states_and_all_kinds_of_keys_are_kept();
        await A_cache_that_cannot_be_read_is_empty_and_can_be_written_again();
    }

    private async Task A_new_state_is_empty()
    {
        var read = await Read(Key("new"));
        Assert.Equal((false, null, ""), (read.RecordExists, read.ETag, read.State!.Text));
    }

    private async Task A_written_state_is_read_back()
    {
        var state = await Write(Key("a"), new(), "one");
        Assert.Equal(("1", true), (state.ETag, state.RecordExists));
        await Write(Key("a"), state, "two");

        var read = await Read(Key("a"));
        Assert.Equal(("2", true, "two"), (read.ETag, read.RecordExists, read.State!.Text));
    }

    private async Task A_stale_etag_is_refused()
    {
        var first = await Write(Key("stale"), new(), "one");
        var old = new GrainState<Note> { ETag = first.ETag, RecordExists = true };
        await Write(Key("stale"), first, "two");

        await Assert.ThrowsAsync<InconsistentStateException>(() => Write(Key("stale"), old, "lost"));
        await Assert.ThrowsAsync<InconsistentStateException>(() => Write(Key("stale"), new(), "lost"));
        await Assert.ThrowsAsync<InconsistentStateException>(
            () => Provider.ClearStateAsync(StateName, Key("stale"), old));
        Assert.Equal("two", (await Read(Key("stale"))).State!.Text);
    }

    private async Task One_of_many_first_writes_wins()
    {
        for (var round = 0; round < 25; round++)
        {
            var key = Key($"race{round}");
            var wins = await Task.WhenAll(Enumerable.Range(0, 8).Select(async i =>
            {
                try
                {
                    await Write(key, new(), $"{i}");
                    return i;
                }
                catch (InconsistentStateException)
                {
                    return -1;
                }
            }));
            Assert.Equal($"{Assert.Single(wins, w => w >= 0)}", (await Read(key)).State!.Text);
        }
    }

    private async Task A_cleared_state_is_empty_and_can_be_written_again()
    {
        var state = await Write(Key("cleared"), new(), "one");
        await Provider.ClearStateAsync(StateName, Key("cleared"), state);
        Assert.Equal((false, ""), (state.RecordExists, state.State!.Text));
        Assert.False((await Read(Key("cleared"))).RecordExists);

        var fresh = await Read(Key("cleared"));
        await Write(Key("cleared"), fresh, "again");
        Assert.Equal(("3", "again"), (fresh.ETag, (await Read(Key("cleared"))).State!.Text));
        await Assert.ThrowsAsync<InconsistentStateException>(() => Write(Key("cleared"), state, "late"));
    }

    private async Task Large_states_and_all_kinds_of_keys_are_kept()
    {
        var large = new string('x', 2 << 20);
        GrainId[] keys =
        [
            Key("01HZX3J8WQ5N6P7R8S9T0V1W2X"), Key("0xAbC"), Key("ünïcode/💡"),
            GrainId.Create(GrainType.Create("note"), GrainIdKeyExtensions.CreateIntegerKey(0)),
            GrainId.Create(GrainType.Create("note"), GrainIdKeyExtensions.CreateIntegerKey(-42, "ext")),
            GrainId.Create(GrainType.Create("note"), GrainIdKeyExtensions.CreateIntegerKey(42)),
            GrainId.Create(
                GrainType.Create("note"),
                GrainIdKeyExtensions.CreateGuidKey(Guid.Parse("0f8fad5b-d9cb-469f-a165-70867728950e"))),
        ];
        foreach (var key in keys) await Write(key, new(), large + key);
        foreach (var key in keys) Assert.Equal(large + key, (await Read(key)).State!.Text);
    }

    private async Task A_cache_that_cannot_be_read_is_empty_and_can_be_written_again()
    {
        var state = await Write(Key("cache"), new(), "one");
        var cached = new GrainState<Cached>();
        await Assert.ThrowsAsync<JsonException>(() => Provider.ReadStateAsync(StateName, Key("cache"), new GrainState<Other>()));
        await Provider.ReadStateAsync(StateName, Key("cache"), cached);
        Assert.Equal((state.ETag, true, 0), (cached.ETag, cached.RecordExists, cached.State!.Number));
        cached.State = new Cached { Number = 7 };
        await Provider.WriteStateAsync(StateName, Key("cache"), cached);
        var again = new GrainState<Cached>();
        await Provider.ReadStateAsync(StateName, Key("cache"), again);
        Assert.Equal(7, again.State!.Number);
    }

    private async Task<GrainState<Note>> Read(GrainId key)
    {
        var state = new GrainState<Note>();
        await Provider.ReadStateAsync(StateName, key, state);
        return state;
    }

    private async Task<GrainState<Note>> Write(GrainId key, GrainState<Note> state, string text)
    {
        state.State = new Note { Text = text };
        await Provider.WriteStateAsync(StateName, key, state);
        return state;
    }

    private static GrainId Key(string key) => GrainId.Create("note", key);

    /// <summary>States that a note's payload is none of.</summary>
    public sealed record Cached : ICachedState
    {
        public int Number { get; init; }
    }

    public sealed record Other
    {
        public int Number { get; init; }
    }

    public sealed record Note
    {
        public string Text { get; init; } = "";
    }
}

public sealed class SqliteGrainStorageTests() : GrainStorageContract(new SqliteEngine(), StorageNames.Plain);

[Collection(PostgresCollection.Name)]
public sealed class PostgresGrainStorageTests(PostgresFixture postgres)
    : GrainStorageContract(new PostgresEngine(postgres), StorageNames.Transactional);

[Collection(PostgresCollection.Name)]
public sealed class AdoNetGrainStorageTests(PostgresFixture postgres)
    : GrainStorageContract(new PostgresEngine(postgres), StorageNames.Plain);
