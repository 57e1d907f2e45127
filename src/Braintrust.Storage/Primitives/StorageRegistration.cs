using Braintrust.Accounts;
using Braintrust.Chain;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Orleans.Hosting;
using Orleans.Runtime.Hosting;

namespace Braintrust.Storage;

public static class StorageRegistration
{
    /// <summary>How Orleans' AdoNet providers call Npgsql.</summary>
    private const string NpgsqlInvariant = "Npgsql";

    /// <summary>Connections that the AdoNet providers share: membership and plain states are rare writes.</summary>
    private const int AdoNetConnectionsMax = 8;

    /// <summary>
    /// The commit store, listings, the chain ledger, projections, the contract registry and the session store on one database, whose schema is
    /// brought up to date before anything else of the host starts.
    /// </summary>
    /// <exception cref="ArgumentException">
    /// The options are unusable; the message names each with its unit and default.
    /// </exception>
    public static IServiceCollection AddBraintrustStorage(this IServiceCollection services, StorageOptions options)
    {
        options.Validate();
        services.AddSingleton(options);
        services.AddSingleton<IDatabase>(_ =>
            options.Engine == StorageEngine.Sqlite ? new SqliteDatabase(options) : new PostgresDatabase(options));
        services.AddSingleton<ICommitStore, CommitStore>();
        services.AddSingleton(provider => new Listings(provider.GetRequiredService<IDatabase>(), SideTables.Named));
        services.AddSingleton<IListings>(provider => provider.GetRequiredService<Listings>());
        services.AddSingleton<IRows>(provider => provider.GetRequiredService<Listings>());
        services.AddSingleton<IChainLedger, ChainLedger>();
        services.AddSingleton<IProjectionStore, ProjectionStore>();
        services.AddSingleton<IContractRegistry, ContractRegistry>();
        services.AddSingleton<ISessionStore, SessionStore>();
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IHostedService, Startup>());
        return services;
    }

    /// <summary>
    /// Our group-commit storage under <paramref name="name"/>; needs <see cref="AddBraintrustStorage"/>.
    /// </summary>
    public static ISiloBuilder AddBraintrustGrainStorage(this ISiloBuilder silo, string name)
    {
        silo.Services.AddGrainStorage(
            name, (services, _) => ActivatorUtilities.CreateInstance<BraintrustGrainStorage>(services));
        return silo;
    }

    /// <summary>
    /// Storage for states that stand alone, <see cref="StorageNames.Plain"/>: AdoNet on PostgreSQL, ours on SQLite.
    /// </summary>
    public static ISiloBuilder AddPlainGrainStorage(this ISiloBuilder silo, StorageOptions options) =>
        options.Engine == StorageEngine.Sqlite
            ? silo.AddBraintrustGrainStorage(StorageNames.Plain)
            : silo.AddAdoNetGrainStorage(StorageNames.Plain, adoNet => adoNet.Configure<ILogger<StateStorageSerializer>>((plain, log) =>
            {
                plain.Invariant = NpgsqlInvariant;
                plain.ConnectionString = options.PostgresConnectionString(AdoNetConnectionsMax);
                plain.GrainStorageSerializer = new StateStorageSerializer(log);
            }));

    /// <summary>Cluster membership in PostgreSQL.</summary>
    /// <exception cref="ArgumentException">The engine is SQLite, which serves one silo only.</exception>
    public static ISiloBuilder UsePostgresClustering(this ISiloBuilder silo, StorageOptions options)
    {
        CheckClusters(options);
        return silo.UseAdoNetClustering(adoNet =>
        {
            adoNet.Invariant = NpgsqlInvariant;
            adoNet.ConnectionString = options.PostgresConnectionString(AdoNetConnectionsMax);
        });
    }

    /// <summary>Where a client finds the silos of a cluster: the membership in PostgreSQL.</summary>
    /// <exception cref="ArgumentException">The engine is SQLite, which serves one silo only.</exception>
    public static IClientBuilder UsePostgresClustering(this IClientBuilder client, StorageOptions options)
    {
        CheckClusters(options);
        return client.UseAdoNetClustering(adoNet =>
        {
            adoNet.Invariant = NpgsqlInvariant;
            adoNet.ConnectionString = options.PostgresConnectionString(AdoNetConnectionsMax);
        });
    }

    private static void CheckClusters(StorageOptions options)
    {
        if (options.Engine != StorageEngine.PostgreSql)
            throw new ArgumentException("Storage: a cluster needs the PostgreSql engine; SQLite serves one silo.");
    }

    /// <summary>
    /// Migrates before any service starts: the AdoNet providers load their statements when the silo does.
    /// </summary>
    private sealed class Startup(StorageOptions options, ILogger<Startup> log) : IHostedLifecycleService
    {
        public async Task StartingAsync(CancellationToken ct)
        {
            var applied = await StorageMigrations.Apply(options, ct);
            if (applied.Count > 0) log.LogInformation("Applied the scripts {Scripts}.", string.Join(", ", applied));
        }

        public Task StartAsync(CancellationToken ct) => Task.CompletedTask;
        public Task StartedAsync(CancellationToken ct) => Task.CompletedTask;
        public Task StoppingAsync(CancellationToken ct) => Task.CompletedTask;
        public Task StopAsync(CancellationToken ct) => Task.CompletedTask;
        public Task StoppedAsync(CancellationToken ct) => Task.CompletedTask;
    }
}
