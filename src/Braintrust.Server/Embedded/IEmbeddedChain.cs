using Braintrust.Chain;

namespace Braintrust.Embedded;

/// <summary>
/// The development chain that lives beside a server without a configured chain. Started after the schema is applied and
/// before the silo, stopped after the silo.
/// </summary>
public interface IEmbeddedChain
{
    /// <summary>Starts or adopts the node; the contracts are deployed and registered when it answers.</summary>
    /// <exception cref="InvalidOperationException">It cannot run here; the message says what to do.</exception>
    Task<EmbeddedChainEndpoint> Start(CancellationToken ct);

    Task Stop(CancellationToken ct);
}

/// <param name="Settings">How it is followed.</param>
/// <param name="HttpUrl">JSON-RPC over HTTP.</param>
/// <param name="WebSocketUrl">JSON-RPC over a web socket, or null.</param>
/// <param name="Deployment">What stands on it; null on a chain made for a test.</param>
public sealed record EmbeddedChainEndpoint(
    ChainSettings Settings, string HttpUrl, string? WebSocketUrl, DeploymentFile? Deployment = null);
