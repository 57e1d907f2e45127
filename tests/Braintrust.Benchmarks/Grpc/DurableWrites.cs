using Braintrust.Storage;
using Braintrust.Testing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace Braintrust.Benchmarks;

/// <summary>
/// Durable grain writes: our group commit beside the AdoNet provider with the stock SQL, on one PostgreSQL with fsync on,
/// and our SQLite with FULL synchronisation. One silo a store, all in this process, callers included.
/// </summary>
internal sealed class DurableWrites : IAsyncDisposable
{
    private static readonly int[] GrainCounts = [64, 256];

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("braintrust-bench-");
    private readonly PostgresServer _postgres;
    private readonly Store[] _stores;

    private DurableWrites(PostgresServer postgres)
    {
        _postgres = postgres;
        var ours = new StorageOptions { Engine = StorageEngine.PostgreSql, ConnectionString = postgres.CreateDatabase() };
        var (stock, prepared) = (StockDatabase(), StockDatabase() + ";Max Auto Prepare=20;Auto Prepare Min Usages=2;Maximum Pool Size=48");
        _stores =
        [
            new("ours, PostgreSQL", silo => UseOurs(silo, ours)),
            new("AdoNet, stock SQL", silo => UseStock(silo, stock)),
            new("AdoNet, stock SQL, prepared, 48 connections", silo => UseStock(silo, prepared)),
            new("ours, SQLite", silo => UseOurs(silo, new StorageOptions { SqlitePath = Path.Combine(_folder.FullName, "bench.db") })),
        ];
        Settings = Facts(stock);
    }

    private (string, object?)[] Settings { get; }

    public static async Task Run(Report report, BenchOptions options)
    {
        await using var bench = new DurableWrites(await PostgresServer.Create(syncs: true));
        report.Settings([.. bench.Settings, ("state, characters of payload", CounterState.NoteLength)]);
        report.Check("commits wait for the disk", bench.Settings.Contains(("PostgreSQL fsync", "on")), "SQLite runs with synchronous=FULL");
        foreach (var store in bench._stores) await store.Start();
        foreach (var grains in GrainCounts) await bench.Compare(report, options, grains);
        await bench.ReadBack(report);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var store in _stores) await store.Stop();
        await _postgres.DisposeAsync();
        _folder.Delete(recursive: true);
    }

    private async Task Compare(Report report, BenchOptions options, int grains)
    {
        Worker[] workers = [Cpu.Self("silo and callers"), Cpu.Tree("PostgreSQL", _postgres.ProcessId)];
        var results = await Rounds.Interleave(options.Rounds, [.. _stores.Select(store =>
            new Side(store.Name, () => Load.Closed(
                grains, options.StretchLength, workers, caller => store.Add($"{grains}-{caller}"))))]);
        report.Results($"Durable grain writes, {grains} grains, one call in flight each", results);
        var suffix = grains == GrainCounts[0] ? "" : $"_{grains}_grains";
        var (ours, stock, prepared) = (results[0], results[1], results[2]);
        report.Ratio("durable_ratio" + suffix, ours.Over(stock, s => s.PerSecond), "ours over AdoNet with the stock SQL");
        report.Ratio("durable_prepared_ratio" + suffix, ours.Over(prepared, s => s.PerSecond), "the same over the tuned peer");
        report.Ratio("durable_p99_ratio" + suffix, ours.Over(stock, s => s.P99Ms), "p99 latency, lower is better");
    }

    /// <summary>PostgreSQL dies without a checkpoint, all silos are new: every acknowledged count must be there.</summary>
    private async Task ReadBack(Report report)
    {
        foreach (var store in _stores) await store.Stop();
        await _postgres.Crash();
        NpgsqlConnection.ClearAllPools();
        await _postgres.Start();
        foreach (var store in _stores)
        {
            await store.Start();
            var (grains, writes, wrong) = await store.ReadBack();
            report.Check(
                $"{store.Name}: read back after a crash of the database", wrong == 0,
                $"{writes:N0} writes of {grains} grains, {wrong} grains differ");
        }
    }

    private static void UseOurs(ISiloBuilder silo, StorageOptions options)
    {
        silo.Services.AddBraintrustStorage(options);
        silo.AddBraintrustGrainStorage("bench");
    }

    private static void UseStock(ISiloBuilder silo, string connection) => silo.AddAdoNetGrainStorage("bench", adoNet =>
    {
        adoNet.Invariant = "Npgsql";
        adoNet.ConnectionString = connection;
    });

    private string StockDatabase()
    {
        var connection = _postgres.CreateDatabase();
        using var script = new StreamReader(typeof(DurableWrites).Assembly.GetManifestResourceStream("StockAdoNet.sql")!);
        using var source = NpgsqlDataSource.Create(connection);
        source.CreateCommand(script.ReadToEnd()).ExecuteNonQuery();
        return connection;
    }

    private static (string, object?)[] Facts(string connection)
    {
        using var source = NpgsqlDataSource.Create(connection);
        return [.. new[] { "server_version", "fsync", "synchronous_commit", "full_page_writes", "wal_sync_method" }
            .Select(name => ($"PostgreSQL {name}", source.CreateCommand($"SHOW {name}").ExecuteScalar()))];
    }

    /// <summary>A silo with one store, and what it acknowledged.</summary>
    private sealed class Store(string name, Action<ISiloBuilder> use)
    {
        private readonly Dictionary<string, long> _acknowledged = [];
        private IHost? _host;
        private IGrainFactory _grains = null!;

        public string Name => name;

        public async Task Start()
        {
            var builder = Host.CreateApplicationBuilder();
            builder.Logging.ClearProviders().AddConsole().SetMinimumLevel(LogLevel.Error);
            builder.UseOrleans(silo =>
            {
                silo.UseLocalhostClustering(ServerProcess.FreePort(), ServerProcess.FreePort(), serviceId: "bench", clusterId: name);
                use(silo);
            });
            _host = builder.Build();
            await _host.StartAsync();
            _grains = _host.Services.GetRequiredService<IGrainFactory>();
        }

        public async Task Stop()
        {
            if (_host is null) return;
            await _host.StopAsync();
            _host.Dispose();
            _host = null;
        }

        public async Task Add(string key)
        {
            var count = await _grains.GetGrain<ICounterGrain>(key).Add();
            lock (_acknowledged) _acknowledged[key] = count;
        }

        public async Task<(int Grains, long Writes, int Wrong)> ReadBack()
        {
            var read = await Task.WhenAll(_acknowledged.Select(async grain =>
                (grain.Value, Read: await _grains.GetGrain<ICounterGrain>(grain.Key).Read())));
            return (read.Length, read.Sum(grain => grain.Value), read.Count(grain => grain.Value != grain.Read));
        }

    }
}
