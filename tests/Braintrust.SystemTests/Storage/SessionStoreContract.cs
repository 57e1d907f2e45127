using Braintrust.Accounts;

namespace Braintrust.Storage;

public abstract class SessionStoreContract(IEngineUnderTest engine) : StorageContract(engine)
{
    private static readonly DateTimeOffset Noon = new(2026, 1, 2, 12, 0, 0, TimeSpan.Zero);

    private static readonly Session Ann = new(
        Hash32.Keccak([1]), "01HZX", new Address(new byte[20]), Noon, Noon.AddDays(1));

    [Fact]
    public async Task A_nonce_is_consumed_once_among_many()
    {
        var other = await OpenAgain();
        await Storage.Sessions.SaveNonce("n", Noon.AddMinutes(5), Ct);

        var answers = await Task.WhenAll(Enumerable.Range(0, 50).Select(i =>
            (i % 2 == 0 ? Storage : other).Sessions.ConsumeNonce("n", Noon, Ct).AsTask()));

        Assert.Single(answers, consumed => consumed);
    }

    [Fact]
    public async Task An_expired_or_unknown_nonce_is_refused()
    {
        await Storage.Sessions.SaveNonce("n", Noon, Ct);
        Assert.False(await Storage.Sessions.ConsumeNonce("n", Noon, Ct));
        Assert.False(await Storage.Sessions.ConsumeNonce("other", Noon, Ct));
        Assert.True(await Storage.Sessions.ConsumeNonce("n", Noon.AddMilliseconds(-1), Ct));
    }

    [Fact]
    public async Task A_claimed_nonce_is_its_first_claimants_alone_until_it_expires()
    {
        var other = await OpenAgain();
        await Storage.Sessions.SaveNonce("n", Noon.AddMinutes(5), Ct);

        var answers = await Task.WhenAll(Enumerable.Range(0, 50).Select(i =>
            (i % 2 == 0 ? Storage : other).Sessions.ClaimNonce("n", $"purpose {i % 5}", Noon, Ct).AsTask()));

        var winner = Array.IndexOf(answers, true) % 5;
        Assert.Equal(Enumerable.Range(0, 50).Select(i => i % 5 == winner), answers);
        Assert.False(await Storage.Sessions.ConsumeNonce("n", Noon, Ct));
        Assert.False(await Storage.Sessions.ClaimNonce("other", "purpose", Noon, Ct));
        Assert.False(await Storage.Sessions.ClaimNonce("n", $"purpose {winner}", Noon.AddMinutes(5), Ct));
    }

    [Fact]
    public async Task A_session_is_read_back_until_it_is_revoked()
    {
        await Storage.Sessions.SaveSession(Ann, Ct);
        Assert.Equal(Ann, await Storage.Sessions.ReadSession(Ann.TokenHash, Ct));
        Assert.Null(await Storage.Sessions.ReadSession(Hash32.Keccak([2]), Ct));

        await Storage.Sessions.Revoke(Ann.TokenHash, Noon.AddMinutes(1), Ct);
        await Storage.Sessions.Revoke(Ann.TokenHash, Noon.AddMinutes(2), Ct);

        Assert.Equal(Noon.AddMinutes(1), (await Storage.Sessions.ReadSession(Ann.TokenHash, Ct))!.RevokedAt);
        Assert.Equal([Ann.TokenHash], await Storage.Sessions.ReadRevoked(Noon.AddMinutes(1), Ct));
        Assert.Empty(await Storage.Sessions.ReadRevoked(Noon.AddMinutes(1.5), Ct));
    }

    [Fact]
    public async Task Sweeping_deletes_what_is_over_and_nothing_else()
    {
        await Storage.Sessions.SaveNonce("old", Noon, Ct);
        await Storage.Sessions.SaveNonce("new", Noon.AddMinutes(1), Ct);
        await Storage.Sessions.SaveSession(Ann with { ExpiresAt = Noon }, Ct);
        await Storage.Sessions.SaveSession(Ann with { TokenHash = Hash32.Keccak([2]) }, Ct);
        await SaveRequest(1, Noon.AddDays(-1));
        await SaveRequest(2, Noon.AddDays(-1).AddMilliseconds(1));

        Assert.Equal(3, await Storage.Sessions.Sweep(Noon, Ct));

        Assert.Equal(0, await Storage.Sessions.Sweep(Noon, Ct));
        Assert.True(await Storage.Sessions.ConsumeNonce("new", Noon, Ct));
        Assert.NotNull(await Storage.Sessions.ReadSession(Hash32.Keccak([2]), Ct));
        Assert.Null(await Storage.Commits.ReadRequest("ann", Id(1), Ct));
        Assert.NotNull(await Storage.Commits.ReadRequest("ann", Id(2), Ct));
    }

    private static Guid Id(byte number) => new(number, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0);

    private async Task SaveRequest(byte number, DateTimeOffset at) => await Storage.Commits.Commit(
        new CommitUnit("a/a", $"{number}", 0, 1, [1], [new("ann", Id(number), Hash32.Keccak([]), [], at)], []), Ct);
}

public sealed class SqliteSessionStoreTests() : SessionStoreContract(new SqliteEngine());

[Collection(PostgresCollection.Name)]
public sealed class PostgresSessionStoreTests(PostgresFixture postgres)
    : SessionStoreContract(new PostgresEngine(postgres));
