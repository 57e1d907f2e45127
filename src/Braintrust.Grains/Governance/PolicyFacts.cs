using Braintrust.Chain;
using Law = Braintrust.Chain.Contracts.PolicyContract;

namespace Braintrust.Governance;

/// <summary>Reads the logs of the Policy contract.</summary>
public static class PolicyFacts
{
    /// <summary>Name of the contract's artifact, by which it is registered.</summary>
    public const string ContractKind = "Policy";

    /// <summary>The event, or null when the log is none of this contract's events.</summary>
    public static (FactKind Kind, PolicyEvent Event)? TryRead(ReadOnlySpan<Hash32> topics, ReadOnlySpan<byte> data)
    {
        if (Law.PolicyPublishedEvent.TryDecode(topics, data, out var published))
            return (FactKind.PolicyPublished, Published(published));
        if (Law.EntryStoppedEvent.TryDecode(topics, data, out var stopped))
            return (FactKind.EntryStopped, new PolicyEvent.EntryStopped(stopped.Version, new BlockTime((ulong)stopped.Until)));
        return Law.CourtRulesAddedEvent.TryDecode(topics, data, out var added)
            ? (FactKind.CourtRulesAdded, new PolicyEvent.CourtRulesAdded(RulesOf(added)))
            : null;
    }

    /// <summary>Whether a fact is one of the policy contract's.</summary>
    public static bool Has(FactKind kind) =>
        kind is FactKind.PolicyPublished or FactKind.EntryStopped or FactKind.CourtRulesAdded;

    /// <exception cref="FormatException">The stored row is damaged: it was readable when it was appended.</exception>
    public static PolicyEvent Read(Fact fact)
    {
        var (topics, data) = FactPayload.Decode(fact.Payload);
        return TryRead(topics, data.Span)?.Event
            ?? throw new FormatException($"The stored fact {fact.TxHash}/{fact.LogIndex} is no {fact.Kind}.");
    }

    private static PolicyEvent.PolicyPublished Published(in Law.PolicyPublishedEvent e) => new(
        e.Version, ParametersOf(e.Parameters),
        [.. e.Listed.Select(listed => new PaymentToken(listed.Token, new Amount(listed.AmountMin), listed.ReferencePrice))],
        e.Delisted,
        [.. e.Officials.Select(official => new OfficialAddress(ShortText.Read(official.Kind), official.Account))]);

    private static PolicyParameters ParametersOf(Law.Parameters told) => new(
        told.FeeReceiver, told.FeeBps, told.ReviewWindowMin, told.ReviewWindowMax, told.ReworkTimeMin, told.ValidityMax,
        told.OriginBpsMax, told.Guardian);

    private static CourtRuleSet RulesOf(in Law.CourtRulesAddedEvent e) => new(
        (ulong)e.Id, e.Rules.CostBps, e.Rules.BandBps, e.Rules.ResponseWindow, e.Rules.DrawWindow, e.Rules.CommitWindow,
        e.Rules.RevealWindow, e.Rules.AppealWindow,
        [.. e.Tokens.Select(token => new CourtToken(token.Token, new Amount(token.CostMin)))]);
}
