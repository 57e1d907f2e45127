using System.Buffers.Binary;
using System.Numerics;
using System.Text;

namespace Braintrust.Escrow;

/// <summary>
/// Names of agreements and negotiations, computed as the contract's <c>hashTerms</c> and <c>negotiationOf</c> do.
/// Source: EIP-712.
/// </summary>
public static class TermsHash
{
    public const string DomainName = "Braintrust WorkAgreements";
    public const string DomainVersion = "1";

    private static readonly byte[] DomainType =
        Keccak("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)");

    /// <summary>The fields of the EIP-712 type Terms, in its order: those of the struct in IWorkTypes.</summary>
    public const string Fields =
        "uint256 nonce,uint256 sequence,bytes32 previous,address employer,address manager,address talent,"
        + "address payout,address token,uint32 policyVersion,uint16 feeBps,address origin,uint16 originBps,"
        + "uint32 reviewWindow,uint32 reworkTime,uint8 revisionsMax,address court,uint256 courtRules,uint32 caseTime,"
        + "uint16 fallbackTalentBps,uint64 validUntil,bytes32 documents,uint128[] amounts,uint32[] workTimes";

    private static readonly byte[] TermsType = Keccak($"Terms({Fields})");

    /// <summary>The EIP-712 digest that the talent signs and that names the agreement.</summary>
    /// <param name="contract">The WorkAgreements contract that will hold the money.</param>
    public static Hash32 Of(Terms terms, ulong chainId, Address contract)
    {
        byte[] domain =
        [
            .. DomainType, .. Keccak(DomainName), .. Keccak(DomainVersion), .. Word(chainId), .. Word(contract),
        ];
        return Hash32.Keccak([0x19, 0x01, .. Keccak256.Hash(domain), .. Keccak256.Hash(Struct(terms))]);
    }

    /// <summary>keccak(abi.encode(talent, nonce)): outlives changed terms.</summary>
    public static Hash32 Negotiation(Address talent, BigInteger nonce) =>
        Hash32.Keccak([.. Word(talent), .. Word(nonce)]);

    private static byte[] Struct(Terms terms) =>
    [
        .. TermsType,
        .. Word(terms.Nonce), .. Word(terms.Sequence), .. terms.Previous.ToBytes(),
        .. Word(terms.Employer), .. Word(terms.Manager), .. Word(terms.Talent), .. Word(terms.Payout),
        .. Word(terms.Token), .. Word(terms.PolicyVersion), .. Word(terms.FeeBps), .. Word(terms.Origin),
        .. Word(terms.OriginBps), .. Word(terms.ReviewWindow), .. Word(terms.ReworkTime), .. Word(terms.RevisionsMax),
        .. Word(terms.Court), .. Word(terms.CourtRules), .. Word(terms.CaseTime), .. Word(terms.FallbackTalentBps),
        .. Word(terms.ValidUntil), .. terms.Documents.ToBytes(),
        .. Keccak256.Hash([.. terms.Amounts.SelectMany(amount => Word(amount.Units))]),
        .. Keccak256.Hash([.. terms.WorkTimes.SelectMany(seconds => Word(seconds))]),
    ];

    private static byte[] Keccak(string text) => Keccak256.Hash(Encoding.UTF8.GetBytes(text));

    private static byte[] Word(Address address)
    {
        var word = new byte[Hash32.Length];
        address.WriteTo(word.AsSpan(Hash32.Length - Address.Length));
        return word;
    }

    private static byte[] Word(UInt128 number)
    {
        var word = new byte[Hash32.Length];
        BinaryPrimitives.WriteUInt128BigEndian(word.AsSpan(Hash32.Length - 16), number);
        return word;
    }

    private static byte[] Word(BigInteger number)
    {
        var word = new byte[Hash32.Length];
        var at = Hash32.Length - number.GetByteCount(isUnsigned: true);
        number.TryWriteBytes(word.AsSpan(at), out _, isUnsigned: true, isBigEndian: true);
        return word;
    }
}
