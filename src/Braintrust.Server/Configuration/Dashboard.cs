using System.Net;
using Orleans.Dashboard;

namespace Braintrust;

/// <summary>The Orleans dashboard, on a loopback port of its own: neither is to be had through the other ports.</summary>
internal static class Dashboard
{
    private const string Path = "/dashboard";

    public static void AddOperators(this ISiloBuilder silo, OperatorOptions options)
    {
        if (options.DashboardPort != 0) silo.AddDashboard();
    }

    public static void AddOperators(this IClientBuilder client, OperatorOptions options)
    {
        if (options.DashboardPort != 0) client.AddDashboard();
    }

    public static void MapOperators(this WebApplication app, OperatorOptions options)
    {
        if (options.DashboardPort == 0) return;
        app.Use((context, next) =>
        {
            var asked = context.Request.Path.StartsWithSegments(Path);
            if (!asked && context.Connection.LocalPort != options.DashboardPort) return next(context);
            if (asked && IsForOperators(context, options)) return next(context);
            context.Response.StatusCode = StatusCodes.Status404NotFound;
            return Task.CompletedTask;
        });
        app.MapOrleansDashboard(Path);
    }

    /// <summary>A web page elsewhere can make a browser here call loopback, but only under its own host name.</summary>
    private static bool IsForOperators(HttpContext context, OperatorOptions options) =>
        context.Connection.LocalPort == options.DashboardPort
        && (context.Request.Host.Host == "localhost"
            || (IPAddress.TryParse(context.Request.Host.Host, out var address) && IPAddress.IsLoopback(address)));
}
