using Braintrust.Storage;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;

namespace Braintrust;

/// <summary>A server whose commits a test can lose.</summary>
internal static class FaultyCommits
{
    /// <summary>Puts the gate before the server's real store.</summary>
    public static void Install(WebApplicationBuilder builder)
    {
        var real = builder.Services.Last(service => service.ServiceType == typeof(ICommitStore)).ImplementationType!;
        builder.Services.Add(new ServiceDescriptor(typeof(ICommitStore), "real", real, ServiceLifetime.Singleton));
        builder.Services.AddSingleton<ICommitStore>(services =>
            new FaultyCommitStore(services.GetRequiredKeyedService<ICommitStore>("real")));
    }

    public static FaultyCommitStore Of(ApiServer server) => (FaultyCommitStore)server.Services.GetRequiredService<ICommitStore>();
}
