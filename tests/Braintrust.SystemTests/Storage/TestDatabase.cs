using Braintrust.Storage;
using Braintrust.Testing;

namespace Braintrust;

/// <summary>The database of a cluster in this suite: PostgreSQL, a server of its own.</summary>
internal sealed class TestDatabase : IAsyncDisposable
{
    private readonly PostgresServer _server;

    private TestDatabase(PostgresServer server) => (_server, Options) = (server, new StorageOptions
    {
        Engine = StorageEngine.PostgreSql, ConnectionString = server.CreateDatabase(),
    });

    public StorageOptions Options { get; }

    public static async Task<TestDatabase> Create() => new(await PostgresServer.Create());

    public ValueTask DisposeAsync() => _server.DisposeAsync();
}
