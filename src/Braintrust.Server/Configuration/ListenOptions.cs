using System.Net;

namespace Braintrust;

/// <summary>Section <c>Listen</c>: where clients reach this process.</summary>
public sealed record ListenOptions
{
    /// <summary>Address to listen on: 127.0.0.1 for this machine only, 0.0.0.0 for every network. Default 127.0.0.1.</summary>
    public string Address { get; init; } = "127.0.0.1";

    /// <summary>HTTP/1.1 port: JSON, gRPC-Web and health. 0 takes a free one. Default 8080.</summary>
    public int HttpPort { get; init; } = 8080;

    /// <summary>HTTP/2 (h2c) port: native gRPC. 0 takes a free one. Default 8081.</summary>
    public int GrpcPort { get; init; } = 8081;

    /// <summary>
    /// Networks of the proxies in front of this process (CIDR, "10.0.0.0/8", "192.0.2.7/32"), at most 100. What they say in
    /// X-Forwarded-For is believed, and rates are counted by the client behind them; from anybody else it is ignored.
    /// Default: none.
    /// </summary>
    public IReadOnlyList<string> TrustedProxies { get; init; } = [];

    public const int TrustedProxiesMax = 100;

    /// <summary>gRPC server reflection. Default: only when the chain is the embedded one or in Development.</summary>
    public bool? Reflection { get; init; }

    /// <summary>How long a graceful stop may take, milliseconds, 1,000 to 600,000. Default 15,000.</summary>
    public int ShutdownTimeoutMs { get; init; } = 15_000;

    public IEnumerable<string> Problems()
    {
        if (!IPAddress.TryParse(Address, out _))
            yield return $"Address is '{Address}': it must be an IP address (default 127.0.0.1).";
        foreach (var problem in Setting.Range(HttpPort, 0, 65_535, "(a TCP port, 0 for a free one)", 8080)) yield return problem;
        foreach (var problem in Setting.Range(GrpcPort, 0, 65_535, "(a TCP port, 0 for a free one)", 8081)) yield return problem;
        if (HttpPort == GrpcPort && HttpPort != 0)
            yield return "HttpPort and GrpcPort are the same: without TLS each protocol needs a port of its own.";
        foreach (var problem in Setting.Range(ShutdownTimeoutMs, 1_000, 600_000, "milliseconds", 15_000)) yield return problem;
        if (TrustedProxies.Count > TrustedProxiesMax)
            yield return $"TrustedProxies are {TrustedProxies.Count}: at most {TrustedProxiesMax} networks (default: none).";
        for (var i = 0; i < TrustedProxies.Count; i++)
            if (!IPNetwork.TryParse(TrustedProxies[i], out _))
                yield return $"TrustedProxies:{i} is '{TrustedProxies[i]}': it must be a network such as 10.0.0.0/8 or 192.0.2.7/32 (default: none).";
    }
}
