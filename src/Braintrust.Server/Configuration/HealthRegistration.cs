using System.Text;
using Google.Protobuf.Reflection;
using Microsoft.AspNetCore.Diagnostics.HealthChecks;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using AccountsV1 = Braintrust.Api.Accounts.V1;
using ChainV1 = Braintrust.Api.Chain.V1;
using DocumentsV1 = Braintrust.Api.Documents.V1;
using EscrowV1 = Braintrust.Api.Escrow.V1;
using GovernanceV1 = Braintrust.Api.Governance.V1;
using JobsV1 = Braintrust.Api.Jobs.V1;
using ReputationV1 = Braintrust.Api.Reputation.V1;
using TalentV1 = Braintrust.Api.Talent.V1;
using WatchV1 = Braintrust.Api.Watch.V1;

namespace Braintrust;

/// <summary>Health over gRPC (per service) and HTTP: /livez while the process runs, /readyz while it should get calls.</summary>
internal static class HealthRegistration
{
    private const string Chains = "chains";

    /// <summary>They go on while a chain is halted or behind.</summary>
    private static readonly IDescriptor[] WithoutChain =
    [
        AccountsV1.AccountsService.Descriptor, AccountsV1.OrganisationsService.Descriptor, TalentV1.TalentService.Descriptor,
        JobsV1.JobsService.Descriptor, DocumentsV1.DocumentsService.Descriptor, DocumentsV1.ThreadsService.Descriptor,
    ];

    private static readonly IDescriptor[] WithChain =
    [
        ChainV1.ChainService.Descriptor, EscrowV1.EscrowService.Descriptor, JobsV1.NegotiationsService.Descriptor,
        ReputationV1.ReputationService.Descriptor, GovernanceV1.GovernanceService.Descriptor, WatchV1.WatchService.Descriptor,
    ];

    /// <summary>How often the answer to watchers of gRPC health is made again.</summary>
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(2);

    public static void AddBraintrustHealth(this IServiceCollection services)
    {
        services.AddGrpcHealthChecks(health =>
            {
                foreach (var service in WithoutChain)
                    health.Services.Map(service.FullName, check => !check.Tags.Contains(Chains));
                foreach (var service in WithChain) health.Services.Map(service.FullName, _ => true);
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
