using Braintrust.Accounts;
using Braintrust.Chain;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace Braintrust.Storage;

/// <summary>What one process has open: the services as the Server registers them.</summary>
public sealed class OpenStorage : IAsyncDisposable
{
    private readonly ServiceProvider _services;

    private OpenStorage(StorageOptions options)
    {
        Options = options;
        _services = new ServiceCollection().AddLogging().AddBraintrustStorage(options).BuildServiceProvider();
    }

    public StorageOptions Options { get; }

    public ICommitStore Commits => _services.GetRequiredService<ICommitStore>();
    public IChainLedger Ledger => _services.GetRequiredService<IChainLedger>();
    public IProjectionStore Projections => _services.GetRequiredService<IProjectionStore>();
    public IRows Rows => _services.GetRequiredService<IRows>();
    public IContractRegistry Contracts => _services.GetRequiredService<IContractRegistry>();
    public ISessionStore Sessions => _services.GetRequiredService<ISessionStore>();

    internal IDatabase Database => _services.GetRequiredService<IDatabase>();

    public static async Task<OpenStorage> Open(StorageOptions options)
    {
        await StorageMigrations.Apply(options, CancellationToken.None);
        return new OpenStorage(options);
    }

    /// <summary>One number, asked of the database itself.</summary>
    public long Count(string sql)
    {
        using var connection = Options.Engine == StorageEngine.Sqlite
            ? (System.Data.Common.DbConnection)new SqliteConnection($"Data Source={Options.SqlitePath};Pooling=False")
            : new NpgsqlConnection(Options.ConnectionString + ";Pooling=false");
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        return Convert.ToInt64(command.ExecuteScalar());
    }

    public ValueTask DisposeAsync() => _services.DisposeAsync();
}

/// <summary>An engine under test: gives databases and takes them away.</summary>
public interface IEngineUnderTest : IAsyncDisposable
{
    StorageOptions NewDatabase();
}

public sealed class SqliteEngine : IEngineUnderTest
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("braintrust-sqlite-");

    public StorageOptions NewDatabase() =>
        new() { SqlitePath = Path.Combine(_folder.FullName, Path.GetRandomFileName(), "braintrust.db") };

    public ValueTask DisposeAsync()
    {
        _folder.Delete(recursive: true);
        return ValueTask.CompletedTask;
    }
}

public sealed class PostgresEngine(PostgresFixture fixture) : IEngineUnderTest
{
    public StorageOptions NewDatabase() => new()
    {
        Engine = StorageEngine.PostgreSql,
        ConnectionString = fixture.Server.CreateDatabase(),
        PostgresConnectionsMax = 12,
    };

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}

/// <summary>A contract that every engine keeps: each test has an empty database.</summary>
public abstract class StorageContract(IEngineUnderTest engine) : IAsyncLifetime
{
    private readonly List<OpenStorage> _others = [];

    protected OpenStorage Storage { get; private set; } = null!;

    protected static CancellationToken Ct => CancellationToken.None;

    public async Task InitializeAsync() => Storage = await OpenStorage.Open(engine.NewDatabase());

    public async Task DisposeAsync()
    {
        foreach (var other in _others) await other.DisposeAsync();
        await Storage.DisposeAsync();
        await engine.DisposeAsync();
    }

    /// <summary>The same database opened once more, as another process would.</summary>
    protected async Task<OpenStorage> OpenAgain()
    {
        var other = await OpenStorage.Open(Storage.Options);
        _others.Add(other);
        return other;
    }
}
