namespace Braintrust.Cluster;

/// <summary>PostgreSQL's data in a folder: made once, run by a user who is not root, which PostgreSQL refuses.</summary>
internal sealed class DatabaseFolder
{
    private static readonly string[] Unprivileged = ["postgres", "nobody"];

    private readonly string _folder;
    private readonly string _programs = Programs.Postgres();
    private readonly IReadOnlyList<string> _asUser;

    private DatabaseFolder(string folder, IReadOnlyList<string> asUser) => (_folder, _asUser) = (folder, asUser);

    private string Data => Path.Combine(_folder, "data");

    /// <summary>Opens the folder; makes the data when there is none.</summary>
    /// <exception cref="VerbFailedException">PostgreSQL is missing, or may not write there.</exception>
    public static async Task<DatabaseFolder> Open(string folder, CancellationToken ct)
    {
        Directory.CreateDirectory(folder);
        var database = new DatabaseFolder(folder, Environment.UserName == "root" ? await StepDown(folder, ct) : []);
        if (!File.Exists(Path.Combine(database.Data, "PG_VERSION"))) await database.Make(ct);
        return database;
    }

    /// <summary>The command that serves it on loopback only.</summary>
    public IReadOnlyList<string> Serve(ClusterService service) =>
    [
        .. _asUser, Path.Combine(_programs, "postgres"), "-D", Data, "-p", $"{service.Ports["sql"]}",
        "-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories=", .. service.Arguments,
    ];

    /// <summary>True once it answers and has the database.</summary>
    public async Task<bool> Answers(int port, CancellationToken ct)
    {
        string[] where = ["-h", "127.0.0.1", "-p", $"{port}", "-U", ClusterTopology.DatabaseUser];
        if ((await Programs.Try([Path.Combine(_programs, "pg_isready"), "-q", .. where], ct)).Code != 0) return false;
        var (code, output) = await Programs.Try([Path.Combine(_programs, "createdb"), .. where, ClusterTopology.DatabaseUser], ct);
        return code == 0 || output.Contains("already exists", StringComparison.Ordinal);
    }

    private static async Task<IReadOnlyList<string>> StepDown(string folder, CancellationToken ct)
    {
        foreach (var user in Unprivileged)
        {
            if (await Programs.Try(["id", "-u", user], ct) is not (0, _)) continue;
            var group = await Programs.Run(["id", "-g", user], ct);
            await Programs.Run(["chown", "-R", user, folder], ct);
            return ["setpriv", $"--reuid={user}", $"--regid={group}", "--clear-groups"];
        }

        throw new VerbFailedException("PostgreSQL does not run as root, and there is no user postgres or nobody to run it as.");
    }

    private Task Make(CancellationToken ct) => Programs.Run(
        [
            .. _asUser, Path.Combine(_programs, "initdb"), "-D", Data, "-U", ClusterTopology.DatabaseUser, "--auth=trust",
            "-E", "UTF8", "--locale=C", "--no-sync",
        ],
        ct);
}
