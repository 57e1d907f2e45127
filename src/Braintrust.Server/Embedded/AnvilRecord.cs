using System.Text.Json;
using System.Text.Json.Serialization;

namespace Braintrust.Embedded;

/// <summary>The pid file: which node this folder's state belongs to, also after its server died.</summary>
/// <param name="ProcessId">Ids are used again, so it counts only together with the start time.</param>
/// <param name="StartedAt">When the process started, UTC.</param>
/// <param name="Port">0 until the node listens.</param>
/// <param name="InstanceId">What the node calls this run of itself; null until it listens.</param>
internal sealed record AnvilRecord(int ProcessId, DateTime StartedAt, int Port = 0, string? InstanceId = null)
{
    /// <summary>The start time is computed from the boot time, which differs by clock corrections between readers.</summary>
    private static readonly TimeSpan StartTolerance = TimeSpan.FromSeconds(3);

    [JsonIgnore]
    public bool IsRunning =>
        PosixProcess.IsRunning(ProcessId)
        && PosixProcess.StartedAt(ProcessId) is { } started && (started - StartedAt).Duration() < StartTolerance;

    public static AnvilRecord? Read(string path)
    {
        try
        {
            return File.Exists(path) ? JsonSerializer.Deserialize<AnvilRecord>(File.ReadAllBytes(path)) : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    public void Write(string path)
    {
        File.WriteAllBytes(path + ".new", JsonSerializer.SerializeToUtf8Bytes(this));
        File.Move(path + ".new", path, overwrite: true);
    }
}
