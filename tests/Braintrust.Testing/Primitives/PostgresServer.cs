using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace Braintrust.Testing;

/// <summary>
/// A PostgreSQL server of a test's own: a new cluster in a temporary folder on a free loopback port. It ends with this
/// object, and also when the test process dies, as a shell holds it that reads from a pipe of this process.
/// </summary>
public sealed class PostgresServer : IAsyncDisposable
{
    private const string HowToInstall =
        "PostgreSQL's initdb and postgres were not found in PATH or in /usr/lib/postgresql/*/bin. "
        + "Install them, on Debian with: apt-get install postgresql";

    /// <summary>Ctrl-C goes to the whole group and must not end the guard before its server.</summary>
    private const string Guard =
        "trap : INT TERM HUP; log=$1; shift; \"$@\" >>\"$log\" 2>&1 & read -r _; kill -INT $!; wait $!";

    private static readonly TimeSpan StartMax = TimeSpan.FromSeconds(30);
    private static readonly string[] Unprivileged = ["postgres", "nobody"];

    private readonly string _folder = Directory.CreateTempSubdirectory("braintrust-pg-").FullName;
    private readonly string _programs = FindPrograms();
    private readonly int _port = FreePort();
    private readonly string[] _asUser = [];
    private Process? _shell;
    private int _databases;

    private readonly bool _syncs;

    private PostgresServer(bool syncs)
    {
        _syncs = syncs;
        if (Environment.UserName == "root")
            _asUser = ["setpriv", $"--reuid={User}", $"--regid={Group(User)}", "--clear-groups"];
        AppDomain.CurrentDomain.ProcessExit += OnExit;
    }

    private static string User { get; } =
        Unprivileged.FirstOrDefault(u => TryRun("id", ["-u", u]) is not null) ?? "nobody";

    private string Data => Path.Combine(_folder, "data");

    /// <summary>Connection string of the maintenance database.</summary>
    public string ConnectionString => ConnectionStringOf("postgres");

    /// <summary>The postmaster's process id.</summary>
    public int ProcessId => int.Parse(File.ReadLines(Path.Combine(Data, "postmaster.pid")).First());

    /// <summary>Creates the cluster and starts the server.</summary>
    /// <param name="syncs">
    /// Whether commits wait for the disk. Without, they still survive a crash of the server, only not of the machine.
    /// </param>
    /// <exception cref="InvalidOperationException">
    /// PostgreSQL is not installed (the message says how), or did not start.
    /// </exception>
    public static async Task<PostgresServer> Create(bool syncs = false)
    {
        var server = new PostgresServer(syncs);
        if (server._asUser.Length > 0) Run("chown", [User, server._folder]);
        Run(
            server.Command("initdb"),
            ["-D", server.Data, "-U", "braintrust", "--auth=trust", "-E", "UTF8", "--locale=C", "--no-sync"]);
        await server.Start();
        return server;
    }

    /// <summary>An empty database, and its connection string.</summary>
    public string CreateDatabase()
    {
        var name = $"t{Interlocked.Increment(ref _databases)}";
        Sql($"CREATE DATABASE {name}");
        return ConnectionStringOf(name);
    }

    /// <summary>Starts the server again after <see cref="Crash"/>, on the same port.</summary>
    public async Task Start()
    {
        string[] postgres =
        [
            .. Command("postgres"), "-D", Data, "-p", $"{_port}", "-c", "listen_addresses=127.0.0.1",
            "-c", $"fsync={(_syncs ? "on" : "off")}", "-c", "unix_socket_directories=", "-c", "max_connections=200",
        ];
        var log = Path.Combine(_folder, "log");
        var start = new ProcessStartInfo("sh")
        {
            RedirectStandardInput = true,
            WorkingDirectory = _folder,
            ArgumentList = { "-c", Guard, "sh", log },
        };
        foreach (var argument in postgres) start.ArgumentList.Add(argument);
        _shell = Process.Start(start)!;
        var clock = Stopwatch.StartNew();
        while (!Answers())
        {
            if (clock.Elapsed < StartMax) continue;
            await Stop();
            throw new InvalidOperationException($"PostgreSQL did not start: {await File.ReadAllTextAsync(log)}");
        }
    }

    /// <summary>
    /// Ends the server at once, without a checkpoint: what was committed must survive, all else is lost.
    /// </summary>
    public async Task Crash()
    {
        Run("kill", ["-QUIT", $"{ProcessId}"]);
        await Stop();
    }

    public async ValueTask DisposeAsync()
    {
        AppDomain.CurrentDomain.ProcessExit -= OnExit;
        await Stop();
        Directory.Delete(_folder, recursive: true);
    }

    private void OnExit(object? sender, EventArgs e) => DisposeAsync().AsTask().Wait(TimeSpan.FromSeconds(10));

    private async Task Stop()
    {
        if (_shell is null) return;
        _shell.StandardInput.Close();
        await _shell.WaitForExitAsync();
        _shell.Dispose();
        _shell = null;
    }

    /// <summary>Asks with psql, so that this class needs no driver.</summary>
    private void Sql(string statement) => Run(
        [Path.Combine(_programs, "psql")],
        ["-h", "127.0.0.1", "-p", $"{_port}", "-U", "braintrust", "-qc", statement, "postgres"]);

    private bool Answers() =>
        TryRun(Path.Combine(_programs, "pg_isready"), ["-q", "-h", "127.0.0.1", "-p", $"{_port}"]) is not null;

    private string ConnectionStringOf(string database) =>
        $"Host=127.0.0.1;Port={_port};Username=braintrust;Database={database}";

    /// <summary>PostgreSQL refuses to run as root.</summary>
    private string[] Command(string program) => [.. _asUser, Path.Combine(_programs, program)];

    private static string Group(string user) => TryRun("id", ["-g", user])?.Trim() ?? user;

    private static string FindPrograms()
    {
        var versions = Directory.Exists("/usr/lib/postgresql")
            ? Directory.GetDirectories("/usr/lib/postgresql").OrderDescending().Select(v => Path.Combine(v, "bin"))
            : [];
        var path = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator);
        // The versions' own folders first: PATH may hold links to some of the programs only.
        return versions.Concat(path).FirstOrDefault(HasAll) ?? throw new InvalidOperationException(HowToInstall);
    }

    private static bool HasAll(string folder) =>
        new[] { "initdb", "postgres", "psql", "pg_isready" }.All(p => File.Exists(Path.Combine(folder, p)));

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    private static void Run(string program, string[] arguments) => Run([program], arguments);

    private static void Run(string[] command, string[] arguments)
    {
        var (code, output) = Execute(command[0], [.. command[1..], .. arguments]);
        if (code != 0) throw new InvalidOperationException($"{string.Join(' ', command)} failed: {output}");
    }

    private static string? TryRun(string program, string[] arguments) =>
        Execute(program, arguments) is (0, var output) ? output : null;

    private static (int Code, string Output) Execute(string program, string[] arguments)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = Path.GetTempPath(),
        };
        using var process = Process.Start(start)!;
        var errors = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, output + errors.Result);
    }
}
