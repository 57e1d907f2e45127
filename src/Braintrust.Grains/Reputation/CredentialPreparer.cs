using System.Numerics;
using Braintrust.Chain;
using Braintrust.Escrow;
using Law = Braintrust.Chain.Contracts.ReputationContract;

namespace Braintrust.Reputation;

/// <summary>What a wallet signs to claim or renounce a credential.</summary>
/// <param name="Transaction">Null where only a signature was asked for.</param>
/// <param name="TypedData">For a word that anybody may relay; null where a transaction was asked for.</param>
public sealed record PreparedCredential(PreparedMove? Transaction, TypedData? TypedData, string Summary);

/// <param name="Wallet">Who sends the transaction; null asks for typed data to sign instead.</param>
/// <param name="Expiry">Last second (block time) of a relayed word.</param>
/// <param name="Signature">The talent's, of that typed data; empty when the talent itself sends.</param>
public sealed record CredentialWish(Address? Wallet, ulong Expiry, byte[] Signature);

/// <summary>Builds and tries the calls of credentials. What the law allows, the contract is asked.</summary>
public sealed class CredentialPreparer
{
    private const int GasMarginPercent = 125;

    /// <param name="terms">Those that ended.</param>
    public async Task<Outcome<PreparedCredential>> Claim(
        FollowedChain chain, Address contract, Terms terms, CredentialWish wish, CancellationToken ct)
    {
        var (law, chainId) = (EscrowLaw(terms), chain.Settings.ChainId);
        var tokenId = TokenId(TermsHash.Negotiation(terms.Talent, terms.Nonce));
        var summary = $"Claim the credential of agreement {TermsHash.Negotiation(terms.Talent, terms.Nonce)} for {terms.Talent}.";
        if (wish.Wallet is not { } wallet)
        {
            var (_, _, renouncements) = await Law.CredentialOf.Call(chain.Node, contract, tokenId, BlockId.Latest, ct);
            var agreement = TermsHash.Of(terms, chainId, await Law.Agreements.Call(chain.Node, contract, BlockId.Latest, ct));
            return new PreparedCredential(
                null, ReviewTypedData.Claim(agreement, (ulong)renouncements, wish.Expiry, chainId, contract), summary);
        }

        var data = wish.Signature.Length > 0 ? Law.ClaimFor.Encode(law, wish.Expiry, wish.Signature) : Law.Claim.Encode(law);
        return await Transaction(chain, new CallRequest(wallet, contract, data), summary, ct);
    }

    public async Task<Outcome<PreparedCredential>> Renounce(
        FollowedChain chain, Credential credential, CredentialWish wish, CancellationToken ct)
    {
        var tokenId = TokenId(credential.Negotiation);
        var summary = $"Give up the credential of agreement {credential.Negotiation}; it can be claimed again.";
        if (wish.Wallet is not { } wallet)
            return new PreparedCredential(
                null,
                ReviewTypedData.Renounce(
                    tokenId, credential.Renouncements, wish.Expiry, chain.Settings.ChainId, credential.Contract),
                summary);
        var data = wish.Signature.Length > 0
            ? Law.RenounceFor.Encode(tokenId, wish.Expiry, wish.Signature)
            : Law.Renounce.Encode(tokenId);
        return await Transaction(chain, new CallRequest(wallet, credential.Contract, data), summary, ct);
    }

    private static BigInteger TokenId(Hash32 negotiation) => new(negotiation.ToBytes(), isUnsigned: true, isBigEndian: true);

    /// <summary>The terms as this contract's bindings take them: the same words.</summary>
    private static Law.Terms EscrowLaw(Terms terms)
    {
        var t = EscrowCalls.Of(terms);
        return new Law.Terms(
            t.Nonce, t.Sequence, t.Previous, t.Employer, t.Manager, t.Talent, t.Payout, t.Token, t.PolicyVersion, t.FeeBps,
            t.Origin, t.OriginBps, t.ReviewWindow, t.ReworkTime, t.RevisionsMax, t.Court, t.CourtRules, t.CaseTime,
            t.FallbackTalentBps, t.ValidUntil, t.Documents, t.Amounts, t.WorkTimes);
    }

    private static async Task<Outcome<PreparedCredential>> Transaction(
        FollowedChain chain, CallRequest call, string summary, CancellationToken ct)
    {
        ulong gas;
        try
        {
            gas = await chain.Node.EstimateGas(call, ct) * GasMarginPercent / 100;
        }
        catch (EvmRevertException revert)
        {
            return Refused(revert);
        }

        var (from, fees) = (call.From!.Value, await chain.Node.GetFees(ct));
        if (await chain.Node.GetBalance(from, BlockId.Latest, ct) < fees.MaxFeePerGas * gas)
            return new Refusal(
                RefusalCode.InsufficientFunds, $"The wallet cannot pay {gas} gas at {fees.MaxFeePerGas} wei each.", "wallet");
        var nonce = await chain.Node.GetNonce(from, BlockId.Pending, ct);
        var transaction = new PreparedMove(
            chain.Settings.ChainId, from, call.To!.Value, call.Data.ToArray(), gas, (UInt128)fees.MaxFeePerGas,
            (UInt128)fees.MaxPriorityFeePerGas, nonce, summary, [], null);
        return new PreparedCredential(transaction, null, summary);
    }

    private static Refusal Refused(EvmRevertException revert) => Law.ErrorName(revert.RevertData.Span) switch
    {
        "NotEnded" => Standing("The agreement has not ended.", "NotEnded"),
        "NothingPaid" => Standing("The agreement paid nothing: there is no credential for it.", "NothingPaid"),
        "AlreadyClaimed" => Standing("The credential is held already.", "AlreadyClaimed"),
        "ERC721NonexistentToken" => Standing("Nobody holds this credential.", "ERC721NonexistentToken"),
        "SignatureExpired" => new(RefusalCode.TooLate, "The signature has expired.", "expiry_seconds", "SignatureExpired"),
        "NotSigned" => new(RefusalCode.SignatureInvalid, "The signature is not the talent's.", "signature", "NotSigned"),
        "Unauthorized" => new(RefusalCode.NotAParty, "Only the talent claims and renounces.", "wallet", "Unauthorized"),
        var other => new(RefusalCode.SimulationReverted, "The contract would refuse this.", Error: other),
    };

    private static Refusal Standing(string message, string error) => new(RefusalCode.WrongState, message, Error: error);
}
