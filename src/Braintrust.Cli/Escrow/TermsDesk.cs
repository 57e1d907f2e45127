using System.Numerics;
using Braintrust.Chain;
using Law = Braintrust.Chain.Contracts.WorkAgreementsContract;
using V1 = Braintrust.Api.Escrow.V1;

namespace Braintrust.Escrow;

/// <summary>
/// What a careful wallet does before it signs terms: computes their EIP-712 hash by itself, from what its owner asked
/// for, and signs only when the server's answer is about exactly that.
/// </summary>
public static class TermsDesk
{
    private static readonly IReadOnlyList<TypedDataField> TermsFields = TypedData.Fields(
        "uint256 nonce,uint256 sequence,bytes32 previous,address employer,address manager,address talent,"
        + "address payout,address token,uint32 policyVersion,uint16 feeBps,address origin,uint16 originBps,"
        + "uint32 reviewWindow,uint32 reworkTime,uint8 revisionsMax,address court,uint256 courtRules,uint32 caseTime,"
        + "uint16 fallbackTalentBps,uint64 validUntil,bytes32 documents,uint128[] amounts,uint32[] workTimes");

    /// <summary>The hash that names the agreement and that the talent signs.</summary>
    public static Hash32 Hash(Law.Terms terms, ulong chainId, Address escrow) => new TypedData(
        new Dictionary<string, IReadOnlyList<TypedDataField>> { ["Terms"] = TermsFields }, "Terms",
        TypedData.ContractDomain("Braintrust WorkAgreements", "1", chainId, escrow),
        new Dictionary<string, object>
        {
            ["nonce"] = terms.Nonce, ["sequence"] = terms.Sequence, ["previous"] = terms.Previous,
            ["employer"] = terms.Employer, ["manager"] = terms.Manager, ["talent"] = terms.Talent,
            ["payout"] = terms.Payout, ["token"] = terms.Token,
            ["policyVersion"] = terms.PolicyVersion, ["feeBps"] = terms.FeeBps,
            ["origin"] = terms.Origin, ["originBps"] = terms.OriginBps,
            ["reviewWindow"] = terms.ReviewWindow, ["reworkTime"] = terms.ReworkTime,
            ["revisionsMax"] = terms.RevisionsMax, ["court"] = terms.Court, ["courtRules"] = terms.CourtRules,
            ["caseTime"] = terms.CaseTime, ["fallbackTalentBps"] = terms.FallbackTalentBps, ["validUntil"] = terms.ValidUntil, ["documents"] = terms.Documents,
            ["amounts"] = terms.Amounts.Select(amount => (BigInteger)amount).ToArray(),
            ["workTimes"] = terms.WorkTimes.ToArray(),
        }).Digest;

    /// <summary>keccak256(abi.encode(talent, nonce)), which names the negotiation.</summary>
    public static Hash32 Negotiation(Law.Terms terms)
    {
        var words = new AbiWriter();
        var head = words.Reserve(64);
        words.Address(head, terms.Talent);
        words.UInt256(head + AbiWriter.WordBytes, terms.Nonce, 256);
        return Hash32.Keccak(words.ToArray());
    }

    /// <summary>The digest to sign.</summary>
    /// <exception cref="VerbFailedException">The answer is about other terms than <paramref name="asked"/>.</exception>
    public static Hash32 Check(V1.PrepareTermsResponse answer, Law.Terms asked, ulong chainId, Address escrow)
    {
        var digest = Hash(asked, chainId, escrow);
        Require(answer.Agreement == digest.ToString(), "another terms hash");
        Require(TypedData.Parse(answer.TypedDataJson).Digest == digest, "typed data of other terms");
        Require(answer.Name == $"agreements/{chainId}-{Negotiation(asked)}", "another negotiation");
        Require(FromWire(answer.Terms).Encode().AsSpan().SequenceEqual(asked.Encode()), "other terms");
        return digest;
    }

    public static V1.Terms ToWire(Law.Terms terms)
    {
        var wire = new V1.Terms
        {
            Nonce = Money.Wire(terms.Nonce), Sequence = Money.Wire(terms.Sequence), Previous = terms.Previous.ToString(),
            Employer = terms.Employer.ToString(), Manager = terms.Manager.ToString(), Talent = terms.Talent.ToString(),
            Payout = terms.Payout.ToString(), Token = terms.Token.ToString(),
            PolicyVersion = terms.PolicyVersion, FeeBps = terms.FeeBps,
            Origin = OrEmpty(terms.Origin), OriginBps = terms.OriginBps,
            ReviewWindowSeconds = terms.ReviewWindow, ReworkTimeSeconds = terms.ReworkTime, RevisionsMax = terms.RevisionsMax,
            Court = OrEmpty(terms.Court), CourtRules = Money.Wire(terms.CourtRules), CaseTimeSeconds = terms.CaseTime,
            FallbackTalentBps = terms.FallbackTalentBps, ValidUntilSeconds = terms.ValidUntil,
            Documents = terms.Documents.ToString(),
        };
        wire.Milestones.AddRange(terms.Amounts.Zip(terms.WorkTimes, (amount, time) =>
            new V1.MilestoneTerms { Amount = Money.Wire(amount), WorkTimeSeconds = time }));
        return wire;
    }

    public static Law.Terms FromWire(V1.Terms wire) => new(
        Money.Parse(wire.Nonce), Money.Parse(wire.Sequence), Hash32.Parse(wire.Previous), Address.Parse(wire.Employer),
        Address.Parse(wire.Manager), Address.Parse(wire.Talent), Address.Parse(wire.Payout), Address.Parse(wire.Token),
        wire.PolicyVersion, (ushort)wire.FeeBps, OrZero(wire.Origin), (ushort)wire.OriginBps, wire.ReviewWindowSeconds,
        wire.ReworkTimeSeconds, (byte)wire.RevisionsMax, OrZero(wire.Court), Money.Parse(wire.CourtRules), wire.CaseTimeSeconds,
        (ushort)wire.FallbackTalentBps, wire.ValidUntilSeconds, Hash32.Parse(wire.Documents),
        [.. wire.Milestones.Select(milestone => (UInt128)Money.Parse(milestone.Amount))],
        [.. wire.Milestones.Select(milestone => milestone.WorkTimeSeconds)]);

    private static string OrEmpty(Address address) => address.IsZero ? "" : address.ToString();

    private static Address OrZero(string text) => text.Length == 0 ? Address.Zero : Address.Parse(text);

    private static void Require(bool holds, string otherwise)
    {
        if (!holds) throw new VerbFailedException($"Not signed: the server answered {otherwise} than were asked for.");
    }
}
