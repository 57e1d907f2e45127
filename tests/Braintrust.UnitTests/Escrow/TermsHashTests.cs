using System.Numerics;
using Braintrust.Chain;

namespace Braintrust.Escrow;

public sealed class TermsHashTests
{
    private static readonly Address Contract = Address.Parse("0x5FbDB2315678afecb367f032d93F642f64180aa3");

    private static readonly Terms Some = new WorkStory(
        31337, Contract, Address.Parse("0xe7f1725E7734CE288F8367e1Bb143E90bb3F0512"), BigInteger.Pow(2, 255) + 5, 1_800_000_000).Terms with
    {
        Origin = Contract, OriginBps = 11, Court = Contract, CourtRules = BigInteger.Pow(2, 255) + 6, CaseTime = 12, FallbackTalentBps = 13,
    };

    [Fact]
    public void The_terms_hash_is_the_typed_data_that_wallets_sign()
    {
        var typed = new TypedData(
            new Dictionary<string, IReadOnlyList<TypedDataField>>
            {
                ["Terms"] = TypedData.Fields(
                    "uint256 nonce,uint256 sequence,bytes32 previous,address employer,address manager,address talent,"
                    + "address payout,address token,uint32 policyVersion,uint16 feeBps,address origin,uint16 originBps,"
                    + "uint32 reviewWindow,uint32 reworkTime,uint8 revisionsMax,address court,uint256 courtRules,uint32 caseTime,"
                    + "uint16 fallbackTalentBps,uint64 validUntil,bytes32 documents,uint128[] amounts,uint32[] workTimes"),
            },
            "Terms",
            TypedData.ContractDomain(TermsHash.DomainName, TermsHash.DomainVersion, 31337, Contract),
            new Dictionary<string, object>
            {
                ["nonce"] = Some.Nonce, ["sequence"] = Some.Sequence, ["previous"] = Some.Previous,
                ["employer"] = Some.Employer, ["manager"] = Some.Manager, ["talent"] = Some.Talent,
                ["payout"] = Some.Payout, ["token"] = Some.Token,
                ["policyVersion"] = (BigInteger)Some.PolicyVersion, ["feeBps"] = (BigInteger)Some.FeeBps,
                ["origin"] = Some.Origin, ["originBps"] = (BigInteger)Some.OriginBps,
                ["reviewWindow"] = (BigInteger)Some.ReviewWindow, ["reworkTime"] = (BigInteger)Some.ReworkTime,
                ["revisionsMax"] = (BigInteger)Some.RevisionsMax, ["court"] = Some.Court, ["courtRules"] = Some.CourtRules,
                ["caseTime"] = (BigInteger)Some.CaseTime, ["fallbackTalentBps"] = (BigInteger)Some.FallbackTalentBps,
                ["validUntil"] = (BigInteger)Some.ValidUntil,
                ["documents"] = Some.Documents,
                ["amounts"] = Some.Amounts.Select(amount => (object)(BigInteger)amount.Units).ToArray(),
                ["workTimes"] = Some.WorkTimes.Select(seconds => (object)(BigInteger)seconds).ToArray(),
            });
        Assert.Equal(typed.Digest, TermsHash.Of(Some, 31337, Contract));
    }

    [Fact]
    public void Another_chain_or_contract_gives_another_agreement()
    {
        var here = TermsHash.Of(Some, 31337, Contract);
        Assert.NotEqual(here, TermsHash.Of(Some, 1, Contract));
        Assert.NotEqual(here, TermsHash.Of(Some, 31337, Some.Token));
    }
}
