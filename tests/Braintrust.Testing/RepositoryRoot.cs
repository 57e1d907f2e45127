namespace Braintrust;

/// <summary>Where tests find the files of the tree: the nearest folder above them with the solution in it.</summary>
public static class RepositoryRoot
{
    private static readonly Lazy<string> Root = new(() =>
    {
        for (var at = new DirectoryInfo(AppContext.BaseDirectory); at is not null; at = at.Parent)
            if (System.IO.File.Exists(Path.Combine(at.FullName, "Braintrust.sln"))) return at.FullName;
        throw new DirectoryNotFoundException("The tests must run below the folder of Braintrust.sln.");
    });

    public static string File(params string[] parts) => Path.Combine([Root.Value, .. parts]);
}
