using System.Text.RegularExpressions;
using System.Xml.Linq;

namespace Braintrust.Tidy;

/// <summary>Keeps the floors (project references), the rooms (folders and namespaces) and the words of the tree.</summary>
public sealed class HouseTests
{
    private const int LinesMax = 500;

    private static readonly string[] Rooms =
    [
        "Accounts", "Talent", "Documents", "Matching", "Jobs", "Escrow", "Disputes", "Reputation", "Staking", "Governance", "Market", "Tax",
        "Chain", "Primitives", "Watch",
    ];

    /// <summary>What a floor may stand on. A project that is not listed here may not exist.</summary>
    private static readonly Dictionary<string, string[]> Floors = new()
    {
        ["Braintrust.Domain"] = [],
        ["Braintrust.Chain.Generator"] = [],
        ["Braintrust.Chain"] = ["Braintrust.Domain", "Braintrust.Chain.Generator"],
        ["Braintrust.Chain.Nethereum"] = ["Braintrust.Chain"],
        ["Braintrust.Storage"] = ["Braintrust.Domain"],
        ["Braintrust.Grains"] = ["Braintrust.Domain", "Braintrust.Chain", "Braintrust.Storage"],
        ["Braintrust.Api"] = [],
        ["Braintrust.Server"] =
            ["Braintrust.Domain", "Braintrust.Chain", "Braintrust.Chain.Nethereum", "Braintrust.Storage", "Braintrust.Grains", "Braintrust.Api"],
        ["Braintrust.Cli"] = ["Braintrust.Api", "Braintrust.Chain", "Braintrust.Domain"],
    };

    /// <summary>Folders that are no rooms, and why they stand where they do.</summary>
    private static readonly Dictionary<string, string[]> OtherFolders = new()
    {
        ["Braintrust.Storage"] = ["Scripts"],
        ["Braintrust.Server"] = ["Security", "Embedded", "Configuration", "OpenApi", "Properties"],
        ["Braintrust.Chain.Generator"] = ["Abi", "Emit"],
        ["Braintrust.Cli"] = ["Cluster"],
    };

    [Fact]
    public void Every_floor_uses_only_the_floors_below_it()
    {
        foreach (var project in Tree.Files("src", ".csproj"))
        {
            var name = Path.GetFileNameWithoutExtension(project);
            Assert.True(Floors.TryGetValue(name, out var allowed), $"{name} is no floor of this house.");
            var used = XDocument.Parse(Tree.Text(project)).Descendants("ProjectReference")
                .Select(reference => Path.GetFileNameWithoutExtension(reference.Attribute("Include")!.Value));
            Assert.Empty(used.Except(allowed!).Select(wrong => $"{name} may not use {wrong}"));
        }
    }

    [Fact]
    public void The_same_room_words_stand_on_every_floor()
    {
        var strangers =
            from floor in Tree.Folders("src")
            from folder in Tree.Folders(Path.Combine("src", floor))
            where !Rooms.Contains(folder) && !OtherFolders.GetValueOrDefault(floor, []).Contains(folder)
            select $"src/{floor}/{folder}";
        Assert.Empty(strangers);
    }

    [Fact]
    public void Namespaces_follow_rooms()
    {
        var astray =
            from path in Tree.Files("src", ".cs")
            let parts = path.Split('/')
            // Clients read one namespace for all helpers beside the generated ones.
            where parts.Length > 3 && parts[1] != "Braintrust.Api" && Rooms.Contains(parts[2]) && parts[2] != "Primitives"
            let space = Regex.Match(Tree.Text(path), @"^namespace ([\w.]+);", RegexOptions.Multiline).Groups[1].Value
            where space.Length > 0 && !(space + ".").StartsWith($"Braintrust.{parts[2]}.", StringComparison.Ordinal)
            select $"{path} is in {space}";
        Assert.Empty(astray);
    }

    [Fact]
    public void In_grains_a_room_knows_another_only_by_its_interfaces()
    {
        var grains = Tree.Files("src/Braintrust.Grains", "Grain.cs")
            .Select(path => (Room: path.Split('/')[2], Name: Path.GetFileNameWithoutExtension(path)))
            .Where(grain => !Regex.IsMatch(grain.Name, "^I[A-Z]"))
            .ToList();
        Assert.NotEmpty(grains);
        var intruders =
            from path in Tree.Files("src/Braintrust.Grains", ".cs")
            let room = path.Split('/')[2]
            from grain in grains
            where grain.Room != room && Regex.IsMatch(Code(Tree.Text(path)), $@"\b{grain.Name}\b")
            select $"{path} names {grain.Name}";
        Assert.Empty(intruders);
    }

    [Fact]
    public void Files_stay_short()
    {
        var long_ =
            from folder in new[] { "src", "tests", "contracts" }
            from path in Tree.Files(folder, ".cs", ".sol", ".mjs", ".sh")
            let lines = Tree.Text(path).AsSpan().Count('\n')
            where lines > LinesMax
            select $"{path}: {lines} lines";
        Assert.Empty(long_);
    }

    [Fact]
    public void Nothing_is_left_over()
    {
        // Written in pieces so that this file does not find itself.
        string[] words = ["TO" + "DO", "FIX" + "ME", "NotImplemented" + "Exception", "Thread." + "Sleep", "Skip" + " =", "[Ign" + "ore"];
        var found =
            from folder in new[] { "src", "tests", "contracts", "protos" }
            from path in Tree.Files(folder, ".cs", ".sol", ".proto", ".mjs", ".sh")
            from word in words
            where Tree.Text(path).Contains(word, StringComparison.Ordinal)
            select $"{path} says {word}";
        Assert.Empty(found);
    }

    [Fact]
    public void Tests_wait_for_conditions_and_never_sleep()
    {
        var sleepers =
            from path in Tree.Files("tests", "Tests.cs")
            where Tree.Text(path).Contains("Task." + "Delay(", StringComparison.Ordinal)
            select path;
        Assert.Empty(sleepers);
    }

    [Fact]
    public void The_tree_names_no_registry_and_no_machine()
    {
        string[] hosts = ["api.nu" + "get.org", "registry.np" + "mjs.org", "deb.deb" + "ian.org"];
        var machine = new Regex(@"(^|[^\w.$}])/(" + "wo" + "rk|ho" + "me|ro" + "ot)/");
        var found =
            from folder in new[] { "src", "tests", "contracts", "protos" }
            from path in Tree.Files(folder, ".cs", ".sol", ".json", ".md", ".sh", ".mjs", ".toml", ".csproj", ".npmrc")
            let text = Tree.Text(path)
            where hosts.Any(text.Contains) || machine.IsMatch(text)
            select path;
        Assert.Empty(found);
    }

    private static string Code(string text) => Regex.Replace(text, @"^\s*//.*$", "", RegexOptions.Multiline);
}
