using System.Collections.Immutable;
using System.Numerics;
using System.Text.Json;

namespace Braintrust.Chain;

/// <summary>
/// What a deployment makes, and whom it gives which role, as an operator writes it (JSON). Nothing of it is a secret. The
/// deployer is in none of its roles.
/// </summary>
/// <param name="ChainId">EIP-155 id: any other chain is refused.</param>
/// <param name="Confirmations">Blocks, counting a transaction's own, after which the deployment is believed: 1 to 10,000.</param>
/// <param name="Token">The BTRST that stands already, or who receives the supply of a new one.</param>
/// <param name="Policy">The first version of the governed parameters.</param>
/// <param name="Court">The panel court and its rule sets, whose ids count from 1 in this order.</param>
/// <param name="Reputation">Who anchors batches of reviews.</param>
/// <param name="Governance">Who governs the policy, behind an OpenZeppelin TimelockController.</param>
public sealed record DeploymentPlan(
    ulong ChainId, int Confirmations, PlannedToken Token, PlannedPolicy Policy, PlannedCourt Court, PlannedReputation Reputation,
    PlannedGovernance Governance)
{
    /// <summary>Stands for the address of BTRST wherever a plan names a token.</summary>
    public const string Btrst = "BTRST";

    /// <summary>Stands for the address of <c>DevelopmentDollar</c>, which is deployed where the token names it.</summary>
    public const string Dollar = "DevelopmentDollar";

    private const int FileBytesMax = 256 * 1024;

    /// <summary>Reads and checks a plan.</summary>
    /// <exception cref="DeploymentException">It cannot be read, or breaks a bound of the contracts; every reason is told.</exception>
    public static DeploymentPlan Parse(string json)
    {
        if (json.Length > FileBytesMax) throw new DeploymentException($"The plan is longer than {FileBytesMax} characters.");
        DeploymentPlan plan;
        try
        {
            plan = JsonSerializer.Deserialize<DeploymentPlan>(json, DeploymentJson.Options) ?? throw new JsonException("It is null.");
        }
        catch (JsonException malformed)
        {
            throw new DeploymentException($"The plan cannot be read: {malformed.Message}");
        }

        var problems = PlanRules.Problems(plan).ToImmutableArray();
        return problems.IsEmpty
            ? plan
            : throw new DeploymentException("The plan cannot be carried out:\n" + string.Join('\n', problems.Select(problem => "  " + problem)));
    }

    /// <summary>Names the plan: keccak of its canonical JSON.</summary>
    public Hash32 Hash => Hash32.Keccak(JsonSerializer.SerializeToUtf8Bytes(this, DeploymentJson.Options));

    /// <summary>Every account that the plan gives a power, with the power's name.</summary>
    public IEnumerable<(string Role, Address Account)> Roles =>
    [
        ("policy.guardian", Policy.Guardian), ("reputation.anchor", Reputation.Anchor),
        .. Governance.Proposers.Select(account => ("governance.proposers", account)),
        .. Governance.Cancellers.Select(account => ("governance.cancellers", account)),
        .. Governance.Executors.Select(account => ("governance.executors", account)),
    ];

    /// <summary>Whether a development dollar is deployed too.</summary>
    public bool HasDollar => Policy.Tokens.Any(token => token.Token == Dollar);
}

/// <summary>Exactly one of the two.</summary>
/// <param name="Existing">The BTRST of this chain.</param>
/// <param name="Holder">Who receives the 250,000,000 BTRST of a new one.</param>
public sealed record PlannedToken(Address? Existing = null, Address? Holder = null);

/// <summary>The first version of the governed parameters; bounds as in IPolicy.</summary>
/// <param name="Treasury">Where swept fees go, and what no arbiter earned.</param>
/// <param name="FeeBps">The employer's fee on top, basis points, 0 to 2,000.</param>
/// <param name="ReviewWindowMin">Seconds, 3 days or more.</param>
/// <param name="ReviewWindowMax">Seconds, at most 90 days.</param>
/// <param name="ReworkTimeMin">Seconds, 3 to 90 days.</param>
/// <param name="ValidityMax">Seconds, 1 to 30 days.</param>
/// <param name="OriginBpsMax">Most of the fee for who brought a deal, basis points, 0 to 5,000.</param>
/// <param name="Guardian">Who may stop first funding under this version, once; the zero address: nobody.</param>
public sealed record PlannedPolicy(
    Address Treasury, ushort FeeBps, uint ReviewWindowMin, uint ReviewWindowMax, uint ReworkTimeMin, uint ValidityMax,
    ushort OriginBpsMax, Address Guardian, ImmutableArray<PlannedListing> Tokens);

/// <param name="Token">An address, or <see cref="DeploymentPlan.Btrst"/>.</param>
/// <param name="AmountMin">Least pay of a milestone, base units.</param>
/// <param name="ReferencePrice">Millionths of the reference unit for 10^18 base units, below 2^88.</param>
public sealed record PlannedListing(string Token, UInt128 AmountMin, UInt128 ReferencePrice);

/// <param name="Seat">What a seat on a panel locks, base units of BTRST.</param>
public sealed record PlannedCourt(BigInteger Seat, ImmutableArray<PlannedRules> RuleSets);

/// <summary>A rule set of the court; bounds as in ICourtRules. Windows are in seconds, ratios in basis points.</summary>
public sealed record PlannedRules(
    ushort CostBps, ushort BandBps, uint ResponseWindow, uint DrawWindow, uint CommitWindow, uint RevealWindow, uint AppealWindow,
    ImmutableArray<PlannedCourtToken> Tokens);

/// <param name="Token">An address, or <see cref="DeploymentPlan.Btrst"/>.</param>
/// <param name="CostMin">Least cost of a case, base units, below 2^96.</param>
public sealed record PlannedCourtToken(string Token, UInt128 CostMin);

/// <param name="Anchor">The only account that anchors reviews, for ever.</param>
public sealed record PlannedReputation(Address Anchor);

/// <param name="DelaySeconds">How long a proposal waits in the timelock, at most 30 days.</param>
/// <param name="Proposers">Who may propose: a governor, a multisig, never nobody.</param>
/// <param name="Cancellers">Who may call a proposal off.</param>
/// <param name="Executors">Who may carry out what waited long enough; the zero address: anybody.</param>
public sealed record PlannedGovernance(
    uint DelaySeconds, ImmutableArray<Address> Proposers, ImmutableArray<Address> Cancellers, ImmutableArray<Address> Executors);

/// <summary>A deployment cannot go on, or is not what it should be; the message says why and what to do.</summary>
public sealed class DeploymentException(string message) : Exception(message);
