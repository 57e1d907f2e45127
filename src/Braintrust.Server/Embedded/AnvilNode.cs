using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;
using Braintrust.Chain;

namespace Braintrust.Embedded;

/// <summary>
/// One anvil process and its folder. It outlives a server that was killed and is adopted by the next; a server that
/// stops in order stops it too, by SIGTERM, upon which it writes its state.
/// </summary>
internal sealed partial class AnvilNode : IAsyncDisposable
{
    /// <summary>States the node keeps in memory: at its default, long reorganisation runs lose contract code.</summary>
    private const int HistoryBlocks = 256;
    private static readonly TimeSpan LookInterval = TimeSpan.FromMilliseconds(20);

    private readonly EmbeddedChainSettings _settings;
    private readonly string _program;
    private readonly FileStream _lock;
    private readonly ILogger _log;
    private AnvilRecord? _record;
    private AnvilRpc? _rpc;

    private AnvilNode(EmbeddedChainSettings settings, string program, ILogger log)
    {
        (_settings, _program, _log) = (settings, program, log);
        State = new AnvilState(Folder);
        Directory.CreateDirectory(Folder);
        _lock = TakeFolder();
    }

    public AnvilState State { get; }

    public AnvilRpc Rpc => _rpc ?? throw new InvalidOperationException("The node was stopped.");

    /// <summary>True when it was running before this server.</summary>
    public bool Adopted { get; private set; }

    public bool IsRunning => _record is { IsRunning: true };

    private string Folder => Path.GetFullPath(_settings.DirectoryPath);
    private string RecordPath => Path.Combine(Folder, "anvil.pid.json");
    private string LogPath => Path.Combine(Folder, "anvil.log");

    /// <summary>Adopts the folder's running node or starts one.</summary>
    public static async Task<AnvilNode> Start(
        EmbeddedChainSettings settings, string program, ILogger log, CancellationToken ct)
    {
        var node = new AnvilNode(settings, program, log);
        try
        {
            node.Adopted = await node.TryAdopt(ct);
            if (!node.Adopted) await node.Spawn(settings.Port, ct);
            return node;
        }
        catch
        {
            await node.DisposeAsync();
            throw;
        }
    }

    /// <summary>Starts the node again where clients know it, after it died under us.</summary>
    public async Task Restart(CancellationToken ct)
    {
        var port = Rpc.Url.Port;
        _rpc!.Dispose();
        await Spawn(port, ct);
    }

    public async ValueTask DisposeAsync()
    {
        if (_record is { } record) await Stop(record);
        (_record, var rpc) = (null, _rpc);
        rpc?.Dispose();
        await _lock.DisposeAsync();
    }

    private FileStream TakeFolder()
    {
        try
        {
            return new FileStream(Path.Combine(Folder, "lock"), FileMode.Create, FileAccess.Write, FileShare.None);
        }
        catch (IOException taken)
        {
            throw new EmbeddedChainException(
                $"Another server keeps its chain in {Folder}: stop it, or set Embedded:DirectoryPath.", taken);
        }
    }

    private async Task<bool> TryAdopt(CancellationToken ct)
    {
        if (AnvilRecord.Read(RecordPath) is not { } record) return false;
        if (record.IsRunning)
        {
            if (await IsOurs(record, ct) && (_settings.Port == 0 || _settings.Port == record.Port))
            {
                (_record, _rpc) = (record, new AnvilRpc(Local(record.Port)));
                _log.LogInformation("Adopted the running anvil {ProcessId} on port {Port}", record.ProcessId, record.Port);
                return true;
            }

            _log.LogInformation("Stopping anvil {ProcessId}: silent, or on another port than asked for", record.ProcessId);
            await Stop(record);
        }

        File.Delete(RecordPath);
        return false;
    }

    private static async Task<bool> IsOurs(AnvilRecord record, CancellationToken ct)
    {
        if (record.InstanceId is null) return false;
        try
        {
            using var rpc = new AnvilRpc(Local(record.Port));
            return await rpc.Identify(ct) == (record.InstanceId, EmbeddedChainSettings.ChainId);
        }
        catch (Exception other) when (other is ChainUnavailableException or ChainProtocolException)
        {
            return false;
        }
    }

    private async Task Spawn(int port, CancellationToken ct)
    {
        if (State.Repair() is { } repaired) _log.LogError("{Repair}", repaired);
        string[] arguments =
        [
            "--host", "127.0.0.1", "--port", Text(port), "--chain-id", Text(EmbeddedChainSettings.ChainId),
            "--state", State.FilePath, "--state-interval", "1", "--prune-history", Text(HistoryBlocks),
            // A falling base fee starts high again after a restart, and signed transactions could not be sent again.
            "--block-base-fee-per-gas", "0",
        ];
        var id = PosixProcess.Start(_program, arguments, LogPath);
        _record = new AnvilRecord(id, PosixProcess.StartedAt(id) ?? DateTime.UtcNow);
        _record.Write(RecordPath);
        var listening = await WaitUntilListening(id, port, ct);
        _rpc = new AnvilRpc(Local(listening));
        _record = _record with { Port = listening, InstanceId = (await _rpc.Identify(ct)).InstanceId };
        _record.Write(RecordPath);
        await _rpc.StopLogging(ct);
        await CatchUp(ct);
    }

    private async Task<int> WaitUntilListening(int id, int port, CancellationToken ct)
    {
        var waited = Stopwatch.StartNew();
        using var timer = new PeriodicTimer(LookInterval);
        while (waited.ElapsedMilliseconds < _settings.StartTimeoutMs)
        {
            if (Listening().Match(ReadLog()) is { Success: true } said) return int.Parse(said.Groups[1].ValueSpan);
            if (!PosixProcess.IsRunning(id))
                throw new EmbeddedChainException(
                    $"anvil ended at once (is port {port} taken? Embedded:Port=0 takes a free one): {Tail(ReadLog())}");
            await timer.WaitForNextTickAsync(ct);
        }

        throw new EmbeddedChainException($"anvil did not listen within {_settings.StartTimeoutMs} ms, see {LogPath}.");
    }

    /// <summary>
    /// Moved time is not part of the node's state: without this a restarted chain would go on at wall time, before its
    /// own last block. Nor are the states of older blocks: the final block must be one of this run to be asked about.
    /// </summary>
    private async Task CatchUp(CancellationToken ct)
    {
        var now = (ulong)DateTimeOffset.UtcNow.ToUnixTimeSeconds();
        var head = await Rpc.Head(ct);
        if (head.Number == 0) return;
        if (head.Time > now) await Rpc.IncreaseTime(head.Time - now, ct);
        if (_settings.MineConfirmations) await Rpc.Mine((ulong)_settings.ConfirmationsMin, ct);
    }

    private async Task Stop(AnvilRecord record)
    {
        if (record.IsRunning) PosixProcess.Terminate(record.ProcessId);
        var waited = Stopwatch.StartNew();
        using var timer = new PeriodicTimer(LookInterval);
        while (record.IsRunning && waited.ElapsedMilliseconds < _settings.StopTimeoutMs)
            await timer.WaitForNextTickAsync();
        if (record.IsRunning)
        {
            _log.LogWarning("anvil {ProcessId} ignored SIGTERM for {Ms} ms: killed", record.ProcessId, _settings.StopTimeoutMs);
            PosixProcess.Kill(record.ProcessId);
        }

        File.Delete(RecordPath);
    }

    private string ReadLog()
    {
        using var file = new FileStream(LogPath, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        using var reader = new StreamReader(file);
        return reader.ReadToEnd();
    }

    private static string Tail(string log) =>
        string.Join(" ", log.Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).TakeLast(3));

    private static Uri Local(int port) => new($"http://127.0.0.1:{port}");

    private static string Text<T>(T number) where T : IFormattable => number.ToString(null, CultureInfo.InvariantCulture);

    [GeneratedRegex(@"Listening on 127\.0\.0\.1:(\d+)")]
    private static partial Regex Listening();
}
