using System.Net;

namespace Braintrust;

/// <summary>
/// Section <c>Cluster</c>: how silos find each other. Only with PostgreSQL; on SQLite a process is its own cluster. The
/// membership defaults are the fast profile: a killed silo's grains answer again after about 2.5 s instead of 13 s.
/// </summary>
public sealed record ClusterOptions
{
    /// <summary>Silos with one name form one cluster. Default braintrust.</summary>
    public string ClusterId { get; init; } = "braintrust";

    /// <summary>Address that other silos reach this one at. Default 127.0.0.1: a cluster on one machine.</summary>
    public string AdvertisedAddress { get; init; } = "127.0.0.1";

    /// <summary>Silo to silo port, 0 takes a free one. Default 11111.</summary>
    public int SiloPort { get; init; } = 11_111;

    /// <summary>Client to silo port, 0 for none: the front end is in the silo. Default 0.</summary>
    public int GatewayPort { get; init; }

    /// <summary>How long a probe may take, milliseconds, 100 to 60,000. Default 1,000.</summary>
    public int ProbeTimeoutMs { get; init; } = 1_000;

    /// <summary>Missed probes after which a silo votes another dead, 1 to 20. Default 2.</summary>
    public int MissedProbesMax { get; init; } = 2;

    /// <summary>Votes that declare a silo dead, 1 to 10. Default 2.</summary>
    public int DeathVotesMin { get; init; } = 2;

    /// <summary>How often the membership table is read, milliseconds, 500 to 600,000. Default 5,000.</summary>
    public int TableRefreshMs { get; init; } = 5_000;

    /// <summary>How long a vote counts, milliseconds, 1,000 to 600,000. Default 30,000.</summary>
    public int DeathVoteExpirationMs { get; init; } = 30_000;

    /// <summary>How often a silo writes that it lives, milliseconds, 500 to 600,000. Default 5,000.</summary>
    public int AlivePublishMs { get; init; } = 5_000;

    public IEnumerable<string> Problems()
    {
        if (string.IsNullOrWhiteSpace(ClusterId)) yield return "ClusterId is empty (default braintrust).";
        if (!IPAddress.TryParse(AdvertisedAddress, out _))
            yield return $"AdvertisedAddress is '{AdvertisedAddress}': it must be an IP address (default 127.0.0.1).";
        foreach (var problem in Numbers()) yield return problem;
    }

    private IEnumerable<string> Numbers() =>
    [
        .. Setting.Range(SiloPort, 0, 65_535, "(a TCP port, 0 for a free one)", 11_111),
        .. Setting.Range(GatewayPort, 0, 65_535, "(a TCP port, 0 for none)", 0),
        .. Setting.Range(ProbeTimeoutMs, 100, 60_000, "milliseconds", 1_000),
        .. Setting.Range(MissedProbesMax, 1, 20, "probes", 2),
        .. Setting.Range(DeathVotesMin, 1, 10, "votes", 2),
        .. Setting.Range(TableRefreshMs, 500, 600_000, "milliseconds", 5_000),
        .. Setting.Range(DeathVoteExpirationMs, 1_000, 600_000, "milliseconds", 30_000),
        .. Setting.Range(AlivePublishMs, 500, 600_000, "milliseconds", 5_000),
    ];
}
