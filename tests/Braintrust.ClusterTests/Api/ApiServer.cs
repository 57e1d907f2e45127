using Braintrust.Api;
using Braintrust.Api.Accounts;
using Braintrust.Chain;
using Grpc.Net.Client;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using AccountsV1 = Braintrust.Api.Accounts.V1;
using ChainV1 = Braintrust.Api.Chain.V1;
using EscrowV1 = Braintrust.Api.Escrow.V1;
using GovernanceV1 = Braintrust.Api.Governance.V1;
using JobsV1 = Braintrust.Api.Jobs.V1;
using WatchV1 = Braintrust.Api.Watch.V1;

namespace Braintrust;

/// <summary>The server as it ships, on free ports, with a scripted chain and a SQLite file of its own.</summary>
public sealed class ApiServer : IAsyncDisposable
{
    /// <summary>Nothing here takes this long; a wait that does has found a bug.</summary>
    public static readonly TimeSpan WaitMax = TimeSpan.FromSeconds(20);

    /// <summary>Reviews jobs on every test server.</summary>
    public static readonly LocalSigner Reviewer = DevelopmentKeys.Signer(9);

    private readonly WebApplication _app;
    private readonly string _folder;
    private readonly bool _ownsFolder;

    private ApiServer(WebApplication app, string folder, bool ownsFolder, ErrorLog log, ShiftedClock clock, ScriptedSource source)
    {
        (_app, _folder, _ownsFolder, Log, Clock, Source) = (app, folder, ownsFolder, log, clock, source);
        var bound = new BoundAddresses(app.Services.GetRequiredService<IServer>());
        (Http, Grpc) = (new Uri(bound.Http), new Uri(bound.Grpc));
        Channel = GrpcChannel.ForAddress(Grpc);
        Accounts = new(Channel);
        Organisations = new(Channel);
        Chain = new(Channel);
        Escrow = new(Channel);
        Jobs = new(Channel);
        Negotiations = new(Channel);
        Talent = new(Channel);
        Documents = new(Channel);
        Threads = new(Channel);
        Governance = new(Channel);
        Watch = new(Channel);
    }

    public ErrorLog Log { get; }
    public ShiftedClock Clock { get; }
    public ScriptedSource Source { get; }
    public Uri Http { get; }
    public Uri Grpc { get; }
    public GrpcChannel Channel { get; }
    public IServiceProvider Services => _app.Services;
    public AccountsV1.AccountsService.AccountsServiceClient Accounts { get; }
    public AccountsV1.OrganisationsService.OrganisationsServiceClient Organisations { get; }
    public ChainV1.ChainService.ChainServiceClient Chain { get; }
    public EscrowV1.EscrowService.EscrowServiceClient Escrow { get; }
    public JobsV1.JobsService.JobsServiceClient Jobs { get; }
    public JobsV1.NegotiationsService.NegotiationsServiceClient Negotiations { get; }
    public Api.Talent.V1.TalentService.TalentServiceClient Talent { get; }
    public Api.Documents.V1.DocumentsService.DocumentsServiceClient Documents { get; }
    public Api.Documents.V1.ThreadsService.ThreadsServiceClient Threads { get; }
    public GovernanceV1.GovernanceService.GovernanceServiceClient Governance { get; }
    public WatchV1.WatchService.WatchServiceClient Watch { get; }

    /// <param name="settings">More settings, "Section:Key=value".</param>
    public static async Task<ApiServer> Start(
        IEnumerable<string>? settings = null, Action<WebApplicationBuilder>? overrides = null, ScriptedSource? source = null,
        string? folder = null)
    {
        var ownsFolder = folder is null;
        folder ??= Directory.CreateTempSubdirectory("braintrust-api-").FullName;
        source ??= new ScriptedSource();
        var (log, clock) = (new ErrorLog(), new ShiftedClock());
        string[] args =
        [
            "--Listen:HttpPort=0", "--Grains:ReconcileIntervalMs=86400000", "--Listen:GrpcPort=0", $"--Storage:SqlitePath={Path.Combine(folder, "api.db")}",
            "--Chains:0:ChainId=31337", "--Chains:0:RpcUrl=http://127.0.0.1:1", "--Listen:Reflection=true",
            $"--Jobs:Reviewers:0={Reviewer.Address}", "--Limits:SignInCallsPerMinutePerAddress=100000",
            .. (settings ?? []).Select(setting => "--" + setting),
        ];
        var app = BraintrustHost.Build(args, builder =>
        {
            builder.Logging.ClearProviders().AddProvider(log);
            builder.Services.Replace(ServiceDescriptor.Singleton<TimeProvider>(clock));
            builder.Services.Replace(ServiceDescriptor.Singleton<IChainSource>(services =>
                source.With(services.GetRequiredService<IContractRegistry>())));
            overrides?.Invoke(builder);
        });
        await app.StartAsync().WaitAsync(WaitMax);
        return new ApiServer(app, folder, ownsFolder, log, clock, source);
    }

    /// <summary>Stops as SIGTERM does.</summary>
    public Task Stop() => _app.StopAsync().WaitAsync(WaitMax);

    public async ValueTask DisposeAsync()
    {
        Channel.Dispose();
        await _app.StopAsync().WaitAsync(WaitMax);
        await _app.DisposeAsync();
        if (_ownsFolder) Directory.Delete(_folder, recursive: true);
        Log.AssertNone();
    }

    /// <summary>Signs in with a development key.</summary>
    public async Task<Person> SignIn(LocalSigner signer)
    {
        var message = await Accounts.CreateSignInMessageAsync(new() { Address = signer.Address.ToString(), ChainId = ScriptedSource.ChainId });
        var answer = await Accounts.SignInAsync(new() { Message = message.Message, Signature = await Sign(signer, message.Message) });
        return new Person(signer, answer.SessionToken, answer.Account.Name);
    }

    /// <summary>What links a wallet to somebody's account, not sent.</summary>
    public async Task<AccountsV1.LinkWalletRequest> LinkRequest(Person person, LocalSigner wallet)
    {
        var message = await Accounts.CreateSignInMessageAsync(
            new() { Address = wallet.Address.ToString(), ChainId = ScriptedSource.ChainId, Account = person.Account });
        return new()
        {
            RequestId = Guid.NewGuid().ToString(), Message = message.Message, Signature = await Sign(wallet, message.Message),
        };
    }

    public static async Task<Google.Protobuf.ByteString> Sign(LocalSigner signer, string message) =>
        Google.Protobuf.ByteString.CopyFrom(await signer.Sign(PersonalMessage.Hash(message), CancellationToken.None));
}

/// <summary>Somebody with a key and a session.</summary>
public sealed record Person(LocalSigner Signer, string Token, string Account)
{
    public Address Address => Signer.Address;
    public Grpc.Core.Metadata Headers => SessionHeaders.Of(Token);
}

/// <summary>One server for the tests of a class; each test checks its log.</summary>
public sealed class ApiFixture : IAsyncLifetime
{
    public ApiServer Server { get; private set; } = null!;

    public async Task InitializeAsync() => Server = await ApiServer.Start(["Watch:HeartbeatMs=100"]);

    public async Task DisposeAsync() => await Server.DisposeAsync();
}
