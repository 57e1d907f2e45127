using System.Data.Common;
using Braintrust.Storage;

namespace Braintrust.Accounts;

internal sealed class SessionStore(IDatabase database) : ISessionStore
{
    private const int SweptRowsMax = 5_000;

    /// <summary>Answers to requests are kept this long.</summary>
    private static readonly TimeSpan RequestsKept = TimeSpan.FromHours(24);

    public async ValueTask SaveNonce(string nonce, DateTimeOffset expiresAt, CancellationToken ct) =>
        await Write(
            "INSERT INTO siwe_nonce (nonce, expires_ms) VALUES (@nonce, @expires)", ct,
            ("@nonce", nonce), ("@expires", expiresAt.ToUnixTimeMilliseconds()));

    public async ValueTask<bool> ConsumeNonce(string nonce, DateTimeOffset now, CancellationToken ct) =>
        await Write(
            "DELETE FROM siwe_nonce WHERE nonce = @nonce AND expires_ms > @now", ct,
            ("@nonce", nonce), ("@now", now.ToUnixTimeMilliseconds())) == 1;

    /// <summary>The row is renamed: no nonce has a blank, so nothing else finds it any more.</summary>
    public async ValueTask<bool> ClaimNonce(string nonce, string purpose, DateTimeOffset now, CancellationToken ct) =>
        await Write(
            "UPDATE siwe_nonce SET nonce = @claimed WHERE nonce IN (@nonce, @claimed) AND expires_ms > @now", ct,
            ("@nonce", nonce), ("@claimed", $"{nonce} {purpose}"), ("@now", now.ToUnixTimeMilliseconds())) == 1;

    public async ValueTask SaveSession(Session session, CancellationToken ct) =>
        await Write(
            """
            INSERT INTO session (token_hash, account, wallet, created_ms, expires_ms, revoked_ms)
            VALUES (@token, @account, @wallet, @created, @expires, @revoked) ON CONFLICT (token_hash) DO NOTHING
            """,
            ct,
            ("@token", session.TokenHash.ToBytes()), ("@account", session.AccountId),
            ("@wallet", session.Wallet.ToBytes()),
            ("@created", session.CreatedAt.ToUnixTimeMilliseconds()),
            ("@expires", session.ExpiresAt.ToUnixTimeMilliseconds()),
            ("@revoked", session.RevokedAt?.ToUnixTimeMilliseconds()));

    public ValueTask<Session?> ReadSession(Hash32 tokenHash, CancellationToken ct) => database.Read(
        db => db.First(
            "SELECT account, wallet, created_ms, expires_ms, revoked_ms FROM session WHERE token_hash = @token",
            row => new Session(
                tokenHash, row.GetString(0), new Address(row.GetFieldValue<byte[]>(1)), Time(row, 2), Time(row, 3),
                row.IsDBNull(4) ? null : Time(row, 4)),
            ("@token", tokenHash.ToBytes())),
        ct);

    public async ValueTask Revoke(Hash32 tokenHash, DateTimeOffset now, CancellationToken ct) =>
        await Write(
            "UPDATE session SET revoked_ms = @now WHERE token_hash = @token AND revoked_ms IS NULL", ct,
            ("@now", now.ToUnixTimeMilliseconds()), ("@token", tokenHash.ToBytes()));

    public async ValueTask<IReadOnlyList<Hash32>> ReadRevoked(DateTimeOffset since, CancellationToken ct) =>
        await database.Read(
            db => db.Query(
                "SELECT token_hash FROM session WHERE revoked_ms >= @since",
                row => new Hash32(row.GetFieldValue<byte[]>(0)), ("@since", since.ToUnixTimeMilliseconds())),
            ct);

    public async ValueTask<long> Sweep(DateTimeOffset now, CancellationToken ct) =>
        await Sweep("siwe_nonce", "nonce", "expires_ms", now, ct)
        + await Sweep("session", "token_hash", "expires_ms", now, ct)
        + await Sweep("request", "caller, request_id", "at_ms", now - RequestsKept, ct);

    public ValueTask<string?> FindAccount(Address wallet, CancellationToken ct) => database.Read(
        db => db.First(
            "SELECT account FROM wallet WHERE address = @address", row => row.GetString(0),
            ("@address", wallet.ToBytes())),
        ct);

    private ValueTask<int> Write(string sql, CancellationToken ct, params (string, object?)[] args) =>
        database.Write(Lane.Interactive, db => db.Execute(sql, args), ct);

    /// <summary>Deletes what is older in small transactions, so that nobody waits long for one.</summary>
    private async ValueTask<long> Sweep(
        string table, string key, string column, DateTimeOffset before, CancellationToken ct)
    {
        var sql =
            $"""
            DELETE FROM {table}
            WHERE ({key}) IN (SELECT {key} FROM {table} WHERE {column} <= @before LIMIT {SweptRowsMax})
            """;
        long total = 0;
        int swept;
        do
        {
            swept = await database.Write(
                Lane.Bulk, db => db.Execute(sql, ("@before", before.ToUnixTimeMilliseconds())), ct);
            total += swept;
        }
        while (swept == SweptRowsMax);

        return total;
    }

    private static DateTimeOffset Time(DbDataReader row, int column) =>
        DateTimeOffset.FromUnixTimeMilliseconds(row.GetInt64(column));
}
