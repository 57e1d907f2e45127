using System.Collections.Concurrent;
using Braintrust.Accounts;

namespace Braintrust.Security;

/// <summary>
/// The sessions this process knows. A session is believed for five minutes after it was read, as long as the list of
/// revocations is fresh: a token revoked anywhere stops working here within a quarter second, and when revocations
/// cannot be read nobody's token works.
/// </summary>
public sealed class Sessions(ISessionStore store, OpenStreams streams, TimeProvider clock)
{
    public static readonly TimeSpan BelievedFor = TimeSpan.FromMinutes(5);

    /// <summary>Revocations older than this are not read: longer than <see cref="BelievedFor"/>, clocks apart included.</summary>
    public static readonly TimeSpan RevocationWindow = TimeSpan.FromMinutes(10);

    /// <summary>Without a successful read of revocations for this long, authenticated calls are UNAVAILABLE.</summary>
    public static readonly TimeSpan RevocationsFreshFor = TimeSpan.FromSeconds(1);

    /// <summary>Sessions remembered at most; beyond that all are read again.</summary>
    public const int RememberedMax = 100_000;

    private readonly ConcurrentDictionary<Hash32, Known> _known = new();
    private long _revocationsReadAt = long.MinValue;

    private sealed record Known(Session Session, long ReadAt);

    /// <summary>How long ago revocations were read; for ever when they never were.</summary>
    public TimeSpan RevocationsReadAgo =>
        Volatile.Read(ref _revocationsReadAt) is var at and not long.MinValue ? clock.GetElapsedTime(at) : TimeSpan.MaxValue;

    /// <summary>True while revocations were read recently enough.</summary>
    public bool Fresh => RevocationsReadAgo <= RevocationsFreshFor;

    /// <summary>A session that need not be read, or null.</summary>
    public Session? Remembered(Hash32 tokenHash) =>
        _known.TryGetValue(tokenHash, out var known) && clock.GetElapsedTime(known.ReadAt) < BelievedFor
            ? known.Session
            : null;

    /// <summary>Reads a session; null when there is none.</summary>
    public async ValueTask<Session?> Read(Hash32 tokenHash, CancellationToken ct)
    {
        var readAt = clock.GetTimestamp();
        if (await store.ReadSession(tokenHash, ct) is not { } session) return null;
        if (_known.Count >= RememberedMax) _known.Clear();
        if (session.RevokedAt is null) _known[tokenHash] = new Known(session, readAt);
        return session;
    }

    /// <summary>Opens a session and answers the token that is told once.</summary>
    public async ValueTask<(string Token, Session Session)> Open(
        string accountId, Address wallet, TimeSpan lifetime, CancellationToken ct)
    {
        var token = SessionToken.New();
        var now = clock.GetUtcNow();
        var session = new Session(SessionToken.Hash(token), accountId, wallet, now, now + lifetime);
        await store.SaveSession(session, ct);
        return (token, session);
    }

    public async ValueTask End(Session session, CancellationToken ct)
    {
        await store.Revoke(session.TokenHash, clock.GetUtcNow(), ct);
        Forget(session.TokenHash);
    }

    /// <summary>Takes in what was revoked anywhere.</summary>
    public async ValueTask ReadRevocations(CancellationToken ct)
    {
        var readAt = clock.GetTimestamp();
        foreach (var tokenHash in await store.ReadRevoked(clock.GetUtcNow() - RevocationWindow, ct)) Forget(tokenHash);
        Volatile.Write(ref _revocationsReadAt, readAt);
    }

    private void Forget(Hash32 tokenHash)
    {
        _known.TryRemove(tokenHash, out _);
        streams.EndSession(tokenHash);
    }
}
