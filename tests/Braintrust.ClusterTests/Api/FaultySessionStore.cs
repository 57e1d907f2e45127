using Braintrust.Accounts;
using Braintrust.Storage;

namespace Braintrust;

/// <summary>The real store, which a test can take away or break.</summary>
public sealed class FaultySessionStore(ISessionStore inner) : ISessionStore
{
    /// <summary>What every call throws, or null.</summary>
    public Func<Exception>? Fault { get; set; }

    public ValueTask SaveNonce(string nonce, DateTimeOffset expiresAt, CancellationToken ct) =>
        Working().SaveNonce(nonce, expiresAt, ct);

    public ValueTask<bool> ConsumeNonce(string nonce, DateTimeOffset now, CancellationToken ct) =>
        Working().ConsumeNonce(nonce, now, ct);

    public ValueTask<bool> ClaimNonce(string nonce, string purpose, DateTimeOffset now, CancellationToken ct) =>
        Working().ClaimNonce(nonce, purpose, now, ct);

    public ValueTask SaveSession(Session session, CancellationToken ct) => Working().SaveSession(session, ct);

    public ValueTask<Session?> ReadSession(Hash32 tokenHash, CancellationToken ct) => Working().ReadSession(tokenHash, ct);

    public ValueTask Revoke(Hash32 tokenHash, DateTimeOffset now, CancellationToken ct) => Working().Revoke(tokenHash, now, ct);

    public ValueTask<IReadOnlyList<Hash32>> ReadRevoked(DateTimeOffset since, CancellationToken ct) =>
        Working().ReadRevoked(since, ct);

    public ValueTask<long> Sweep(DateTimeOffset now, CancellationToken ct) => Working().Sweep(now, ct);

    public ValueTask<string?> FindAccount(Address wallet, CancellationToken ct) => Working().FindAccount(wallet, ct);

    private ISessionStore Working() => Fault is { } fault ? throw fault() : inner;

    public static Exception Away() => new StorageUnavailableException("The test took the database away.");
}
