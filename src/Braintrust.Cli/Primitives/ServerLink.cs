using Braintrust.Api;
using Braintrust.Api.Accounts.V1;
using Braintrust.Api.Chain.V1;
using Braintrust.Api.Disputes.V1;
using Braintrust.Api.Documents.V1;
using Braintrust.Api.Escrow.V1;
using Braintrust.Api.Jobs.V1;
using Braintrust.Api.Reputation.V1;
using Braintrust.Api.Talent.V1;
using Braintrust.Api.Watch.V1;
using Google.Rpc;
using Grpc.Core;
using Grpc.Net.Client;

namespace Braintrust;

/// <summary>
/// The way to a server. Calls are repeated, with the same request id, while the server or something behind it is away:
/// a killed server that comes back finds its caller still there.
/// </summary>
public sealed class ServerLink : IDisposable
{
    public const string DefaultUrl = "http://localhost:8081";

    private static readonly TimeSpan DelayMax = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan PingEvery = TimeSpan.FromSeconds(5);
    private readonly GrpcChannel _channel;

    /// <param name="url">h2c address of the native gRPC port.</param>
    /// <param name="patience">About how long a call is repeated at most.</param>
    public ServerLink(string url, TimeSpan patience)
    {
        // Pings find out that a frozen or cut-off server is away; calls to it fail then and are repeated.
        var handler = new SocketsHttpHandler { KeepAlivePingDelay = PingEvery, KeepAlivePingTimeout = PingEvery };
        _channel = GrpcChannel.ForAddress(url, new GrpcChannelOptions { HttpHandler = handler, DisposeHttpClient = true });
        Patience = patience;
        Policy = new RetryPolicy((int)(patience / DelayMax) + 5, TimeSpan.FromMilliseconds(100), DelayMax);
        Accounts = new AccountsService.AccountsServiceClient(_channel);
        Chains = new ChainService.ChainServiceClient(_channel);
        Disputes = new DisputeService.DisputeServiceClient(_channel);
        Documents = new DocumentsService.DocumentsServiceClient(_channel);
        Escrow = new EscrowService.EscrowServiceClient(_channel);
        Jobs = new JobsService.JobsServiceClient(_channel);
        Negotiations = new NegotiationsService.NegotiationsServiceClient(_channel);
        Organisations = new OrganisationsService.OrganisationsServiceClient(_channel);
        Reputations = new ReputationService.ReputationServiceClient(_channel);
        Reviews = new ReviewService.ReviewServiceClient(_channel);
        Credentials = new CredentialService.CredentialServiceClient(_channel);
        Talents = new TalentService.TalentServiceClient(_channel);
        Threads = new ThreadsService.ThreadsServiceClient(_channel);
        Watches = new WatchService.WatchServiceClient(_channel);
    }

    public AccountsService.AccountsServiceClient Accounts { get; }
    public ChainService.ChainServiceClient Chains { get; }
    public DisputeService.DisputeServiceClient Disputes { get; }
    public DocumentsService.DocumentsServiceClient Documents { get; }
    public EscrowService.EscrowServiceClient Escrow { get; }
    public JobsService.JobsServiceClient Jobs { get; }
    public NegotiationsService.NegotiationsServiceClient Negotiations { get; }
    public OrganisationsService.OrganisationsServiceClient Organisations { get; }
    public ReputationService.ReputationServiceClient Reputations { get; }
    public ReviewService.ReviewServiceClient Reviews { get; }
    public CredentialService.CredentialServiceClient Credentials { get; }
    public TalentService.TalentServiceClient Talents { get; }
    public ThreadsService.ThreadsServiceClient Threads { get; }
    public WatchService.WatchServiceClient Watches { get; }

    public TimeSpan Patience { get; }
    public RetryPolicy Policy { get; }

    /// <exception cref="RpcException">A refusal, or the server stayed away longer than the patience.</exception>
    public Task<T> Call<T>(Func<CallOptions, AsyncUnaryCall<T>> call, Metadata? headers, CancellationToken ct) =>
        Retry.Call(() => call(new CallOptions(headers, cancellationToken: ct)), Policy, ct: ct);

    /// <summary>The stable reason of a refusal as it crosses the wire, such as "NOT_A_PARTY".</summary>
    public static string Reason(RpcException refused) =>
        refused.GetRpcStatus()?.GetDetail<ErrorInfo>()?.Reason ?? refused.StatusCode.ToString();

    public void Dispose() => _channel.Dispose();
}
