namespace Braintrust.Testing;

/// <summary>Settings of a silo on PostgreSQL.</summary>
public static class PostgresSettings
{
    /// <param name="cluster">Silos of one name form one cluster.</param>
    public static IEnumerable<(string, string)> Of(string connectionString, string cluster = "braintrust") =>
    [
        ("Storage:Engine", "PostgreSql"), ("Storage:ConnectionString", connectionString), ("Cluster:ClusterId", cluster),
        ("Cluster:SiloPort", "0"), ("Cluster:GatewayPort", "0"),
    ];
}
