using System.Runtime.InteropServices;

namespace Braintrust.Testing;

/// <summary>POSIX signals to processes by id.</summary>
public static class Signals
{
    private const int SigKill = 9;
    private const int SigTerm = 15;

    public static void Kill(int id) => _ = kill(id, SigKill);

    public static void Terminate(int id) => _ = kill(id, SigTerm);

    /// <summary>True while the process runs; one that ended and was not reaped does not.</summary>
    public static bool IsAlive(int id)
    {
        if (kill(id, 0) != 0) return false;
        try
        {
            var stat = File.ReadAllText($"/proc/{id}/stat");
            return !stat[(stat.LastIndexOf(')') + 2)..].StartsWith('Z');
        }
        catch (IOException)
        {
            // Gone meanwhile, unless the system has no such files at all.
            return !Directory.Exists("/proc/self");
        }
    }

    [DllImport("libc")]
    private static extern int kill(int id, int signal);
}
