using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Orleans;
using Orleans.Configuration;
using Orleans.Runtime;
using Orleans.Storage;

namespace Braintrust.Storage;

/// <summary>A silo with our storage, real sockets and, on PostgreSQL, real membership.</summary>
public sealed class SiloUnderTest : IAsyncDisposable
{
    private readonly IHost _host;

    private SiloUnderTest(IHost host)
    {
        _host = host;
        Address = _host.Services.GetRequiredService<ILocalSiloDetails>().SiloAddress;
    }

    public IGrainFactory Grains => _host.Services.GetRequiredService<IGrainFactory>();

    public SiloAddress Address { get; }

    public IGrainStorage Storage(string name) => _host.Services.GetRequiredKeyedService<IGrainStorage>(name);

    public static async Task<SiloUnderTest> Start(StorageOptions options)
    {
        var builder = Host.CreateApplicationBuilder();
        builder.Logging.ClearProviders();
        builder.Services.AddBraintrustStorage(options);
        builder.UseOrleans(silo =>
        {
            var (siloPort, gatewayPort) = (FreePort(), FreePort());
            if (options.Engine == StorageEngine.Sqlite) silo.UseLocalhostClustering(siloPort, gatewayPort);
            else silo.UsePostgresClustering(options).ConfigureEndpoints(IPAddress.Loopback, siloPort, gatewayPort);
            silo.Configure<ClusterOptions>(o => (o.ClusterId, o.ServiceId) = ("test", "test"));
            silo.AddBraintrustGrainStorage(StorageNames.Transactional).AddPlainGrainStorage(options);
        });
        var host = builder.Build();
        await host.StartAsync();
        return new SiloUnderTest(host);
    }

    public async ValueTask DisposeAsync()
    {
        await _host.StopAsync();
        await ((IAsyncDisposable)_host).DisposeAsync();
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
