using System.Text;
using Microsoft.AspNetCore.Diagnostics.HealthChecks;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using AccountsV1 = Braintrust.Api.Accounts.V1;
using ChainV1 = Braintrust.Api.Chain.V1;
using EscrowV1 = Braintrust.Api.Escrow.V1;
using ReputationV1 = Braintrust.Api.Reputation.V1;
using WatchV1 = Braintrust.Api.Watch.V1;

namespace Braintrust;

/// <summary>Health over gRPC (per service) and HTTP: /livez while the process runs, /readyz while it should get calls.</summary>
internal static class HealthRegistration
{
    private const string Chains = "chains";

    /// <summary>How often the answer to watchers of gRPC health is made again.</summary>
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(2);

    public static void AddBraintrustHealth(this IServiceCollection services)
    {
        services.AddGrpcHealthChecks(health =>
            {
                health.Services.Map(AccountsV1.AccountsService.Descriptor.FullName, check => !check.Tags.Contains(Chains));
                health.Services.Map(ChainV1.ChainService.Descriptor.FullName, _ => true);
                health.Services.Map(EscrowV1.EscrowService.Descriptor.FullName, _ => true);
                health.Services.Map(ReputationV1.ReputationService.Descriptor.FullName, _ => true);
                health.Services.Map(WatchV1.WatchService.Descriptor.FullName, _ => true);
            })
            .AddCheck<DrainHealth>("process")
            .AddCheck<DatabaseHealth>("database")
            .AddCheck<ChainHealth>("chains", tags: [Chains]);
        services.Configure<HealthCheckPublisherOptions>(publisher => (publisher.Delay, publisher.Period) = (TimeSpan.Zero, Period));
    }

    public static void MapBraintrustHealth(this WebApplication app)
    {
        app.MapGrpcHealthChecksService();
        app.MapGet("/livez", () => "ok");
        app.MapHealthChecks("/readyz", new HealthCheckOptions { ResponseWriter = Write });
    }

    private static Task Write(HttpContext context, HealthReport report)
    {
        var text = new StringBuilder();
        foreach (var (name, entry) in report.Entries)
            text.Append(name).Append(": ").Append(entry.Status).Append(' ').Append(entry.Description).Append('\n');
        context.Response.ContentType = "text/plain; charset=utf-8";
        return context.Response.WriteAsync(text.ToString());
    }
}
