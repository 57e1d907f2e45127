using Braintrust.Chain;
using Braintrust.Storage;
using Npgsql;
using OpenTelemetry;
using OpenTelemetry.Logs;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;

namespace Braintrust;

/// <summary>
/// Traces, metrics and logs over OTLP, configured by OpenTelemetry's own variables (OTEL_EXPORTER_OTLP_ENDPOINT and
/// _PROTOCOL, OTEL_SERVICE_NAME, OTEL_TRACES_SAMPLER, ...). Without an endpoint nothing of it is registered.
/// </summary>
internal static class Telemetry
{
    private const string Endpoint = "OTEL_EXPORTER_OTLP_ENDPOINT";
    private const string Disabled = "OTEL_SDK_DISABLED";
    private const string ServiceName = "braintrust";

    /// <summary>Grain calls of the application; those of the runtime are too many to be looked at.</summary>
    private const string GrainCalls = "Microsoft.Orleans.Application";

    private static readonly string[] Meters =
    [
        RpcTelemetry.MeterName, ServerMetrics.MeterName, ChainMetrics.MeterName, StorageMetrics.MeterName, "Microsoft.Orleans",
        "Microsoft.AspNetCore.Hosting", "Microsoft.AspNetCore.Server.Kestrel", "Npgsql", "System.Runtime",
    ];

    public static bool IsOn =>
        !string.IsNullOrWhiteSpace(Environment.GetEnvironmentVariable(Endpoint))
        && !string.Equals(Environment.GetEnvironmentVariable(Disabled), "true", StringComparison.OrdinalIgnoreCase);

    public static void AddTelemetry(this WebApplicationBuilder builder)
    {
        builder.Services.AddSingleton<RpcTelemetry>();
        builder.Services.AddSingleton<ServerMetrics>();
        if (!IsOn) return;
        builder.Services.AddOpenTelemetry()
            // What the environment says of the resource comes last and wins.
            .ConfigureResource(resource => resource.Clear()
                .AddService(ServiceName).AddTelemetrySdk().AddEnvironmentVariableDetector())
            .WithTracing(traces => traces
                .AddSource(GrainCalls).AddNpgsql()
                .AddAspNetCoreInstrumentation(http => http.Filter = context => !IsHealth(context.Request.Path)))
            .WithMetrics(metrics => metrics.AddMeter(Meters))
            .WithLogging(null, logs => (logs.IncludeFormattedMessage, logs.IncludeScopes) = (true, true))
            .UseOtlpExporter();
    }

    /// <summary>Makes the instruments that nobody asks for by themselves.</summary>
    public static void UseTelemetry(this WebApplication app) => app.Services.GetRequiredService<ServerMetrics>();

    /// <summary>Carries a call's trace along from grain to grain.</summary>
    public static void AddTelemetry(this ISiloBuilder silo)
    {
        if (IsOn) silo.AddActivityPropagation();
    }

    /// <inheritdoc cref="AddTelemetry(ISiloBuilder)"/>
    public static void AddTelemetry(this IClientBuilder client)
    {
        if (IsOn) client.AddActivityPropagation();
    }

    private static bool IsHealth(PathString path) =>
        path.StartsWithSegments("/livez") || path.StartsWithSegments("/readyz") || path.StartsWithSegments("/grpc.health.v1.Health");
}
