using Braintrust.Chain;
using Braintrust.Chain.Contracts;
using Braintrust.Escrow;

namespace Braintrust.Governance;

/// <summary>A policy contract on a scripted chain: one version in force that lists some tokens, and what supersedes it.</summary>
public sealed class ScriptedPolicy(params IReadOnlyList<Address> tokens)
{
    public static readonly Address Contract = Address.Parse("0x0000000000000000000000000000000000901c1e");

    /// <summary>One reference unit for 10^18 base units.</summary>
    public const ulong ReferencePrice = 1_000_000;

    /// <summary>The version in force; those below it can still be funded.</summary>
    public uint Version { get; set; } = WorkStory.PolicyVersion;

    /// <summary>Versions below it expired.</summary>
    public uint OldestFundable { get; set; } = WorkStory.PolicyVersion;

    /// <summary>The log of a version that lists the tokens, at a thousandth of the reference unit for each base unit.</summary>
    public static ScriptedLog Published(
        uint version, ushort feeBps, IEnumerable<Address> listed, IEnumerable<Address> delisted,
        params IEnumerable<(string Kind, Address Account)> officials) => ScriptedLog.Of(
        Contract, new PolicyContract.PolicyPublishedEvent(
            version, Parameters(feeBps), [.. listed.Select(token => new PolicyContract.Listed(token, 1, 1_000))], [.. delisted],
            [.. officials.Select(one => new PolicyContract.Officials(ShortText.Word(one.Kind), one.Account))]).Encode());

    /// <summary>Lets the chain answer calls to the policy.</summary>
    public void Answer(ScriptedChain chain) => chain.OnCall(Contract, (call, _) => Answer(call));

    private byte[] Answer(CallRequest call)
    {
        if (call.Data.Span.StartsWith(PolicyContract.CurrentVersion.SelectorBytes))
            return PolicyContract.CurrentVersion.EncodeResult(Version);
        if (PolicyContract.ParametersOf.TryDecodeInput(call.Data.Span, out _))
            return PolicyContract.ParametersOf.EncodeResult(
                Parameters(WorkStory.FeeBps), 1, 0);
        if (PolicyContract.PaymentTokenOf.TryDecodeInput(call.Data.Span, out _, out var priced))
            return PolicyContract.PaymentTokenOf.EncodeResult(
                tokens.Contains(priced) ? new(priced, 1, ReferencePrice) : new(default, 0, 0));
        return PolicyContract.FundingRules.TryDecodeInput(call.Data.Span, out var version, out var token)
            ? Rules(version, token)
            : throw new EvmRevertException("The script knows no such call.", default);
    }

    private byte[] Rules(uint version, Address token)
    {
        if (version == 0 || version > Version) throw Revert(new PolicyContract.VersionUnknownError(version).Encode());
        if (version < OldestFundable) throw Revert(new PolicyContract.VersionExpiredError(version, 1).Encode());
        if (!tokens.Contains(token)) throw Revert(new PolicyContract.TokenNotListedError(token, version).Encode());
        return PolicyContract.FundingRules.EncodeResult(
            new(WorkStory.FeeBps, WorkStory.ReviewWindow, 90 * 86_400, WorkStory.ReviewWindow, 30 * 86_400, 5_000, 1));
    }

    private static PolicyContract.Parameters Parameters(ushort feeBps) => new(
        DevelopmentKeys.Address(9), feeBps, WorkStory.ReviewWindow, 90 * 86_400, WorkStory.ReviewWindow, 30 * 86_400, 5_000,
        DevelopmentKeys.Address(8));

    private static EvmRevertException Revert(byte[] data) => new("execution reverted", data);
}
