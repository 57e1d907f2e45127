using System.Collections.Immutable;
using Braintrust.Storage;

namespace Braintrust;

/// <summary>The real commit store behind a gate that a test holds: it counts, delays and fails chosen commits.</summary>
internal sealed class FaultyCommitStore(ICommitStore inner) : ICommitStore
{
    private int _commits;

    /// <summary>Runs before each commit reaches the store; throws what the store would.</summary>
    public Func<CommitUnit, Task>? Before { get; set; }

    /// <summary>The next write of such a state is lost, and its activation with it.</summary>
    /// <param name="pass">Writes of it that are let through first.</param>
    public void LoseOne(string stateName, int pass = 0)
    {
        var left = pass;
        Before = unit =>
        {
            if (unit.StateName != stateName || left-- > 0) return Task.CompletedTask;
            Before = null;
            throw Lost();
        };
    }

    /// <summary>Every further write of such a state is lost.</summary>
    public void LoseAll(string stateName) =>
        Before = unit => unit.StateName == stateName ? throw Lost() : Task.CompletedTask;

    /// <summary>Commits that were asked for.</summary>
    public int Commits => Volatile.Read(ref _commits);

    public ValueTask<StoredState?> Read(string stateName, string key, CancellationToken ct) =>
        inner.Read(stateName, key, ct);

    public ValueTask<StoredWithRows> ReadWithRows(
        string stateName, string key, ImmutableArray<string> childTables, CancellationToken ct) =>
        inner.ReadWithRows(stateName, key, childTables, ct);

    public async ValueTask<CommitResult> Commit(CommitUnit unit, CancellationToken ct)
    {
        Interlocked.Increment(ref _commits);
        if (Before is { } before) await before(unit);
        return await inner.Commit(unit, ct);
    }

    public ValueTask<SavedRequest?> ReadRequest(string caller, Guid requestId, CancellationToken ct) =>
        inner.ReadRequest(caller, requestId, ct);

    private static StorageUnavailableException Lost() => new("The test lost this write.");
}
