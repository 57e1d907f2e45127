using Braintrust.Chain;

namespace Braintrust.Jobs;

/// <summary>Section <c>Jobs</c>.</summary>
public sealed record JobsOptions
{
    public const int ReviewersMax = 100;

    private const string Standard = "default nobody; the first development account while the chain is the embedded one";

    /// <summary>
    /// Wallets whose accounts review posted jobs, at most 100. Default: the first development account while the chain is
    /// the embedded one, else nobody, and then no job is ever opened.
    /// </summary>
    public IReadOnlyList<string>? Reviewers { get; init; }

    /// <param name="embedded">True when the chain is the embedded one.</param>
    public IReadOnlySet<Address> ReviewersInForce(bool embedded) => Reviewers is { } named
        ? named.Select(text => Address.Parse(text)).ToHashSet()
        : embedded ? new HashSet<Address> { DevelopmentKeys.Address(0) } : new HashSet<Address>();

    public IEnumerable<string> Problems()
    {
        if (Reviewers is not { } named) yield break;
        if (named.Count > ReviewersMax) yield return $"Reviewers are {named.Count}: at most {ReviewersMax} wallets ({Standard}).";
        for (var i = 0; i < named.Count; i++)
            if (!Address.TryParse(named[i], out _))
                yield return $"Reviewers:{i} is '{named[i]}': it must be 0x and 40 hexadecimal digits with a right EIP-55 checksum ({Standard}).";
    }
}

/// <summary>Who reviews jobs here.</summary>
public sealed class Reviewers(ServerOptions options)
{
    private readonly IReadOnlySet<Address> _wallets = options.Jobs.ReviewersInForce(options.UsesEmbeddedChain);

    public bool Include(Caller caller) => caller.Wallets.Any(_wallets.Contains);
}
