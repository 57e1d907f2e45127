using Braintrust.Chain.Contracts;

namespace Braintrust.Differential;

/// <summary>A custom error of the contracts as the refusal that means the same to a person.</summary>
internal static class Reverts
{
    public static string Of(ReadOnlySpan<byte> data) => WorkAgreementsContract.ErrorName(data) switch
    {
        "Unauthorized" => nameof(RefusalCode.NotAParty),
        "TooEarly" => nameof(RefusalCode.TooEarly),
        "TooLate" or "TermsExpired" => nameof(RefusalCode.TooLate),
        "AmountOutOfRange" or "NothingToFund" or "TermsInvalid" or "RecipientInvalid" => nameof(RefusalCode.InvalidArgument),
        "WrongPhase" or "WrongMilestone" or "NonceSpent" or "CancelSpent" or "NothingToKeep" or "RevisionsSpent" or "NoCourt"
            or "CaseTooLong" or "AgreementEnding" or "NoPayoutMove" or "NothingCredited" or "NothingToSweep" or "PayoutMovesSpent" or "TokenMisbehaved" => nameof(RefusalCode.WrongState),
        // A court that hears nothing reverts without a word.
        null when data.IsEmpty => nameof(RefusalCode.WrongState),
        var other => $"reverted with {other ?? Hex.Of(data)}",
    };
}
