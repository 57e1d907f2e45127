using System.Collections.Immutable;
using System.Text;
using System.Text.Json;

namespace Braintrust.Chain;

/// <summary>What a deployment was begun with: another plan, key or chain must not go on with it.</summary>
/// <param name="FirstNonce">The deployer's nonce of the first transaction: all addresses follow from it.</param>
public sealed record JournalHead(ulong ChainId, Address Deployer, Hash32 PlanHash, ulong FirstNonce);

/// <summary>A signed transaction, written down before it is sent. Several of one nonce differ in their fees only.</summary>
/// <param name="Raw">As broadcast, hexadecimal.</param>
public sealed record JournalEntry(string Step, ulong Nonce, Hash32 Hash, string Raw);

/// <summary>
/// The deployment's memory: a line a transaction, on the disk before the node hears of it. So a deployment that dies at
/// any point sends the same bytes again, and never deploys twice.
/// </summary>
public sealed class DeploymentJournal
{
    private readonly string? _path;
    private readonly List<JournalEntry> _entries = [];

    private DeploymentJournal(string? path) => _path = path;

    public JournalHead? Head { get; private set; }

    public IReadOnlyList<JournalEntry> Entries => _entries;

    /// <summary>Lost with the process: for chains that are lost with it too.</summary>
    public static DeploymentJournal InMemory() => new(null);

    /// <exception cref="DeploymentException">The file is no journal.</exception>
    public static async Task<DeploymentJournal> Open(string path, CancellationToken ct)
    {
        var journal = new DeploymentJournal(Path.GetFullPath(path));
        if (!File.Exists(path)) return journal;
        var text = await File.ReadAllTextAsync(path, ct);
        // A line that its writer did not finish was never sent.
        var whole = text[..(text.LastIndexOf('\n') + 1)];
        if (whole.Length < text.Length) await File.WriteAllTextAsync(path, whole, ct);
        foreach (var line in whole.Split('\n', StringSplitOptions.RemoveEmptyEntries)) journal.Read(line);
        return journal;
    }

    public Task Begin(JournalHead head, CancellationToken ct)
    {
        Head = head;
        return Append(head, ct);
    }

    public Task Add(JournalEntry entry, CancellationToken ct)
    {
        _entries.Add(entry);
        return Append(entry, ct);
    }

    public ImmutableArray<JournalEntry> Of(ulong nonce) => [.. _entries.Where(entry => entry.Nonce == nonce)];

    private void Read(string line)
    {
        try
        {
            if (Head is null) Head = JsonSerializer.Deserialize<JournalHead>(line, DeploymentJson.Options);
            else _entries.Add(JsonSerializer.Deserialize<JournalEntry>(line, DeploymentJson.Options)!);
        }
        catch (JsonException malformed)
        {
            throw new DeploymentException($"{_path} is no journal of a deployment: {malformed.Message}");
        }
    }

    private async Task Append<T>(T line, CancellationToken ct)
    {
        if (_path is null) return;
        Directory.CreateDirectory(Path.GetDirectoryName(_path)!);
        await using var file = new FileStream(_path, FileMode.Append, FileAccess.Write, FileShare.Read);
        await file.WriteAsync(Encoding.UTF8.GetBytes(JsonSerializer.Serialize(line, DeploymentJson.Options) + "\n"), ct);
        file.Flush(flushToDisk: true);
    }
}
