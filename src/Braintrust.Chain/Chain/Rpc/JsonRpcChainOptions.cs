namespace Braintrust.Chain;

/// <summary>How to reach a node. Every value is checked when a <see cref="JsonRpcChain"/> is made.</summary>
public sealed record JsonRpcChainOptions
{
    /// <summary>http or https. May hold a provider's key: no message of ours repeats more than its host.</summary>
    public required Uri HttpUrl { get; init; }

    /// <summary>ws or wss, for announcements of new heads; null polls instead.</summary>
    public Uri? WebSocketUrl { get; init; }

    /// <summary>EIP-155 id that the node must follow.</summary>
    public required ulong ChainId { get; init; }

    /// <summary>Longest wait for one answer.</summary>
    public int RequestTimeoutMs { get; init; } = 10_000;

    /// <summary>Longest wait for all of one answer with logs.</summary>
    public int LogsTimeoutMs { get; init; } = 60_000;

    /// <summary>How often the head is asked for while no socket announces it.</summary>
    public int PollIntervalMs { get; init; } = 1_000;

    /// <summary>A socket silent for this long is checked by one poll, and replaced when it missed a head.</summary>
    public int SocketSilenceMs { get; init; } = 15_000;

    /// <summary>Pause before a lost socket is opened again; the head is polled meanwhile.</summary>
    public int SocketRetryMs { get; init; } = 5_000;

    /// <summary>Bytes of one answer, decompressed, that are read at most.</summary>
    public long ResponseBytesMax { get; init; } = 256L * 1024 * 1024;

    /// <summary>Connections that are open at once at most.</summary>
    public int ConnectionsMax { get; init; } = 16;

    /// <exception cref="ArgumentException">Names the setting at fault and its unit.</exception>
    public void Validate()
    {
        if (HttpUrl is not { IsAbsoluteUri: true, Scheme: "http" or "https" })
            throw new ArgumentException($"{nameof(HttpUrl)} must be an absolute http or https URL.");
        if (WebSocketUrl is not null and not { IsAbsoluteUri: true, Scheme: "ws" or "wss" })
            throw new ArgumentException($"{nameof(WebSocketUrl)} must be an absolute ws or wss URL, or absent.");
        if (ChainId == 0) throw new ArgumentException($"{nameof(ChainId)} must be the EIP-155 id of the chain, above 0.");
        Positive(nameof(RequestTimeoutMs), RequestTimeoutMs);
        Positive(nameof(LogsTimeoutMs), LogsTimeoutMs);
        Positive(nameof(PollIntervalMs), PollIntervalMs);
        Positive(nameof(SocketSilenceMs), SocketSilenceMs);
        Positive(nameof(SocketRetryMs), SocketRetryMs);
        Positive(nameof(ResponseBytesMax), ResponseBytesMax);
        Positive(nameof(ConnectionsMax), ConnectionsMax);
    }

    private static void Positive(string name, long value)
    {
        if (value <= 0) throw new ArgumentException($"{name} must be above 0, not {value}.");
    }
}
