using Braintrust.Chain;

namespace Braintrust.Escrow;

/// <summary>What only the chain can say of an offer: that its talent signed it and that its token exists.</summary>
public sealed class OfferChecker(ContractBook book, ISignatureRecovery recovery, MovePreparer moves)
{
    /// <summary>The checked offer with everything the rule needs, or why it cannot be one.</summary>
    public async Task<Outcome<CheckedOffer>> Check(
        FollowedChain chain, Caller caller, Terms terms, byte[] signature, CancellationToken ct)
    {
        if (await book.Law(chain.Settings.ChainId, ct) is not { } law)
            return new Refusal(RefusalCode.ChainMismatch, "No escrow contract is registered on this chain.", "chain_id");
        if (!caller.Wallets.Contains(terms.Talent) && !caller.Wallets.Contains(terms.Employer))
            return new Refusal(RefusalCode.NotAParty, "Only the talent or the employer can offer these terms.");
        var now = await moves.Now(chain, ct);
        if (await Refuse(chain, terms, now, law, ct) is { } invalid) return invalid;
        var agreement = TermsHash.Of(terms, law.ChainId, law.Contract);
        var signed = signature.Length <= TermsRules.SignatureBytesMax && await ContractSignatures.IsValid(
            chain.Node, recovery, terms.Talent, agreement, signature, BlockId.Latest, ct);
        return signed
            ? new CheckedOffer(new SignedTerms(terms, agreement, signature), now, law)
            : new Refusal(RefusalCode.SignatureInvalid, "The talent's wallet did not sign these terms.", "talent_signature");
    }

    /// <summary>Why the contract would not take the terms if they were signed now, or null.</summary>
    public async Task<Refusal?> Refuse(FollowedChain chain, Terms terms, WorkLaw law, CancellationToken ct) =>
        await Refuse(chain, terms, await moves.Now(chain, ct), law, ct);

    private static async Task<Refusal?> Refuse(
        FollowedChain chain, Terms terms, ChainClock now, WorkLaw law, CancellationToken ct)
    {
        if (TermsRules.Validate(terms, now, law) is { } invalid) return invalid;
        return (await chain.Node.GetCode(terms.Token, BlockId.Latest, ct)).IsEmpty
            ? new Refusal(RefusalCode.InvalidArgument, "There is no contract at the token's address.", "terms.token")
            : null;
    }
}

public sealed record CheckedOffer(SignedTerms Signed, ChainClock Now, WorkLaw Law);
