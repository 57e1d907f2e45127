using Braintrust.Storage;

namespace Braintrust;

/// <summary>The database of a cluster in this suite: a SQLite file. The system tests run some of it on PostgreSQL.</summary>
/// <param name="inMemory">Its file in memory where the system has such a place: for tests of what is written, not of how durably.</param>
internal sealed class TestDatabase(bool inMemory = false) : IAsyncDisposable
{
    private const string Memory = "/dev/shm";

    private readonly string _folder = inMemory && Directory.Exists(Memory)
        ? Directory.CreateDirectory(Path.Combine(Memory, $"braintrust-cluster-{Guid.NewGuid():n}")).FullName
        : Directory.CreateTempSubdirectory("braintrust-cluster-").FullName;

    public StorageOptions Options => new() { SqlitePath = Path.Combine(_folder, "cluster.db") };

    public static Task<TestDatabase> Create() => Task.FromResult(new TestDatabase());

    public ValueTask DisposeAsync()
    {
        Directory.Delete(_folder, recursive: true);
        return ValueTask.CompletedTask;
    }
}
