using System.Numerics;
using Braintrust.Chain;
using Braintrust.Escrow;
using Law = Braintrust.Chain.Contracts.WorkAgreementsContract;

namespace Braintrust.Differential;

/// <summary>
/// The forms that people sign, written out as a wallet shows them, hashed by the general EIP-712 encoder: what the contract
/// computes from the bytes of a call is their digest.
/// </summary>
internal static class SignedForms
{
    private const int CreditsSlot = 2;

    private static readonly BigInteger UIntMax = BigInteger.Pow(2, 256) - 1;

    /// <summary>Fields behind agreement and state, before the expiry.</summary>
    private static readonly Dictionary<string, string> Plain = new()
    {
        ["Submit"] = "uint256 milestone,uint256 claimed,bytes32 evidence,",
        ["Release"] = "uint256 milestone,uint256 pay,",
        ["RequestChanges"] = "uint256 milestone,bytes32 reasons,",
        ["Refund"] = "uint256 milestone,",
        ["Keep"] = "uint256 milestone,",
        ["Extend"] = "uint256 milestone,",
        ["ReleaseMany"] = "uint256 milestone,uint256 count,",
        ["AskToCancel"] = "uint256 milestone,",
        ["Reclaim"] = "uint256 milestone,",
        ["End"] = "uint256 milestone,",
        ["MovePayout"] = "address to,",
        ["CancelPayoutMove"] = "",
        ["Dispute"] = "uint256 milestone,uint256 employerBps,uint256 costMax,",
        ["Agree"] = "uint256 milestone,uint256 talentBps,",
        ["Amend"] = "Terms next,",
    };

    private static readonly string[] All = [.. Plain.Keys, "BurnNonce", "Withdraw"];

    public static Kind Kind { get; } = new("signed calls", Make) { Sorts = All };

    /// <summary>The digest of one form, its values in the order of its fields.</summary>
    public static Hash32 Digest(Stage stage, string form, params IReadOnlyList<object> values)
    {
        var fields = TypedData.Fields(form switch
        {
            "BurnNonce" => "uint256 nonce,uint256 expiry",
            "Withdraw" => "address token,address to,uint256 amount,uint256 withdrawals,uint256 expiry",
            _ => $"bytes32 agreement,bytes32 state,{Plain[form]}uint256 expiry",
        });
        var types = new Dictionary<string, IReadOnlyList<TypedDataField>> { [form] = fields };
        if (form == "Amend") types["Terms"] = TypedData.Fields(TermsHash.Fields);
        var domain = TypedData.ContractDomain(
            TermsHash.DomainName, TermsHash.DomainVersion, stage.Node.ChainId, stage.Node.Escrow);
        return new TypedData(types, form, domain, Message(fields, values)).Digest;
    }

    private static Dictionary<string, object> Message(IReadOnlyList<TypedDataField> fields, IReadOnlyList<object> values) =>
        fields.Zip(values).ToDictionary(pair => pair.First.Name, pair => pair.Second);

    private static Case Make(Dice dice, Stage stage)
    {
        var terms = Agreements.Terms(dice, stage);
        var agreement = Agreements.Standing(dice, stage, terms);
        var (form, signer, expiry) = (dice.Of(All), dice.Of(stage.Node.Parties), dice.Big(UIntMax));
        var (call, values) = form switch
        {
            "BurnNonce" => Burning(dice, expiry),
            "Withdraw" => (Law.Withdraw.Encode(stage.Node.Token, signer), [stage.Node.Token, signer, Credit(stage, signer).Amount, Credit(stage, signer).Withdrawals, expiry]),
            _ => OfAgreement(dice, stage, agreement, form, expiry),
        };
        var (amount, withdrawals) = Credit(stage, signer);
        var question = new Question(signer, stage.Node.Escrow, Law.HashCall.Encode(signer, expiry, call))
        {
            Storage = [.. Agreements.Stored(agreement), (stage.Node.Escrow, CreditOf(stage, signer), ProbeNode.Word(amount | withdrawals << 192))],
        };
        return new Case(
            () => $"{form} of {string.Join(',', values)} by {signer} on {Agreements.Text(terms)}", question,
            Digest(stage, form, values).ToString(), seen => seen.Done ? new Hash32(seen.Answer).ToString() : Reverts.Of(seen.Answer))
        { Sort = form };
    }

    private static (byte[], object[]) Burning(Dice dice, BigInteger expiry)
    {
        var nonce = dice.Big(UIntMax);
        return (Law.BurnNonce.Encode(nonce), [nonce, expiry]);
    }

    /// <summary>All cases of a page share one storage: so what a signer has there hangs on the page's second.</summary>
    private static (BigInteger Amount, BigInteger Withdrawals) Credit(Stage stage, Address signer)
    {
        var dice = new Dice(0, signer.ToString(), (long)stage.Now);
        return (dice.Big(BigInteger.Pow(2, 192) - 1), dice.Big(ulong.MaxValue));
    }

    private static Hash32 CreditOf(Stage stage, Address party) => ProbeNode.SlotOf(
        ProbeNode.Word(stage.Node.Token), ProbeNode.SlotOf(ProbeNode.Word(party), ProbeNode.Word(CreditsSlot)));

    private static (byte[], object[]) OfAgreement(Dice dice, Stage stage, AgreementOnChain agreement, string form, BigInteger expiry)
    {
        var (terms, m, n, p) = (EscrowCalls.Of(agreement.Funded.Terms), dice.Big(UIntMax), dice.Big(UIntMax), dice.Big(UIntMax));
        var (hash, to) = (dice.Hash(), dice.Address());
        var next = Agreements.Terms(dice, stage);
        (byte[] Call, object[] Values) made = form switch
        {
            "Submit" => (Law.Submit.Encode(terms, m, n, hash), [m, n, hash]),
            "Release" => (Law.Release.Encode(terms, m, n), [m, n]),
            "RequestChanges" => (Law.RequestChanges.Encode(terms, m, hash), [m, hash]),
            "Refund" => (Law.Refund.Encode(terms, m), [m]),
            "Keep" => (Law.Keep.Encode(terms, m), [m]),
            "Extend" => (Law.Extend.Encode(terms, m), [m]),
            "ReleaseMany" => (Law.ReleaseMany.Encode(terms, m, n), [m, n]),
            "AskToCancel" => (Law.AskToCancel.Encode(terms, m), [m]),
            "Reclaim" => (Law.Reclaim.Encode(terms, m), [m]),
            "End" => (Law.End.Encode(terms, m), [m]),
            "MovePayout" => (Law.MovePayout.Encode(terms, to), [to]),
            "CancelPayoutMove" => (Law.CancelPayoutMove.Encode(terms), []),
            "Dispute" => (Law.Dispute.Encode(terms, m, n, p), [m, n, p]),
            "Agree" => (Law.Agree.Encode(terms, m, n, expiry, dice.Bytes(65)), [m, n]),
            _ => (Law.Amend.Encode(terms, EscrowCalls.Of(next), expiry, dice.Bytes(65)), [Message(next)]),
        };
        return (made.Call, [agreement.Funded.Agreement, StateSlot.Of(agreement).Word(), .. made.Values, expiry]);
    }

    private static Dictionary<string, object> Message(Terms terms)
    {
        var (fields, values) = (TypedData.Fields(TermsHash.Fields), EscrowCalls.Of(terms));
        return Message(fields, [.. fields.Select(field =>
            typeof(Law.Terms).GetProperty(char.ToUpperInvariant(field.Name[0]) + field.Name[1..])!.GetValue(values)!)]);
    }
}
