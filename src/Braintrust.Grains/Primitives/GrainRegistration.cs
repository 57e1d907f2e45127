using Braintrust.Chain;
using Braintrust.Disputes;
using Braintrust.Escrow;
using Braintrust.Jobs;
using Braintrust.Reputation;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using Orleans.Configuration;
using Orleans.Serialization;
using Orleans.Streams;

namespace Braintrust;

public static class GrainRegistration
{
    /// <summary>Look often, mostly in vain: the default of 100 ms is what a bell would wait.</summary>
    private static readonly TimeSpan BellPoll = TimeSpan.FromMilliseconds(5);

    /// <summary>Each queue is polled: four cost an idle silo 4.5 % of a core, one a quarter of that, and rings as soon.</summary>
    private const int BellQueues = 1;

    /// <summary>
    /// The grains of every room and what they need on a silo. The host adds storage (ICommitStore, IChainLedger,
    /// IContractRegistry, IProjectionStore, IRows and the provider "plain"), <see cref="IFollowedChains"/> and nothing else.
    /// </summary>
    /// <exception cref="Microsoft.Extensions.Options.OptionsValidationException">Unusable options.</exception>
    public static ISiloBuilder AddBraintrustGrains(this ISiloBuilder silo, GrainOptions options)
    {
        var services = silo.Services;
        AddShared(services, options);
        services.AddSingleton<Bells>();
        services.AddSingleton<IProjection, AgreementProjection>();
        services.AddSingleton<IProjection, CreditProjection>();
        services.AddSingleton<IProjection, ReputationProjection>();
        services.AddSingleton<IProjection, TotalProjection>();
        services.AddSingleton<IProjection, DisputeProjection>();
        services.AddSingleton<CourtBook>();
        services.AddSingleton<CaseFolder>();
        services.AddSingleton<DisputePreparer>();
        services.AddSingleton<CourtServices>();
        services.AddSingleton<ITokenPrices, PolicyTokenPrices>();
        services.AddSingleton<ReviewDesk>();
        services.AddSingleton<EscrowServices>();
        services.AddSingleton<Reconciler>();
        services.AddSingleton<OfferDesk>();
        services.AddSingleton<SiloWatchers>();
        services.AddSingleton<IActivationWorkingSetObserver>(provider => provider.GetRequiredService<SiloWatchers>());
        services.AddSingleton<Pulse>();
        AddParticipant<SiloWatchers>(services);
        AddParticipant<LedgerTail>(services);
        AddParticipant<Pulse>(services);
        if (options.Bells) AddBells(silo);
        return silo.Configure<SiloMessagingOptions>(messaging =>
        {
            // Also what co-hosted callers of grains wait: they use the silo's options, not the client's.
            messaging.ResponseTimeout = TimeSpan.FromMilliseconds(options.ResponseTimeoutMs);
        });
    }

    /// <summary>
    /// What a process needs that calls the grains of silos elsewhere: the same helpers, and its own view of the ledger. The
    /// host adds the ledger, the contract registry and <see cref="IFollowedChains"/> as for a silo.
    /// </summary>
    /// <exception cref="Microsoft.Extensions.Options.OptionsValidationException">Unusable options.</exception>
    public static IClientBuilder AddBraintrustGrains(this IClientBuilder client, GrainOptions options)
    {
        AddShared(client.Services, options);
        client.Services.AddSingleton<ILifecycleParticipant<IClusterClientLifecycle>>(
            provider => provider.GetRequiredService<LedgerTail>());
        return client;
    }

    private static void AddShared(IServiceCollection services, GrainOptions options)
    {
        options.Validate();
        services.AddSingleton(options);
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton<ISignatureRecovery>(SignatureRecovery.Instance);
        services.AddSingleton<ActiveGrains>();
        services.AddSingleton<ContractBook>();
        services.AddSingleton<DifferenceBook>();
        services.AddSingleton<TokenBook>();
        services.AddSingleton<Permits>();
        services.AddSingleton<MovePreparer>();
        services.AddSingleton<OfferChecker>();
        services.AddSingleton<RelayDesk>();
        services.AddSingleton<Employers>();
        services.AddSingleton<ReputationContracts>();
        services.AddSingleton<ReviewReader>();
        services.AddSingleton<WorkRecords>();
        services.AddSingleton<CredentialPreparer>();
        services.AddMetrics();
        services.AddSingleton<ChainMetrics>();
        services.AddSingleton<LedgerTail>();
        services.AddSingleton<IChainProgress>(provider => provider.GetRequiredService<LedgerTail>());
        services.AddBraintrustExceptions();
    }

    /// <summary>
    /// Lets the failures of the world (storage, chain) cross silos as what they are, so that callers can retry. For silos
    /// it is part of the grains; a client outside of one needs it too.
    /// </summary>
    public static IServiceCollection AddBraintrustExceptions(this IServiceCollection services) =>
        services.Configure<ExceptionSerializationOptions>(
            exceptions => exceptions.SupportedNamespacePrefixes.Add(nameof(Braintrust)));

    private static void AddParticipant<T>(IServiceCollection services) where T : class, ILifecycleParticipant<ISiloLifecycle> =>
        services.AddSingleton<ILifecycleParticipant<ISiloLifecycle>>(provider => provider.GetRequiredService<T>());

    /// <summary>Implicit subscriptions only: the default keeps a stored row for every subject for ever.</summary>
    private static void AddBells(ISiloBuilder silo)
    {
        silo.AddMemoryStreams(Bells.Provider, bells =>
        {
            bells.ConfigureStreamPubSub(StreamPubSubType.ImplicitOnly);
            bells.ConfigurePartitioning(BellQueues);
            bells.ConfigurePullingAgent(agent => agent.Configure(pulling => pulling.GetQueueMsgsTimerPeriod = BellPoll));
        });
        // A queue that moves with its silo is nobody's emergency: the tail tells what its bells would have.
        silo.Services.AddLogging(logging => logging
            .AddFilter("Orleans.Providers.MemoryAdapterReceiver", LogLevel.Critical)
            .AddFilter("Orleans.Streams." + Bells.Provider, LogLevel.Critical));
    }
}
