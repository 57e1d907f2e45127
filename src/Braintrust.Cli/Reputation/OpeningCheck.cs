using System.Text;
using Braintrust.Chain;
using Braintrust.Escrow;
using Law = Braintrust.Chain.Contracts.ReputationContract;
using V1 = Braintrust.Api.Reputation.V1;

namespace Braintrust.Reputation;

/// <summary>Has the Reputation contract check an opening: the proof of withholding or deletion needs a node and nobody's word.</summary>
internal static class OpeningCheck
{
    /// <summary>Why the opening proves nothing, or null.</summary>
    public static async Task<string?> Fault(JsonRpcChain chain, V1.ReviewOpening opening, CancellationToken ct)
    {
        try
        {
            return await Check(chain, opening, ct);
        }
        catch (EvmRevertException revert)
        {
            return $"the contract refuses it: {Law.ErrorName(revert.RevertData.Span) ?? "another error"}";
        }
        catch (Exception malformed) when (malformed is FormatException or ArgumentException or OverflowException)
        {
            return $"it is malformed: {malformed.Message}";
        }
    }

    private static async Task<string?> Check(JsonRpcChain chain, V1.ReviewOpening opening, CancellationToken ct)
    {
        var contract = Address.Parse(opening.Contract);
        if ((await chain.GetCode(contract, BlockId.Latest, ct)).IsEmpty) return $"there is no contract at {contract}";
        if (opening.Review is not { Ratings: not null } review || opening.Terms is null) return "it holds no review or no terms";
        var text = opening.Text.Length == 0 ? default : Hash32.Keccak(Encoding.UTF8.GetBytes(opening.Text));
        if (text.ToString() != review.TextHash) return "its text is not the one that was signed";
        var seal = await Law.CheckReview.Call(
            chain, contract, Of(TermsDesk.FromWire(opening.Terms)), Of(review), opening.Signature.ToByteArray(), BlockId.Latest, ct);
        if (seal.ToString() != opening.Seal) return $"its seal is {seal}";
        if (opening.Batch == 0) return "it is valid, and in no batch";
        var stands = await Law.VerifyReview.Call(
            chain, contract, opening.Batch, opening.Index, seal, [.. opening.Proof.Select(hash => Hash32.Parse(hash))],
            BlockId.Latest, ct);
        return stands ? null : $"it does not stand at {opening.Index} of batch {opening.Batch}";
    }

    public static Law.Review Of(V1.Review review)
    {
        var ratings = review.Ratings;
        return new Law.Review(
            Address.Parse(review.Escrow), Hash32.Parse(review.Negotiation), Hash32.Parse(review.Agreement), review.MilestoneIndex,
            Address.Parse(review.Reviewer), checked((byte)ratings.Overall), checked((byte)ratings.Quality),
            checked((byte)ratings.Communication), checked((byte)ratings.Punctuality), checked((byte)ratings.Fairness),
            checked((byte)ratings.Again),
            [.. review.Skills.Select(skill => new Law.Skills(skill.Skill, checked((byte)skill.Rating)))],
            Hash32.Parse(review.TextHash), Hash32.Parse(review.Salt));
    }

    /// <summary>The same words, as this contract's bindings take them.</summary>
    public static Law.Terms Of(Chain.Contracts.WorkAgreementsContract.Terms t) => new(
        t.Nonce, t.Sequence, t.Previous, t.Employer, t.Manager, t.Talent, t.Payout, t.Token, t.PolicyVersion, t.FeeBps, t.Origin,
        t.OriginBps, t.ReviewWindow, t.ReworkTime, t.RevisionsMax, t.Court, t.CourtRules, t.CaseTime, t.FallbackTalentBps,
        t.ValidUntil, t.Documents, t.Amounts, t.WorkTimes);
}
