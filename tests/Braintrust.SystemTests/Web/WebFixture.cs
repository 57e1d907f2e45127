using System.Numerics;
using Braintrust.Accounts;
using Braintrust.Api.Jobs.V1;
using Braintrust.Chain;
using Braintrust.Testing;
using Google.Protobuf.WellKnownTypes;
using Law = Braintrust.Chain.Contracts.WorkAgreementsContract;

namespace Braintrust.Web;

/// <summary>One server as users start it, and the pages of tests/web with stubs generated from what it says of itself.</summary>
public sealed class WebFixture : IAsyncLifetime
{
    private static readonly string Pages = RepositoryRoot.File("tests", "web");
    private static readonly string Buf = RepositoryRoot.File("protos", "tools");

    /// <summary>Generous: a test of a whole machine, not of its speed.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    public ServerProcess Server { get; private set; } = null!;
    public ServerLink Link { get; private set; } = null!;
    public NodeLink Node { get; private set; } = null!;

    public async Task InitializeAsync()
    {
        // Often, so that whoever stops reading a stream hears of its end soon.
        Server = await ServerProcess.Start(("Watch:HeartbeatMs", "250"));
        Link = new ServerLink(Server.Url, Patience);
        Node = await NodeLink.Open(Link, CancellationToken.None);
        foreach (var folder in new[] { Pages, Buf }) await Install(folder);
        await Tool(Path.Combine(Buf, "node_modules", ".bin", "buf"), "generate", $"{Server.HttpUrl}/braintrust.binpb");
        await Tool("tsc", "--project", ".");
    }

    public async Task DisposeAsync()
    {
        Node?.Dispose();
        Link?.Dispose();
        if (Server is not null) await Server.DisposeAsync();
    }

    /// <summary>Somebody with a development key, signed in over native gRPC.</summary>
    public async Task<Person> SignIn(string name, int key)
    {
        var person = new Person(name, DevelopmentKeys.Signer(key), Link);
        await person.SignIn(Node.ChainId, CancellationToken.None);
        return person;
    }

    /// <summary>Opens a page of tests/web in Chromium.</summary>
    public Task<OpenPage> Open(string page, params IEnumerable<(string Name, string Value)> query) => Open(page, "", query);

    /// <param name="fragment">What the page reads behind the "#".</param>
    public Task<OpenPage> Open(string page, string fragment, IEnumerable<(string Name, string Value)> query) =>
        OpenPage.Open(Pages, page + "?" + string.Join('&', query.Prepend(("server", Server.HttpUrl))
            .Select(part => $"{part.Item1}={Uri.EscapeDataString(part.Item2)}")) + "#" + Uri.EscapeDataString(fragment));

    /// <summary>Terms of one milestone in BTRST, in a negotiation of their own.</summary>
    public async Task<Law.Terms> Terms(Person employer, Person talent)
    {
        var head = await Node.Head(CancellationToken.None);
        return new Law.Terms(
            new BigInteger(Guid.NewGuid().ToByteArray(), isUnsigned: true), BigInteger.Zero, default, employer.Address, employer.Address,
            talent.Address, talent.Address, Node.Token, Node.Told.PolicyVersion, (ushort)Node.Told.FeeBps, default, 0, 3 * 24 * 3600,
            3 * 24 * 3600, 2, default, 0, 0, 5_000,
            head.Time.Seconds + 24 * 3600, Hash32.Keccak("the agreed text"u8), [UInt128.Parse("100000000000000000")], [24 * 3600]);
    }

    /// <summary>A job as its employer hands it in.</summary>
    public Job Job(string title) => new()
    {
        Title = title,
        Description = "Over a small river.",
        Pricing = new() { Kind = PricingKind.Fixed, ChainId = Node.ChainId, Token = Node.Token.ToString(), Budget = "5000" },
        Positions = 1,
        BidsCloseTime = Timestamp.FromDateTimeOffset(DateTimeOffset.UtcNow.AddDays(10)),
        Visibility = JobVisibility.Public,
    };

    /// <summary>What a program of the pages' packages wrote.</summary>
    public static Task<string> Tool(string program, params IEnumerable<string> arguments)
    {
        var programs = Path.Combine(Pages, "node_modules", ".bin");
        return Command.Run(
            Pages, program == "tsc" ? Path.Combine(programs, program) : program, arguments,
            new Dictionary<string, string> { ["PATH"] = programs + Path.PathSeparator + Environment.GetEnvironmentVariable("PATH") });
    }

    /// <summary>A clean install, only when the lock file is newer than what is installed.</summary>
    private static async Task Install(string folder)
    {
        var installed = Path.Combine(folder, "node_modules", ".package-lock.json");
        if (File.GetLastWriteTimeUtc(installed) >= File.GetLastWriteTimeUtc(Path.Combine(folder, "package-lock.json"))) return;
        await Command.Run(folder, "npm", ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]);
        File.SetLastWriteTimeUtc(installed, DateTime.UtcNow);
    }
}

/// <summary>Tests with a browser share one server.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class WebCollection : ICollectionFixture<WebFixture>
{
    public const string Name = "Web";
}
