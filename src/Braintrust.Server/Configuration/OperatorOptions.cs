namespace Braintrust;

/// <summary>Section <c>Operator</c>: what only a person on this machine may see.</summary>
public sealed record OperatorOptions
{
    /// <summary>
    /// Loopback port of the Orleans dashboard (http://127.0.0.1:PORT/dashboard), 0 for none. It shows logs and grain keys and
    /// asks for no password: reach it from elsewhere through a tunnel only. Default 0.
    /// </summary>
    public int DashboardPort { get; init; }

    public IEnumerable<string> Problems() => Setting.Range(DashboardPort, 0, 65_535, "(a TCP port, 0 for none)", 0);
}
