using Law = Braintrust.Chain.Contracts.PolicyContract;

namespace Braintrust.Governance;

/// <summary>What the policy's refusal to fund means to a person.</summary>
public static class PolicyReverts
{
    /// <summary>Null when the data is none of the errors that funding passes on.</summary>
    public static Refusal? Read(ReadOnlySpan<byte> revertData)
    {
        if (Law.VersionExpiredError.TryDecode(revertData, out var expired))
            return new Refusal(
                RefusalCode.PolicyVersionExpired,
                $"Policy version {expired.Version} was superseded; terms under it could be funded until "
                + $"{expired.FundableUntil} (block time). Agree on terms of the current version.",
                "terms.policy_version", "VersionExpired");
        if (Law.EntryIsStoppedError.TryDecode(revertData, out var stopped))
            return new Refusal(
                RefusalCode.TooEarly,
                $"First funding under policy version {stopped.Version} is stopped until {stopped.Until} (block time).",
                "terms.policy_version", "EntryIsStopped");
        if (Law.TokenNotListedError.TryDecode(revertData, out var token))
            return new Refusal(
                RefusalCode.TokenNotListed, $"Policy version {token.Version} does not list the token {token.Token}.",
                "terms.token", "TokenNotListed");
        return Law.VersionUnknownError.TryDecode(revertData, out var unknown)
            ? new Refusal(
                RefusalCode.InvalidArgument, $"There is no policy version {unknown.Version}.", "terms.policy_version",
                "VersionUnknown")
            : null;
    }
}
