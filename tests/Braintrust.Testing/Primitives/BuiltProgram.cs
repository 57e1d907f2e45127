namespace Braintrust.Testing;

/// <summary>The programs of src, as built beside the running tests.</summary>
public static class BuiltProgram
{
    /// <summary>The assembly built in the same configuration as the tests.</summary>
    /// <exception cref="FileNotFoundException">It was not built.</exception>
    public static string Path(string project, string assembly)
    {
        var output = new DirectoryInfo(AppContext.BaseDirectory.TrimEnd(System.IO.Path.DirectorySeparatorChar));
        var path = RepositoryRoot.File("src", project, "bin", output.Parent!.Name, output.Name, assembly + ".dll");
        return File.Exists(path) ? path : throw new FileNotFoundException($"{path} was not built.", path);
    }
}
