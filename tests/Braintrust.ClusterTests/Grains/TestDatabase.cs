using Braintrust.Storage;

namespace Braintrust;

/// <summary>The database of a cluster in this suite: a SQLite file. The system tests run some of it on PostgreSQL.</summary>
internal sealed class TestDatabase : IAsyncDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("braintrust-cluster-").FullName;

    public StorageOptions Options => new() { SqlitePath = Path.Combine(_folder, "cluster.db") };

    public static Task<TestDatabase> Create() => Task.FromResult(new TestDatabase());

    public ValueTask DisposeAsync()
    {
        Directory.Delete(_folder, recursive: true);
        return ValueTask.CompletedTask;
    }
}
