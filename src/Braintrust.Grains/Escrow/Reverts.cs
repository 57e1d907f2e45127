using System.Numerics;
using Braintrust.Chain;
using Braintrust.Chain.Contracts;
using Braintrust.Governance;
using Law = Braintrust.Chain.Contracts.WorkAgreementsContract;

namespace Braintrust.Escrow;

/// <summary>What a simulated call's revert means to a person.</summary>
public static class Reverts
{
    public static Refusal Read(EvmRevertException revert)
    {
        var data = revert.RevertData.Span;
        if (Law.TooEarlyError.TryDecode(data, out var early))
            return new Refusal(RefusalCode.TooEarly, $"This opens after {Second(early.OpensAfter)}.", Error: "TooEarly");
        if (Law.TooLateError.TryDecode(data, out var late))
            return new Refusal(RefusalCode.TooLate, $"This closed after {Second(late.ClosedAfter)}.", Error: "TooLate");
        if (Law.TermsExpiredError.TryDecode(data, out var expired))
            return new Refusal(
                RefusalCode.TooLate, $"The offer expired at {Second(expired.ValidUntil)}.", Error: "TermsExpired");
        if (Law.TermsInvalidError.TryDecode(data, out var invalid))
            return Reverted($"The contract refuses these terms: {ShortText.Read(invalid.Field)}.", "TermsInvalid");
        if (PolicyReverts.Read(data) is { } refused) return refused;
        var name = Law.ErrorName(data) ?? BraintrustTokenContract.ErrorName(data);
        return name switch
        {
            null => Reverted("The contract would refuse this.", null),
            "WrongPhase" or "WrongMilestone" or "NonceSpent" =>
                new Refusal(RefusalCode.WrongState, "The agreement has moved on: look again.", Error: name),
            "ERC20InsufficientBalance" =>
                new Refusal(RefusalCode.InsufficientFunds, "The wallet's token balance does not cover it.", Error: name),
            _ => Reverted($"The contract would refuse this: {name}.", name),
        };
    }

    private static Refusal Reverted(string message, string? error) =>
        new(RefusalCode.SimulationReverted, message, Error: error);

    /// <summary>A token can revert with the escrow's own errors and any number in them.</summary>
    private static BlockTime Second(BigInteger second) => new((ulong)BigInteger.Min(second, ulong.MaxValue));
}
