using System.Collections.Immutable;
using Braintrust.Chain.Contracts;

namespace Braintrust.Chain;

/// <summary>The contracts of a deployment, by the names of their artifacts.</summary>
public static class DeploymentKinds
{
    public const string Token = "BraintrustToken";
    public const string Dollar = "DevelopmentDollar";
    public const string Timelock = "TimelockController";
    public const string Policy = "Policy";
    public const string Court = "PanelCourt";
    public const string Escrow = "WorkAgreements";
    public const string Reputation = "Reputation";

    /// <summary>Those that the policy's first version publishes as official.</summary>
    public static readonly ImmutableArray<string> Official = [Token, Court, Escrow, Reputation];

    /// <summary>Creation code of this build, without arguments.</summary>
    /// <exception cref="ArgumentOutOfRangeException">No contract of a deployment.</exception>
    public static byte[] CreationCode(string kind) => kind switch
    {
        Token => BraintrustTokenContract.Bytecode,
        Dollar => DevelopmentDollarContract.Bytecode,
        Timelock => TimelockControllerContract.Bytecode,
        Policy => PolicyContract.Bytecode,
        Court => PanelCourtContract.Bytecode,
        Escrow => WorkAgreementsContract.Bytecode,
        Reputation => ReputationContract.Bytecode,
        _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, "No contract of a deployment."),
    };

    /// <summary>Whether this build knows the contract's code.</summary>
    public static bool Knows(string kind) => kind is Token or Dollar or Timelock or Policy or Court or Escrow or Reputation;

    /// <summary>EIP-712 name of the contract's domain, version 1; null when it has none.</summary>
    internal static string? Domain(string kind) => kind switch
    {
        Token => "Braintrust",
        Escrow => "Braintrust WorkAgreements",
        Reputation => "Braintrust Reputation",
        _ => null,
    };
}
