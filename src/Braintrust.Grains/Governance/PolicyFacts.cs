using Braintrust.Chain;
using Law = Braintrust.Chain.Contracts.PolicyContract;

namespace Braintrust.Governance;

/// <summary>Reads the logs of the Policy contract.</summary>
public static class PolicyFacts
{
    /// <summary>Name of the contract's artifact, by which it is registered.</summary>
    public const string ContractKind = "Policy";

    /// <summary>The event, or null when the log is none of this contract's events.</summary>
    public static PolicyPublished? TryRead(ReadOnlySpan<Hash32> topics, ReadOnlySpan<byte> data) =>
        Law.PolicyPublishedEvent.TryDecode(topics, data, out var e)
            ? new PolicyPublished(
                e.Version, ParametersOf(e.Parameters),
                [.. e.Listed.Select(listed => new PaymentToken(listed.Token, new Amount(listed.AmountMin), listed.ReferencePrice))],
                e.Delisted,
                [.. e.Officials.Select(official => new OfficialAddress(ShortText.Read(official.Kind), official.Account))])
            : null;

    /// <exception cref="FormatException">The stored row is damaged: it was readable when it was appended.</exception>
    public static PolicyPublished Read(Fact fact)
    {
        var (topics, data) = FactPayload.Decode(fact.Payload);
        return TryRead(topics, data.Span)
            ?? throw new FormatException($"The stored fact {fact.TxHash}/{fact.LogIndex} is no {fact.Kind}.");
    }

    private static PolicyParameters ParametersOf(Law.Parameters told) => new(
        told.FeeReceiver, told.FeeBps, told.ReviewWindowMin, told.ReviewWindowMax, told.ReworkTimeMin, told.ValidityMax);
}
