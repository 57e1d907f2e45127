using Braintrust.Chain;

namespace Braintrust.Reputation;

/// <summary>
/// What people sign for the Reputation contract, as a wallet shows it. Source: EIP-712; the types are those of IReputation.
/// </summary>
public static class ReviewTypedData
{
    public const string DomainName = "Braintrust Reputation";
    public const string DomainVersion = "1";

    private static readonly Dictionary<string, IReadOnlyList<TypedDataField>> Types = new()
    {
        ["Review"] = TypedData.Fields(
            "address escrow,bytes32 negotiation,bytes32 agreement,uint256 milestone,address reviewer,uint8 overall,"
            + "uint8 quality,uint8 communication,uint8 punctuality,uint8 fairness,uint8 again,SkillRating[] skills,"
            + "bytes32 text,bytes32 salt"),
        ["SkillRating"] = TypedData.Fields("string skill,uint8 rating"),
    };

    private static readonly Dictionary<string, IReadOnlyList<TypedDataField>> ClaimTypes = new()
    {
        ["Claim"] = TypedData.Fields("bytes32 agreement,uint256 renouncements,uint256 expiry"),
    };

    private static readonly Dictionary<string, IReadOnlyList<TypedDataField>> RenounceTypes = new()
    {
        ["Renounce"] = TypedData.Fields("uint256 tokenId,uint256 renouncements,uint256 expiry"),
    };

    /// <summary>Its digest is the review's seal.</summary>
    /// <param name="contract">The Reputation contract.</param>
    public static TypedData Of(Review review, ulong chainId, Address contract) => new(
        Types, "Review", Domain(chainId, contract),
        new Dictionary<string, object>
        {
            ["escrow"] = review.Escrow,
            ["negotiation"] = review.Negotiation,
            ["agreement"] = review.Agreement,
            ["milestone"] = review.Milestone,
            ["reviewer"] = review.Reviewer,
            ["overall"] = review.Ratings.Overall,
            ["quality"] = review.Ratings.Quality,
            ["communication"] = review.Ratings.Communication,
            ["punctuality"] = review.Ratings.Punctuality,
            ["fairness"] = review.Ratings.Fairness,
            ["again"] = review.Ratings.Again,
            ["skills"] = review.Skills.Select(skill => (object)new Dictionary<string, object>
            {
                ["skill"] = skill.Skill, ["rating"] = skill.Rating,
            }).ToArray(),
            ["text"] = review.Text,
            ["salt"] = review.Salt,
        });

    public static TypedData Claim(Hash32 agreement, ulong renouncements, ulong expiry, ulong chainId, Address contract) => new(
        ClaimTypes, "Claim", Domain(chainId, contract),
        new Dictionary<string, object> { ["agreement"] = agreement, ["renouncements"] = renouncements, ["expiry"] = expiry });

    public static TypedData Renounce(
        System.Numerics.BigInteger tokenId, ulong renouncements, ulong expiry, ulong chainId, Address contract) => new(
        RenounceTypes, "Renounce", Domain(chainId, contract),
        new Dictionary<string, object> { ["tokenId"] = tokenId, ["renouncements"] = renouncements, ["expiry"] = expiry });

    private static IReadOnlyDictionary<string, object> Domain(ulong chainId, Address contract) =>
        TypedData.ContractDomain(DomainName, DomainVersion, chainId, contract);
}
