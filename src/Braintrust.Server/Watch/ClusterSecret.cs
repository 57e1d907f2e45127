using System.Security.Cryptography;
using System.Text.Json;
using Braintrust.Storage;

namespace Braintrust.Watch;

/// <summary>
/// The key that seals resume and page tokens, one for the cluster: made by whichever silo is first and kept in the database, so
/// that a token made by one silo is good at another and after a restart.
/// </summary>
public sealed class ClusterSecret(ICommitStore store)
{
    private const string StateName = "watch/secret";
    private const string StateKey = "cluster";
    private const int Bytes = 32;

    private byte[]? _key;

    /// <exception cref="InvalidOperationException">Asked before <see cref="Load"/>.</exception>
    public ReadOnlySpan<byte> Key => _key ?? throw new InvalidOperationException("The cluster's secret is not loaded yet.");

    public async Task Load(CancellationToken ct)
    {
        if (await store.Read(StateName, StateKey, ct) is not { } stored)
        {
            var made = JsonSerializer.SerializeToUtf8Bytes(RandomNumberGenerator.GetBytes(Bytes));
            await store.Commit(new CommitUnit(StateName, StateKey, 0, 1, made, [], []), ct);
            // Whoever was first won, also when that was somebody else.
            stored = await store.Read(StateName, StateKey, ct)
                ?? throw new InvalidOperationException("The cluster's secret was written and is not there.");
        }

        _key = JsonSerializer.Deserialize<byte[]>(stored.Payload);
    }
}
