namespace Braintrust.Storage;

public abstract class MigrationContract(IEngineUnderTest engine) : IAsyncLifetime
{
    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync() => await engine.DisposeAsync();

    [Fact]
    public async Task The_schema_is_applied_once()
    {
        var options = engine.NewDatabase();
        Assert.Contains("0001_schema", await StorageMigrations.Apply(options, default));
        Assert.Empty(await StorageMigrations.Apply(options, default));
    }

    [Fact]
    public async Task Many_processes_may_migrate_at_once()
    {
        var options = engine.NewDatabase();
        var applied = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => StorageMigrations.Apply(options, default)));
        Assert.Single(applied, scripts => scripts.Count > 0);
    }

    [Fact]
    public async Task A_database_that_lost_its_journal_keeps_its_rows()
    {
        await using var storage = await OpenStorage.Open(engine.NewDatabase());
        await storage.Commits.Commit(new CommitUnit("a/a", "k", 0, 1, [1], [], []), default);
        storage.Count("DELETE FROM schema_script");
        Assert.NotEmpty(await StorageMigrations.Apply(storage.Options, default));
        Assert.NotNull(await storage.Commits.Read("a/a", "k", default));
    }
}

public sealed class SqliteMigrationTests() : MigrationContract(new SqliteEngine());

[Collection(PostgresCollection.Name)]
public sealed class PostgresMigrationTests(PostgresFixture postgres) : MigrationContract(new PostgresEngine(postgres));
