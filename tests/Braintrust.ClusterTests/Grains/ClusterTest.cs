namespace Braintrust;

/// <summary>A test on the shared cluster. It fails when an error was logged that it did not announce.</summary>
[Collection(nameof(GrainCluster))]
public abstract class ClusterTest(GrainCluster cluster) : IDisposable
{
    protected GrainCluster Cluster { get; } = cluster;

    public void Dispose()
    {
        Cluster.Commits.Before = null;
        Cluster.Errors.AssertNone();
    }
}
