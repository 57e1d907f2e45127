using System.Collections.Immutable;
using Braintrust.Chain;
using Braintrust.Escrow;
using Braintrust.Storage;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Orleans.Configuration;
using Orleans.TestingHost;

namespace Braintrust;

/// <summary>
/// Silos in this process over one <see cref="TestDatabase"/> and scripted chains. Every test takes a chain of its own, so that forks and
/// failures disturb nobody else.
/// </summary>
public sealed class GrainCluster : IAsyncLifetime
{
    private const ulong FirstChainId = 900_001;
    private const int ChainsMax = 48;
    private const int RelayingChains = 12;

    private readonly ErrorLog _errors = new();
    private readonly ImmutableArray<FollowedChain> _chains =
        [
            .. Enumerable.Range(0, ChainsMax).Select(i => Followed(FirstChainId + (ulong)i)),
            .. Enumerable.Range(ChainsMax, RelayingChains).Select(i => Relaying(Followed(FirstChainId + (ulong)i), i % 3 == 0 ? 1 : 3_600)),
        ];

    private readonly int _silos;
    private readonly GrainOptions _options;
    private TestDatabase? _database;
    private IHost? _storage;
    private InProcessTestCluster? _cluster;
    private FaultyCommitStore? _commits;
    private int _taken = -1;
    private readonly HashSet<FollowedChain> _relaying = [];

    public GrainCluster() : this(2, Defaults())
    {
    }

    internal GrainCluster(int silos, GrainOptions options) => (_silos, _options) = (silos, options);

    public IGrainFactory Grains => _cluster!.Client;

    internal FaultyCommitStore Commits => _commits!;

    internal ErrorLog Errors => _errors;

    internal IServiceProvider Storage => _storage!.Services;

    internal InProcessTestCluster Cluster => _cluster!;

    internal IChainProgress Progress => Cluster.Silos[0].ServiceProvider.GetRequiredService<IChainProgress>();

    /// <summary>Set BRAINTRUST_TEST_BELLS=off to prove that bells are a matter of speed only.</summary>
    public static GrainOptions Defaults() => new()
    {
        Bells = Environment.GetEnvironmentVariable("BRAINTRUST_TEST_BELLS") != "off",
        // The scripts of most chains tell nothing of states: who compares them does so by hand.
        ReconcileIntervalMs = 86_400_000,
    };

    public async Task InitializeAsync()
    {
        _database = await TestDatabase.Create();
        _storage = Host.CreateDefaultBuilder()
            .ConfigureLogging(logging => logging.ClearProviders().AddProvider(_errors))
            .ConfigureServices(services => services.AddBraintrustStorage(_database.Options))
            .Build();
        await _storage.StartAsync();
        _commits = new FaultyCommitStore(Storage.GetRequiredService<ICommitStore>());
        var builder = new InProcessTestClusterBuilder((short)_silos);
        builder.ConfigureSilo((_, silo) =>
        {
            silo.Services.AddSingleton<ICommitStore>(_commits);
            silo.Services.AddSingleton(Storage.GetRequiredService<IChainLedger>());
            silo.Services.AddSingleton(Storage.GetRequiredService<IContractRegistry>());
            silo.Services.AddSingleton(Storage.GetRequiredService<IProjectionStore>());
            silo.Services.AddSingleton(Storage.GetRequiredService<IListings>());
            silo.Services.AddSingleton(Storage.GetRequiredService<IRows>());
            silo.Services.AddSingleton<IFollowedChains>(new FollowedChains(_chains));
            silo.Services.AddLogging(logging => logging.ClearProviders().AddProvider(_errors));
            silo.AddBraintrustGrainStorage(StorageNames.Plain);
            silo.AddBraintrustGrains(_options);
        });
        builder.ConfigureClient(client =>
        {
            client.Services.AddBraintrustExceptions();
            // As every client of ours: what a silo that stops leaves unanswered is given up well before a test's patience ends.
            client.Configure<ClientMessagingOptions>(messaging => messaging.ResponseTimeout = TimeSpan.FromSeconds(10));
        });
        _cluster = builder.Build();
        await _cluster.DeployAsync();
    }

    public async Task DisposeAsync()
    {
        if (_cluster is not null) await _cluster.DisposeAsync();
        if (_storage is not null)
        {
            await _storage.StopAsync();
            _storage.Dispose();
        }

        if (_database is not null) await _database.DisposeAsync();
        _errors.AssertNone();
    }

    /// <summary>A chain that no other test uses, with the escrow registered on it from block 1.</summary>
    public async Task<TestChain> TakeChain()
    {
        var chain = new TestChain(this, _chains[Interlocked.Increment(ref _taken)]);
        await chain.Register();
        return chain;
    }

    /// <summary>The same with a relayer.</summary>
    /// <param name="stuckSeconds">1 or 3,600: when its transactions are sent again with a higher fee.</param>
    public async Task<TestChain> TakeRelayingChain(int stuckSeconds = 3_600)
    {
        var chain = new TestChain(this, _chains.First(
            one => one.Relayer?.Limits.StuckSeconds == stuckSeconds && _relaying.Add(one)));
        await chain.Register();
        return chain;
    }

    private static FollowedChain Relaying(FollowedChain chain, int stuckSeconds) => chain with
    {
        Relayer = new Relayer(
            LocalSigner.FromHex("0x" + new string('8', 64), chain.Settings.ChainId),
            new RelayLimits { StuckSeconds = stuckSeconds, AccountCallsPerDayMax = 3, WaitingMax = 5 }),
    };

    private static FollowedChain Followed(ulong chainId) => new(
        new ChainSettings { ChainId = chainId, ConfirmationsMin = 6, PollIntervalMs = 1_000 },
        new ScriptedChain(chainId, genesisSeconds: (ulong)DateTimeOffset.UtcNow.ToUnixTimeSeconds()));
}

[CollectionDefinition(nameof(GrainCluster))]
public sealed class GrainClusterCollection : ICollectionFixture<GrainCluster>;
