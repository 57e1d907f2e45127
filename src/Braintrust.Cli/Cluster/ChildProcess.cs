using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;

namespace Braintrust.Cluster;

/// <summary>
/// A program that ends with this process, however that ends: a shell holds it and reads from a pipe of ours. It runs in a
/// session of its own, so that Ctrl-C reaches this process alone, which then stops everything in order. Its output goes to
/// a file.
/// </summary>
internal sealed class ChildProcess : IAsyncDisposable
{
    private const string Guard =
        """
        trap : INT TERM HUP
        log=$1; signal=$2; shift 2; exec 3<&0
        if command -v setsid >/dev/null; then set -- setsid "$@"; fi
        "$@" >>"$log" 2>&1 </dev/null 3<&- &
        child=$!
        echo $child
        (trap '' INT TERM HUP; read -r _ <&3; kill -"$signal" $child) >/dev/null 2>&1 &
        reader=$!
        wait $child
        code=$?
        # A signal to the whole group ends a wait early.
        while kill -0 $child 2>/dev/null; do wait $child; code=$?; done
        kill -KILL $reader 2>/dev/null
        exit $code
        """;

    private static readonly TimeSpan StopMax = TimeSpan.FromSeconds(30);

    private readonly Process _shell;
    private bool _disposed;

    private ChildProcess(Process shell, int id) => (_shell, Id) = (shell, id);

    /// <summary>The program's process id.</summary>
    public int Id { get; }

    /// <summary>Completes with the exit code when the program ended.</summary>
    public Task<int> Ended { get; private init; } = Task.FromResult(0);

    /// <param name="command">The program and its arguments.</param>
    /// <param name="stopSignal">What asks the program to stop: TERM, INT.</param>
    /// <exception cref="VerbFailedException">There is no shell to start it with.</exception>
    public static async Task<ChildProcess> Start(
        IReadOnlyList<string> command, string logPath, IReadOnlyDictionary<string, string> environment, string workingFolder,
        string stopSignal = "TERM")
    {
        var start = new ProcessStartInfo("sh", ["-c", Guard, "sh", logPath, stopSignal, .. command])
        {
            RedirectStandardInput = true, RedirectStandardOutput = true, WorkingDirectory = workingFolder,
        };
        foreach (var (name, value) in environment) start.Environment[name] = value;
        try
        {
            var shell = Process.Start(start)!;
            var id = int.Parse((await shell.StandardOutput.ReadLineAsync())!, CultureInfo.InvariantCulture);
            return new ChildProcess(shell, id) { Ended = Exit(shell) };
        }
        catch (Win32Exception missing)
        {
            throw new VerbFailedException($"A POSIX shell is needed to start {command[0]}: {missing.Message}", missing);
        }
    }

    /// <summary>Asks the program to stop, waits for it, and kills it when it does not.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_disposed) return;
        _disposed = true;
        _shell.StandardInput.Close();
        try
        {
            await Ended.WaitAsync(StopMax);
        }
        catch (TimeoutException)
        {
            using var deaf = Process.GetProcessById(Id);
            deaf.Kill(entireProcessTree: true);
            await Ended;
        }

        _shell.Dispose();
    }

    private static async Task<int> Exit(Process shell)
    {
        await shell.WaitForExitAsync();
        return shell.ExitCode;
    }
}
