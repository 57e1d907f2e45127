using System.Collections.Immutable;
using System.Numerics;
using Braintrust.Chain.Contracts;

namespace Braintrust.Chain;

/// <summary>One transaction of a deployment.</summary>
/// <param name="Kind">What it creates; null when it calls <paramref name="To"/>.</param>
/// <param name="Creation">Creation code without arguments; empty for a call.</param>
internal sealed record DeploymentStep(string Name, string? Kind, Address? To, byte[] Creation, byte[] Data)
{
    public ReadOnlySpan<byte> Arguments => Data.AsSpan(Creation.Length);
}

/// <summary>
/// A plan as transactions. All addresses follow from the deployer and its first nonce, so the policy can publish the
/// official ones in its first version, and every contract is born with its final references.
///
/// The policy belongs to a timelock from its first block. The deployer proposes one batch there, with no delay yet: the
/// rule sets, everybody's roles, the delay, and the end of its own roles. All of it happens in one transaction, or none;
/// the escrow, the court and the reputation are deployed after it. So nobody's money ever stood under the deployer's power.
/// </summary>
internal sealed class DeploymentSteps
{
    public const string Schedule = "propose the handover";
    public const string HandOver = "hand over and renounce";

    private readonly DeploymentPlan _plan;
    private readonly Address _deployer;
    private readonly Dictionary<string, Address> _addresses = [];

    public DeploymentSteps(DeploymentPlan plan, Address deployer, ulong firstNonce)
    {
        (_plan, _deployer) = (plan, deployer);
        string?[] order =
        [
            .. plan.Token.Existing is null ? [DeploymentKinds.Token] : Array.Empty<string>(),
            .. plan.HasDollar ? [DeploymentKinds.Dollar] : Array.Empty<string>(),
            DeploymentKinds.Timelock, DeploymentKinds.Policy, null, null, DeploymentKinds.Court, DeploymentKinds.Escrow,
            DeploymentKinds.Reputation,
        ];
        if (plan.Token.Existing is { } existing) _addresses[DeploymentKinds.Token] = existing;
        foreach (var (kind, i) in order.Select((kind, i) => (kind, i)))
            if (kind is not null) _addresses[kind] = ContractAddress.Of(deployer, firstNonce + (ulong)i);
        var calls = new Queue<DeploymentStep>(Handover());
        All = [.. order.Select(kind => kind is null ? calls.Dequeue() : Create(kind))];
    }

    public ImmutableArray<DeploymentStep> All { get; }

    /// <summary>Every contract of the deployment, the token that stood already included.</summary>
    public IReadOnlyDictionary<string, Address> Addresses => _addresses;

    /// <summary>The timelock's name of the handover.</summary>
    public Hash32 Operation { get; private set; }

    public Address Of(string kind) => _addresses[kind];

    /// <summary>What each contract must answer, word by word, whatever governance does later.</summary>
    public IEnumerable<(string Kind, string Getter, Hash32 Answer)> References() =>
    [
        (DeploymentKinds.Policy, "OWNER()", Word(Of(DeploymentKinds.Timelock))),
        (DeploymentKinds.Court, "BTRST()", Word(Of(DeploymentKinds.Token))),
        (DeploymentKinds.Court, "SEAT()", Word(_plan.Court.Seat)),
        (DeploymentKinds.Court, "RULES()", Word(Of(DeploymentKinds.Policy))),
        (DeploymentKinds.Court, "TREASURY()", Word(_plan.Policy.Treasury)),
        (DeploymentKinds.Escrow, "POLICY()", Word(Of(DeploymentKinds.Policy))),
        (DeploymentKinds.Reputation, "AGREEMENTS()", Word(Of(DeploymentKinds.Escrow))),
        (DeploymentKinds.Reputation, "ANCHOR()", Word(_plan.Reputation.Anchor)),
    ];

    /// <summary>The official addresses of the policy's first version.</summary>
    public IEnumerable<(string Kind, Address Address)> Officials() =>
        DeploymentKinds.Official.Select(kind => (kind, Of(kind)));

    internal static Hash32 Word(Address address) => new([.. new byte[12], .. address.ToBytes()]);

    internal static Hash32 Word(BigInteger number)
    {
        var word = new byte[Hash32.Length];
        var bytes = number.ToByteArray(isUnsigned: true, isBigEndian: true);
        bytes.CopyTo(word, word.Length - bytes.Length);
        return new Hash32(word);
    }

    private DeploymentStep Create(string kind) => new(kind, kind, null, DeploymentKinds.CreationCode(kind), kind switch
    {
        DeploymentKinds.Token => BraintrustTokenContract.DeployData(_plan.Token.Holder!.Value),
        DeploymentKinds.Dollar => DevelopmentDollarContract.DeployData(_deployer),
        DeploymentKinds.Timelock => TimelockControllerContract.DeployData(0, [_deployer], [_deployer], Address.Zero),
        DeploymentKinds.Policy => Policy(),
        DeploymentKinds.Court => PanelCourtContract.DeployData(
            Of(DeploymentKinds.Token), _plan.Court.Seat, Of(DeploymentKinds.Policy), _plan.Policy.Treasury),
        DeploymentKinds.Escrow => WorkAgreementsContract.DeployData(Of(DeploymentKinds.Policy)),
        DeploymentKinds.Reputation => ReputationContract.DeployData(Of(DeploymentKinds.Escrow), _plan.Reputation.Anchor),
        _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, null),
    });

    private byte[] Policy()
    {
        var first = _plan.Policy;
        return PolicyContract.DeployData(
            Of(DeploymentKinds.Timelock),
            new PolicyContract.Parameters(
                first.Treasury, first.FeeBps, first.ReviewWindowMin, first.ReviewWindowMax, first.ReworkTimeMin, first.ValidityMax,
                first.OriginBpsMax, first.Guardian),
            [.. first.Tokens.Select(token => new PolicyContract.Listed(Token(token.Token), token.AmountMin, token.ReferencePrice))],
            [.. Officials().Select(official => new PolicyContract.Officials(ShortText.Word(official.Kind), official.Address))]);
    }

    private DeploymentStep[] Handover()
    {
        var (timelock, policy) = (Of(DeploymentKinds.Timelock), Of(DeploymentKinds.Policy));
        ImmutableArray<(Address Target, byte[] Call)> calls =
        [
            .. _plan.Court.RuleSets.Select(rules => (policy, Rules(rules))),
            .. TimelockRoles.Planned(_plan).SelectMany(role => role.Accounts.Select(account =>
                (timelock, TimelockControllerContract.GrantRole.Encode(role.Id, account)))),
            .. TimelockRoles.OfDeployer.Select(role => (timelock, TimelockControllerContract.RevokeRole.Encode(role, _deployer))),
            (timelock, TimelockControllerContract.UpdateDelay.Encode(_plan.Governance.DelaySeconds)),
        ];
        ImmutableArray<Address> targets = [.. calls.Select(call => call.Target)];
        ImmutableArray<BigInteger> values = [.. calls.Select(_ => BigInteger.Zero)];
        ImmutableArray<byte[]> payloads = [.. calls.Select(call => call.Call)];
        var salt = _plan.Hash;
        // keccak of the arguments as ABI encodes them: hashOperationBatch of the timelock.
        var batch = TimelockControllerContract.HashOperationBatch.Encode(targets, values, payloads, default, salt);
        Operation = Hash32.Keccak(batch.AsSpan(4));
        return
        [
            new(Schedule, null, timelock, [], TimelockControllerContract.ScheduleBatch.Encode(targets, values, payloads, default, salt, 0)),
            new(HandOver, null, timelock, [], TimelockControllerContract.ExecuteBatch.Encode(targets, values, payloads, default, salt)),
        ];
    }

    private byte[] Rules(PlannedRules rules) => PolicyContract.AddCourtRules.Encode(
        new PolicyContract.Rules(
            rules.CostBps, rules.BandBps, rules.ResponseWindow, rules.DrawWindow, rules.CommitWindow, rules.RevealWindow,
            rules.AppealWindow),
        [.. rules.Tokens.Select(token => new PolicyContract.Tokens(Token(token.Token), token.CostMin))]);

    private Address Token(string name) => name switch
    {
        DeploymentPlan.Btrst => Of(DeploymentKinds.Token),
        DeploymentPlan.Dollar => Of(DeploymentKinds.Dollar),
        _ => Address.Parse(name),
    };
}
