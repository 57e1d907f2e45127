using System.Runtime.CompilerServices;

namespace Braintrust.Tidy;

/// <summary>The working tree, as the tidy tests read it.</summary>
internal static class Tree
{
    private static readonly string[] Generated = ["bin", "obj", "node_modules", "artifacts", "out", "cache", ".git", ".braintrust"];

    public static string Root { get; } = FindRoot();

    /// <summary>Paths below <paramref name="folder"/> with one of the endings, relative to the root, generated ones left out.</summary>
    public static IEnumerable<string> Files(string folder, params string[] endings) =>
        Walk(Path.Combine(Root, folder))
            .Where(path => endings.Any(path.EndsWith))
            .Select(path => Path.GetRelativePath(Root, path))
            .Order(StringComparer.Ordinal);

    public static string Text(string path) => File.ReadAllText(Path.Combine(Root, path));

    public static IEnumerable<string> Folders(string folder) =>
        Directory.EnumerateDirectories(Path.Combine(Root, folder))
            .Select(path => Path.GetFileName(path))
            .Where(name => !Generated.Contains(name));

    private static IEnumerable<string> Walk(string folder) =>
        Directory.EnumerateFiles(folder).Concat(
            Directory.EnumerateDirectories(folder)
                .Where(child => !Generated.Contains(Path.GetFileName(child)))
                .SelectMany(Walk));

    private static string FindRoot([CallerFilePath] string here = "")
    {
        var at = new DirectoryInfo(Path.GetDirectoryName(here)!);
        while (!File.Exists(Path.Combine(at.FullName, "Braintrust.sln")))
            at = at.Parent ?? throw new InvalidOperationException("No Braintrust.sln above the tests.");
        return at.FullName;
    }
}
