namespace Braintrust.Accounts;

/// <summary>
/// Sign-in challenges and sessions. Nonces are consumed by a conditional write, so each signs in once at most, whatever
/// the number of silos. Tokens are stored by hash only. Times are kept to the millisecond.
/// </summary>
public interface ISessionStore
{
    ValueTask SaveNonce(string nonce, DateTimeOffset expiresAt, CancellationToken ct);

    /// <summary>True once for a saved nonce that has not expired; false ever after and for any other text.</summary>
    ValueTask<bool> ConsumeNonce(string nonce, DateTimeOffset now, CancellationToken ct);

    /// <summary>
    /// Uses the nonce up for one purpose: true for whoever names the first purpose, again and again until the nonce
    /// expires, so that what began with it can be finished after a crash; false for any other and for any other text.
    /// </summary>
    ValueTask<bool> ClaimNonce(string nonce, string purpose, DateTimeOffset now, CancellationToken ct);

    ValueTask SaveSession(Session session, CancellationToken ct);

    ValueTask<Session?> ReadSession(Hash32 tokenHash, CancellationToken ct);

    /// <summary>Ends a session. Ending it again changes nothing.</summary>
    ValueTask Revoke(Hash32 tokenHash, DateTimeOffset now, CancellationToken ct);

    /// <summary>Token hashes revoked at or after <paramref name="since"/>, for the silos' caches.</summary>
    ValueTask<IReadOnlyList<Hash32>> ReadRevoked(DateTimeOffset since, CancellationToken ct);

    /// <summary>Deletes expired nonces, sessions and saved requests older than a day; answers how many rows.</summary>
    ValueTask<long> Sweep(DateTimeOffset now, CancellationToken ct);

    /// <summary>The account that owns a wallet, or null. Rows are written with the account's state.</summary>
    ValueTask<string?> FindAccount(Address wallet, CancellationToken ct);
}

/// <param name="TokenHash">SHA-256 of the opaque token.</param>
/// <param name="AccountId">ULID of the account.</param>
/// <param name="Wallet">The wallet that signed in.</param>
public sealed record Session(
    Hash32 TokenHash, string AccountId, Address Wallet, DateTimeOffset CreatedAt, DateTimeOffset ExpiresAt,
    DateTimeOffset? RevokedAt = null);
