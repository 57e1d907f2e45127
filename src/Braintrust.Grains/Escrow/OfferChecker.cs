using Braintrust.Chain;

namespace Braintrust.Escrow;

/// <summary>What only the chain can say of an offer: what the policy allows it, and that its talent signed it.</summary>
public sealed class OfferChecker(ContractBook book, ISignatureRecovery recovery, MovePreparer moves)
{
    /// <summary>
    /// Terms to sign: the current policy version where they name none (0), its fee and its least rework time where they
    /// name none (0), the longest case of the court that they name where they leave its time out (0); refused when the contract would not take them now.
    /// </summary>
    public async Task<Outcome<DraftTerms>> Draft(FollowedChain chain, Terms terms, CancellationToken ct)
    {
        if (terms.PolicyVersion == 0) terms = terms with { PolicyVersion = await book.CurrentVersion(chain, ct) };
        if (await book.Law(chain, terms.PolicyVersion, terms.Token, ct) is not { } law) return NoEscrow;
        if (law.Funding.Accepted(out var rules, out _))
            terms = terms with
            {
                FeeBps = terms.FeeBps == 0 ? rules.FeeBps : terms.FeeBps,
                ReworkTime = terms.ReworkTime == 0 ? rules.ReworkSecondsMin : terms.ReworkTime,
            };
        if (!terms.Court.IsZero && terms.CaseTime == 0 && await Courts.Longest(chain.Node, terms.Court, terms.CourtRules, ct) is { } longest)
            terms = terms with { CaseTime = (uint)Math.Min(longest, uint.MaxValue) };
        return TermsRules.Validate(terms, await moves.Now(chain, ct), law) is { } invalid ? invalid : new DraftTerms(terms, law);
    }

    /// <summary>The checked offer with everything the rule needs, or why it cannot be one.</summary>
    public async Task<Outcome<CheckedOffer>> Check(
        FollowedChain chain, Caller caller, Terms terms, byte[] signature, CancellationToken ct)
    {
        if (await book.Law(chain, terms.PolicyVersion, terms.Token, ct) is not { } law) return NoEscrow;
        if (!caller.Wallets.Contains(terms.Talent) && !caller.Wallets.Contains(terms.Employer))
            return new Refusal(RefusalCode.NotAParty, "Only the talent or the employer can offer these terms.");
        var now = await moves.Now(chain, ct);
        if (TermsRules.Validate(terms, now, law) is { } invalid) return invalid;
        var agreement = TermsHash.Of(terms, law.ChainId, law.Contract);
        var signed = signature.Length <= TermsRules.SignatureBytesMax && await ContractSignatures.IsValid(
            chain.Node, recovery, terms.Talent, agreement, signature, BlockId.Latest, ct);
        return signed
            ? new CheckedOffer(new SignedTerms(terms, agreement, signature), now, law)
            : new Refusal(RefusalCode.SignatureInvalid, "The talent's wallet did not sign these terms.", "talent_signature");
    }

    private static Refusal NoEscrow { get; } =
        new(RefusalCode.ChainMismatch, "No escrow contract is registered on this chain.", "chain_id");
}

/// <summary>Terms with every default filled in, and the law they would be funded under.</summary>
public sealed record DraftTerms(Terms Terms, WorkLaw Law);

public sealed record CheckedOffer(SignedTerms Signed, ChainClock Now, WorkLaw Law);
