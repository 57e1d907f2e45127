using System.Globalization;
using Braintrust.Storage;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Xunit.Abstractions;

namespace Braintrust.Chain;

/// <summary>
/// Many seeds of <see cref="WatcherSimulation"/>: after each, ledger, folds and projections equal an independent model.
/// <c>./check sim --seeds N</c> plays more of them, and with <c>--seed S</c> a certain one again.
/// </summary>
public sealed class WatcherSimulationTests(ITestOutputHelper output) : IAsyncLifetime
{
    private readonly TestDatabase _database = new(inMemory: true);
    private IHost? _storage;

    public async Task InitializeAsync()
    {
        _storage = Host.CreateDefaultBuilder()
            .ConfigureLogging(logging => logging.ClearProviders())
            .ConfigureServices(services => services.AddBraintrustStorage(_database.Options))
            .Build();
        await _storage.StartAsync();
    }

    public async Task DisposeAsync()
    {
        await _storage!.StopAsync();
        _storage.Dispose();
        await _database.DisposeAsync();
    }

    [Fact]
    public async Task Whatever_node_database_and_process_do_everything_ends_as_the_chain()
    {
        var first = Number("BRAINTRUST_TEST_SIM_SEED") ?? Random.Shared.Next(1_000_000_000);
        var seeds = Number("BRAINTRUST_TEST_SIM_SEEDS") ?? 300;
        var tally = new SimulationTally();
        for (var seed = first; seed < first + seeds; seed++)
        {
            try
            {
                await new WatcherSimulation(seed, _storage!.Services, tally).Play();
            }
            catch (Exception wrong)
            {
                throw new InvalidOperationException($"Play it again: ./check sim --seeds 1 --seed {seed}", wrong);
            }
        }

        output.WriteLine($"{seeds} seeds from {first}: {tally}");
        // A simulation in which something never happens proves nothing about it.
        if (seeds >= 100) Assert.All(SimulationTally.Kinds, kind => Assert.True(tally[kind] > 0, $"No {kind} in {seeds} seeds."));
    }

    private static int? Number(string name) =>
        int.TryParse(Environment.GetEnvironmentVariable(name), CultureInfo.InvariantCulture, out var given) ? given : null;
}

/// <summary>How often what happened.</summary>
internal sealed class SimulationTally
{
    public static readonly string[] Kinds =
    [
        "steps", "facts", "facts taken back", "rewinds", "halts", "fenced off", "contradictions", "lies found out", "node faults",
        "database faults", "fail-overs", "snapshots",
    ];

    private readonly long[] _counts = new long[Kinds.Length];

    public ref long this[string kind] => ref _counts[Array.IndexOf(Kinds, kind)];

    public override string ToString() => string.Join(", ", Kinds.Zip(_counts).Select(pair => $"{pair.Second:n0} {pair.First}"));
}
