using System.Text;
using Braintrust.Chain;
using Braintrust.Storage;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;

namespace Braintrust;

/// <summary>Tells, once everything listens, where everything is and how to try it.</summary>
public sealed class Announcement(
    ServerOptions options, IServer server, OpenedChains chains, IContractRegistry registry, ILogger<Announcement> log)
    : IHostedLifecycleService
{
    public async Task StartedAsync(CancellationToken ct)
    {
        var bound = new BoundAddresses(server);
        var text = new StringBuilder("Braintrust runs.\n");
        text.Append("  HTTP      ").Append(bound.Http).Append("   (JSON and gRPC-Web; /docs, /openapi.json, /livez, /readyz)\n");
        text.Append("  gRPC      ").Append(bound.Grpc).Append("   (h2c)\n");
        if (options.IsCluster) text.Append("  cluster   ").Append(options.Cluster.ClusterId).Append(options.IsGateway ? ", gateway\n" : ", silo\n");
        text.Append("  database  ").Append(Database()).Append('\n');
        foreach (var chain in chains.All)
        {
            text.Append("  chain     ").Append(chain.Settings.ChainId).Append(options.UsesEmbeddedChain ? "   (embedded, for development)" : "");
            if (chain.Settings.PublicRpcUrl is { } rpc) text.Append("   ").Append(Masking.Url(rpc));
            text.Append('\n');
            foreach (var contract in await registry.Read(chain.Settings.ChainId, ct))
                text.Append("            ").Append(contract.Kind).Append(' ').Append(contract.Address).Append('\n');
        }

        text.Append("  try it    dotnet run --project src/Braintrust.Cli -- demo --server ").Append(bound.Grpc);
        log.LogInformation("{Announcement}", text.ToString());
    }

    public Task StartingAsync(CancellationToken ct) => Task.CompletedTask;
    public Task StartAsync(CancellationToken ct) => Task.CompletedTask;
    public Task StoppingAsync(CancellationToken ct) => Task.CompletedTask;
    public Task StopAsync(CancellationToken ct) => Task.CompletedTask;
    public Task StoppedAsync(CancellationToken ct) => Task.CompletedTask;

    private string Database() => options.Storage.Engine == StorageEngine.Sqlite
        ? "SQLite " + Path.GetFullPath(options.Storage.SqlitePath)
        : "PostgreSQL " + Masking.Setting("ConnectionString", options.Storage.ConnectionString);
}

/// <summary>The addresses that Kestrel bound, in the order they were asked for.</summary>
public sealed class BoundAddresses(IServer server)
{
    private readonly string[] _addresses = [.. server.Features.Get<IServerAddressesFeature>()!.Addresses];

    public string Http => _addresses[0];
    public string Grpc => _addresses[1];
}
