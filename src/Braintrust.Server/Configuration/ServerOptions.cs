using System.Collections;
using System.Globalization;
using System.Reflection;
using Braintrust.Accounts;
using Braintrust.Chain;
using Braintrust.Embedded;
using Braintrust.Jobs;
using Braintrust.Security;
using Braintrust.Storage;
using Braintrust.Watch;

namespace Braintrust;

/// <summary>
/// Everything that can be configured, section by section: appsettings.json, then the file that
/// <see cref="BraintrustHost.SettingsVariable"/> names, then the environment as <c>BRAINTRUST__Section__Key</c>, then the
/// command line as <c>--Section:Key=value</c>.
/// </summary>
public sealed record ServerOptions
{
    public ListenOptions Listen { get; init; } = new();
    public StorageOptions Storage { get; init; } = new();
    public ClusterOptions Cluster { get; init; } = new();
    public IReadOnlyList<ChainOptions> Chains { get; init; } = [];
    public SignInOptions SignIn { get; init; } = new();
    public LimitOptions Limits { get; init; } = new();
    public BrowserOptions Browser { get; init; } = new();
    public JobsOptions Jobs { get; init; } = new();
    public WatchOptions Watch { get; init; } = new();
    public HealthOptions Health { get; init; } = new();
    public OperatorOptions Operator { get; init; } = new();
    public GrainOptions Grains { get; init; } = new();
    public EmbeddedChainSettings Embedded { get; init; } = new();

    /// <summary>Sections that the framework reads.</summary>
    private static readonly string[] OtherSections = ["Logging"];

    /// <summary>A cluster member on PostgreSQL, or one process with everything embedded.</summary>
    public bool IsCluster => Storage.Engine == StorageEngine.PostgreSql;

    /// <summary>A front end without grains of its own.</summary>
    public bool IsGateway => Cluster.Role == ClusterRole.Gateway;

    public bool UsesEmbeddedChain => Chains.Count == 0;

    /// <exception cref="SettingsException">A setting is unknown, cannot be read, or is out of its range.</exception>
    public static ServerOptions Read(IConfiguration configuration)
    {
        var problems = new List<string>();
        var options = new ServerOptions
        {
            Listen = Bind<ListenOptions>(configuration, "Listen", problems),
            Storage = Bind<StorageOptions>(configuration, "Storage", problems),
            Cluster = Bind<ClusterOptions>(configuration, "Cluster", problems),
            Chains = Bind<List<ChainOptions>>(configuration, "Chains", problems),
            SignIn = Bind<SignInOptions>(configuration, "SignIn", problems),
            Limits = Bind<LimitOptions>(configuration, "Limits", problems),
            Browser = Bind<BrowserOptions>(configuration, "Browser", problems),
            Jobs = Bind<JobsOptions>(configuration, "Jobs", problems),
            Watch = Bind<WatchOptions>(configuration, "Watch", problems),
            Health = Bind<HealthOptions>(configuration, "Health", problems),
            Operator = Bind<OperatorOptions>(configuration, "Operator", problems),
            Grains = Bind<GrainOptions>(configuration, "Grains", problems),
            Embedded = Bind<EmbeddedChainSettings>(configuration, "Embedded", problems),
        };
        problems.AddRange(UnknownSections(configuration));
        problems.AddRange(KeysInFiles(configuration));
        problems.AddRange(options.Problems());
        return problems.Count == 0 ? options : throw new SettingsException(problems);
    }

    /// <summary>The database alone, for what must work while the rest is not configured yet.</summary>
    /// <exception cref="SettingsException">As <see cref="Read"/>.</exception>
    public static StorageOptions ReadStorage(IConfiguration configuration)
    {
        var problems = new List<string>();
        var storage = Bind<StorageOptions>(configuration, "Storage", problems);
        problems.AddRange(In("Storage", storage.Problems()));
        return problems.Count == 0 ? storage : throw new SettingsException(problems);
    }

    private static TSection Bind<TSection>(IConfiguration configuration, string section, List<string> problems)
        where TSection : new()
    {
        try
        {
            return configuration.GetSection(section).Get<TSection>(binder => binder.ErrorOnUnknownConfiguration = true) ?? new();
        }
        catch (InvalidOperationException unreadable)
        {
            problems.Add($"{section}: {unreadable.Message} {unreadable.InnerException?.Message}".TrimEnd());
            return new();
        }
    }

    private IEnumerable<string> Problems() =>
    [
        .. In("Listen", Listen.Problems()), .. In("Storage", Storage.Problems()), .. In("Cluster", Cluster.Problems()),
        .. Chains.SelectMany((chain, i) => In($"Chains:{i}", chain.Problems())),
        .. In("SignIn", SignIn.Problems()), .. In("Limits", Limits.Problems()), .. In("Browser", Browser.Problems()),
        .. In("Jobs", Jobs.Problems()), .. In("Watch", Watch.Problems()), .. In("Health", Health.Problems()),
        .. In("Operator", Operator.Problems()), .. In("Grains", Grains.Problems()),
        .. Embedded.Problems(),
        .. Chains.DistinctBy(chain => chain.ChainId).Count() == Chains.Count ? Array.Empty<string>() : ["Chains: a chain id is there twice."],
        .. IsCluster && UsesEmbeddedChain
            ? ["Chains: a cluster on PostgreSQL needs the node it follows: set Chains:0:ChainId and Chains:0:RpcUrl."]
            : Array.Empty<string>(),
        .. GatewayProblems(),
    ];

    private IEnumerable<string> GatewayProblems()
    {
        if (!IsGateway) yield break;
        if (!IsCluster) yield return "Cluster:Role is Gateway: it needs the silos of a cluster, so set Storage:Engine=PostgreSql.";
        if (Cluster.ClientResponseTimeoutMs <= Grains.ResponseTimeoutMs / 2)
            yield return $"Cluster:ClientResponseTimeoutMs is {Cluster.ClientResponseTimeoutMs}: it must be more than half of "
                + $"Grains:ResponseTimeoutMs ({Grains.ResponseTimeoutMs} milliseconds), or idle watches would seem dead.";
    }

    /// <summary>Every setting in force as "Section:Key = value", secrets masked.</summary>
    public IEnumerable<string> Describe() => Describe(this, "");

    /// <summary>Files are copied and command lines are listed: keys come from the environment alone.</summary>
    private static IEnumerable<string> KeysInFiles(IConfiguration configuration) =>
        from provider in (configuration as IConfigurationRoot)?.Providers ?? []
        where provider is not Microsoft.Extensions.Configuration.EnvironmentVariables.EnvironmentVariablesConfigurationProvider
        from chain in configuration.GetSection(nameof(Chains)).GetChildren()
        let name = $"{chain.Path}:{nameof(ChainOptions.Relayer)}:{nameof(RelayerOptions.PrivateKey)}"
        where provider.TryGet(name, out _)
        select $"{name}: set {BraintrustHost.EnvironmentPrefix}{name.Replace(":", "__", StringComparison.Ordinal)} instead; keys are read from the environment alone.";

    private static IEnumerable<string> UnknownSections(IConfiguration configuration) =>
        from section in configuration.GetChildren()
        where !OtherSections.Contains(section.Key, StringComparer.OrdinalIgnoreCase)
            && typeof(ServerOptions).GetProperty(section.Key, BindingFlags.Public | BindingFlags.Instance | BindingFlags.IgnoreCase) is not { CanWrite: true }
        select $"{section.Key}: there is no such section.";

    private static IEnumerable<string> In(string section, IEnumerable<string> problems) =>
        problems.Select(problem => $"{section}:{problem}");

    private static IEnumerable<string> Describe(object options, string path)
    {
        foreach (var property in options.GetType().GetProperties(BindingFlags.Public | BindingFlags.Instance).Where(p => p.CanWrite))
        {
            var name = path.Length == 0 ? property.Name : $"{path}:{property.Name}";
            foreach (var line in DescribeValue(name, property.GetValue(options))) yield return line;
        }
    }

    private static IEnumerable<string> DescribeValue(string name, object? value) => value switch
    {
        null => [$"{name} = (default)"],
        string text => [$"{name} = {Masking.Setting(name, text)}"],
        IEnumerable items => items.Cast<object>().SelectMany((item, i) => DescribeValue($"{name}:{i}", item)),
        _ when value.GetType().IsClass => Describe(value, name),
        _ => [$"{name} = {Convert.ToString(value, CultureInfo.InvariantCulture)}"],
    };
}

/// <summary>The configuration cannot be used; the message has one line for each reason.</summary>
public sealed class SettingsException(IReadOnlyList<string> problems)
    : Exception("The configuration cannot be used:\n" + string.Join('\n', problems.Select(problem => "  " + problem)))
{
    public IReadOnlyList<string> Problems { get; } = problems;
}
