using System.Net;
using System.Net.Sockets;
using System.Threading.RateLimiting;

namespace Braintrust.Security;

/// <summary>Token buckets: by account for who is signed in, by network address for everybody else.</summary>
public sealed class Quotas(LimitOptions limits) : IDisposable
{
    private readonly PartitionedRateLimiter<string> _accounts =
        Buckets(limits.CallsPerSecondPerAccount, limits.CallsBurstPerAccount, TimeSpan.FromSeconds(1));

    private readonly PartitionedRateLimiter<string> _addresses =
        Buckets(limits.CallsPerSecondPerAddress, limits.CallsBurstPerAddress, TimeSpan.FromSeconds(1));

    private readonly PartitionedRateLimiter<string> _signIns =
        Buckets(limits.SignInCallsPerMinutePerAddress, limits.SignInCallsPerMinutePerAddress, TimeSpan.FromMinutes(1));

    /// <returns>Calls left in the bucket.</returns>
    /// <exception cref="Grpc.Core.RpcException">RESOURCE_EXHAUSTED with RetryInfo.</exception>
    public long TakeForAccount(string accountId) => Take(_accounts, accountId, "calls of this account");

    /// <inheritdoc cref="TakeForAccount"/>
    public long TakeForAddress(IPAddress? address, Rate rate) => Take(
        rate == Rate.SignIn ? _signIns : _addresses, Network(address),
        rate == Rate.SignIn ? "sign-in calls from this network address" : "calls from this network address");

    /// <summary>One host is one IPv4 address or one IPv6 /64, since a host has all of that to itself.</summary>
    public static string Network(IPAddress? address)
    {
        if (address is null) return "unknown";
        if (address.IsIPv4MappedToIPv6) address = address.MapToIPv4();
        return address.AddressFamily == AddressFamily.InterNetworkV6
            ? Convert.ToHexString(address.GetAddressBytes().AsSpan(0, 8))
            : address.ToString();
    }

    public void Dispose()
    {
        _accounts.Dispose();
        _addresses.Dispose();
        _signIns.Dispose();
    }

    private static long Take(PartitionedRateLimiter<string> limiter, string partition, string what)
    {
        using var lease = limiter.AttemptAcquire(partition);
        if (lease.IsAcquired) return limiter.GetStatistics(partition)!.CurrentAvailablePermits;
        var retryAfter = lease.TryGetMetadata(MetadataName.RetryAfter, out var delay) ? delay : Refusals.RetryDelay;
        throw new Refusal(RefusalCode.LimitReached, $"Too many {what}; wait a little.").ToRpc(retryAfter);
    }

    private static PartitionedRateLimiter<string> Buckets(int perPeriod, int burst, TimeSpan period) =>
        PartitionedRateLimiter.Create<string, string>(partition => RateLimitPartition.GetTokenBucketLimiter(
            partition, _ => new TokenBucketRateLimiterOptions
            {
                TokenLimit = burst, TokensPerPeriod = perPeriod, ReplenishmentPeriod = period, QueueLimit = 0,
            }));
}
