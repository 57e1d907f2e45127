using System.Collections.Immutable;
using System.Numerics;
using Braintrust.Chain;
using Orleans;

namespace Braintrust.Escrow;

/// <summary>
/// The typed form under which a party signs a move (EIP-712), bound to one agreement in one state: what the contract's
/// <c>hashCall</c> hashes, field by field. Source: <c>IWorkAgreements.callBySignature</c>.
/// </summary>
/// <param name="Name">The function's name with a capital letter.</param>
/// <param name="Fields">In the order of the type. A value is a Hash32, an Address, a BigInteger or Terms.</param>
public sealed record CallForm(string Name, ImmutableArray<CallField> Fields)
{
    /// <summary>Seconds for which a signature is good when nobody says otherwise.</summary>
    public const ulong ExpirySecondsUnlessTold = 24 * 3600;

    /// <summary>Seconds for which a signature is good at most: a word for ever is nobody's intention.</summary>
    public const ulong ExpirySecondsMax = 90 * 24 * 3600;

    private const string TermsType = "Terms";

    /// <summary>The fields as EIP-712 declares them, such as "bytes32 agreement,bytes32 state,uint256 expiry".</summary>
    public string Declaration => string.Join(',', Fields.Select(one => $"{one.Type} {one.Name}"));

    /// <summary>True when a form holds terms, whose type must be declared too.</summary>
    public bool HoldsTerms => Fields.Any(one => one.Type == TermsType);

    /// <summary>True when the signature is bound to the agreement's state word.</summary>
    public bool HoldsState => Fields.Any(one => one.Name == "state");

    /// <summary>Null when nobody can make the move for another: what takes the employer's money, and what anyone can do.</summary>
    /// <param name="agreement">EIP-712 hash of the terms in force.</param>
    /// <param name="state">The agreement's state word.</param>
    /// <param name="expiry">Last second (block time) in which the call may be made.</param>
    public static CallForm? Of(MovePlan plan, Hash32 agreement, Hash32 state, ulong expiry)
    {
        if (plan.Move == EscrowMove.BurnNonce) return new(nameof(EscrowMove.BurnNonce), [Number("nonce", plan.Terms.Nonce), Expiry(expiry)]);
        if (plan.Move == EscrowMove.Withdraw) return Withdrawal(plan, expiry);
        return Arguments(plan) is { } arguments
            ? new CallForm(
                plan.Move.ToString(),
                [new("bytes32", "agreement", agreement), new("bytes32", "state", state), .. arguments, Expiry(expiry)])
            : null;
    }

    /// <summary>Why nothing is to be signed until that second, or null.</summary>
    public static Refusal? Refuse(ulong expiry, ChainClock clock) =>
        expiry < clock.Head.Seconds ? new(RefusalCode.TooLate, $"The signature is good until {new BlockTime(expiry)}, which has passed.", "expiry_seconds")
        : expiry > clock.Next.After(ExpirySecondsMax).Seconds
            ? new(RefusalCode.InvalidArgument, $"A signature is good for {Words.Duration(ExpirySecondsMax)} at most.", "expiry_seconds")
        : null;

    /// <summary>What a call's form shows of its arguments; null when there is no such form.</summary>
    private static CallField[]? Arguments(MovePlan plan)
    {
        var milestone = Number("milestone", plan.Milestone);
        return plan.Move switch
        {
            EscrowMove.Submit => [milestone, Number("claimed", plan.Sum.Units), new("bytes32", "evidence", plan.Evidence)],
            EscrowMove.Release => [milestone, Number("pay", plan.Sum.Units)],
            EscrowMove.ReleaseMany => [milestone, Number("count", plan.Count)],
            EscrowMove.RequestChanges => [milestone, new("bytes32", "reasons", plan.Evidence)],
            EscrowMove.Extend or EscrowMove.AskToCancel or EscrowMove.Keep or EscrowMove.Refund or EscrowMove.Reclaim
                or EscrowMove.End => [milestone],
            EscrowMove.Agree => [milestone, Number("talentBps", plan.TalentBps)],
            EscrowMove.Dispute => [milestone, Number("employerBps", plan.EmployerBps), Number("costMax", plan.Sum.Units)],
            EscrowMove.Amend => [new(TermsType, "next", plan.Next!)],
            EscrowMove.MovePayout => [new("address", "to", plan.To)],
            EscrowMove.CancelPayoutMove => [],
            _ => null,
        };
    }

    /// <summary>Bound to what it spends, since it concerns no agreement.</summary>
    private static CallForm Withdrawal(MovePlan plan, ulong expiry) => new(
        nameof(EscrowMove.Withdraw),
        [
            new("address", "token", plan.Terms.Token), new("address", "to", plan.To), Number("amount", plan.Sum.Units),
            Number("withdrawals", plan.Withdrawals), Expiry(expiry),
        ]);

    private static CallField Number(string name, BigInteger number) => new("uint256", name, number);

    private static CallField Expiry(ulong second) => Number("expiry", second);
}

/// <param name="Type">As EIP-712 writes it.</param>
public sealed record CallField(string Type, string Name, object Value);

/// <summary>A party's signed word for a move.</summary>
/// <param name="Digest">What it signed; zero for a move that needs nobody's signature.</param>
/// <param name="Expiry">Last second, block time.</param>
[GenerateSerializer, Immutable, Alias("escrow.SignedWord")]
public sealed record SignedWord(
    [property: Id(0)] Hash32 Digest, [property: Id(1)] ulong Expiry, [property: Id(2)] byte[] Signature);

/// <summary>A move for a party to sign and for anybody to send, with its meaning.</summary>
/// <param name="Call">Calldata of the move, which <c>callBySignature</c> takes; empty while the other side has not consented.</param>
/// <param name="Digest">What is signed.</param>
/// <param name="State">The state word that the signature is good for.</param>
/// <param name="Expiry">Last second (block time) in which the call may be made.</param>
/// <param name="TypedDataJson">JSON for <c>eth_signTypedData_v4</c>.</param>
[GenerateSerializer, Immutable, Alias("escrow.SignableCall")]
public sealed record SignableCall(
    [property: Id(0)] ulong ChainId,
    [property: Id(1)] Address Signer,
    [property: Id(2)] Address Contract,
    [property: Id(3)] byte[] Call,
    [property: Id(4)] Hash32 Digest,
    [property: Id(5)] Hash32 State,
    [property: Id(6)] ulong Expiry,
    [property: Id(7)] string TypedDataJson,
    [property: Id(8)] string Summary,
    [property: Id(9)] ImmutableArray<BalanceEffect> Effects,
    [property: Id(10)] ImmutableArray<TermsChange> Changes);
