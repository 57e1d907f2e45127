namespace Braintrust;

/// <summary>What a process is in its cluster.</summary>
public enum ClusterRole
{
    /// <summary>Runs grains, and serves clients too.</summary>
    Silo = 0,

    /// <summary>Serves clients and calls the grains of the silos: can come and go without moving a grain.</summary>
    Gateway = 1,
}

/// <summary>
/// Section <c>Cluster</c>: how silos find each other. Only with PostgreSQL; on SQLite a process is its own cluster. The
/// membership defaults are the fast profile: a killed silo's grains answer again after 2 to 3 s instead of 13 s.
/// </summary>
public sealed record ClusterOptions
{
    /// <summary>Silo or Gateway. Default Silo.</summary>
    public ClusterRole Role { get; init; } = ClusterRole.Silo;

    /// <summary>Silos with one name form one cluster. Default braintrust.</summary>
    public string ClusterId { get; init; } = "braintrust";

    /// <summary>
    /// IP address or host name that other silos reach this one at; a name is looked up once, at start. Default 127.0.0.1: a
    /// cluster on one machine.
    /// </summary>
    public string AdvertisedAddress { get; init; } = "127.0.0.1";

    /// <summary>Silo to silo port, 0 takes a free one. Default 11111.</summary>
    public int SiloPort { get; init; } = 11_111;

    /// <summary>Gateway process to silo port, 0 for none: only this process's own front end calls it. Default 0.</summary>
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

    /// <summary>
    /// A gateway process only: milliseconds after which an unanswered grain call is given up with an unknown outcome, 500 to
    /// 60,000. Default 3,000. Silos answer an idle watch every half <see cref="GrainOptions.ResponseTimeoutMs"/>, so this
    /// must be longer than that, and no longer than a frozen silo may hold up a watch.
    /// </summary>
    public int ClientResponseTimeoutMs { get; init; } = 3_000;

    /// <summary>A gateway process only: how often the silos are looked up, milliseconds, 500 to 600,000. Default 5,000.</summary>
    public int GatewayRefreshMs { get; init; } = 5_000;

    /// <summary>
    /// A gateway process only: how long it looks for a first silo at start, milliseconds, 0 to 600,000. Default 60,000.
    /// </summary>
    public int ConnectTimeoutMs { get; init; } = 60_000;

    public IEnumerable<string> Problems()
    {
        if (string.IsNullOrWhiteSpace(ClusterId)) yield return "ClusterId is empty (default braintrust).";
        if (Uri.CheckHostName(AdvertisedAddress) is not (UriHostNameType.IPv4 or UriHostNameType.IPv6 or UriHostNameType.Dns))
            yield return $"AdvertisedAddress is '{AdvertisedAddress}': it must be an IP address or a host name (default 127.0.0.1).";
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
        .. Setting.Range(ClientResponseTimeoutMs, 500, 60_000, "milliseconds", 3_000),
        .. Setting.Range(GatewayRefreshMs, 500, 600_000, "milliseconds", 5_000),
        .. Setting.Range(ConnectTimeoutMs, 0, 600_000, "milliseconds", 60_000),
    ];
}
