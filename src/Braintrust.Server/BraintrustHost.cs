using System.Net;
using Braintrust.Accounts;
using Braintrust.Chain;
using Braintrust.Disputes;
using Braintrust.Documents;
using Braintrust.Embedded;
using Braintrust.Escrow;
using Braintrust.Governance;
using Braintrust.Jobs;
using Braintrust.OpenApi;
using Braintrust.Reputation;
using Braintrust.Security;
using Braintrust.Storage;
using Braintrust.Talent;
using Braintrust.Watch;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Braintrust;

/// <summary>Composes the process, for Program and for tests alike: the same services in the same order.</summary>
public static class BraintrustHost
{
    public const string EnvironmentPrefix = "BRAINTRUST__";

    /// <summary>Names a further JSON file of settings, such as the one that `braintrust deploy` writes.</summary>
    public const string SettingsVariable = "BRAINTRUST_SETTINGS_FILE";

    /// <summary>Between two pings of a silent HTTP/2 connection, and the wait for the answer.</summary>
    private static readonly TimeSpan PingEvery = TimeSpan.FromSeconds(30);

    /// <param name="args">Command line: <c>--Section:Key=value</c>.</param>
    /// <param name="overrides">Called after everything is registered: what it registers wins.</param>
    /// <exception cref="SettingsException">The configuration cannot be used.</exception>
    public static WebApplication Build(string[] args, Action<WebApplicationBuilder>? overrides = null)
    {
        var builder = WebApplication.CreateBuilder(new WebApplicationOptions
        {
            Args = args, ContentRootPath = AppContext.BaseDirectory,
        });
        var configuration = Configuration(args);
        builder.Configuration.AddConfiguration(configuration);
        var options = ServerOptions.Read(configuration);

        AddHost(builder, options);
        builder.Services.AddBraintrustStorage(options.Storage);
        AddChains(builder, options);
        AddSecurity(builder.Services, options);
        AddRooms(builder.Services, options);
        builder.AddOrleans(options);
        builder.AddTelemetry();
        // Stopped in reverse: the listeners, then what still asks grains, then the silo.
        builder.Services.AddHostedService<WatchHubStop>();
        builder.Services.AddBraintrustHealth();
        overrides?.Invoke(builder);

        var app = builder.Build();
        Map(app, options);
        return app;
    }

    /// <summary>
    /// Later sources win: appsettings.json beside the executable, the file that <see cref="SettingsVariable"/> names, the
    /// environment, the command line.
    /// </summary>
    /// <exception cref="IOException">The named file is not there.</exception>
    public static IConfigurationRoot Configuration(string[] args)
    {
        var configuration = new ConfigurationBuilder()
            .SetBasePath(AppContext.BaseDirectory)
            .AddJsonFile("appsettings.json", optional: true);
        if (Environment.GetEnvironmentVariable(SettingsVariable) is { Length: > 0 } path)
            configuration.AddJsonFile(Path.GetFullPath(path), optional: false);
        return configuration.AddEnvironmentVariables(EnvironmentPrefix).AddCommandLine(args).Build();
    }

    private static void AddHost(WebApplicationBuilder builder, ServerOptions options)
    {
        builder.Services.AddSingleton(options);
        builder.Services.AddSingleton(TimeProvider.System);
        builder.Services.Configure<HostOptions>(host =>
        {
            host.ShutdownTimeout = TimeSpan.FromMilliseconds(options.Listen.ShutdownTimeoutMs);
            host.BackgroundServiceExceptionBehavior = BackgroundServiceExceptionBehavior.StopHost;
        });
        builder.WebHost.ConfigureKestrel(kestrel => Listen(kestrel, options));
        builder.Services.AddHostedService<Announcement>();
    }

    private static void Listen(KestrelServerOptions kestrel, ServerOptions options)
    {
        var address = IPAddress.Parse(options.Listen.Address);
        // Without TLS one port cannot speak both: clients that know they speak HTTP/2 would be answered in HTTP/1.1.
        kestrel.Listen(address, options.Listen.HttpPort, port => port.Protocols = HttpProtocols.Http1);
        kestrel.Listen(address, options.Listen.GrpcPort, port => port.Protocols = HttpProtocols.Http2);
        if (options.Operator.DashboardPort is not 0 and var operators)
            kestrel.Listen(IPAddress.Loopback, operators, port => port.Protocols = HttpProtocols.Http1);
        kestrel.AddServerHeader = false;
        kestrel.Limits.MaxConcurrentConnections = options.Limits.ConnectionsMax;
        kestrel.Limits.MaxRequestHeadersTotalSize = options.Limits.MetadataBytesMax;
        kestrel.Limits.Http2.MaxRequestHeaderFieldSize = options.Limits.MetadataBytesMax;
        kestrel.Limits.Http2.KeepAlivePingDelay = PingEvery;
        kestrel.Limits.Http2.KeepAlivePingTimeout = PingEvery;
    }

    private static void AddChains(WebApplicationBuilder builder, ServerOptions options)
    {
        var services = builder.Services;
        services.AddSingleton<OpenedChains>();
        services.AddSingleton<IFollowedChains>(provider => provider.GetRequiredService<OpenedChains>());
        services.AddSingleton<ISignatureRecovery>(SignatureRecovery.Instance);
        services.AddSingleton<ChainViews>();
        if (options.UsesEmbeddedChain) services.AddEmbeddedChain(options.Embedded).AddSingleton<IChainSource, EmbeddedChains>();
        else services.AddSingleton<IChainSource, ConfiguredChains>();
        services.AddHostedService<ChainStart>();
    }

    private static void AddSecurity(IServiceCollection services, ServerOptions options)
    {
        services.AddSingleton(options.Limits);
        services.AddSingleton<OpenStreams>();
        services.AddSingleton<Sessions>();
        services.AddSingleton<Quotas>();
        services.AddSingleton<Callers>();
        services.AddSingleton<ErrorInterceptor>();
        services.AddSingleton<AccessInterceptor>();
        services.AddHostedService<RevocationTail>();
        services.AddHostedService<ExpirySweep>();
    }

    private static void AddRooms(IServiceCollection services, ServerOptions options)
    {
        services.AddSingleton(options.SignIn);
        services.AddSingleton<SignIns>();
        services.AddSingleton<OrganisationListings>();
        services.AddSingleton<SubjectGates>();
        services.AddSingleton<ISubjectGate, AgreementGate>();
        services.AddSingleton<ISubjectGate, JobGate>();
        services.AddSingleton<ISubjectGate, NegotiationGate>();
        services.AddSingleton<ISubjectGate, DisputeGate>();

        services.AddSingleton<Reviewers>();
        services.AddSingleton<StandingContracts>();

        services.AddSingleton(options.Watch);
        services.AddSingleton<WatchHub>();
        services.AddSingleton<WatchSources>();
        services.AddSingleton<ResumeTokens>();
        services.AddSingleton<ClusterSecret>();
        services.AddSingleton<PageTokens>();
        services.AddSingleton<ListingReader>();
        services.AddSingleton<AgreementList>();
        services.AddSingleton<CreditList>();
        services.AddSingleton<DisputeListings>();
        services.AddSingleton<ReputationViews>();
        services.AddSingleton<ReputationExport>();
        services.AddHostedService<ClusterSecretStart>();
        services.AddHostedService<Drain>();

        services.AddSingleton(options.Health);
        services.AddGrpc(grpc =>
        {
            grpc.MaxReceiveMessageSize = options.Limits.ReceiveBytesMax;
            grpc.Interceptors.Add<RpcTelemetry>();
            grpc.Interceptors.Add<ErrorInterceptor>();
            grpc.Interceptors.Add<AccessInterceptor>();
        }).AddServiceOptions<DocumentsService>(documents => documents.MaxReceiveMessageSize = options.Limits.DocumentBytesMax);
        services.AddEncodings(options);
        services.AddGrpcReflection();
    }

    private static void Map(WebApplication app, ServerOptions options)
    {
        app.UseTrustedProxies(options.Listen);
        app.UseTelemetry();
        app.MapOperators(options.Operator);
        app.UseTransportLimits();
        app.UseEncodings(options);
        app.UseOpenApiPages();
        app.MapGrpcService<ServerService>();
        app.MapGrpcService<AccountsService>();
        app.MapGrpcService<OrganisationsService>();
        app.MapGrpcService<ChainService>();
        app.MapGrpcService<EscrowService>();
        app.MapGrpcService<DisputeService>();
        app.MapGrpcService<JobsService>();
        app.MapGrpcService<NegotiationsService>();
        app.MapGrpcService<DocumentsService>();
        app.MapGrpcService<ThreadsService>();
        app.MapGrpcService<TalentService>();
        app.MapGrpcService<GovernanceService>();
        app.MapGrpcService<ReputationService>();
        app.MapGrpcService<ReviewService>();
        app.MapGrpcService<CredentialService>();
        app.MapGrpcService<WatchService>();
        app.MapBraintrustHealth();
        app.MapOpenApiPages();
        if (options.Listen.Reflection ?? (options.UsesEmbeddedChain || app.Environment.IsDevelopment()))
            app.MapGrpcReflectionService();
    }
}
