using Braintrust.Api.Accounts.V1;
using Braintrust.Api.Chain.V1;
using Braintrust.Api.Escrow.V1;
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

    private static readonly TimeSpan CallTimeout = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(250);
    private readonly GrpcChannel _channel;
    private readonly TimeSpan _patience;

    /// <param name="url">h2c address of the native gRPC port.</param>
    /// <param name="patience">How long a call is repeated at most.</param>
    public ServerLink(string url, TimeSpan patience)
    {
        (_channel, _patience) = (GrpcChannel.ForAddress(url), patience);
        Accounts = new AccountsService.AccountsServiceClient(_channel);
        Chains = new ChainService.ChainServiceClient(_channel);
        Escrow = new EscrowService.EscrowServiceClient(_channel);
        Watches = new WatchService.WatchServiceClient(_channel);
    }

    public AccountsService.AccountsServiceClient Accounts { get; }
    public ChainService.ChainServiceClient Chains { get; }
    public EscrowService.EscrowServiceClient Escrow { get; }
    public WatchService.WatchServiceClient Watches { get; }

    public TimeSpan Patience => _patience;

    /// <exception cref="RpcException">A refusal, or the server stayed away longer than the patience.</exception>
    public async Task<T> Call<T>(Func<CallOptions, AsyncUnaryCall<T>> call, Metadata? headers, CancellationToken ct)
    {
        var giveUp = DateTimeOffset.UtcNow + _patience;
        while (true)
        {
            try
            {
                return await call(new CallOptions(headers, DateTime.UtcNow + CallTimeout, ct));
            }
            catch (RpcException away) when (IsAway(away) && DateTimeOffset.UtcNow < giveUp && !ct.IsCancellationRequested)
            {
                await Task.Delay(RetryDelay(away), ct);
            }
        }
    }

    /// <summary>True when repeating the call may help.</summary>
    public static bool IsAway(RpcException trouble) =>
        trouble.StatusCode is StatusCode.Unavailable or StatusCode.DeadlineExceeded;

    /// <summary>The stable reason of a refusal, such as "NOT_A_PARTY".</summary>
    public static string Reason(RpcException refused) =>
        refused.GetRpcStatus()?.GetDetail<ErrorInfo>()?.Reason ?? refused.StatusCode.ToString();

    public static TimeSpan RetryDelay(RpcException away) =>
        away.GetRpcStatus()?.GetDetail<RetryInfo>()?.RetryDelay?.ToTimeSpan() ?? Pause;

    public void Dispose() => _channel.Dispose();
}
