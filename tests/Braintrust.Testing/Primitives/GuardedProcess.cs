using System.Diagnostics;
using System.Globalization;

namespace Braintrust.Testing;

/// <summary>
/// A program that ends with the test process, however that ends: a shell holds it and reads from a pipe that closes with
/// this process. Its output goes to a file.
/// </summary>
public sealed class GuardedProcess : IAsyncDisposable
{
    /// <summary>
    /// The pipe says "wait" once the program was killed; else its end stops the program by SIGTERM. Ctrl-C goes to the
    /// whole group and must not end the guard first.
    /// </summary>
    private const string Guard =
        """
        trap : INT TERM HUP
        log=$1; after=$2; shift 2; exec 3<&0 2>/dev/null
        "$@" >>"$log" 2>&1 3<&- &
        id=$!
        echo $id
        read -r word <&3
        [ "$word" = wait ] || kill -TERM $id 2>/dev/null
        wait $id
        code=$?
        [ "$word" = wait ] || [ -z "$after" ] || sh -c "$after"
        exit $code
        """;

    private static readonly TimeSpan StopMax = TimeSpan.FromSeconds(30);

    private readonly Process _shell;
    private readonly string _log;
    private readonly long _start;
    private bool _ended;

    private GuardedProcess(Process shell, string log, long start, int id) =>
        (_shell, _log, _start, Id) = (shell, log, start, id);

    /// <summary>The program's process id.</summary>
    public int Id { get; }

    /// <summary>What the program wrote since it was started.</summary>
    public string Log
    {
        get
        {
            using var file = new FileStream(_log, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
            file.Position = _start;
            using var reader = new StreamReader(file);
            return reader.ReadToEnd();
        }
    }

    /// <param name="after">A shell command to run after the program when this process does not end it by <see cref="Kill"/>.</param>
    public static async Task<GuardedProcess> Start(
        string program, IEnumerable<string> arguments, string log, IReadOnlyDictionary<string, string>? environment = null,
        string after = "")
    {
        var start = new ProcessStartInfo("sh")
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            ArgumentList = { "-c", Guard, "sh", log, after, program },
        };
        foreach (var argument in arguments) start.ArgumentList.Add(argument);
        foreach (var (name, value) in environment ?? new Dictionary<string, string>()) start.Environment[name] = value;
        var written = File.Exists(log) ? new FileInfo(log).Length : 0;
        if (written == 0) await File.WriteAllTextAsync(log, "");
        var shell = Process.Start(start)!;
        var id = await shell.StandardOutput.ReadLineAsync();
        return new GuardedProcess(shell, log, written, int.Parse(id!, CultureInfo.InvariantCulture));
    }

    /// <summary>SIGKILL: the program gets no chance to say anything, and what it started lives on.</summary>
    public async Task Kill()
    {
        Signals.Kill(Id);
        await End("wait");
    }

    /// <summary>SIGTERM; answers the exit code.</summary>
    public async Task<int> Terminate() => await End("");

    /// <summary>Waits until the log matches; answers the match.</summary>
    /// <exception cref="TimeoutException">It did not in time; the message holds the log.</exception>
    public Task<System.Text.RegularExpressions.Match> WaitFor(string pattern, TimeSpan within) =>
        Eventually.Match(() => Log, pattern, within, () => !_shell.HasExited && Signals.IsAlive(Id));

    /// <summary>Waits for the program's own end; answers its exit code.</summary>
    /// <exception cref="TimeoutException">It goes on; the message holds the log.</exception>
    public async Task<int> Exit(TimeSpan within)
    {
        await Eventually.Holds(() => Task.FromResult(Signals.IsAlive(Id)), alive => !alive, within, $"the end of: {Log}");
        return await End("wait");
    }

    public async ValueTask DisposeAsync()
    {
        if (!_ended) await End("");
        _shell.Dispose();
    }

    private async Task<int> End(string word)
    {
        if (_ended) return _shell.ExitCode;
        _ended = true;
        if (word.Length > 0) await _shell.StandardInput.WriteLineAsync(word);
        _shell.StandardInput.Close();
        using var limit = new CancellationTokenSource(StopMax);
        try
        {
            await _shell.WaitForExitAsync(limit.Token);
        }
        catch (OperationCanceledException)
        {
            Signals.Kill(Id);
            await _shell.WaitForExitAsync();
            throw new TimeoutException($"The program ignored SIGTERM for {StopMax}: {Log}");
        }

        return _shell.ExitCode;
    }
}
