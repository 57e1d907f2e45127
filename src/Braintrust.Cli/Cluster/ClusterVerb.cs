namespace Braintrust.Cluster;

/// <summary>What <c>cluster up</c> is asked for.</summary>
/// <param name="FolderPath">Where database, chain, settings and logs are kept.</param>
/// <param name="FreePorts">Take free ports instead of the usual ones.</param>
/// <param name="OtlpEndpoint">Where the servers send telemetry; empty for nowhere, null for a collector beside them.</param>
internal sealed record ClusterOrder(string FolderPath, bool FreePorts, string? OtlpEndpoint);

/// <summary>Starts the cluster and stays until asked to stop.</summary>
internal static class ClusterVerb
{
    public static async Task<int> Up(Timeline timeline, ClusterOrder order, CancellationToken ct)
    {
        var folder = Path.GetFullPath(order.FolderPath);
        var place = new ProcessPlace(folder, order.FreePorts, order.OtlpEndpoint);
        await using var cluster = new RunningCluster(folder, place, timeline);
        try
        {
            await cluster.Start(ct);
            Announce(timeline, cluster.Gateway, place, folder);
            await Task.Delay(Timeout.Infinite, ct);
        }
        catch (OperationCanceledException) when (ct.IsCancellationRequested)
        {
            timeline.Tell(Tale.Service, "", "stopping everything");
        }

        return 0;
    }

    private static void Announce(Timeline timeline, ClusterService gateway, ProcessPlace place, string folder)
    {
        var (http, grpc) = ($"http://127.0.0.1:{gateway.Ports["http"]}", $"http://127.0.0.1:{gateway.Ports["grpc"]}");
        timeline.Tell(Tale.Result, "", $"The cluster runs. gRPC {grpc} (h2c), HTTP {http}, node {place.PublicRpcUrl}",
            ("grpc", grpc), ("http", http), ("node", place.PublicRpcUrl), ("folder", folder));
        if (place.HasCollector)
            timeline.Tell(Tale.Result, "", $"Telemetry that came is told at {place.OtlpEndpoint}", ("telemetry", place.OtlpEndpoint));
        timeline.Tell(Tale.Result, "", $"State and logs are in {folder}. Ctrl-C stops everything.");
        timeline.Tell(Tale.Result, "", $"try it: dotnet run --project src/Braintrust.Cli -- demo --server {grpc}");
    }
}
