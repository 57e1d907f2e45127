using Braintrust.Chain;

namespace Braintrust.Escrow;

/// <summary>Terms as a wallet shows and signs them. Source: EIP-712; the type is that of IWorkAgreements.</summary>
public static class TermsTypedData
{
    private const string Type = "Terms";

    private static readonly Dictionary<string, IReadOnlyList<TypedDataField>> Types = new()
    {
        [Type] = TypedData.Fields(TermsHash.Fields),
    };

    public static TypedData Of(Terms terms, ulong chainId, Address contract) => new(
        Types, Type,
        Domain(chainId, contract), Message(terms));

    internal static IReadOnlyDictionary<string, object> Domain(ulong chainId, Address contract) =>
        TypedData.ContractDomain(TermsHash.DomainName, TermsHash.DomainVersion, chainId, contract);

    internal static IReadOnlyList<TypedDataField> Fields => Types[Type];

    internal static IReadOnlyDictionary<string, object> Message(Terms terms) => new Dictionary<string, object>
        {
            ["nonce"] = terms.Nonce,
            ["sequence"] = terms.Sequence,
            ["previous"] = terms.Previous,
            ["employer"] = terms.Employer,
            ["manager"] = terms.Manager,
            ["talent"] = terms.Talent,
            ["payout"] = terms.Payout,
            ["token"] = terms.Token,
            ["policyVersion"] = terms.PolicyVersion,
            ["feeBps"] = terms.FeeBps,
            ["origin"] = terms.Origin,
            ["originBps"] = terms.OriginBps,
            ["reviewWindow"] = terms.ReviewWindow,
            ["reworkTime"] = terms.ReworkTime,
            ["revisionsMax"] = terms.RevisionsMax,
            ["court"] = terms.Court,
            ["courtRules"] = terms.CourtRules,
            ["caseTime"] = terms.CaseTime,
            ["fallbackTalentBps"] = terms.FallbackTalentBps,
            ["validUntil"] = terms.ValidUntil,
            ["documents"] = terms.Documents,
            ["amounts"] = terms.Amounts.Select(amount => amount.Units).ToArray(),
            ["workTimes"] = terms.WorkTimes.ToArray(),
        };
}
