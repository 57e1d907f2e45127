using System.Text;
using Braintrust.Security;
using Microsoft.AspNetCore.Diagnostics.HealthChecks;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using AccountsV1 = Braintrust.Api.Accounts.V1;
using DocumentsV1 = Braintrust.Api.Documents.V1;
using JobsV1 = Braintrust.Api.Jobs.V1;
using TalentV1 = Braintrust.Api.Talent.V1;

namespace Braintrust;

/// <summary>Health over gRPC (per service) and HTTP: /livez while the process runs, /readyz while it should get calls.</summary>
internal static class HealthRegistration
{
    private const string Chains = "chains";

    /// <summary>Services that go on while a chain is halted.</summary>
    private static readonly string[] OffChain =
    [
        AccountsV1.AccountsService.Descriptor.FullName, AccountsV1.OrganisationsService.Descriptor.FullName,
        DocumentsV1.DocumentsService.Descriptor.FullName, DocumentsV1.ThreadsService.Descriptor.FullName,
        JobsV1.JobsService.Descriptor.FullName, TalentV1.TalentService.Descriptor.FullName,
    ];

    /// <summary>How often the answer to watchers of gRPC health is made again.</summary>
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(2);

    public static void AddBraintrustHealth(this IServiceCollection services)
    {
        services.AddGrpcHealthChecks(health =>
            {
                foreach (var service in RpcPolicy.Services)
                    health.Services.Map(service, check => !OffChain.Contains(service) || !check.Tags.Contains(Chains));
            })
            .AddCheck<DrainHealth>("process")
            .AddCheck<DatabaseHealth>("database")
            .AddCheck<ChainHealth>("chains", tags: [Chains])
            .AddCheck<DeploymentHealth>("deployment", tags: [Chains])
            .AddCheck<ReconciliationHealth>("reconciliation", tags: [Chains]);
        services.AddSingleton<DeploymentHealth>();
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
