using System.Numerics;
using Braintrust.Chain;
using Braintrust.Chain.Contracts;
using Braintrust.Governance;
using Law = Braintrust.Chain.Contracts.WorkAgreementsContract;

namespace Braintrust.Escrow;

/// <summary>What a simulated call's revert means to a person.</summary>
public static class Reverts
{
    /// <summary>Whether the call may pass in the block to come, because that is later.</summary>
    public static bool OpensByTime(ReadOnlySpan<byte> data) =>
        Law.TooEarlyError.TryDecode(data, out _) || PanelCourtContract.NotFinalError.TryDecode(data, out _)
        || PanelCourtContract.SeedTooEarlyError.TryDecode(data, out _);

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
        if (Law.SignatureExpiredError.TryDecode(data, out var consent))
            return new Refusal(
                RefusalCode.TooLate, $"The signature was good until {Second(consent.Expiry)}.", Error: "SignatureExpired");
        var name = Law.ErrorName(data) ?? BraintrustTokenContract.ErrorName(data) ?? PanelCourtContract.ErrorName(data);
        return Standing(name) ?? Named(name);
    }

    /// <summary>What the agreement's present state does not allow, or null.</summary>
    private static Refusal? Standing(string? name)
    {
        var message = name switch
        {
            "WrongPhase" or "WrongMilestone" or "NonceSpent" => "The agreement has moved on: look again.",
            "CancelSpent" => "The employer asked to cancel this milestone before.",
            "NothingToKeep" => "There is no request to cancel that waits for an answer.",
            "RevisionsSpent" => "The requests for changes that the terms allow are used up.",
            "NoCourt" => "The terms name no court.",
            "CaseTooLong" => "The court may take longer than the terms give it.",
            "AgreementEnding" => "The agreement ends with its current milestone.",
            "NoPayoutMove" => "There is no move of the payout that still waits.",
            "PayoutMovesSpent" => "The payout was moved as often as the contract can count.",
            "NothingCredited" => "There is no credit in this token.",
            "NothingToSweep" => "No fee was kept in this token since the last sweep.",
            _ => null,
        };
        return message is null ? null : new Refusal(RefusalCode.WrongState, message, Error: name);
    }

    private static Refusal Named(string? name) =>
        name switch
        {
            null => Reverted("The contract would refuse this.", null),
            "Unauthorized" => new Refusal(RefusalCode.NotAParty, "The call belongs to another party.", Error: name),
            "NotSigned" => new Refusal(RefusalCode.SignatureInvalid, "The signature is not the party's, or of another state.", Error: name),
            "AmountOutOfRange" or "NothingToFund" =>
                new Refusal(RefusalCode.InvalidArgument, "A sum, a share or a count lies outside its range.", Error: name),
            "CommitmentMismatch" =>
                new Refusal(RefusalCode.InvalidArgument, "The vote and the salt are not what was sealed.", "salt", name),
            "RecipientInvalid" => new Refusal(RefusalCode.InvalidArgument, "Money sent there is lost.", Error: name),
            "TokenMisbehaved" => Reverted("The token moved another sum than it was asked to.", name),
            "NotEnoughGas" => Reverted("The call needs more gas.", name),
            "ERC20InsufficientBalance" =>
                new Refusal(RefusalCode.InsufficientFunds, "The wallet's token balance does not cover it.", Error: name),
            _ => Reverted($"The contract would refuse this: {name}.", name),
        };

    private static Refusal Reverted(string message, string? error) =>
        new(RefusalCode.SimulationReverted, message, Error: error);

    /// <summary>A token can revert with the escrow's own errors and any number in them.</summary>
    private static BlockTime Second(BigInteger second) => new((ulong)BigInteger.Min(second, ulong.MaxValue));
}
