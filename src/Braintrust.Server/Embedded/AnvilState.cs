using System.Text.Json;

namespace Braintrust.Embedded;

/// <summary>
/// The node's state file. The node overwrites it in place each second, so a kill can leave half a file, with which it
/// refuses to start. Whole files are therefore copied aside, and the copy takes the place of half a file.
/// </summary>
internal sealed class AnvilState(string directory)
{
    private readonly string _kept = Path.Combine(directory, "state.kept.json");

    public string FilePath { get; } = Path.Combine(directory, "state.json");

    /// <summary>
    /// Copies the present file aside if it is whole and answers its newest block; null when there is none, or it is being
    /// written just now.
    /// </summary>
    public ulong? Keep()
    {
        var copy = _kept + ".new";
        if (!File.Exists(FilePath)) return null;
        File.Copy(FilePath, copy, overwrite: true);
        if (NewestBlock(copy) is not { } newest) return null;
        File.Move(copy, _kept, overwrite: true);
        return newest;
    }

    /// <summary>Makes the file one that the node can load; answers what had to be done, or null.</summary>
    public string? Repair()
    {
        if (!File.Exists(FilePath) || NewestBlock(FilePath) is not null) return null;
        File.Delete(FilePath);
        if (!File.Exists(_kept)) return "The chain's state file was cut off and no whole copy exists: the chain starts anew.";
        File.Copy(_kept, FilePath);
        return "The chain's state file was cut off: its last whole copy takes its place, newer blocks are lost.";
    }

    /// <summary>Null unless the file is whole.</summary>
    private static ulong? NewestBlock(string path)
    {
        try
        {
            ulong? newest = null;
            var reader = new Utf8JsonReader(File.ReadAllBytes(path));
            while (reader.Read())
            {
                if (reader.TokenType != JsonTokenType.PropertyName) continue;
                var isNewest = reader.ValueTextEquals("best_block_number"u8);
                reader.Read();
                if (isNewest) newest = reader.GetUInt64();
                reader.TrySkip();
            }

            return newest;
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
