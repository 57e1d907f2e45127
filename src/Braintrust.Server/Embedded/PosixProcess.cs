using System.Collections;
using System.ComponentModel;
using System.Diagnostics;
using System.Runtime.InteropServices;

namespace Braintrust.Embedded;

/// <summary>
/// Starts and signals a program the way POSIX does and <see cref="Process"/> does not: in a process group of its own,
/// so that neither Ctrl-C in the parent's terminal nor the parent's death ends it, with its output in a file, because a
/// pipe would break with the parent; and stopped by SIGTERM, because SIGKILL gives it no chance to save its state.
/// </summary>
internal static class PosixProcess
{
    private const int SigKill = 9;
    private const int SigTerm = 15;
    private const short SetProcessGroup = 2;
    private const int DoNotWait = 1;

    /// <summary>glibc needs 336 and 80 bytes, musl 336 and 80, macOS one pointer each.</summary>
    private const int OpaqueBytes = 1_024;

    /// <summary>Runs <paramref name="path"/>; answers the process id.</summary>
    public static int Start(string path, IReadOnlyList<string> arguments, string logPath)
    {
        File.WriteAllBytes(logPath, []);
        var attributes = Marshal.AllocHGlobal(OpaqueBytes);
        var actions = Marshal.AllocHGlobal(OpaqueBytes);
        try
        {
            Check(posix_spawnattr_init(attributes));
            Check(posix_spawnattr_setflags(attributes, SetProcessGroup));
            Check(posix_spawnattr_setpgroup(attributes, 0));
            Check(posix_spawn_file_actions_init(actions));
            Check(posix_spawn_file_actions_addopen(actions, 0, "/dev/null", 0, 0));
            Check(posix_spawn_file_actions_addopen(actions, 1, logPath, WriteOnlyAppend, 0));
            Check(posix_spawn_file_actions_adddup2(actions, 1, 2));
            Check(posix_spawn(out var id, path, actions, attributes, [path, .. arguments, null], Environment()));
            return id;
        }
        finally
        {
            Marshal.FreeHGlobal(attributes);
            Marshal.FreeHGlobal(actions);
        }
    }

    /// <summary>True while the process runs. A child of ours that ended is reaped.</summary>
    public static bool IsRunning(int id)
    {
        if (waitpid(id, out _, DoNotWait) == id) return false;
        return kill(id, 0) == 0 && !IsZombie(id);
    }

    /// <summary>When the process started, or null when there is none.</summary>
    public static DateTime? StartedAt(int id)
    {
        try
        {
            using var process = Process.GetProcessById(id);
            return process.StartTime.ToUniversalTime();
        }
        catch (Exception gone) when (gone is ArgumentException or InvalidOperationException or Win32Exception)
        {
            return null;
        }
    }

    public static void Terminate(int id) => _ = kill(id, SigTerm);

    public static void Kill(int id) => _ = kill(id, SigKill);

    /// <summary>In a container nobody may reap orphans; a dead one still answers signal 0.</summary>
    private static bool IsZombie(int id)
    {
        try
        {
            var stat = File.ReadAllText($"/proc/{id}/stat");
            return stat[(stat.LastIndexOf(')') + 2)..].StartsWith('Z');
        }
        catch (IOException)
        {
            return false;
        }
    }

    private static string?[] Environment() =>
    [
        .. System.Environment.GetEnvironmentVariables().Cast<DictionaryEntry>().Select(e => $"{e.Key}={e.Value}"), null,
    ];

    private static void Check(int error)
    {
        if (error != 0) throw new Win32Exception(error);
    }

    private static int WriteOnlyAppend => OperatingSystem.IsMacOS() ? 0x0009 : 0x0401;

    [DllImport("libc")]
    private static extern int posix_spawn(
        out int id, string path, nint actions, nint attributes, string?[] arguments, string?[] environment);

    [DllImport("libc")]
    private static extern int posix_spawnattr_init(nint attributes);

    [DllImport("libc")]
    private static extern int posix_spawnattr_setflags(nint attributes, short flags);

    [DllImport("libc")]
    private static extern int posix_spawnattr_setpgroup(nint attributes, int group);

    [DllImport("libc")]
    private static extern int posix_spawn_file_actions_init(nint actions);

    [DllImport("libc")]
    private static extern int posix_spawn_file_actions_addopen(nint actions, int file, string path, int flags, int mode);

    [DllImport("libc")]
    private static extern int posix_spawn_file_actions_adddup2(nint actions, int file, int to);

    [DllImport("libc")]
    private static extern int waitpid(int id, out int status, int options);

    [DllImport("libc")]
    private static extern int kill(int id, int signal);
}
