using Microsoft.Extensions.DependencyInjection;

namespace Braintrust.Storage;

public sealed class StorageOptionsTests
{
    [Fact]
    public void The_defaults_are_fit_for_the_embedded_engine() => Assert.Empty(new StorageOptions().Problems());

    [Fact]
    public void Every_problem_is_named_with_its_unit_and_default()
    {
        var options = new StorageOptions { SqlitePath = " ", SqliteReadThreads = 0, CommandTimeoutSeconds = 601 };
        var error = Assert.Throws<ArgumentException>(() => new ServiceCollection().AddBraintrustStorage(options));
        Assert.Contains("SqlitePath is empty", error.Message);
        Assert.Contains("SqliteReadThreads is 0: it must be 1 to 16 threads (default 4).", error.Message);
        Assert.Contains("CommandTimeoutSeconds is 601: it must be 1 to 600 seconds (default 15).", error.Message);
    }

    [Theory]
    [InlineData("", "is empty")]
    [InlineData("Database=x", "names no Host")]
    [InlineData("Hots=db", "cannot be read")]
    public void PostgreSQL_needs_a_readable_connection_string(string text, string problem)
    {
        var options = new StorageOptions { Engine = StorageEngine.PostgreSql, ConnectionString = text };
        Assert.Contains(problem, Assert.Single(options.Problems()));
    }

    [Fact]
    public async Task A_database_that_is_not_there_is_said_to_be_so()
    {
        const string nowhere = "Host=127.0.0.1;Port=1;Database=x";
        var options = new StorageOptions { Engine = StorageEngine.PostgreSql, ConnectionString = nowhere };
        var error = await Assert.ThrowsAsync<StorageUnavailableException>(
            () => StorageMigrations.Apply(options, default));
        Assert.Contains("127.0.0.1:1/x", error.Message);
    }
}
