using System.Collections.Immutable;

namespace Braintrust.Storage;

/// <summary>
/// Transactional storage of grain states: a state, its side rows and the results of the requests that changed it become
/// durable together or not at all. Many callers share one transaction and one fsync (group commit); each is answered
/// after its own commit and fails alone. The queue is bounded: a full one makes callers wait, never drops.
/// </summary>
public interface ICommitStore
{
    /// <summary>The stored state, or null when it was never written or has been cleared.</summary>
    ValueTask<StoredState?> Read(string stateName, string key, CancellationToken ct);

    /// <summary>
    /// The stored state with the rows of side tables whose first key column is the state's key: all from one moment.
    /// </summary>
    /// <exception cref="ArgumentException">No such table, or its first key column is no text.</exception>
    ValueTask<StoredWithRows> ReadWithRows(
        string stateName, string key, ImmutableArray<string> childTables, CancellationToken ct);

    /// <summary>
    /// Writes a unit and answers after it is durable. Cancelling ends the wait, not the write: its outcome is then
    /// unknown.
    /// </summary>
    /// <exception cref="StorageUnavailableException">
    /// The outcome is unknown: read again before believing anything.
    /// </exception>
    /// <exception cref="ArgumentException">The unit is malformed or too large: nothing was written.</exception>
    /// <exception cref="InvalidOperationException">The database refuses the unit for what it holds: a bug.</exception>
    ValueTask<CommitResult> Commit(CommitUnit unit, CancellationToken ct);

    /// <summary>What a request answered before, or null. Kept at least 24 hours.</summary>
    ValueTask<SavedRequest?> ReadRequest(string caller, Guid requestId, CancellationToken ct);
}

/// <param name="Version">1 after the first write; grows by one a write, also across a clear.</param>
public sealed record StoredState(long Version, int SchemaVersion, byte[] Payload);

/// <param name="State">Null when the state was never written or has been cleared.</param>
/// <param name="Rows">Of each table asked for, in order of their key.</param>
public sealed record StoredWithRows(StoredState? State, ImmutableArray<ImmutableArray<StoredRow>> Rows);

/// <param name="StateName">"grain/state", unique over all grain classes.</param>
/// <param name="ExpectedVersion">Version read before; 0 when <see cref="ICommitStore.Read"/> gave null.</param>
/// <param name="Payload">The state in our JSON, or null to clear it.</param>
public sealed record CommitUnit(
    string StateName, string Key, long ExpectedVersion, int SchemaVersion, byte[]? Payload,
    ImmutableArray<SavedRequest> Requests, ImmutableArray<Row> Rows)
{
    public const int PayloadBytesMax = 16 << 20;
}

/// <param name="Caller">Account id of who asked.</param>
/// <param name="BodyHash">Hash of the request without its id: the same id with another body is refused.</param>
/// <param name="Result">The serialized answer, at most 4 KiB.</param>
public sealed record SavedRequest(string Caller, Guid RequestId, Hash32 BodyHash, byte[] Result, DateTimeOffset At)
{
    public const int ResultBytesMax = 4096;
}

public enum CommitVerdict
{
    Committed,

    /// <summary>
    /// Another writer was first: the stored version is not the expected one. Nothing of the unit was written.
    /// </summary>
    StaleVersion,

    /// <summary>A request id is already saved. Nothing of the unit was written.</summary>
    RequestExists,

    /// <summary>A row to insert already exists. Nothing of the unit was written.</summary>
    RowExists,
}

/// <param name="Version">The new version when committed.</param>
/// <param name="RequestId">The request that exists (RequestExists).</param>
/// <param name="Table">The table of the row that exists (RowExists).</param>
public sealed record CommitResult(CommitVerdict Verdict, long Version, Guid? RequestId = null, string? Table = null);
